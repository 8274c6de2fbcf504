// SPDX-License-Identifier: BSL-1.0
#include <scepkit/report/text.hpp>

#include "hostile.hpp"

#include <base/utf8.hpp>
#include <gtest/gtest.h>
#include <report/detail/fold.hpp>
#include <sstream>

namespace {

using namespace scepkit;
using report::to_text;

std::vector<std::string> lines_of(std::string const& text)
{
    std::vector<std::string> out;
    std::istringstream in(text);
    for(std::string line; std::getline(in, line);)
        out.push_back(line);
    return out;
}

std::size_t find(std::string const& text, std::string_view what)
{
    auto const at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what << "\nin\n" << text;
    return at;
}

TEST(TextReport, LeadsWithTheRootCauseAndEndsWithTheVerdict)
{
    auto const text = to_text(test::diagnosed(test::missing_dll()), {.width = 100});
    auto const title = find(text, "ERROR: The SCEP URL lacks /mscep.dll (url-missing-mscep-dll, certain)");
    auto const proof = find(text, "405");
    auto const why = find(text, "Why: ");
    auto const fix = find(text, "1. Set the SCEP server URL");
    auto const url = find(text, "https://ndes.contoso.com/certsrv/mscep/mscep.dll.");
    auto const symptoms = find(text, "Explained by this:");
    auto const asked = find(text, "Asked:");
    EXPECT_LT(title, proof);
    EXPECT_LT(proof, why);
    EXPECT_LT(why, fix);
    EXPECT_LT(fix, url);
    EXPECT_LT(url, symptoms);
    EXPECT_LT(symptoms, asked);
    EXPECT_EQ(lines_of(text).back(), "Verdict: error — root cause url-missing-mscep-dll (certain)");
    EXPECT_TRUE(text.ends_with(")\n"));
}

TEST(TextReport, ListsEachFindingOnceOutsideItsCause)
{
    auto const text = to_text(test::diagnosed(test::missing_dll()));
    for(std::string_view const id : {"http-405: ", "redir-slash: "}) {
        auto const first = find(text, id);
        EXPECT_EQ(text.find(id, first + 1), std::string::npos) << id;
    }
}

TEST(TextReport, SaysSoWhenAllIsWell)
{
    auto const text = to_text(test::diagnosed(test::healthy_ndes()));
    EXPECT_EQ(lines_of(text).back(), "Verdict: ok — nothing is wrong with what was seen");
    EXPECT_EQ(text.find("ERROR"), std::string::npos);
}

TEST(TextReport, SaysSoWhenNothingCouldBeJudged)
{
    auto const text = to_text(test::diagnosed({}));
    EXPECT_EQ(lines_of(text).back(), "Verdict: unknown — nothing could be judged");
    // What the tool prints when its arguments are wrong.
    diagnosis::diagnosis bare;
    EXPECT_EQ(lines_of(to_text(bare)).back(), "Verdict: unknown — nothing could be judged");
}

TEST(TextReport, MentionsWhatQualifiesIt)
{
    auto facts = test::healthy_ndes();
    facts.proxy_variables = {"https_proxy", "NO_PROXY"};
    facts.interrupted = true;
    facts.ca->tolerances = {"ber_encoding"};
    facts.unreadable.push_back({"notes.txt", "unknown_evidence", "no IIS log"});
    auto const text = to_text(test::diagnosed(facts), {.width = 120});
    find(text, "not used: https_proxy, NO_PROXY");
    find(text, "Interrupted");
    find(text, "TLS trust: /etc/ssl/certs (140 certificates)");
    find(text, "Tolerances needed: ber_encoding");
    find(text, "notes.txt");
}

TEST(TextReport, FoldsToTheWidthAndLeavesUrlsWhole)
{
    for(std::size_t const width : {0u, 40u, 60u, 80u, 132u}) {
        auto const text = to_text(test::diagnosed(test::missing_dll()), {.width = width});
        find(text, "https://ndes.contoso.com/certsrv/mscep/mscep.dll");
        for(auto const& line : lines_of(text)) {
            EXPECT_FALSE(line.ends_with(' ')) << line;
            // The verdict stays on one line, for those who search for it.
            if(report::detail::columns_of(line) <= std::max<std::size_t>(width, 40) || line.starts_with("Verdict: "))
                continue;
            // Only a single word may stick out.
            auto const word = line.substr(line.find_first_not_of(' '));
            auto const last = word.rfind(' ');
            EXPECT_TRUE(last == std::string::npos || word.size() - last > 20 || word.find("://") != std::string::npos)
                << line;
        }
        EXPECT_EQ(text.find("\n\n\n"), std::string::npos);
    }
}

TEST(TextReport, ColoursOnlyWhenAsked)
{
    auto const d = test::diagnosed(test::missing_dll());
    EXPECT_EQ(to_text(d).find('\x1b'), std::string::npos);
    auto const coloured = to_text(d, {.colour = true});
    EXPECT_NE(coloured.find("\x1b[1;31m"), std::string::npos);
    // Without its colours it is the same text.
    std::string plain;
    for(std::size_t i = 0; i < coloured.size(); ++i) {
        if(coloured[i] == '\x1b')
            i = coloured.find('m', i);
        else
            plain += coloured[i];
    }
    EXPECT_EQ(plain, to_text(d));
}

// L1: no control character reaches a terminal.
TEST(ThreatL1, TheTextReportCarriesNoControls)
{
    for(std::size_t const repeats : {1u, 500u}) {
        auto const text = to_text(test::diagnosed(test::hostile_facts(repeats)));
        for(char const c : text)
            ASSERT_TRUE(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f)) << static_cast<int>(c);
        std::string_view rest = text;
        while(!rest.empty()) { // Valid UTF-8, no C1, no override.
            auto const point = v0::detail::decode_utf8(rest);
            ASSERT_TRUE(point.has_value());
            EXPECT_FALSE(point->value >= 0x80 && point->value < 0xa0);
            EXPECT_NE(point->value, U'\u202e');
            rest.remove_prefix(point->size);
        }
    }
}

TEST(TextWriter, KeepsALongWordInOnePiece)
{
    report::detail::text_writer out(20);
    std::string const url = "https://ndes.contoso.com/certsrv/mscep/mscep.dll";
    out.paragraph("- ", "see " + url + " now");
    EXPECT_EQ(out.text(), "- see\n  " + url + "\n  now\n");
}

TEST(TextWriter, DropsBlanksAtTheEnd)
{
    report::detail::text_writer out(20);
    out.paragraph("a: ", "");
    out.paragraph("  ", "  b  ");
    out.blank();
    out.blank();
    out.line("c");
    EXPECT_EQ(out.text(), "a:\n  b\n\nc\n");
}

} // namespace
