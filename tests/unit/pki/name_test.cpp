// SPDX-License-Identifier: BSL-1.0
#include <scepkit/asn1/oids.hpp>
#include <scepkit/asn1/writer.hpp>
#include <scepkit/pki/name.hpp>

#include "vectors.hpp"

#include <gtest/gtest.h>

namespace scepkit::inline v0::pki {
namespace {

using test::code_of;
namespace oids = asn1::oids;

bytes one_value(asn1::tag type, std::string_view value, asn1::oid const& attribute = oids::common_name)
{
    return asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.set([&] {
                w.sequence([&] {
                    w.oid(attribute);
                    w.string(type, value);
                });
            });
        });
    });
}

asn1::tag type_of(std::string_view text)
{
    auto const n = name::parse(text).value();
    asn1::reader input(n.der());
    auto rdn = input.enter(asn1::tag::sequence).value().enter(asn1::tag::set).value();
    auto pair = rdn.enter(asn1::tag::sequence).value();
    EXPECT_TRUE(pair.read_oid().has_value());
    return pair.peek().value();
}

TEST(Name, IsWrittenFromTheInsideAndEncodedFromTheOutside)
{
    auto const n = name::parse("CN=device 7,OU=Phones,O=Contoso,C=DE").value();
    ASSERT_EQ(n.attributes().size(), 4u);
    EXPECT_EQ(n.attributes().front().type, oids::country);
    EXPECT_EQ(n.attributes().back().value, "device 7");
    EXPECT_EQ(n.first(oids::organization), "Contoso");
    EXPECT_EQ(n.first(oids::surname), "");
    EXPECT_EQ(n.to_string(), "CN=device 7,OU=Phones,O=Contoso,C=DE");
}

TEST(Name, ReadsWhatOpensslAndPythonWrote)
{
    EXPECT_EQ(test::csr("openssl-everything").subject().to_string(), "CN=device 7,O=Müller & Söhne,C=DE");
    auto const strings = test::cert("name-strings").subject();
    EXPECT_EQ(strings.to_string(), "CN=printable,OU=Größe,O=Müller\\, Söhne,DC=example,C=DE");
}

TEST(Name, KeepsTheDerItCameIn)
{
    for(auto const type : {asn1::tag::utf8_string, asn1::tag::printable_string, asn1::tag::teletex_string}) {
        auto const der = one_value(type, "device");
        auto const n = name::from_der(der).value();
        EXPECT_TRUE(equal(n.der(), der));
    }
    EXPECT_NE(name::from_der(one_value(asn1::tag::utf8_string, "device")).value(),
              name::from_der(one_value(asn1::tag::printable_string, "device")).value());
}

TEST(Name, EmptyIsEmpty)
{
    EXPECT_TRUE(name().empty());
    name const none;
    EXPECT_EQ(to_hex(none.der()), "3000");
    EXPECT_EQ(name::parse("").value(), name());
    EXPECT_EQ(name::parse("   ").value(), name());
    EXPECT_EQ(name::from_der(from_hex("3000").value()).value(), name());
    EXPECT_EQ(name().to_string(), "");
}

TEST(Name, ReadsTheExamplesOfRfc4514)
{
    EXPECT_EQ(name::parse("UID=jsmith,DC=example,DC=net").value().attributes().front().value, "net");
    auto const joined = name::parse("OU=Sales+CN=J.  Smith,DC=example,DC=net").value();
    ASSERT_EQ(joined.attributes().size(), 4u);
    EXPECT_FALSE(joined.attributes()[2].same_rdn);
    EXPECT_TRUE(joined.attributes()[3].same_rdn);
    EXPECT_EQ(joined.first(oids::common_name), "J.  Smith");
    EXPECT_EQ(name::parse("CN=James \\\"Jim\\\" Smith\\, III,DC=example,DC=net").value().first(oids::common_name),
              "James \"Jim\" Smith, III");
    EXPECT_EQ(name::parse("CN=Before\\0dAfter,DC=example,DC=net").value().first(oids::common_name), "Before\rAfter");
    EXPECT_EQ(name::parse("CN=Lu\\C4\\8Di\\C4\\87").value().first(oids::common_name), "Lučić");
    auto const hex = name::parse("1.3.6.1.4.1.1466.0=#04024869").value();
    EXPECT_TRUE(hex.attributes()[0].is_hex);
    EXPECT_EQ(hex.to_string(), "1.3.6.1.4.1.1466.0=#04024869");
}

TEST(Name, KnowsTheKeywordsOfProfilesInAnyCase)
{
    auto const type = [](std::string_view text) { return name::parse(text).value().attributes().at(0).type; };
    EXPECT_EQ(type("cn=x"), oids::common_name);
    EXPECT_EQ(type("E=x"), oids::email_address);
    EXPECT_EQ(type("EMAIL=x"), oids::email_address);
    EXPECT_EQ(type("EmailAddress=x"), oids::email_address);
    EXPECT_EQ(type("G=x"), oids::given_name);
    EXPECT_EQ(type("GN=x"), oids::given_name);
    EXPECT_EQ(type("givenName=x"), oids::given_name);
    EXPECT_EQ(type("SN=x"), oids::surname);
    EXPECT_EQ(type("SURNAME=x"), oids::surname);
    EXPECT_EQ(type("SERIALNUMBER=x"), oids::serial_number);
    EXPECT_EQ(type("T=x"), oids::title);
    EXPECT_EQ(type("title=x"), oids::title);
    EXPECT_EQ(type("S=x"), oids::state_or_province);
    EXPECT_EQ(type("ST=x"), oids::state_or_province);
    EXPECT_EQ(type("STREET=x"), oids::street);
    EXPECT_EQ(type("L=x"), oids::locality);
    EXPECT_EQ(type("UID=x"), oids::user_id);
    EXPECT_EQ(type("DC=x"), oids::domain_component);
    EXPECT_EQ(type("unstructuredName=x"), oids::unstructured_name);
    EXPECT_EQ(type("unstructuredAddress=x"), oids::unstructured_address);
    EXPECT_EQ(type("OID.2.5.4.3=x"), oids::common_name);
    EXPECT_EQ(type("oid.1.2.3=x"), (asn1::oid{"1.2.3"}));
    EXPECT_EQ(type("2.5.4.3 = x"), oids::common_name);
}

TEST(Name, ReadsWhatPeopleWrite)
{
    EXPECT_EQ(name::parse(" CN = a , O = b ").value(), name::parse("CN=a,O=b").value());
    EXPECT_EQ(name::parse("CN=a;O=b").value(), name::parse("CN=a,O=b").value());
    EXPECT_EQ(name::parse("O=\"Contoso, Ltd.\"").value(), name::parse("O=Contoso\\, Ltd.").value());
    EXPECT_EQ(name::parse("CN=a\\ ").value().first(oids::common_name), "a ");
    EXPECT_EQ(name::parse("CN=\\ a").value().first(oids::common_name), " a");
    EXPECT_EQ(name::parse("CN=\\#a").value().first(oids::common_name), "#a");
    EXPECT_EQ(name::parse("CN=a#b=c").value().first(oids::common_name), "a#b=c");
}

TEST(Name, RefusesWhatIsNoName)
{
    for(auto const* const text :
        {"device", "CN",       "=x",      "CN=",           "CN=a,",          "CN=a,,O=b",        "CN=a+",
         ",CN=a",  "XX=y",     "CN=a\\",  "CN=a\\zb",      "CN=\"a",         "CN=\"a\"b",        "CN=a\"b",
         "CN=#",   "CN=#0",    "CN=#04",  "CN=#040248690", "CN=#04024869ff", "CN=#0402486 9",    "1..2=x",
         "1.2.=x", "CN=a\\ff", "CN=\\c4", "C=Ü",           "DC=ü",           "SERIALNUMBER=a_b", "CN=a\\00b"})
        EXPECT_EQ(code_of(name::parse(text)), errc::bad_name) << text;
}

TEST(ThreatR6, ANulInsideANameIsRefused)
{
    EXPECT_EQ(code_of(name::parse(std::string_view("CN=admin\0.evil", 14))), errc::bad_name);
    EXPECT_EQ(code_of(name::parse("CN=admin\\00.evil")), errc::bad_name);
    EXPECT_EQ(code_of(name::from_attributes({{oids::common_name, std::string("a\0b", 3)}})), errc::bad_name);
    EXPECT_EQ(code_of(name::from_der(one_value(asn1::tag::utf8_string, {"a\0b", 3}))), errc::bad_name);
    EXPECT_EQ(code_of(name::from_der(one_value(asn1::tag::bmp_string, {"\0a\0\0", 4}))), errc::bad_name);
    EXPECT_EQ(code_of(certificate::from_der(test::vector("certificates/name-nul.der"))), errc::bad_certificate);
    EXPECT_EQ(code_of(certificate::from_der(test::vector("certificates/san-nul.der"))), errc::bad_certificate);
    EXPECT_EQ(code_of(certificate_request::from_der(test::vector("requests/name-nul.der"))), errc::bad_request);
}

TEST(ThreatR6, WhatDrivesATerminalIsEscaped)
{
    auto const n = test::cert("name-controls").subject();
    EXPECT_EQ(n.to_string(), "CN=a\\1b[31mb\\e2\\80\\aec\\c2\\85d");
    EXPECT_EQ(name::parse(n.to_string()).value().first(oids::common_name), n.first(oids::common_name));
    for(auto const* const odd : {"\n", "\r", "\x7f", "\u200e", "\u061c", "\u2066", "\u2028"}) {
        auto const text = name::from_attributes({{oids::common_name, odd}}).value().to_string();
        EXPECT_EQ(text.find(odd), std::string::npos);
    }
}

TEST(Name, PicksTheStringTypeOfEachAttribute)
{
    EXPECT_EQ(type_of("C=DE"), asn1::tag::printable_string);
    EXPECT_EQ(type_of("SERIALNUMBER=7"), asn1::tag::printable_string);
    EXPECT_EQ(type_of("dnQualifier=7"), asn1::tag::printable_string);
    EXPECT_EQ(type_of("DC=example"), asn1::tag::ia5_string);
    EXPECT_EQ(type_of("E=a@b"), asn1::tag::ia5_string);
    EXPECT_EQ(type_of("CN=device 7"), asn1::tag::printable_string);
    EXPECT_EQ(type_of("CN=a@b"), asn1::tag::utf8_string);
    EXPECT_EQ(type_of("CN=ü"), asn1::tag::utf8_string);
}

TEST(Name, TextSurvivesTheWayThereAndBack)
{
    for(auto const* const value : {" ", "  a  ", "#1", "a,b", "a+b", "a;b", "<a>", "a=b", "\\", "\"", "\\\\2c", " #",
                                   "ü", "\x01", "\u202e", "a\nb", "7f", "\\7f"}) {
        auto const n = name::from_attributes({{oids::organization, "x"}, {oids::common_name, value}}).value();
        EXPECT_EQ(name::parse(n.to_string()).value(), n) << n.to_string();
    }
    auto const multi = test::cert("name-multi-valued").subject();
    EXPECT_EQ(multi.attributes().size(), 3u);
    EXPECT_EQ(name::parse(multi.to_string()).value().attributes().size(), 3u);
    EXPECT_EQ(name::parse(multi.to_string()).value().to_string(), multi.to_string());
}

TEST(Name, SortsThePartsOfOneRdn)
{
    EXPECT_EQ(name::parse("CN=a+O=b").value(), name::parse("O=b+CN=a").value());
    EXPECT_NE(name::parse("CN=a+O=b").value(), name::parse("CN=a,O=b").value());
}

TEST(Name, WritesOtherTypesAsHex)
{
    auto const n = test::cert("name-bit-string").subject();
    EXPECT_EQ(n.to_string(), "2.5.4.45=#030200ab");
    EXPECT_EQ(name::parse(n.to_string()).value(), n);
    // A text that merely looks like one does not become one.
    auto const text = name::from_attributes({{oids::common_name, "#030200ab"}}).value();
    EXPECT_FALSE(name::parse(text.to_string()).value().attributes()[0].is_hex);
}

TEST(Name, BoundsItsParts)
{
    std::vector<name::attribute> many(64, {oids::organizational_unit, "x"});
    auto const full = name::from_attributes(many).value();
    EXPECT_EQ(full.attributes().size(), 64u);
    EXPECT_EQ(code_of(name::from_der(full.der(), {.name_parts = 63})), errc::too_many);
    many.push_back(many.front());
    EXPECT_EQ(code_of(name::from_attributes(many)), errc::too_many);
}

TEST(Name, RefusesBrokenDer)
{
    for(auto const* const hex :
        {"", "31", "3100", "30023100", "300431023000", "300b310930070603550403", "30003000",
         "300d310b300906035504030c02ffff", "300d310b300906035504031e026100ff", "300c310a300806035504031e0161"})
        EXPECT_EQ(code_of(name::from_der(from_hex(hex).value())), errc::bad_name) << hex;
}

} // namespace
} // namespace scepkit::inline v0::pki
