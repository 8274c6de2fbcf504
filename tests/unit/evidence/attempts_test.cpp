// SPDX-License-Identifier: BSL-1.0
#include "logs.hpp"

#include <algorithm>

namespace {

using namespace scepkit;
using test::head;
using test::line;

constexpr std::string_view dll = "/certsrv/mscep/mscep.dll";
constexpr std::string_view caps = "operation=GetCACaps&message=x", cert = "operation=GetCACert&message=x",
                           pki = "operation=PKIOperation";

std::vector<facts::iis_attempt_count> attempts(std::string const& lines, evidence::iis_reader_options options = {})
{
    auto r = test::read(std::string(head) + lines, options);
    EXPECT_TRUE(r.has_value());
    return r ? r->attempts : std::vector<facts::iis_attempt_count>{};
}

struct expected {
    std::string base, client, shape;
    bool complete;
    std::uint64_t count;
};

void expect(std::vector<facts::iis_attempt_count> const& rows, std::vector<expected> const& wanted)
{
    ASSERT_EQ(rows.size(), wanted.size());
    for(std::size_t i = 0; i < rows.size(); ++i) {
        EXPECT_EQ(rows[i].base_stem, wanted[i].base) << i;
        EXPECT_EQ(rows[i].client, wanted[i].client) << i;
        EXPECT_EQ(rows[i].shape, wanted[i].shape) << i;
        EXPECT_EQ(rows[i].complete, wanted[i].complete) << i;
        EXPECT_EQ(rows[i].count, wanted[i].count) << i;
    }
}

TEST(Attempts, FollowADeviceWhoseUrlLacksMscepDll)
{
    auto const rows = attempts(test::short_url_attempt());
    expect(rows, {{"/certsrv/mscep", "ios", "caps:301>200 cert:301>200 pki:405", true, 1}});
    EXPECT_EQ(rows[0].ambiguous, 0u);
    EXPECT_EQ(rows[0].first, "2026-11-20T08:14:41Z");
    EXPECT_EQ(rows[0].last, "2026-11-20T08:14:43Z");
    ASSERT_EQ(rows[0].samples.size(), 5u);
    EXPECT_EQ(rows[0].samples[0].line, 5u);
    EXPECT_EQ(rows[0].samples[4].line, 9u);
    EXPECT_NE(rows[0].samples[4].text.find("405"), std::string::npos);
}

TEST(Attempts, FollowADeviceWhoseUrlIsRight)
{
    expect(attempts(test::good_attempt()), {{std::string(dll), "ios", "caps:200 cert:200 pki:200", true, 1}});
}

TEST(Attempts, CutTheSuffixThatWindowsAdds)
{
    auto const w = test::windows;
    expect(attempts(line({"08:00:00", "GET", "/certsrv/mscep/mscep.dll/pkiclient.exe", caps, "200 0 0", w}) +
                    line({"08:00:01", "GET", "/certsrv/mscep/mscep.dll/pkiclient.exe", cert, "200 0 0", w}) +
                    line({"08:00:02", "POST", "/certsrv/mscep/mscep.dll/pkiclient.exe", pki, "200 0 0", w}) +
                    line({"09:00:00", "GET", "/CERTSRV/mscep/PKIClient.exe", caps, "404 0 2", w})),
           {{"/certsrv/mscep", "windows", "caps:404", false, 1},
            {std::string(dll), "windows", "caps:200 cert:200 pki:200", true, 1}});
}

TEST(Attempts, KeepTheSecondGetCaCapsOfAndroid)
{
    auto const a = test::android;
    expect(attempts(
               line({"08:00:00", "GET", dll, caps, "200 0 0", a}) + line({"08:00:01", "GET", dll, cert, "200 0 0", a}) +
               line({"08:00:02", "GET", dll, caps, "200 0 0", a}) + line({"08:00:03", "POST", dll, pki, "200 0 0", a})),
           {{std::string(dll), "android", "caps:200 cert:200 pki:200", true, 1}});
}

TEST(Attempts, EndWithASilenceOfTwoMinutes)
{
    expect(attempts(line({"08:00:00", "GET", dll, cert}) + line({"08:02:01", "GET", dll, caps})),
           {{std::string(dll), "ios", "caps:200", false, 1}, {std::string(dll), "ios", "cert:200", false, 1}});
    expect(attempts(line({"08:00:00", "GET", dll, cert}) + line({"08:02:00", "GET", dll, caps})),
           {{std::string(dll), "ios", "caps:200 cert:200", false, 1}});
}

TEST(Attempts, TellDevicesBehindOneAddressApartWhereTheyCan)
{
    // Two devices of one kind behind a proxy, interleaved: whose PKIOperation is whose is a guess, and said to be one.
    auto const rows =
        attempts(line({"08:00:00", "GET", dll, cert}) + line({"08:00:00", "GET", dll, cert}) +
                 line({"08:00:01", "GET", dll, caps}) + line({"08:00:01", "GET", dll, caps}) +
                 line({"08:00:02", "POST", dll, pki, "200 0 0"}) + line({"08:00:03", "POST", dll, pki, "500 0 0"}));
    expect(rows, {{std::string(dll), "ios", "caps:200 cert:200 pki:200", true, 1},
                  {std::string(dll), "ios", "caps:200 cert:200 pki:500", true, 1}});
    EXPECT_EQ(rows[0].ambiguous, 1u);
}

TEST(Attempts, KeepAddressesServersAndAgentsApart)
{
    auto const rows = attempts(line({"08:00:00", "GET", dll, cert, "200 0 0", test::ios, "10.0.0.1"}) +
                               line({"08:00:01", "GET", dll, caps, "200 0 0", test::ios, "10.0.0.2"}) +
                               line({"08:00:02", "POST", dll, pki, "200 0 0", test::android, "10.0.0.1"}));
    EXPECT_EQ(rows.size(), 3u);
}

// Each reader draws a seed for its tables; whatever it is, addresses that differ in one digit are two devices.
TEST(Attempts, KeepAddressesOfOneDigitsDifferenceApart)
{
    std::string log;
    for(char digit = '1'; digit <= '9'; ++digit)
        log += line({"08:00:00", "GET", dll, digit % 2 != 0 ? cert : caps, "200 0 0", test::ios,
                     std::string("10.0.0.") + digit});
    for(int reader = 0; reader != 50; ++reader) {
        auto const rows = attempts(log);
        ASSERT_EQ(rows.size(), 2u); // One would have asked for both.
        EXPECT_EQ(rows[0].count + rows[1].count, 9u);
    }
}

TEST(Attempts, TakeARepeatedPkiOperationForAPollOrARetry)
{
    expect(attempts(line({"08:00:00", "GET", dll, cert}) + line({"08:00:00", "GET", dll, caps}) +
                    line({"08:00:01", "POST", dll, pki}) + line({"08:00:31", "POST", dll, pki}) +
                    line({"08:01:01", "POST", dll, pki, "500 0 0"})),
           {{std::string(dll), "ios", "caps:200 cert:200 pki:200,500", true, 1}});
}

TEST(Attempts, JoinARedirectOnlyWithTheSameQuestionSoonAfter)
{
    auto const late = attempts(line({"08:00:00", "GET", "/certsrv/mscep", cert, "301 0 0"}) +
                               line({"08:00:06", "GET", "/certsrv/mscep/", cert}));
    expect(late, {{"/certsrv/mscep", "ios", "cert:200", false, 1}, {"/certsrv/mscep", "ios", "cert:301", false, 1}});
    auto const other = attempts(line({"08:00:00", "GET", "/certsrv/mscep", cert, "301 0 0"}) +
                                line({"08:00:01", "GET", "/certsrv/mscep/", "operation=GetCACert&message=y"}));
    EXPECT_EQ(other.size(), 2u);
}

TEST(Attempts, ShowMoreCallsThanAShapeHolds)
{
    std::string lines;
    char const* const statuses[] = {"500 0 0", "501 0 0", "502 0 0", "503 0 0", "504 0 0", "505 0 0"};
    for(auto const* s : statuses)
        lines += line({"08:00:00", "POST", dll, pki, s});
    expect(attempts(lines), {{std::string(dll), "ios", "pki:500,501,502,503,…", true, 1}});
}

TEST(Attempts, NameWhoAsked)
{
    auto const client = [](std::string_view agent) {
        auto const rows = attempts(line({"08:00:00", "GET", dll, caps, "200 0 0", agent}));
        return rows.empty() ? std::string() : rows[0].client;
    };
    EXPECT_EQ(client("profiled/1.0+CFNetwork/811.5.4+Darwin/16.6.0"), "ios");
    EXPECT_EQ(client("mdmclient/863+CFNetwork/760.9+Darwin/15.6.0+(x86_64)"), "macos");
    EXPECT_EQ(client("Mozilla/4.0+(compatible;+Win32;+NDES+client)"), "windows");
    EXPECT_EQ(client("Dalvik/2.1.0+(Linux;+U;+Android+5.0;+P01M+Build/LRX21V)"), "android");
    EXPECT_EQ(client("Mozilla/5.0+(Windows+NT+10.0;+Win64;+x64)"), "probe");
    EXPECT_EQ(client("scepkit-doctor/0.1.0"), "probe");
    EXPECT_EQ(client("curl/8.5.0"), "probe");
    EXPECT_EQ(client("Go-http-client/1.1"), "other");
    EXPECT_EQ(client("-"), "other");
}

TEST(Attempts, StayWithinTheirBounds)
{
    std::string lines;
    for(int i = 0; i < 500; ++i)
        lines += line({"08:00:00", "GET", dll, cert, "200 0 0", test::ios,
                       "10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256)});
    for(int i = 0; i < 500; ++i)
        lines += line({"08:00:01", "GET", dll, caps, "200 0 0", test::ios,
                       "10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256)});
    auto const followed = attempts(lines, {.open_attempts = 500});
    expect(followed, {{std::string(dll), "ios", "caps:200 cert:200", false, 500}});
    // With room for ten, each is counted as it was when it had to make room: nothing is lost, nothing invented.
    std::uint64_t count = 0;
    for(auto const& row : attempts(lines, {.open_attempts = 10}))
        count += row.count;
    EXPECT_EQ(count, 1000u);
}

TEST(Attempts, GoOnAcrossFiles)
{
    evidence::iis_log_reader reader("u_ex261120.log");
    reader.feed(std::string(head) + line({"23:59:59", "GET", dll, cert}) + line({"23:59:59", "GET", dll, caps}));
    ASSERT_TRUE(reader.next_source("u_ex261121.log").has_value());
    reader.feed(std::string(head) +
                line({"00:00:01", "POST", dll, pki, "200 0 0", test::ios, "10.1.5.31", "2026-11-21"}));
    auto const s = reader.finish();
    ASSERT_TRUE(s.has_value());
    expect(s->attempts, {{std::string(dll), "ios", "caps:200 cert:200 pki:200", true, 1}});
    EXPECT_EQ(s->attempts[0].samples.at(0).source, "u_ex261120.log");
    EXPECT_EQ(s->attempts[0].samples.at(2).source, "u_ex261121.log");
    EXPECT_EQ(s->attempts[0].samples.at(2).line, 5u);
    EXPECT_EQ(s->sources.size(), 2u);
}

} // namespace
