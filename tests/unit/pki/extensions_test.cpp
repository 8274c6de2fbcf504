// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/extensions.hpp>

#include "vectors.hpp"

#include <gtest/gtest.h>

namespace scepkit::inline v0::pki {
namespace {

using test::code_of;
using kind = general_name::kind;
namespace oids = asn1::oids;

result<std::vector<general_name>> read_names(bytes const& der, limits const& bounds = {})
{
    asn1::reader input(der, bounds);
    return read_general_names(input, bounds);
}

// One GeneralName by its encoding.
errc code_of_name(std::string_view hex)
{
    auto const inside = from_hex(hex).value();
    return code_of(read_names(asn1::encode([&](asn1::writer& w) { w.sequence([&] { w.raw(inside); }); })));
}

TEST(GeneralName, ReadsEveryKindThatOpensslWrites)
{
    auto const request = test::csr("openssl-everything");
    auto const& names = request.extensions().subject_alt_names;
    std::vector<std::pair<kind, std::string>> seen;
    for(auto const& n : names)
        seen.emplace_back(n.type, n.text);
    std::vector<std::pair<kind, std::string>> const wanted{
        {kind::other_name, "jürgen@contoso.example"},
        {kind::dns, "device7.contoso.example"},
        {kind::ip, "192.0.2.7"},
        {kind::ip, "2001:db8::7"},
        {kind::uri, "tag:microsoft.com,2022-09-14:sid:S-1-5-21-1-2-3-1104"},
        {kind::rfc822, "device7@contoso.example"},
        {kind::directory, "CN=inner"},
        {kind::registered_id, "1.2.3.4"},
    };
    EXPECT_EQ(seen, wanted);
    EXPECT_EQ(names.at(0).other_type, oids::upn);
}

TEST(GeneralName, ReadsBackEveryKindItMakes)
{
    std::vector<general_name> const made{
        general_name::dns("a.example").value(),
        general_name::rfc822("a@b.example").value(),
        general_name::uri("https://a.example/x").value(),
        general_name::ip("10.1.2.3").value(),
        general_name::ip("2001:db8:0:0:1::1").value(),
        general_name::upn("jürgen@contoso.example").value(),
        general_name::directory(name::parse("CN=a,O=b").value()).value(),
        general_name::registered_id(asn1::oid{"1.2.3"}).value(),
        general_name::sid_uri("S-1-5-21-1-2-3-1104").value(),
    };
    auto const e = make_subject_alt_names(made);
    EXPECT_EQ(e.id, oids::subject_alt_name);
    auto const back = read_names(e.value).value();
    ASSERT_EQ(back.size(), made.size());
    for(std::size_t i = 0; i != made.size(); ++i) {
        EXPECT_EQ(back[i].type, made[i].type);
        EXPECT_EQ(back[i].text, made[i].text);
        EXPECT_EQ(back[i].der, made[i].der);
    }
    EXPECT_EQ(back[4].text, "2001:db8::1:0:0:1");
    EXPECT_EQ(back[8].text, "tag:microsoft.com,2022-09-14:sid:S-1-5-21-1-2-3-1104");
}

TEST(GeneralName, RefusesTextThatDoesNotFit)
{
    for(auto const* const text : {"", "a b", "a\nb", "ü.example", "a\x7f"}) {
        EXPECT_EQ(code_of(general_name::dns(text)), errc::invalid_argument) << text;
        EXPECT_EQ(code_of(general_name::rfc822(text)), errc::invalid_argument) << text;
        EXPECT_EQ(code_of(general_name::uri(text)), errc::invalid_argument) << text;
    }
    EXPECT_EQ(code_of(general_name::dns(std::string_view("a\0b", 3))), errc::invalid_argument);
    EXPECT_EQ(code_of(general_name::upn("")), errc::invalid_argument);
    EXPECT_EQ(code_of(general_name::upn(std::string_view("a\0b", 3))), errc::invalid_argument);
    EXPECT_EQ(code_of(general_name::upn("\xff")), errc::invalid_argument);
}

TEST(GeneralName, KnowsAddressesByTheirText)
{
    auto const text = [](std::string_view address) { return general_name::ip(address).value().text; };
    EXPECT_EQ(text("0.0.0.0"), "0.0.0.0");
    EXPECT_EQ(text("255.255.255.255"), "255.255.255.255");
    EXPECT_EQ(text("::"), "::");
    EXPECT_EQ(text("::1"), "::1");
    EXPECT_EQ(text("1::"), "1::");
    EXPECT_EQ(text("0:0:0:0:0:0:0:1"), "::1");
    EXPECT_EQ(text("1:0:0:2:0:0:0:3"), "1:0:0:2::3");
    EXPECT_EQ(text("1:0:2:3:4:5:6:7"), "1:0:2:3:4:5:6:7");
    EXPECT_EQ(text("::ffff:192.0.2.1"), "::ffff:c000:201");
    EXPECT_EQ(text("ABCD::EF"), "abcd::ef");
    EXPECT_EQ(text("1:2:3:4:5:6:7::"), "1:2:3:4:5:6:7:0");
    for(auto const* const bad :
        {"",          "1.2.3",        "1.2.3.4.5",      "1.2.3.256",         "1.2.3.4 ",
         "01.2.3.4",  "1.2.3.",       "a.b.c.d",        "1.2.3.-4",          ":",
         ":::",       "1::2::3",      "1:2:3:4:5:6:7",  "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::",
         "12345::",   "g::",          ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:",    "::1.2.3",
         "1.2.3.4::", "fe80::1%eth0", "[::1]"})
        EXPECT_EQ(code_of(general_name::ip(bad)), errc::invalid_argument) << bad;
}

TEST(GeneralName, RefusesEncodingsThatAreNone)
{
    EXPECT_EQ(code_of_name("8203610062"), errc::bad_value); // A NUL.
    EXPECT_EQ(code_of_name("8201ff"), errc::bad_value);
    EXPECT_EQ(code_of_name("8703010203"), errc::bad_value);
    EXPECT_EQ(code_of_name("8700"), errc::bad_value);
    EXPECT_EQ(code_of_name("0c0161"), errc::unexpected_tag);
    EXPECT_EQ(code_of_name("890161"), errc::unexpected_tag);
    EXPECT_NE(code_of_name("8800"), errc{});
    EXPECT_NE(code_of_name("a000"), errc{});
    EXPECT_NE(code_of_name("a400"), errc{});
    EXPECT_NE(code_of_name("a00906032a0304a0020500ff"), errc{});
    EXPECT_EQ(code_of_name("a0090603"
                           "2a0304"
                           "a0020500"),
              errc{})
        << "an otherName of an unknown kind is kept as it is";
}

TEST(GeneralName, BoundsTheirNumber)
{
    std::vector<general_name> const many(5, general_name::dns("a.example").value());
    auto const der = make_subject_alt_names(many).value;
    EXPECT_EQ(code_of(read_names(der, {.extensions = 4})), errc::too_many);
    EXPECT_EQ(read_names(der, {.extensions = 5}).value().size(), 5u);
}

TEST(Extensions, ReadsTheSidThatOpensslWrote)
{
    EXPECT_EQ(test::csr("openssl-everything").extensions().sid, "S-1-5-21-1004336348-1177238915-682003330-512");
}

TEST(Extensions, SidEncodingIsThatOfMicrosoft)
{
    // "A sample of the extension" as certutil prints it has this shape: SEQUENCE, [0], OID, [0], OCTET STRING.
    EXPECT_EQ(to_hex(make_sid("S-1-5-18").value().value), "301a"
                                                          "a018"
                                                          "060a2b060104018237190201"
                                                          "a00a"
                                                          "0408" +
                                                              to_hex(as_bytes("S-1-5-18")));
    EXPECT_FALSE(make_sid("S-1-5-18").value().critical);
}

TEST(Extensions, KnowsASidWhenItSeesOne)
{
    EXPECT_EQ(code_of(make_sid("S-1-5-21-4294967295-0-1-500")), errc{});
    EXPECT_EQ(code_of(make_sid("S-1-1-0")), errc{});
    EXPECT_EQ(code_of(make_sid("S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15")), errc{});
    for(auto const* const bad :
        {"", "S-1", "S-1-", "S-1-5", "S-1-5-", "S-2-5-18", "s-1-5-18", "S-1-5-4294967296", "S-1-5--1", "S-1-5-21-x",
         "S-1-5-18 ", "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16", "S-1-281474976710656-1", "S-1-5-21-1\n"})
        EXPECT_EQ(code_of(make_sid(bad)), errc::invalid_argument) << bad;
}

TEST(Extensions, NamesKeyUsages)
{
    EXPECT_EQ(to_string(key_usage::digital_signature | key_usage::key_encipherment),
              "digitalSignature, keyEncipherment");
    EXPECT_EQ(to_string(key_usage::none), "");
    EXPECT_EQ(to_hex(make_key_usage(key_usage::digital_signature | key_usage::key_encipherment).value), "030205a0");
    EXPECT_TRUE(make_key_usage(key_usage::crl_sign).critical);
}

TEST(Extensions, BasicConstraintsLeaveDefaultsOut)
{
    EXPECT_EQ(to_hex(make_basic_constraints({}).value), "3000");
    EXPECT_EQ(to_hex(make_basic_constraints({.ca = true}).value), "30030101ff");
    EXPECT_EQ(to_hex(make_basic_constraints({.ca = true, .path_length = 3}).value), "30060101ff020103");
}

} // namespace
} // namespace scepkit::inline v0::pki
