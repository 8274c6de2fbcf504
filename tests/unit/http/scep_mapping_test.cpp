// SPDX-License-Identifier: BSL-1.0
#include <scepkit/http/scep_mapping.hpp>

#include <gtest/gtest.h>
#include <random>

namespace scepkit::inline v0::http {
namespace {

using scep::operation;
using send = scep::enrollment::send;

endpoint server(std::string_view url = "https://ca.example/certsrv/mscep/mscep.dll")
{
    return endpoint::parse(url).value();
}

request get(std::string target)
{
    request r;
    r.target = std::move(target);
    return r;
}

/// All byte values, and lengths that need every padding.
std::vector<bytes> messages()
{
    std::vector<bytes> all;
    std::mt19937 random(1);
    for(std::size_t size : {1u, 2u, 3u, 4u, 61u, 62u, 63u, 256u, 3000u}) {
        bytes one(size);
        for(auto& b : one)
            b = static_cast<std::uint8_t>(random());
        all.push_back(one);
    }
    all.push_back(bytes(64, 0xfb)); // "+/v7" and the like: many '+'
    all.push_back(bytes(64, 0xff)); // "////"
    return all;
}

std::string replace_all(std::string text, std::string_view what, std::string_view with)
{
    for(std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
        text.replace(at, what.size(), with);
    return text;
}

TEST(MakeRequest, GetsCapabilitiesAndCertificates)
{
    auto const caps = make_request(server(), {.operation = operation::get_ca_caps}, "scepkit/0.1");
    EXPECT_EQ(caps.method, "GET");
    EXPECT_EQ(caps.target, "/certsrv/mscep/mscep.dll?operation=GetCACaps");
    EXPECT_EQ(caps.fields.first("Host"), "ca.example");
    EXPECT_EQ(caps.fields.first("User-Agent"), "scepkit/0.1");
    EXPECT_FALSE(caps.fields.contains("Accept-Encoding"));
    EXPECT_TRUE(caps.body.empty());
    auto const named = make_request(server("http://ca:8080/x?y=1"),
                                    {.operation = operation::get_ca_cert, .message = "A&B \xc3\xa4"}, "");
    EXPECT_EQ(named.target, "/x?y=1&operation=GetCACert&message=A%26B%20%C3%A4");
    EXPECT_EQ(named.fields.first("Host"), "ca:8080");
}

TEST(MakeRequest, PostsOnlyWhereItMay)
{
    send step{.operation = operation::pki_operation, .body = {0xfb, 0xff, 0xbf, 0x01}, .post_allowed = true};
    auto const post = make_request(server(), step, "x");
    EXPECT_EQ(post.method, "POST");
    EXPECT_EQ(post.target, "/certsrv/mscep/mscep.dll?operation=PKIOperation");
    EXPECT_EQ(post.fields.first("Content-Type"), "application/x-pki-message");
    EXPECT_EQ(post.fields.first("Content-Length"), "4");
    EXPECT_EQ(post.body, step.body);
    step.post_allowed = false;
    auto const by_get = make_request(server(), step, "x");
    EXPECT_EQ(by_get.method, "GET");
    EXPECT_EQ(by_get.target, "/certsrv/mscep/mscep.dll?operation=PKIOperation&message=%2B%2F%2B%2FAQ%3D%3D");
    EXPECT_TRUE(by_get.body.empty());
}

TEST(Mapping, WhatIsMadeIsReadAgain)
{
    for(auto const o : {operation::get_ca_caps, operation::get_ca_cert, operation::get_next_ca_cert})
        for(std::string const& identifier :
            {std::string(), std::string("CAIdentifier"), std::string("a+b/c=&?#% \xc3\xa4")}) {
            auto const in = read_request(make_request(server(), {.operation = o, .message = identifier}, "x"));
            ASSERT_TRUE(in) << in.error();
            EXPECT_EQ(in->operation, o);
            EXPECT_EQ(in->message, identifier);
        }
    for(auto const& message : messages())
        for(auto const post : {true, false}) {
            auto const in = read_request(make_request(
                server(), {.operation = operation::pki_operation, .body = message, .post_allowed = post}, "x"));
            ASSERT_TRUE(in) << in.error();
            EXPECT_EQ(in->operation, operation::pki_operation);
            EXPECT_EQ(in->body, message);
        }
}

// Every way in which some client writes the message of a GET.
TEST(ThreatH2, AllEncodingsSeenInTheWildAreRead)
{
    for(auto const& message : messages()) {
        auto const base64 = to_base64(message);
        std::string folded; // Cisco: a line end after 64 characters, and one at the end
        for(std::size_t i = 0; i < base64.size(); i += 64)
            folded += base64.substr(i, 64) + "\n";
        auto const unpadded = replace_all(base64, "=", "");
        std::vector<std::string> const written{
            percent_encode(base64),
            base64,                          // raw + and / and =
            replace_all(base64, "=", "%3D"), // Apple
            replace_all(replace_all(base64, "+", "%2b"), "/", "%2f"),
            replace_all(base64, "+", "%20"),                      // '+' taken for a blank on the way
            replace_all(replace_all(base64, "+", "-"), "/", "_"), // base64url
            unpadded,
            replace_all(replace_all(unpadded, "+", "-"), "/", "_"),
            percent_encode(folded), // %0A
            replace_all(percent_encode(folded), "%0A", "%0D%0A"),
            replace_all(folded, "\n", "%0A"),
        };
        for(auto const& text : written) {
            auto const in = read_request(get("/scep?operation=PKIOperation&message=" + text));
            ASSERT_TRUE(in) << in.error() << " " << text;
            EXPECT_EQ(in->body, message) << text;
        }
    }
}

// Without the quirk, only what RFC 8894 says; with it, what had to be overlooked is told.
TEST(ThreatH2, LooseEncodingsNeedTheirQuirk)
{
    bytes const message{0xfb, 0xef, 0xbe, 0xff, 0xff, 0xff, 0x01}; // "++++////AQ=="
    ASSERT_EQ(to_base64(message), "++++////AQ==");
    struct row {
        std::string_view text;
        bool strict;
    };
    for(auto const& [text, strict] :
        {row{"%2B%2b%2B%2B%2F%2F%2F%2FAQ%3D%3D", true},
         row{"%2B%2B%2B%2B////AQ==", true}, // Both stand for themselves in a query.
         row{"++++////AQ==", false}, row{"%20%20%20%20////AQ==", false}, row{"----____AQ%3D%3D", false},
         row{"%2B%2B%2B%2B%2F%2F%2F%2FAQ", false}, row{"%2B%2B%2B%2B%0A%2F%2F%2F%2FAQ%3D%3D", false},
         row{"%2B%2B%2B%2B%2F%2F%2F%2FAQ%3D%3D%0A", false}}) {
        SCOPED_TRACE(text);
        auto const asked = get("/x?operation=PKIOperation&message=" + std::string(text));
        auto const loose = read_request(asked);
        ASSERT_TRUE(loose) << loose.error();
        EXPECT_EQ(loose->body, message);
        EXPECT_EQ(loose->tolerances.contains(scep::quirk::loose_get_message), !strict);
        auto const held = read_request(asked, {});
        EXPECT_EQ(held.has_value(), strict);
        if(held)
            EXPECT_EQ(held->body, message);
        else
            EXPECT_EQ(held.error(), errc::bad_value);
    }
    for(auto const post : {true, false}) {
        auto const ours =
            make_request(server(), {.operation = operation::pki_operation, .body = message, .post_allowed = post}, "x");
        auto const read = read_request(ours, {});
        ASSERT_TRUE(read) << read.error();
        EXPECT_TRUE(read->tolerances.empty());
    }
}

TEST(ReadRequest, NamesOfParametersHaveNoCaseAndOthersAreIgnored)
{
    for(auto const* target : {"/x?Operation=GetCACaps&Message=id", "/x?message=id&OPERATION=getcacaps",
                              "/x?a=b&operation=GetCACaps&c&message=id&&", "/x?oper%61tion=GetCACap%73&message=%69d"}) {
        auto const in = read_request(get(target));
        ASSERT_TRUE(in) << target << in.error();
        EXPECT_EQ(in->operation, operation::get_ca_caps);
        EXPECT_EQ(in->message, "id");
    }
}

TEST(ReadRequest, APostWithoutOperationIsAPkiOperation)
{
    request r;
    r.method = "POST";
    r.target = "/scep";
    r.body = {1, 2, 3};
    auto const in = read_request(r);
    ASSERT_TRUE(in) << in.error();
    EXPECT_EQ(in->operation, operation::pki_operation);
    EXPECT_EQ(in->body, r.body);
}

TEST(ReadRequest, WhatIsNoScepRequestIsRefused)
{
    for(auto const* target :
        {"/x", "/x?", "/x?message=id", "/x?operation=", "/x?operation=GetCACerts", "/x?operation=GetCACaps%00",
         "/x?operation=PKIOperation", "/x?operation", "", "/x?operation=GetCACaps#fragment"})
        EXPECT_EQ(read_request(get(target)).error(), errc::bad_http) << target;
    for(auto const* method : {"", "get", "HEAD", "PUT", "DELETE", "POST "}) {
        auto r = get("/x?operation=GetCACaps");
        r.method = method;
        EXPECT_EQ(read_request(r).error(), errc::bad_http) << method;
    }
}

TEST(ThreatH2, DoubledParametersAreRefused)
{
    for(auto const* target :
        {"/x?operation=GetCACaps&operation=PKIOperation", "/x?operation=GetCACaps&OPERATION=GetCACaps",
         "/x?operation=PKIOperation&message=AAAA&message=BBBB", "/x?operation=GetCACert&message=a&Mess%61ge=b"})
        EXPECT_EQ(read_request(get(target)).error(), errc::bad_http) << target;
    std::string many = "/x?operation=GetCACaps";
    for(int i = 0; i < 100; ++i)
        many += "&a=b";
    EXPECT_EQ(read_request(get(many)).error(), errc::bad_http);
}

TEST(ThreatH2, UndecodableMessagesAreRefused)
{
    for(auto const* message : {"", "%00", "AAA%00", "A", "AAAAA", "AA=A", "AA===", "=", "====", "A%", "A%4", "A%zz",
                               "AAA!", "AAA.", "AAA%C3%A4", "AAAA%01", "~~~~"})
        EXPECT_EQ(read_request(get(std::string("/x?operation=PKIOperation&message=") + message)).error(),
                  errc::bad_value)
            << message;
    for(auto const* identifier : {"a%00b", "%0d%0aSet-Cookie:x", "%7f"})
        EXPECT_EQ(read_request(get(std::string("/x?operation=GetCACaps&message=") + identifier)).error(),
                  errc::bad_value)
            << identifier;
}

TEST(ThreatH2, LengthsAreBounded)
{
    limits bounds;
    bounds.message_size = 1u << 20;
    bytes const fits(bounds.message_size, 7);
    auto longer = fits;
    longer.push_back(7);
    for(auto const post : {true, false}) {
        EXPECT_TRUE(read_request(
            make_request(server(), {.operation = operation::pki_operation, .body = fits, .post_allowed = post}, ""),
            {scep::quirk::loose_get_message}, bounds));
        EXPECT_EQ(read_request(
                      make_request(server(),
                                   {.operation = operation::pki_operation, .body = longer, .post_allowed = post}, ""),
                      {scep::quirk::loose_get_message}, bounds)
                      .error(),
                  errc::too_large);
    }
    auto const endless = "/x?operation=PKIOperation&message=" + std::string(8u << 20, 'A');
    EXPECT_EQ(read_request(get(endless), {scep::quirk::loose_get_message}, bounds).error(), errc::too_large);
    EXPECT_EQ(read_request(get("/x?operation=GetCACaps&message=" + std::string(1u << 20, 'A'))).error(),
              errc::too_large);
}

// Whatever stands in a field, the request line and the headers stay one line each.
TEST(ThreatH4, NoByteBreaksOutOfItsPlace)
{
    for(int value = 0; value < 256; ++value) {
        std::string const hostile = std::string("a") + static_cast<char>(value) + "Injected: 1";
        auto const r = make_request(server(), {.operation = operation::get_ca_cert, .message = hostile}, hostile);
        for(char const c : r.target)
            EXPECT_TRUE(c > 0x20 && c < 0x7f) << value;
        for(auto const& [name, content] : r.fields.list())
            for(char const c : name + content)
                EXPECT_FALSE((c >= 0 && c < 0x20) || c == 0x7f) << value;
        auto const url = endpoint::parse("https://host/a" + std::string(1, static_cast<char>(value)) + "b");
        for(char const c : url ? url->path + url->query : std::string())
            EXPECT_TRUE(c > 0x20 && c < 0x7f) << value;
    }
}

TEST(MakeReply, TellsStatusTypeAndBody)
{
    response r;
    r.status = 404;
    r.fields.add("content-type", "Text/HTML; charset=us-ascii");
    r.body = {1};
    auto const reply = make_reply(r);
    EXPECT_EQ(reply.http_status, 404u);
    EXPECT_EQ(reply.content_type, "text/html");
    EXPECT_EQ(reply.body, bytes{1});
}

TEST(MakeReply, ReadsRetryAfter)
{
    using std::chrono::seconds;
    struct row {
        std::string_view retry;
        std::string_view date;
        std::optional<seconds> expected;
    };
    constexpr std::string_view sent = "Sun, 22 Nov 2026 12:00:00 GMT";
    constexpr seconds ten_years{std::int64_t{3650} * 24 * 3600};
    for(auto const& [retry, date, expected] : {row{"120", "", seconds{120}},
                                               row{" 0 ", "", seconds{0}},
                                               row{"00060", sent, seconds{60}},
                                               row{"99999999999999999999999", "", ten_years},
                                               row{"9223372036854775807", "", ten_years},
                                               row{"Sun, 22 Nov 2026 12:10:05 GMT", sent, seconds{605}},
                                               row{"Mon, 23 Nov 2026 12:00:00 GMT", sent, seconds{86400}},
                                               row{"Sat, 21 Nov 2026 12:00:00 GMT", sent, seconds{0}},
                                               row{"Fri, 31 Dec 9999 23:59:59 GMT", sent, ten_years},
                                               row{"Sun, 22 Nov 2026 12:10:05 GMT", "", std::nullopt},
                                               row{"Sun, 22 Nov 2026 12:10:05 GMT", "today", std::nullopt},
                                               row{"", sent, std::nullopt},
                                               row{"-1", sent, std::nullopt},
                                               row{"1.5", sent, std::nullopt},
                                               row{"soon", sent, std::nullopt},
                                               row{"Sun, 31 Feb 2026 12:10:05 GMT", sent, std::nullopt},
                                               row{"Sun, 22 Nov 2026 24:10:05 GMT", sent, std::nullopt},
                                               row{"Sun, 22 Nov 2026 12:10:05 UTC", sent, std::nullopt},
                                               row{"Sun, 22 Now 2026 12:10:05 GMT", sent, std::nullopt},
                                               row{"Sun, +2 Nov 2026 12:10:05 GMT", sent, std::nullopt}}) {
        response r;
        r.status = 503;
        r.fields.add("retry-after", std::string(retry));
        if(!date.empty())
            r.fields.add("Date", std::string(date));
        EXPECT_EQ(make_reply(r).retry_after, expected) << retry << " | " << date;
    }
    EXPECT_FALSE(make_reply(response{}).retry_after);
}

TEST(MakeResponse, AlwaysSaysItsLengthAndIsNeverCached)
{
    auto const good = make_response({200, "application/x-pki-message", bytes(10, 1)});
    EXPECT_EQ(good.status, 200u);
    EXPECT_EQ(good.reason, "OK");
    EXPECT_EQ(good.fields.first("Content-Type"), "application/x-pki-message");
    EXPECT_EQ(good.fields.first("Content-Length"), "10");
    EXPECT_EQ(good.fields.first("Cache-Control"), "no-store");
    auto const bad = make_response({400, {}, {}});
    EXPECT_EQ(bad.reason, "Bad Request");
    EXPECT_EQ(bad.fields.first("Content-Length"), "0");
    EXPECT_FALSE(bad.fields.contains("Content-Type"));
}

TEST(Percent, GoesThereAndBack)
{
    std::string all;
    for(int value = 0; value < 256; ++value)
        all.push_back(static_cast<char>(value));
    EXPECT_EQ(percent_decode(percent_encode(all)).value(), all);
    EXPECT_EQ(percent_encode("AZaz09-._~"), "AZaz09-._~");
    EXPECT_EQ(percent_encode("+/= \n"), "%2B%2F%3D%20%0A");
    EXPECT_EQ(percent_decode("a+b%2B").value(), "a+b+");
    for(auto const* bad : {"%", "%1", "%g0", "%0g", "a%", "a%a"}) {
        EXPECT_EQ(percent_decode(bad).error(), errc::bad_value) << bad;
        EXPECT_TRUE(percent_decode(bad).error().details().offset) << bad;
    }
}

} // namespace
} // namespace scepkit::inline v0::http
