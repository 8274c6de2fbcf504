// SPDX-License-Identifier: BSL-1.0
#include "walk.hpp"

#include <scepkit/asn1/oids.hpp>

#include <gtest/gtest.h>
#include <openssl/objects.h>

using namespace scepkit;
using asn1::oid;
namespace oids = asn1::oids;

TEST(Oid, ReadsAndWritesDottedForm)
{
    for(auto const* text : {"0.0", "0.39", "1.0", "1.39", "2.0", "2.39", "2.40", "2.47", "2.48", "2.999.3", "2.5.4.3",
                            "1.2.840.113549.1.7.2", "1.3.6.1.4.1.311.21.8.16777215.4294967295",
                            "2.25.340282366920938463463374607431768211455", "2.100", "2.920",
                            "2.1000000000000000000000", "1.2.0.0.128.16384"}) {
        auto const id = oid::from_dotted(text);
        ASSERT_TRUE(id) << text;
        EXPECT_EQ(id->to_dotted(), text);
        auto const again = oid::from_content(id->content());
        ASSERT_TRUE(again) << text;
        EXPECT_EQ(*again, *id);
    }
    EXPECT_EQ(oid().to_dotted(), "");
}

// OpenSSL is the other implementation.
TEST(Oid, AgreesWithOpenSsl)
{
    for(auto const* text :
        {"2.5.4.3", "1.2.840.113549.1.9.16.1.23", "2.16.840.1.113733.1.9.2", "2.999.1", "0.9.2342.19200300.100.1.25",
         "2.25.340282366920938463463374607431768211455", "1.39.4294967296", "2.47", "2.48", "2.175.0"}) {
        auto* const object = OBJ_txt2obj(text, 1);
        ASSERT_NE(object, nullptr) << text;
        bytes const expected(OBJ_get0_data(object), OBJ_get0_data(object) + OBJ_length(object));
        ASN1_OBJECT_free(object);
        auto const id = oid::from_dotted(text);
        ASSERT_TRUE(id) << text;
        EXPECT_EQ(to_hex(id->content()), to_hex(expected)) << text;
    }
}

TEST(Oid, IsTheSameAtCompileTime)
{
    constexpr oid here{"1.2.840.113549.1.7.1"};
    static_assert(here == oids::data);
    static_assert(here != oids::signed_data);
    EXPECT_EQ(to_hex(here.content()), "2a864886f70d010701");
    for(auto const& id :
        {oids::pki_status, oids::upn, oids::domain_component, oids::aes256_cbc, oids::any_extended_key_usage})
        EXPECT_EQ(*oid::from_dotted(id.to_dotted()), id);
}

TEST(Oid, RefusesBrokenText)
{
    for(auto const* text : {"", "1", "1.", ".1", "1..2", "1.2.", "3.1", "1.40", "0.40", "01.2", "1.02", "1.2.a", "1.2 ",
                            "-1.2", "+1.2", "1.2.00", "1.100"})
        EXPECT_EQ(oid::from_dotted(text).error(), errc::bad_value) << text;
    EXPECT_EQ(oid::from_dotted("2." + std::string(100, '9')).error(), errc::too_large);
    EXPECT_EQ(oid::from_dotted(std::string(100000, '1')).error(), errc::too_large);
}

TEST(Oid, RefusesBrokenContent)
{
    EXPECT_EQ(oid::from_content({}).error(), errc::bad_value);
    EXPECT_EQ(oid::from_content(test::hex("5504 80")).error(), errc::bad_value);
    EXPECT_EQ(oid::from_content(test::hex("8001")).error(), errc::bad_value);
    EXPECT_EQ(oid::from_content(test::hex("55 8004")).error(), errc::bad_value);
    EXPECT_TRUE(oid::from_content(bytes(39, 1)));
    EXPECT_EQ(oid::from_content(bytes(40, 1)).error(), errc::too_large);
}

TEST(Oid, WritesTheLongestArcThatFits)
{
    bytes content(39, 0xff);
    content.back() = 0x7f;
    auto const id = oid::from_content(content);
    ASSERT_TRUE(id);
    // 2^273 - 1 - 80
    EXPECT_EQ(id->to_dotted(), "2.15177100720513508366558296147058741458143803430094840009779784451085189728165691311");
    EXPECT_EQ(*oid::from_dotted(id->to_dotted()), *id);
}
