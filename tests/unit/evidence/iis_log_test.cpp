// SPDX-License-Identifier: BSL-1.0
#include "logs.hpp"

#include <algorithm>
#include <map>

namespace {

using namespace scepkit;
using namespace std::string_view_literals;
using test::head;
using test::line;
using test::read;

facts::iis_summary good(result<facts::iis_summary> r)
{
    EXPECT_TRUE(r.has_value()) << (r ? error() : r.error());
    return r ? *std::move(r) : facts::iis_summary{};
}

facts::iis_call_count const* find_call(facts::iis_summary const& s, std::string_view stem, std::int64_t status)
{
    auto const found = std::find_if(s.calls.begin(), s.calls.end(),
                                    [&](auto const& c) { return c.cs_uri_stem == stem && c.sc_status == status; });
    return found == s.calls.end() ? nullptr : &*found;
}

TEST(IisLog, CountsCallsByStemOperationMethodAndStatus)
{
    auto const s = good(read(std::string(head) + test::short_url_attempt() + test::good_attempt()));
    EXPECT_EQ(s.lines, 12u);
    EXPECT_EQ(s.entries, 8u);
    EXPECT_EQ(s.scep_entries, 8u);
    EXPECT_EQ(s.bad_lines, 0u);
    EXPECT_TRUE(s.missing_fields.empty());
    EXPECT_EQ(s.first, "2026-11-20T08:12:03Z");
    EXPECT_EQ(s.last, "2026-11-20T08:14:43Z");
    auto const* refused = find_call(s, "/certsrv/mscep", 405);
    ASSERT_NE(refused, nullptr);
    EXPECT_EQ(refused->operation, "PKIOperation");
    EXPECT_EQ(refused->cs_method, "POST");
    EXPECT_EQ(refused->sc_substatus, 0);
    EXPECT_EQ(refused->sc_win32_status, 1);
    EXPECT_EQ(refused->count, 1u);
    ASSERT_EQ(refused->samples.size(), 1u);
    EXPECT_EQ(refused->samples[0].line, 9u);
    EXPECT_EQ(refused->samples[0].source, "test.log");
    EXPECT_EQ(refused->samples[0].time, "2026-11-20T08:14:43Z");
}

TEST(IisLog, LooksAtScepAlone)
{
    auto const s = good(read(std::string(head) + line({"08:00:00", "GET", "/index.html", "-"}) +
                             line({"08:00:01", "GET", "/app", "operation=list"}) +
                             line({"08:00:02", "GET", "/other/path", "OPERATION=getcacaps"}) +
                             line({"08:00:03", "GET", "/CertSrv/MSCEP/", "-"}) +
                             line({"08:00:04", "GET", "/scep/pkiclient.exe", "a=b&Operation%3DGetCACert"}) +
                             line({"08:00:05", "GET", "/certsrv/mscep/mscep.dll", "operation=GetCACerts"})));
    EXPECT_EQ(s.entries, 6u);
    EXPECT_EQ(s.scep_entries, 4u);
    ASSERT_EQ(s.calls.size(), 4u);
    EXPECT_EQ(s.calls[0].cs_uri_stem, "/certsrv/mscep/");
    EXPECT_EQ(s.calls[0].operation, "");
    EXPECT_EQ(s.calls[1].operation, "other");
    EXPECT_EQ(s.calls[2].operation, "GetCACaps");
    EXPECT_EQ(s.calls[3].operation, "GetCACert");
}

TEST(IisLog, FollowsTheFieldsDirectiveInAnyOrderAndSubset)
{
    auto const s = good(read("#Fields: sc-status cs-uri-query cs-uri-stem cs-method date time c-ip\n"
                             "405 operation=PKIOperation /certsrv/mscep POST 2026-11-20 08:00:00 10.0.0.1\n"));
    ASSERT_EQ(s.calls.size(), 1u);
    EXPECT_EQ(s.calls[0].sc_status, 405);
    EXPECT_EQ(s.calls[0].sc_substatus, -1);
    EXPECT_EQ(s.calls[0].sc_win32_status, -1);
    EXPECT_EQ(s.missing_fields, (std::vector<std::string>{"cs(User-Agent)", "sc-substatus", "sc-win32-status"}));
}

TEST(IisLog, KnowsUserAgentAndReferrerInBothSpellings)
{
    auto const s = good(read(
        "#Fields: date time cs-method cs-uri-stem cs-uri-query CS(user-agent) cs(Referrer) c-ip sc-status sc-substatus "
        "sc-win32-status\n2026-11-20 08:00:00 POST /certsrv/mscep operation=PKIOperation profiled/1.0 - 10.0.0.1 405 0 "
        "0\n"));
    ASSERT_EQ(s.attempts.size(), 1u);
    EXPECT_EQ(s.attempts[0].client, "ios");
    EXPECT_TRUE(s.missing_fields.empty());
}

TEST(IisLog, MasksWin32StatusesBeyond32Bits)
{
    auto const s =
        good(read(std::string(head) +
                  line({"08:00:00", "GET", "/certsrv/mscep/mscep.dll", "operation=GetCACaps", "500 0 4294968642"}) +
                  line({"08:00:01", "GET", "/certsrv/mscep/mscep.dll", "operation=GetCACert", "403 16 2148204809"})));
    ASSERT_EQ(s.calls.size(), 2u);
    EXPECT_EQ(s.calls[0].sc_win32_status, 1346);
    EXPECT_EQ(s.calls[1].sc_win32_status, 2148204809);
}

TEST(IisLog, TakesADashForAnUnknownNumber)
{
    auto const s = good(read(std::string(head) +
                             line({"08:00:00", "GET", "/certsrv/mscep/mscep.dll", "operation=GetCACaps", "- - -"})));
    EXPECT_EQ(s.entries, 1u);
    ASSERT_EQ(s.calls.size(), 1u);
    EXPECT_EQ(s.calls[0].sc_status, 0);
    EXPECT_EQ(s.calls[0].sc_substatus, -1);
    EXPECT_EQ(s.calls[0].sc_win32_status, -1);
}

TEST(IisLog, TakesTheDayFromTheDateDirectiveWhereTheFieldIsMissing)
{
    auto const s =
        good(read("#Date: 2026-11-19 23:00:00\n#Fields: time cs-method cs-uri-stem cs-uri-query c-ip sc-status\n"
                  "23:59:59 GET /certsrv/mscep operation=GetCACaps 10.0.0.1 301\n"));
    EXPECT_EQ(s.first, "2026-11-19T23:59:59Z");
    EXPECT_TRUE(std::count(s.missing_fields.begin(), s.missing_fields.end(), "date") == 1);
}

TEST(IisLog, LeavesTimesOpenWhereNothingGivesADay)
{
    auto const s = good(read("#Fields: time cs-method cs-uri-stem cs-uri-query c-ip sc-status\n"
                             "23:59:59 GET /certsrv/mscep operation=GetCACaps 10.0.0.1 301\n"));
    EXPECT_EQ(s.entries, 1u);
    EXPECT_EQ(s.first, "");
    ASSERT_EQ(s.attempts.size(), 1u);
    EXPECT_EQ(s.attempts[0].first, "");
}

TEST(IisLog, ReadsTimesWithFractions)
{
    auto const s = good(read("#Fields: date time cs-uri-stem sc-status\n2026-11-20 08:00:00.123 /x 200\n"));
    EXPECT_EQ(s.entries, 1u);
    EXPECT_EQ(s.first, "2026-11-20T08:00:00Z");
}

TEST(IisLog, CountsDamagedLinesWithTheirNumbers)
{
    std::string const text =
        std::string(head) + "2026-11-20 08:00:00 too short\r\n" +                              // 5
        line({"08:00:01", "GET", "/a", "-"}) +                                                 // 6
        line({"25:00:00", "GET", "/a", "-"}) +                                                 // 7
        line({"08:00:02", "GET", "/a", "-", "OK 0 0"}) +                                       // 8
        line({"08:00:02", "GET", "/a", "-", "2000 0 0"}) +                                     // 9
        line({"08:00:03", "GET", "/a", "-", "200 0 0", test::ios, "10.0.0.1", "2026-02-30"}) + // 10
        line({"08:00:04", "GET", "/a b", "-"}) +                                               // 11: one field too many
        line({"08:00:05", "GET", "/a", "-"});
    auto const s = good(read(text));
    EXPECT_EQ(s.entries, 2u);
    EXPECT_EQ(s.bad_lines, 6u);
    EXPECT_EQ(s.first_bad_lines, (std::vector<std::uint64_t>{5, 7, 8, 9, 10, 11}));
}

TEST(IisLog, MendsADoubleBlank)
{
    auto const s = good(
        read(std::string(head) +
             "2026-11-20 08:00:00 10.1.5.20 POST /certsrv/mscep operation=PKIOperation 443  CONTOSO\\user 10.0.0.1 "
             "profiled/1.0 - 405 0 1 15\r\n"
             " 2026-11-20 08:00:01 10.1.5.20 GET /a - 443 - 10.0.0.1 x - 200 0 0 15 \r\n"));
    EXPECT_EQ(s.bad_lines, 0u);
    EXPECT_EQ(s.entries, 2u);
    ASSERT_EQ(s.calls.size(), 1u);
    EXPECT_EQ(s.calls[0].sc_status, 405);
    ASSERT_EQ(s.attempts.size(), 1u);
    EXPECT_EQ(s.attempts[0].client, "ios");
}

TEST(IisLog, NumbersLinesAsEditorsDo)
{
    // LF, CRLF, CR alone, empty lines; a sample's number is the editor's.
    std::string const text =
        "#Fields: cs-method cs-uri-stem cs-uri-query sc-status\n\n\r\nGET /a - 200\rGET /b - 200\r\n"
        "GET /certsrv/mscep operation=GetCACaps 301\n";
    auto const s = good(read(text));
    EXPECT_EQ(s.lines, 6u);
    EXPECT_EQ(s.entries, 3u);
    ASSERT_EQ(s.calls.size(), 1u);
    EXPECT_EQ(s.calls[0].samples.at(0).line, 6u);
}

TEST(IisLog, SkipsAByteOrderMark)
{
    auto const s = good(read("\xef\xbb\xbf" + std::string(head) + test::good_attempt()));
    EXPECT_EQ(s.entries, 3u);
    EXPECT_EQ(s.bad_lines, 0u);
}

TEST(IisLog, TakesNulPaddingForNothing)
{
    std::string const padding(5000, '\0');
    auto const s =
        good(read(std::string(head) + test::good_attempt() + padding + std::string(head) + test::short_url_attempt()));
    EXPECT_EQ(s.entries, 8u);
    EXPECT_EQ(s.bad_lines, 0u);
    auto const cut = good(read(std::string(head) + test::good_attempt().substr(0, 300) + padding));
    EXPECT_EQ(cut.entries, 1u);
    EXPECT_EQ(cut.bad_lines, 1u);
}

TEST(IisLog, RefusesUtf16AndSaysWhatToDo)
{
    for(std::string_view const text : {"\xff\xfe#\0F\0i\0"sv, "\xfe\xff\0#\0F\0i"sv}) {
        auto const r = read(text);
        ASSERT_FALSE(r.has_value());
        EXPECT_EQ(r.error().code(), errc::unsupported);
        EXPECT_NE(r.error().details().message.find("UTF-16"), std::string::npos);
    }
}

TEST(IisLog, RefusesALogWithoutFields)
{
    for(std::string_view const text : {"", "\n", "hello\n", "2026-11-20 08:00:00 10.0.0.1 GET /certsrv/mscep - 443\n",
                                       "#Fields:\r\n", "#Fields\r\n"}) {
        auto const r = read(text);
        ASSERT_FALSE(r.has_value()) << text;
        EXPECT_EQ(r.error().code(), errc::no_fields_directive) << text;
    }
}

TEST(IisLog, ReadsALogWithoutEntries)
{
    auto const s = good(read(head));
    EXPECT_EQ(s.entries, 0u);
    EXPECT_EQ(s.lines, 4u);
}

TEST(IisLog, CountsALastLineThatIsStillBeingWritten)
{
    auto text = std::string(head) + test::good_attempt();
    auto const s = good(read(text + "2026-11-20 08:12:07 10.1.5.20 GE"));
    EXPECT_EQ(s.entries, 3u);
    EXPECT_EQ(s.bad_lines, 1u);
    EXPECT_EQ(s.first_bad_lines, (std::vector<std::uint64_t>{8}));
}

TEST(IisLog, ShowsEveryEntryToTheSink)
{
    evidence::iis_log_reader reader("test.log");
    std::vector<std::string> seen;
    reader.on_entry([&](evidence::iis_entry const& e) {
        seen.push_back(std::to_string(e.line) + '|' + (e.time ? to_iso8601(*e.time) : "") + '|' +
                       std::string(e.cs_method) + '|' + std::string(e.cs_uri_stem) + '|' + std::string(e.cs_uri_query) +
                       '|' + std::string(e.cs_user_agent) + '|' + std::string(e.c_ip) + '|' +
                       std::to_string(e.sc_status.value_or(-1)) + '|' + std::to_string(e.sc_win32_status.value_or(99)) +
                       '|' + std::to_string(e.time_taken.value_or(-1)));
        EXPECT_TRUE(e.cs_username.empty());
        EXPECT_EQ(e.s_port, 443);
    });
    reader.feed(std::string(head) + line({"08:00:00", "GET", "/a", "x=1+2", "200 0 0", "A+B/1"}) + "damaged\r\n" +
                line({"08:00:01", "GET", "/certsrv/mscep", "operation=GetCACaps", "301 0 4294967296"}));
    EXPECT_TRUE(reader.finish().has_value());
    EXPECT_EQ(seen, (std::vector<std::string>{"5|2026-11-20T08:00:00Z|GET|/a|x=1+2|A B/1|10.1.5.31|200|0|15",
                                              "7|2026-11-20T08:00:01Z|GET|/certsrv/mscep|operation=GetCACaps|profiled/"
                                              "1.0 CFNetwork/1498.700.2 Darwin/23.6.0|"
                                              "10.1.5.31|301|0|15"}));
}

TEST(IisLog, TakesTheClientFromAForwardedForField)
{
    for(std::string_view const name :
        {"X-Forwarded-For", "cs(X-Forwarded-For)", "OriginalIP", "X-Real-IP", "CF-Connecting-IP"}) {
        evidence::iis_log_reader reader("test.log");
        std::string seen;
        reader.on_entry([&](evidence::iis_entry const& e) { seen += std::string(e.client_address) + ' '; });
        reader.feed("#Fields: c-ip cs-uri-stem " + std::string(name) +
                    "\n10.0.0.1 /a 198.51.100.7,+10.0.0.9\n10.0.0.1 /a -\n");
        EXPECT_TRUE(reader.finish().has_value());
        EXPECT_EQ(seen, "198.51.100.7 10.0.0.1 ") << name;
    }
}

TEST(IisLog, AcceptsZoneIdsAndOddMethods)
{
    auto const s = good(
        read(std::string(head) + line({"08:00:00", "RPC_IN_DATA", "/certsrv/mscep/mscep.dll", "operation=GetCACaps",
                                       "200 0 0", test::windows, "fe80::f53d:89b8:c3e8:5fec%13"})));
    ASSERT_EQ(s.calls.size(), 1u);
    EXPECT_EQ(s.calls[0].cs_method, "other");
    ASSERT_EQ(s.attempts.size(), 1u);
    EXPECT_EQ(s.attempts[0].client, "windows");
}

// Shapes of public test files of other readers, written anew: the directives in another order, the block repeated with
// other fields, a blank behind the last field name.
TEST(IisLog, ObeysASecondFieldsDirective)
{
    auto const s = good(read(
        "#Date: 2026-11-20 08:00:00\r\n#Fields: date time cs-method cs-uri-stem cs-uri-query c-ip sc-status "
        "sc-win32-status \r\n"
        "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n"
        "2026-11-20 08:00:00 GET /certsrv/mscep operation=GetCACaps 10.0.0.1 301 0\r\n"
        "#Software: Microsoft Internet Information Services 10.0\r\n#Fields: sc-status cs-uri-stem cs-uri-query\r\n"
        "405 /certsrv/mscep operation=PKIOperation\r\n"
        "2026-11-20 08:00:00 GET /certsrv/mscep operation=GetCACaps 10.0.0.1 301 0\r\n"));
    EXPECT_EQ(s.entries, 2u);
    EXPECT_EQ(s.bad_lines, 1u);
    EXPECT_NE(find_call(s, "/certsrv/mscep", 301), nullptr);
    EXPECT_NE(find_call(s, "/certsrv/mscep", 405), nullptr);
}

TEST(Recognise, KnowsIisLogsByTheirDirectives)
{
    using evidence::kind;
    using evidence::recognise;
    EXPECT_EQ(recognise(head), kind::iis_log);
    EXPECT_EQ(recognise("\xef\xbb\xbf#Fields: date time cs-uri-stem\n"), kind::iis_log);
    EXPECT_EQ(recognise("#Date: x\r\n#FIELDS: CS-URI-STEM\r\n"), kind::iis_log);
    EXPECT_EQ(recognise("\xff\xfe#\0F\0i\0e\0l\0d\0s\0:\0 \0c\0s\0-\0u\0r\0i\0-\0s\0t\0e\0m\0\n\0"sv), kind::iis_log);
    EXPECT_EQ(recognise(""), kind::unknown);
    EXPECT_EQ(recognise("#Software: Microsoft HTTP API 2.0\r\n#Fields: date time c-ip cs-uri sc-status s-reason\r\n"),
              kind::unknown);
    EXPECT_EQ(recognise("<html>"), kind::unknown);
    EXPECT_EQ(recognise("2026-11-20 08:00:00 10.0.0.1 GET /certsrv/mscep"), kind::unknown);
    EXPECT_EQ(recognise(std::string(70000, '#')), kind::unknown);
}

} // namespace
