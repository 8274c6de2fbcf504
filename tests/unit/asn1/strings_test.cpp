// SPDX-License-Identifier: BSL-1.0
#include "walk.hpp"

#include <gtest/gtest.h>

using namespace scepkit;
using asn1::tag;

namespace {

result<std::string> read(tag t, bytes_view content)
{
    auto const input = asn1::encode([&](asn1::writer& w) { w.primitive(t, content); });
    asn1::reader r(input);
    return r.read_string();
}

result<std::string> read(tag t, std::string_view content) { return read(t, as_bytes(content)); }
result<std::string> read_hex(tag t, std::string_view content) { return read(t, test::hex(content)); }

} // namespace

TEST(ReadString, ChecksUtf8)
{
    EXPECT_EQ(*read(tag::utf8_string, "Zürich 漢字 \U0001f511"), "Zürich 漢字 \U0001f511");
    EXPECT_EQ(*read(tag::utf8_string, ""), "");
    EXPECT_EQ(*read(tag::utf8_string, std::string_view("a\0b", 3)), std::string("a\0b", 3));
    for(auto const* bad :
        {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "a\x80"})
        EXPECT_EQ(read(tag::utf8_string, bad).error(), errc::bad_value);
}

TEST(ReadString, TakesSevenBitsWhereverTheTypeHasNoMore)
{
    for(auto const t : {tag::printable_string, tag::ia5_string, tag::visible_string, tag::numeric_string}) {
        EXPECT_EQ(*read(t, "a_b@c.example"), "a_b@c.example");
        EXPECT_EQ(read(t, "Z\xc3\xbcrich").error(), errc::bad_value);
        EXPECT_EQ(read(t, "\x80").error(), errc::bad_value);
    }
}

TEST(ReadString, TakesTeletexAsLatin1) { EXPECT_EQ(*read(tag::teletex_string, "Z\xfcrich \xff"), "Zürich ÿ"); }

TEST(ReadString, TakesBmpAsUtf16)
{
    EXPECT_EQ(*read_hex(tag::bmp_string, "0041 00fc 6f22 d83d dd11 ffff"), "Aü漢\U0001f511\uffff");
    EXPECT_EQ(*read_hex(tag::bmp_string, "dbff dfff"), "\U0010ffff");
    for(auto const* bad : {"00", "004100", "d83d", "d83d0041", "dd11", "dd11d83d", "d83dd83d"})
        EXPECT_EQ(read_hex(tag::bmp_string, bad).error(), errc::bad_value) << bad;
}

TEST(ReadString, TakesUniversalAsUtf32)
{
    EXPECT_EQ(*read_hex(tag::universal_string, "00000041 000000fc 0001f511 0010ffff"), "Aü\U0001f511\U0010ffff");
    for(auto const* bad : {"00", "000041", "00110000", "0000d800", "0000dfff", "ffffffff"})
        EXPECT_EQ(read_hex(tag::universal_string, bad).error(), errc::bad_value) << bad;
}

TEST(ReadString, RefusesOtherTypes)
{
    for(auto const t : {tag::octet_string, tag::integer, tag::bit_string, tag::utc_time, asn1::context(1)})
        EXPECT_EQ(read(t, "a").error(), errc::unexpected_tag);
}

TEST(StringOf, TakesAnElementThatWasReadBefore)
{
    auto const input = test::hex("1302 4142");
    asn1::reader r(input);
    auto const e = r.read_any();
    ASSERT_TRUE(e);
    EXPECT_EQ(*asn1::string_of(*e), "AB");
}

TEST(IsPrintableString, KnowsTheAlphabetOfX680)
{
    EXPECT_TRUE(asn1::is_printable_string("AZaz09 '()+,-./:=?"));
    EXPECT_TRUE(asn1::is_printable_string(""));
    for(char const c : std::string_view("@_*&!\"#$%;<>[]\\^`{|}~\0\n\x7f\x80", 26))
        EXPECT_FALSE(asn1::is_printable_string(std::string(1, c))) << static_cast<int>(c);
    EXPECT_TRUE(asn1::is_ia5_string("@\x01\x7f"));
    EXPECT_FALSE(asn1::is_ia5_string("\x80"));
}
