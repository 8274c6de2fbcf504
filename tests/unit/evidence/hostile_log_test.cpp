// SPDX-License-Identifier: BSL-1.0
#include "logs.hpp"

#include <algorithm>
#include <random>

namespace {

using namespace scepkit;
using namespace std::string_literals;
using test::head;
using test::line;
using test::text_of;

std::string mixed_log()
{
    return "\xef\xbb\xbf" + std::string(head) + test::short_url_attempt() + "\r\n\n\rbroken line\r" +
           test::good_attempt() + "\0\0\0"s + "#Fields: cs-method cs-uri-stem cs-uri-query sc-status \n" +
           "GET /certsrv/mscep operation=GetCACaps 301\n" +
           "GET  /certsrv/mscep/ operation=GetCACaps 200\r\r\nPOST /certsrv/mscep operation=PKIOperation 405";
}

result<facts::iis_summary> read_in_pieces(std::string_view text, std::size_t size)
{
    evidence::iis_log_reader reader("test.log");
    for(; !text.empty(); text.remove_prefix(std::min(size, text.size())))
        reader.feed(text.substr(0, size));
    return reader.finish();
}

TEST(HostileLog, ReadsTheSameWhereverTheBlocksEnd)
{
    auto const log = mixed_log();
    auto const whole = text_of(test::read(log));
    for(std::size_t const size : {1u, 2u, 3u, 5u, 7u, 16u, 63u, 64u, 65u, 127u, 500u})
        EXPECT_EQ(text_of(read_in_pieces(log, size)), whole) << size;
    for(std::size_t cut = 0; cut <= log.size(); ++cut) {
        evidence::iis_log_reader reader("test.log");
        reader.feed(std::string_view(log).substr(0, cut));
        reader.feed(std::string_view(log).substr(cut));
        ASSERT_EQ(text_of(reader.finish()), whole) << cut;
    }
}

TEST(HostileLog, SurvivesACutAtEveryByte)
{
    auto const log = mixed_log();
    std::uint64_t entries = 0;
    for(std::size_t size = 0; size <= log.size(); ++size) {
        auto const r = test::read(std::string_view(log).substr(0, size));
        if(!r) {
            EXPECT_EQ(r.error().code(), errc::no_fields_directive) << size;
            continue;
        }
        // More text, never fewer entries.
        ASSERT_GE(r->entries + r->bad_lines + 1, entries) << size;
        entries = r->entries;
    }
}

TEST(HostileLog, SurvivesRandomBytes)
{
    std::mt19937 random(4711);
    std::string const letters = "# \r\n\t\0-/.:0123456789abcdefGETPOSTmscepoperation=&%+\xff\xc3\xa9"s;
    for(int round = 0; round < 300; ++round) {
        std::string text(round % 2 == 0 ? head : std::string_view());
        for(int i = 0; i < 2000; ++i)
            text += letters[random() % letters.size()];
        auto const whole = text_of(test::read(text));
        EXPECT_EQ(text_of(read_in_pieces(text, 1 + random() % 200)), whole) << round;
    }
}

TEST(HostileLog, CountsALineOfAMebibyteAsOneBadLine)
{
    auto const long_line = line({"08:00:00", "GET", "/certsrv/mscep/mscep.dll",
                                 "operation=PKIOperation&message=" + std::string(1u << 20, 'A')});
    auto const log = std::string(head) + long_line + test::good_attempt();
    for(auto const& r : {test::read(log), read_in_pieces(log, 4096)}) {
        ASSERT_TRUE(r.has_value());
        EXPECT_EQ(r->bad_lines, 1u);
        EXPECT_EQ(r->first_bad_lines, (std::vector<std::uint64_t>{5}));
        EXPECT_EQ(r->entries, 3u);
    }
}

TEST(HostileLog, ReadsTheLongestLineThatIisWrites)
{
    auto const log =
        std::string(head) + line({"08:00:00", "GET", "/certsrv/mscep/mscep.dll",
                                  "operation=PKIOperation&message=" + std::string(65000, 'A'), "404 15 0"});
    auto const r = test::read(log);
    ASSERT_TRUE(r.has_value());
    EXPECT_EQ(r->bad_lines, 0u);
    ASSERT_EQ(r->calls.size(), 1u);
    EXPECT_EQ(r->calls[0].sc_substatus, 15);
    EXPECT_LE(r->calls[0].samples.at(0).text.size(), 400u);
}

TEST(HostileLog, StaysBoundedUnderAHundredMegabytesOfGarbage)
{
    // Every line a new path, client and agent below mscep: nothing may grow with the log.
    evidence::iis_reader_options const options{.open_attempts = 100, .rows = 50};
    evidence::iis_log_reader reader("test.log", options);
    reader.feed(head);
    std::string block;
    std::uint64_t lines = 0;
    for(std::size_t fed = 0; fed < (100u << 20); fed += block.size()) {
        block.clear();
        while(block.size() < (1u << 20)) {
            auto const n = std::to_string(lines++);
            block +=
                line({"08:00:00", "GET", "/mscep/" + n, "operation=GetCACaps&message=" + n, "404 0 2", "agent" + n, n});
            block += "garbage " + n + std::string(300, 'x') + '\n';
        }
        reader.feed(block);
    }
    auto const r = reader.finish();
    ASSERT_TRUE(r.has_value());
    EXPECT_EQ(r->entries, lines);
    EXPECT_EQ(r->bad_lines, lines);
    EXPECT_EQ(r->first_bad_lines.size(), 10u);
    EXPECT_LE(r->calls.size(), 50u);
    EXPECT_LE(r->attempts.size(), 50u);
    EXPECT_GT(r->dropped_rows, 0u);
}

TEST(HostileLog, KeepsRoomForThePathsThatMatter)
{
    std::string log(head);
    for(int i = 0; i < 5000; ++i)
        log += line({"08:00:00", "GET", "/certsrv/mscep/" + std::to_string(i) + ".php", "-", "404 0 2"});
    auto const r = test::read(log + test::short_url_attempt());
    ASSERT_TRUE(r.has_value());
    EXPECT_TRUE(std::any_of(r->calls.begin(), r->calls.end(),
                            [](auto const& c) { return c.cs_uri_stem == "/certsrv/mscep" && c.sc_status == 405; }));
    EXPECT_GT(r->dropped_rows, 0u);
}

// L4: forged and odd lines.
TEST(ThreatL4, TheFirstOfTwoFieldsOfOneNameCounts)
{
    auto const r = test::read(
        "#Fields: cs-uri-stem sc-status sc-status cs-uri-query\n/certsrv/mscep 405 200 operation=PKIOperation\n");
    ASSERT_TRUE(r.has_value());
    ASSERT_EQ(r->calls.size(), 1u);
    EXPECT_EQ(r->calls[0].sc_status, 405);
}

TEST(ThreatL4, FieldsWithinALineAreNoDirective)
{
    auto const r = test::read(std::string(head) +
                              line({"08:00:00", "GET", "/a#Fields:+x", "#Fields:+sc-status", "200 0 0", "#Fields:+a"}) +
                              " #Fields: sc-status\r\n" + test::good_attempt());
    ASSERT_TRUE(r.has_value());
    EXPECT_EQ(r->entries, 4u);
    EXPECT_EQ(r->bad_lines, 1u);
}

TEST(ThreatL4, AFieldsLineOfThousandsOfNamesIsNotObeyed)
{
    std::string many = "#Fields:";
    for(int i = 0; i < 5000; ++i)
        many += " f" + std::to_string(i);
    auto const r = test::read(std::string(head) + many + "\r\n" + test::good_attempt());
    ASSERT_TRUE(r.has_value());
    EXPECT_EQ(r->entries, 3u);
    EXPECT_EQ(r->bad_lines, 1u);
}

TEST(ThreatL4, ALineOfBlanksIsABadLine)
{
    auto const r = test::read(std::string(head) + std::string(2000, ' ') + "\r\n" + std::string(14, ' ') + "\r\n" +
                              test::good_attempt());
    ASSERT_TRUE(r.has_value());
    EXPECT_EQ(r->bad_lines + r->entries, 5u);
    EXPECT_GE(r->bad_lines, 1u);
}

// L1: whatever stands in a field, samples hold no control character.
TEST(ThreatL1, SamplesCarryNoControls)
{
    std::string const hostile = "\x1b[31m\x1b]8;;http://x\x07\x9b"
                                "1m\xc2\x9b\x7f\xe2\x80\xae\x01";
    auto const r =
        test::read(std::string(head) + line({"08:00:00", "GET", "/certsrv/mscep/" + hostile,
                                             "operation=GetCACaps&message=" + hostile, "200 0 0", hostile, hostile}));
    ASSERT_TRUE(r.has_value());
    ASSERT_EQ(r->calls.size(), 1u);
    ASSERT_EQ(r->attempts.size(), 1u);
    for(auto const& text : {r->calls[0].samples.at(0).text, r->attempts[0].samples.at(0).text}) {
        for(char const c : text)
            EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
        EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos);
        EXPECT_NE(text.find("\\x1b"), std::string::npos);
    }
}

// L8: a PKIOperation by GET carries the message, and in it the encrypted challenge.
TEST(ThreatL8, SamplesCarryNoMessages)
{
    for(std::string const& secret :
        {std::string(6524, 'M'), std::string("MIAGCSqGSIb3DQEHAqCAMIACAQExDzANBgl"), std::string("0123456789abcdef")})
        for(std::string const operation : {"PKIOperation", "GetCACaps", "GetNextCACert"}) {
            auto const r = test::read(std::string(head) +
                                      line({"08:00:00", "GET", "/certsrv/mscep/mscep.dll",
                                            "operation=" + operation + "&Message=" + secret + "&x=1", "404 15 0"}));
            ASSERT_TRUE(r.has_value());
            auto const all = text_of(r);
            EXPECT_EQ(all.find(secret.substr(0, 16)), std::string::npos) << operation;
            EXPECT_NE(all.find("bytes+not+shown"), std::string::npos) << operation;
            EXPECT_NE(all.find("&x=1"), std::string::npos);
        }
    auto const harmless = test::read(std::string(head) + test::good_attempt());
    EXPECT_NE(text_of(harmless).find("SCEP%20Authority"), std::string::npos);
}

} // namespace
