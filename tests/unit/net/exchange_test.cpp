// SPDX-License-Identifier: BSL-1.0
#include <scepkit/net/client.hpp>

#include <cstdlib>
#include <gtest/gtest.h>
#include <set>

namespace scepkit::inline v0::net {
namespace {

TEST(Exchange, TellsTheRedirectAsSent)
{
    exchange record;
    EXPECT_FALSE(record.redirect());
    record.response.emplace();
    record.response->status = 301;
    EXPECT_FALSE(record.redirect());
    record.response->fields.add("location", "https://other.example/certsrv/mscep/");
    EXPECT_EQ(record.redirect(), "https://other.example/certsrv/mscep/");
    record.response->status = 200;
    EXPECT_FALSE(record.redirect());
}

TEST(Exchange, NamesEveryPhaseDifferently)
{
    std::set<std::string_view> names;
    for(auto const p : {phase::resolve, phase::connect, phase::tls, phase::send, phase::receive, phase::done})
        names.insert(name_of(p));
    EXPECT_EQ(names.size(), 6u);
    EXPECT_EQ(name_of(phase::tls), "tls");
}

TEST(ProxyVariables, AreNamedWhateverTheirCase)
{
    ::setenv("http_proxy", "http://proxy.example:3128", 1);
    ::setenv("HTTPS_PROXY", "http://proxy.example:3128", 1);
    ::setenv("All_Proxy", "", 1);
    auto const set = proxy_variables_set();
    ::unsetenv("http_proxy");
    ::unsetenv("HTTPS_PROXY");
    ::unsetenv("All_Proxy");
    auto const has = [&](std::string const& name) { return std::find(set.begin(), set.end(), name) != set.end(); };
    EXPECT_TRUE(has("http_proxy"));
    EXPECT_TRUE(has("HTTPS_PROXY"));
    EXPECT_FALSE(has("All_Proxy")); // Set and empty is how a proxy is switched off.
}

} // namespace
} // namespace scepkit::inline v0::net
