// SPDX-License-Identifier: BSL-1.0
#include "helpers.hpp"
#include "raw_peer.hpp"

#include <scepkit/net/resolver.hpp>

#include <boost/asio/io_context.hpp>

namespace scepkit::inline v0::net {
namespace {

using test::failure_of;

TEST(ConnectToRule, ReadsAllFourParts)
{
    auto const rule = connect_to_rule::parse("NDES.contoso.example:443:127.0.0.1:8443");
    ASSERT_TRUE(rule);
    EXPECT_EQ(rule->host, "ndes.contoso.example");
    EXPECT_EQ(rule->port, 443);
    EXPECT_EQ(rule->address, "127.0.0.1");
    EXPECT_EQ(rule->target_port, 8443);
}

TEST(ConnectToRule, ReadsIpv6InBrackets)
{
    auto const rule = connect_to_rule::parse("[2001:db8::1]:443:[::1]:8443");
    ASSERT_TRUE(rule);
    EXPECT_EQ(rule->host, "2001:db8::1");
    EXPECT_EQ(rule->address, "::1");
}

TEST(ConnectToRule, TakesEmptyParts)
{
    auto const rule = connect_to_rule::parse(":::");
    ASSERT_TRUE(rule);
    EXPECT_EQ(rule->host, "");
    EXPECT_EQ(rule->port, 0);
    EXPECT_EQ(rule->address, "");
    EXPECT_EQ(rule->target_port, 0);
}

TEST(ConnectToRule, RefusesEverythingElse)
{
    for(auto const* text :
        {"", ":", "::", "::::", "a:1:b", "a:1:b:2:c", "a:x:b:2", "a:1:b:x", "a:0:b:2", "a:1:b:0", "a:65536:b:2",
         "a:-1:b:2", "a:1:[::1:2", "a:1:[notv6]:2", "a:1:::1:2", "a b:1:c:2", "a\n:1:c:2", "a:1:[::1]x:2", "a:1 :b:2"})
        EXPECT_EQ(connect_to_rule::parse(text).error(), errc::invalid_argument) << text;
}

TEST(SystemResolver, FindsLocalhost)
{
    boost::asio::io_context context;
    bool called = false;
    boost::system::error_code code;
    std::vector<std::string> addresses;
    system_resolver()->async_resolve("localhost", context.get_executor(),
                                     [&](boost::system::error_code c, std::vector<std::string> a) {
                                         called = true;
                                         code = c;
                                         addresses = std::move(a);
                                     });
    EXPECT_FALSE(called);
    context.run();
    ASSERT_TRUE(called);
    EXPECT_FALSE(code);
    ASSERT_FALSE(addresses.empty());
    for(auto const& address : addresses)
        EXPECT_TRUE(address == "127.0.0.1" || address == "::1") << address;
}

TEST(Resolver, IsNotAskedForAddresses)
{
    auto const names = test::resolves_to({"127.0.0.1"});
    auto const port = test::closed_port();
    auto const record = test::perform("http://127.0.0.1:" + std::to_string(port) + "/", {}, {.resolver = names});
    EXPECT_EQ(names->asked, 0u);
    EXPECT_EQ(failure_of(record), errc::connection_refused);
}

TEST(Resolver, SaysWhetherANameIsMissingOrUnknown)
{
    auto const with = [](boost::system::error_code code) {
        auto const names = std::make_shared<test::scripted_resolver>([code](std::string const&) {
            return std::optional(test::scripted_resolver::answer{code, {}});
        });
        return test::perform("http://ndes.contoso.example/", {}, {.resolver = names});
    };
    auto const missing = with(errc::name_not_found);
    EXPECT_EQ(failure_of(missing), errc::name_not_found);
    EXPECT_EQ(missing.reached, phase::resolve);
    EXPECT_EQ(failure_of(with(errc::resolver_failed)), errc::resolver_failed);
    EXPECT_EQ(failure_of(with({})), errc::name_not_found); // A name without any address.
}

TEST(Resolver, ThatNeverAnswersIsGivenUp)
{
    auto const names = std::make_shared<test::scripted_resolver>([](std::string const&) { return std::nullopt; });
    client c({.resolve_timeout = std::chrono::milliseconds{30}, .resolver = names});
    auto const server = test::endpoint("http://ndes.contoso.example/");
    auto const record = c.perform(server, {});
    EXPECT_EQ(failure_of(record), errc::timed_out);
    EXPECT_EQ(record.reached, phase::resolve);
    // The client is as good as new.
    EXPECT_EQ(failure_of(c.perform(server, {})), errc::timed_out);
    EXPECT_EQ(names->asked, 2u);
}

TEST(Resolver, ThatNeverAnswersIsLeftWhenCancelled)
{
    auto const names = std::make_shared<test::scripted_resolver>([](std::string const&) { return std::nullopt; });
    std::atomic<bool> cancel{true};
    auto const record = test::perform("http://ndes.contoso.example/", {}, {.resolver = names, .cancel = &cancel});
    EXPECT_EQ(failure_of(record), errc::cancelled);
}

TEST(Resolver, ThatSaysNonsenseIsNotBelieved)
{
    auto const record =
        test::perform("http://ndes.contoso.example/", {}, {.resolver = test::resolves_to({"not an address"})});
    EXPECT_EQ(failure_of(record), errc::resolver_failed);
    ASSERT_EQ(record.attempts.size(), 1u);
    EXPECT_EQ(record.attempts[0].failure, errc::resolver_failed);
}

} // namespace
} // namespace scepkit::inline v0::net
