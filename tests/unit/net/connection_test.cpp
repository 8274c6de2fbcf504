// SPDX-License-Identifier: BSL-1.0
#include "helpers.hpp"
#include "raw_peer.hpp"

#include <scepkit/net/client.hpp>

#include <thread>

namespace scepkit::inline v0::net {
namespace {

using namespace std::chrono_literals;
using test::body_of;
using test::failure_of;
using test::perform;
using test::raw_peer;
using test::tcp;

constexpr std::string_view small_answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nSHA-1";

/// Keeps the request of the first connection.
struct recorder {
    std::string request;
    raw_peer peer{[this](tcp::socket& socket, unsigned) {
        auto text = test::read_request(socket);
        if(request.empty())
            request = std::move(text);
        test::say(socket, small_answer);
    }};
};

TEST(ConnectTo, GoesElsewhereAndSaysTheSameName)
{
    recorder seen;
    auto const names = test::resolves_to({"127.0.0.9"});
    auto const rule = connect_to_rule::parse("ndes.contoso.example:80:127.0.0.1:" + std::to_string(seen.peer.port()));
    auto const record = perform("http://NDES.contoso.example/x", {}, {.connect_to = {*rule}, .resolver = names});
    EXPECT_FALSE(record.failure);
    EXPECT_EQ(names->asked, 0u);
    EXPECT_NE(seen.request.find("Host: ndes.contoso.example\r\n"), std::string::npos);
    EXPECT_EQ(record.attempts.at(0).address, "127.0.0.1");
    EXPECT_EQ(record.attempts.at(0).port, seen.peer.port());
}

TEST(ConnectTo, TakesTheFirstRuleThatMatches)
{
    recorder seen;
    auto const port = std::to_string(seen.peer.port());
    client_options options;
    options.connect_to = {*connect_to_rule::parse("other.example:80:127.0.0.7:1"),
                          *connect_to_rule::parse("ndes.contoso.example:81:127.0.0.7:1"),
                          *connect_to_rule::parse("::127.0.0.1:" + port),
                          *connect_to_rule::parse("ndes.contoso.example:80:127.0.0.7:1")};
    EXPECT_FALSE(perform("http://ndes.contoso.example/", {}, options).failure);
}

TEST(ConnectTo, LooksUpANameThatARuleNames)
{
    recorder seen;
    std::string asked;
    auto const names = std::make_shared<test::scripted_resolver>([&](std::string const& host) {
        asked = host;
        return std::optional(test::scripted_resolver::answer{{}, {"127.0.0.1"}});
    });
    auto const rule = connect_to_rule::parse("::backend.example:" + std::to_string(seen.peer.port()));
    EXPECT_FALSE(perform("http://ndes.contoso.example/", {}, {.connect_to = {*rule}, .resolver = names}).failure);
    EXPECT_EQ(asked, "backend.example");
}

// keep_alive

TEST(KeepAlive, UsesOneConnectionForMany)
{
    raw_peer const peer([](tcp::socket& socket, unsigned) {
        while(!test::read_request(socket).empty())
            test::say(socket, small_answer);
    });
    client c({.keep_alive = true});
    auto const server = test::endpoint(peer.url());
    EXPECT_FALSE(c.perform(server, {}).reused_connection);
    for(int i = 0; i < 5; ++i) {
        auto const record = c.perform(server, test::post(bytes(100, 'x')));
        EXPECT_FALSE(record.failure);
        EXPECT_TRUE(record.reused_connection);
        EXPECT_EQ(body_of(record), "SHA-1");
    }
    EXPECT_EQ(peer.connections(), 1u);
}

TEST(KeepAlive, IsNotForAnotherServer)
{
    auto const polite = [](tcp::socket& socket, unsigned) {
        while(!test::read_request(socket).empty())
            test::say(socket, small_answer);
    };
    raw_peer const one(polite);
    raw_peer const two(polite);
    client c({.keep_alive = true});
    EXPECT_FALSE(c.perform(test::endpoint(one.url()), {}).failure);
    EXPECT_FALSE(c.perform(test::endpoint(two.url()), {}).reused_connection);
}

TEST(KeepAlive, NoticesThatTheServerHasClosed)
{
    raw_peer const peer([](tcp::socket& socket, unsigned) {
        test::read_request(socket);
        test::say(socket, small_answer);
    });
    client c({.keep_alive = true});
    for(int i = 0; i < 3; ++i) {
        auto const record = c.perform(test::endpoint(peer.url()), {});
        EXPECT_FALSE(record.failure);
        std::this_thread::sleep_for(10ms);
    }
    EXPECT_EQ(peer.connections(), 3u);
}

TEST(KeepAlive, TriesOnceMoreWhereTheConnectionWasDead)
{
    // The server reads the second request and closes without a byte, as one does whose idle time ran out just then.
    raw_peer const peer([](tcp::socket& socket, unsigned number) {
        test::read_request(socket);
        test::say(socket, small_answer);
        if(number == 0)
            test::read_request(socket);
    });
    client c({.keep_alive = true});
    auto const server = test::endpoint(peer.url());
    EXPECT_FALSE(c.perform(server, {}).failure);
    auto const record = c.perform(server, {});
    EXPECT_FALSE(record.failure);
    EXPECT_FALSE(record.reused_connection);
    EXPECT_EQ(peer.connections(), 2u);
}

TEST(KeepAlive, DoesNotTryAgainAfterTheFirstByte)
{
    raw_peer const peer([](tcp::socket& socket, unsigned number) {
        test::read_request(socket);
        test::say(socket, small_answer);
        if(number == 0) {
            test::read_request(socket);
            test::say(socket, "H");
        }
    });
    client c({.keep_alive = true});
    auto const server = test::endpoint(peer.url());
    EXPECT_FALSE(c.perform(server, {}).failure);
    EXPECT_EQ(failure_of(c.perform(server, {})), errc::connection_closed);
    EXPECT_EQ(peer.connections(), 1u);
}

} // namespace
} // namespace scepkit::inline v0::net
