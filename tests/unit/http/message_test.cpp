// SPDX-License-Identifier: BSL-1.0
#include <scepkit/http/message.hpp>

#include <gtest/gtest.h>

namespace scepkit::inline v0::http {
namespace {

TEST(Fields, CompareNamesWithoutCaseAndKeepTheOrder)
{
    fields f;
    f.add("X-One", "1");
    f.add("content-type", "a");
    f.add("Content-Type", "b");
    EXPECT_EQ(f.first("CONTENT-TYPE"), "a");
    EXPECT_TRUE(f.contains("x-one"));
    EXPECT_FALSE(f.contains("x-on"));
    EXPECT_EQ(f.first("missing"), "");
    EXPECT_EQ(f.list().size(), 3u);
}

TEST(MediaType, IsLowerCaseWithoutParameters)
{
    response r;
    EXPECT_EQ(media_type(r), "");
    r.fields.add("content-type", " Application/X-PKI-Message ; charset=UTF-8");
    EXPECT_EQ(media_type(r), "application/x-pki-message");
}

TEST(Html, IsRecognisedByItsBeginning)
{
    for(std::string const& page :
        {std::string("<html>"), std::string("<HTML lang=en>"), std::string("<!DOCTYPE html>"),
         std::string("\xef\xbb\xbf\r\n\t <!doctype HTML"), std::string("<head>"), std::string("<body>"),
         std::string("<form action=x>"), std::string("<!-- IIS --><html>"),
         std::string("<?xml version=\"1.0\"?>\n<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\">"),
         std::string("<h1>Bad Request</h1>"), std::string("<!-- without an end")})
        EXPECT_TRUE(looks_like_html(as_bytes(page))) << page;
}

TEST(Html, OfTheAdminPageIsUtf16)
{
    bytes little{0xff, 0xfe};
    bytes big{0xfe, 0xff};
    for(char const c : std::string("\r\n<HTML><Head>")) {
        little.insert(little.end(), {static_cast<std::uint8_t>(c), 0});
        big.insert(big.end(), {0, static_cast<std::uint8_t>(c)});
    }
    EXPECT_TRUE(looks_like_html(little));
    EXPECT_TRUE(looks_like_html(big));
    little.erase(little.begin(), little.begin() + 6);
    EXPECT_TRUE(looks_like_html(little)); // Without its mark, from '<' on.
}

TEST(Html, IsNotSeenInScep)
{
    for(std::string const& other :
        {std::string(), std::string("AES\nSHA-256\n"), std::string("<"), std::string("<?xml version=\"1.0\"?><plist/>"),
         std::string("-----BEGIN CERTIFICATE-----"), std::string("{\"error\":\"<html>\"}"), std::string("0\x82<html>"),
         std::string("\xff\xfe"), std::string("\xef\xbb\xbf")})
        EXPECT_FALSE(looks_like_html(as_bytes(other))) << other;
}

} // namespace
} // namespace scepkit::inline v0::http
