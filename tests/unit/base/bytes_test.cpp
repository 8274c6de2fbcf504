// SPDX-License-Identifier: BSL-1.0
#include <scepkit/base/bytes.hpp>

#include <gtest/gtest.h>

using namespace scepkit;

namespace {

std::string hex_of(result<bytes> const& r) { return r ? to_hex(*r) : std::string(name_of(r.error().code())); }

} // namespace

TEST(Hex, WritesWithAndWithoutSeparator)
{
    EXPECT_EQ(to_hex(bytes{0x00, 0xab, 0xff}), "00abff");
    EXPECT_EQ(to_hex(bytes{0x00, 0xab, 0xff}, ":"), "00:ab:ff");
    EXPECT_EQ(to_hex({}), "");
}

TEST(Hex, ReadsFingerprintsAsPeopleWriteThem)
{
    EXPECT_EQ(hex_of(from_hex("AB:cd:01")), "abcd01");
    EXPECT_EQ(hex_of(from_hex(" ab cd\n01 ")), "abcd01");
    EXPECT_EQ(hex_of(from_hex("")), "");
    for(auto const* bad : {"a", "abc", "a b", "a:bc", "0x12", "zz", ":ab", "ab-cd", "\xc3\xa4"}) {
        auto const r = from_hex(bad);
        ASSERT_FALSE(r) << bad;
        EXPECT_EQ(r.error(), errc::bad_value) << bad;
        EXPECT_TRUE(r.error().details().offset) << bad;
    }
    EXPECT_EQ(from_hex("abxd").error().details().offset, 2u);
}

// RFC 4648, section 10.
TEST(Base64, AgreesWithTheVectorsOfItsStandard)
{
    std::pair<char const*, char const*> const vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for(auto const& [plain, encoded] : vectors) {
        EXPECT_EQ(to_base64(as_bytes(plain)), encoded);
        auto const back = from_base64(encoded);
        ASSERT_TRUE(back) << encoded;
        EXPECT_EQ(as_text(*back), plain);
    }
}

TEST(Base64, RoundTripsEveryByte)
{
    bytes all;
    for(unsigned i = 0; i < 256; ++i)
        all.push_back(static_cast<std::uint8_t>(i));
    for(std::size_t size = 0; size <= all.size(); ++size) {
        auto const back = from_base64(to_base64(bytes_view(all).first(size)));
        ASSERT_TRUE(back);
        EXPECT_TRUE(equal(*back, bytes_view(all).first(size)));
    }
}

TEST(Base64, SkipsBlanksAndNamesTheOffsetOfTheRest)
{
    EXPECT_EQ(as_text(*from_base64("Zm 9v\r\nYm\tFy\n")), "foobar");
    EXPECT_EQ(as_text(*from_base64("Zg=\n=")), "f");
    std::pair<char const*, std::size_t> const bad[] = {
        {"Zm9*", 3}, {"Zm-v", 2},     {"=", 0},     {"Z===", 1},  {"Zg=", 3},  {"Zg", 2},   {"Zm8", 3},
        {"Z", 1},    {"Zg==Zg==", 4}, {"Zm9v=", 4}, {"Zg===", 4}, {"Zh==", 4}, {"Zm9=", 4}, {"Zm=v", 3}};
    for(auto const& [text, offset] : bad) {
        auto const r = from_base64(text);
        ASSERT_FALSE(r) << text;
        EXPECT_EQ(r.error(), errc::bad_value) << text;
        EXPECT_EQ(r.error().details().offset, offset) << text;
    }
}

TEST(Equal, ComparesContentsAndLengths)
{
    bytes const a{1, 2, 3};
    bytes const b{1, 2, 4};
    for(auto const compare : {&equal, &equal_constant_time}) {
        EXPECT_TRUE(compare(a, bytes{1, 2, 3}));
        EXPECT_FALSE(compare(a, b));
        EXPECT_FALSE(compare(a, bytes_view(a).first(2)));
        EXPECT_TRUE(compare({}, {}));
        EXPECT_FALSE(compare(a, {}));
    }
}

TEST(EscapeControls, LeavesPlainTextAlone)
{
    for(std::string const text : {"", "plain", "DOMAIN\\user", "Zürich 漢字 \U0001f511", "a b~"})
        EXPECT_EQ(escape_controls(text), text);
}

TEST(EscapeControls, WritesControlsAndBrokenUtf8AsBytes)
{
    EXPECT_EQ(escape_controls(std::string_view("a\0\t\r\n\x1b\x7f", 7)), "a\\x00\\x09\\x0d\\x0a\\x1b\\x7f");
    EXPECT_EQ(escape_controls("\xff\x80z"), "\\xff\\x80z");
    EXPECT_EQ(escape_controls("\xc3"), "\\xc3");                   // cut
    EXPECT_EQ(escape_controls("\xc0\xaf"), "\\xc0\\xaf");          // overlong
    EXPECT_EQ(escape_controls("\xed\xa0\x80"), "\\xed\\xa0\\x80"); // surrogate
    EXPECT_EQ(escape_controls("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
    EXPECT_EQ(escape_controls("\xe2\x82z"), "\\xe2\\x82z");
}

TEST(EscapeControls, WritesC1AndBidirectionalOverridesAsCodePoints)
{
    EXPECT_EQ(escape_controls("\u009b31m"), "\\u{009b}31m");
    EXPECT_EQ(escape_controls("\u0080\u009f"), "\\u{0080}\\u{009f}");
    EXPECT_EQ(escape_controls("\u00a0"), "\u00a0");
    for(char32_t c = 0x202a; c <= 0x202e; ++c) {
        std::string const text{'\xe2', '\x80', static_cast<char>(0x80 | (c & 0x3f))};
        EXPECT_EQ(escape_controls(text).substr(0, 3), "\\u{");
    }
    EXPECT_EQ(escape_controls("\u2066\u2069"), "\\u{2066}\\u{2069}");
    EXPECT_EQ(escape_controls("\u200e\u200f\u2028"), "\\u{200e}\\u{200f}\\u{2028}");
    EXPECT_EQ(escape_controls("\u2065\u2070"), "\u2065\u2070");
}
