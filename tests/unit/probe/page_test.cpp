// SPDX-License-Identifier: BSL-1.0
#include <probe/page.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace scepkit;
using facts::body_kind;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

bytes text_bytes(std::string_view text) { return to_bytes(as_bytes(text)); }

bytes utf16(std::string_view ascii, bool little, bool mark)
{
    bytes out;
    auto const unit = [&](std::uint8_t high, std::uint8_t low) {
        out.push_back(little ? low : high);
        out.push_back(little ? high : low);
    };
    if(mark)
        unit(0xfe, 0xff);
    for(auto c : ascii)
        unit(0, static_cast<std::uint8_t>(c));
    return out;
}

bool has_control(std::string_view text)
{
    for(auto c : text)
        if(static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            return true;
    return text.find("\xc2\x9b") != std::string_view::npos;
}

} // namespace

TEST(Page, TellsKindsOfBodiesApartByTheirBytes)
{
    EXPECT_EQ(probe::look_at({}).kind, body_kind::empty);
    EXPECT_EQ(probe::look_at(as_bytes("POSTPKIOperation\r\nSHA-256\r\n")).kind, body_kind::text);
    EXPECT_EQ(probe::look_at(as_bytes("  <!DOCTYPE html><p>x")).kind, body_kind::html);
    EXPECT_EQ(probe::look_at(as_bytes("<HTML><body></body></HTML>")).kind, body_kind::html);
    EXPECT_EQ(probe::look_at(bytes{0x30, 0x03, 0x02, 0x01, 0x05}).kind, body_kind::der);
    EXPECT_EQ(probe::look_at(bytes{0x30, 0x80, 0x02, 0x01, 0x05, 0x00, 0x00}).kind, body_kind::der);
    EXPECT_EQ(probe::look_at(bytes{0x30, 0x82, 0x01, 0x00, 0x05}).kind, body_kind::binary) << "cut short";
    EXPECT_EQ(probe::look_at(bytes{0x00, 0x01, 0x02, 0x03}).kind, body_kind::binary);
}

TEST(Page, ReadsPagesInUtf16)
{
    constexpr std::string_view page = "<HTML><Head><Title>Network Device Enrollment Service</Title></Head>"
                                      "<P>The enrollment challenge password is: <B> 1234 </B></P></HTML>";
    for(auto const little : {true, false})
        for(auto const mark : {true, false}) {
            auto const p = probe::look_at(utf16(page, little, mark));
            EXPECT_EQ(p.kind, body_kind::html) << little << mark;
            EXPECT_EQ(p.title, "Network Device Enrollment Service") << little << mark;
            EXPECT_THAT(p.markers, Contains("enrollment challenge password")) << little << mark;
        }
}

TEST(Page, NamesMarkersAndRepeatsNothingElseOfThePage)
{
    auto const p = probe::look_at(as_bytes("<html><form action='https://login.microsoftonline.com/x'>"
                                           "<input name=SAMLRequest value=secret></form></html>"));
    EXPECT_THAT(p.markers, testing::UnorderedElementsAre("form", "SAMLRequest", "login.microsoftonline.com"));
    EXPECT_THAT(p.title, IsEmpty());
}

TEST(Page, FoldsWhiteSpaceOfTitlesAndBoundsThem)
{
    EXPECT_EQ(probe::look_at(as_bytes("<html><TITLE lang='en'>\r\n  403 -  Forbidden \n</TITLE>")).title,
              "403 - Forbidden");
    auto const endless = probe::look_at(text_bytes("<html><title>" + std::string(1u << 20, 'x')));
    EXPECT_LE(endless.title.size(), 200u);
    EXPECT_TRUE(endless.title.ends_with("..."));
    EXPECT_EQ(probe::look_at(as_bytes("<html><title")).title, "");
}

TEST(Bounded, CutsBetweenCharacters)
{
    EXPECT_EQ(probe::bounded("short", 5), "short");
    std::string const euros = "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac";
    auto const cut = probe::bounded(euros, 10);
    EXPECT_EQ(cut, "\xe2\x82\xac\xe2\x82\xac...");
}

TEST(ThreatL1, TitlesCannotDriveATerminal)
{
    for(std::string_view const canary :
        {"\x1b]8;;http://evil\x07", "\x1b[2J", "\xc2\x9b\x31m", "\x07", "\x7f", "\xff\xfe\x80", "\xe2\x80\xae"}) {
        auto const p = probe::look_at(text_bytes("<html><title>a" + std::string(canary) + "b</title></html>"));
        EXPECT_EQ(p.kind == body_kind::html || p.kind == body_kind::binary, true);
        EXPECT_FALSE(has_control(p.title)) << p.title;
        EXPECT_EQ(p.title.find("\xe2\x80\xae"), std::string::npos);
        EXPECT_FALSE(has_control(probe::bounded(canary, 100)));
    }
}
