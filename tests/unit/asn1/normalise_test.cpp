// SPDX-License-Identifier: BSL-1.0
#include "walk.hpp"

#include <scepkit/asn1/normalise.hpp>

#include <gtest/gtest.h>
#include <support/files.hpp>

using namespace scepkit;
using test::hex;

namespace {

std::string normal(std::string_view ber)
{
    auto const r = asn1::normalise_ber(hex(ber));
    return r ? to_hex(r->der) : std::string(name_of(r.error().code()));
}

std::string plain(std::string_view text) { return to_hex(hex(text)); }

std::vector<std::uint8_t> vector_bytes(std::string const& name)
{
    return test::read_bytes(test::vector_path("asn1/" + name));
}

} // namespace

TEST(NormaliseBer, LeavesDerAsItIs)
{
    for(auto const* name : {"types.der", "certificate.der", "request.der", "signed-stream.der", "strings.der"}) {
        auto const input = vector_bytes(name);
        auto const r = asn1::normalise_ber(input);
        ASSERT_TRUE(r) << name << ' ' << r.error();
        EXPECT_TRUE(r->was_der) << name;
        EXPECT_EQ(r->der, input) << name;
    }
}

TEST(NormaliseBer, GivesIndefiniteLengthsADefiniteOne)
{
    EXPECT_EQ(normal("3080 020105 0000"), plain("3003 020105"));
    EXPECT_EQ(normal("3080 0000"), plain("3000"));
    EXPECT_EQ(normal("3080 a080 3180 0500 0000 0000 0000"), plain("3006 a004 3102 0500"));
    EXPECT_EQ(normal("3006 3080 0500 0000"), plain("3004 3002 0500"));
}

TEST(NormaliseBer, ShortensLengths)
{
    EXPECT_EQ(normal("308103 020105"), plain("3003 020105"));
    EXPECT_EQ(normal("3086000000000003 020105"), plain("3003 020105"));
    EXPECT_EQ(normal("30 0f 02 8c 000000000000000000000001 05"), plain("3003 020105"));
    EXPECT_EQ(normal("04820001 aa"), plain("0401 aa"));
}

TEST(NormaliseBer, JoinsStringsInPieces)
{
    EXPECT_EQ(normal("2407 0401aa 0402bbcc"), plain("0403 aabbcc"));
    EXPECT_EQ(normal("2480 0401aa 2480 0401bb 2403 0401cc 0000 0400 0000"), plain("0403 aabbcc"));
    EXPECT_EQ(normal("2400"), plain("0400"));
    EXPECT_EQ(normal("2480 0000"), plain("0400"));
    EXPECT_EQ(normal("2308 0302 00aa 0302 04b0"), plain("0303 04aab0"));
    EXPECT_EQ(normal("2300"), plain("0301 00"));
    EXPECT_EQ(normal("2303 030100"), plain("0301 00"));
    EXPECT_EQ(normal("3a09 0403 4a6f6e 0402 6573"), plain("1a05 4a6f6e6573")); // X.690, 8.23.6
    EXPECT_EQ(normal("2c06 0c01 61 0c01 62"), plain("0c02 6162"));             // pieces with the own tag
    EXPECT_EQ(normal("3080 2480 0401aa 0000 020105 0000"), plain("3006 0401aa 020105"));
    EXPECT_EQ(normal("370f 040d 3236 3131 3236 3133 3031 3531 5a"), plain("170d 323631313236313330313531 5a"));
}

TEST(NormaliseBer, GrowsByHalfAtMost)
{
    // The one value that grows by that much, alone and with every length around it growing too.
    EXPECT_EQ(normal("3004 2300 2300"), plain("3006 030100 030100"));
    std::vector<std::uint8_t> input;
    for(auto const levels : {1u, 8u, 20u})
        for(auto const strings : {1u, 43u, 64u, 127u, 40'000u}) {
            input.clear();
            for(auto i = 0u; i < strings; ++i)
                input.insert(input.end(), {0x23, 0x00});
            for(auto i = 0u; i < levels; ++i) {
                auto const size = input.size();
                if(size < 0x80)
                    input.insert(input.begin(), {0x30, static_cast<std::uint8_t>(size)});
                else {
                    input.insert(input.begin(), {0x30, 0x80});
                    input.insert(input.end(), {0x00, 0x00});
                }
            }
            auto const r = asn1::normalise_ber(input);
            ASSERT_TRUE(r) << levels << " levels of " << strings << ": " << r.error();
            EXPECT_GE(r->der.size(), input.size() + strings - 2 * levels);
            EXPECT_LE(r->der.size(), input.size() + input.size() / 2);
            EXPECT_EQ(to_hex(test::walk(r->der).value()), to_hex(r->der));
        }
}

TEST(NormaliseBer, RefusesPiecesThatDoNotBelong)
{
    EXPECT_EQ(normal("2403 020105"), "unexpected_tag");
    EXPECT_EQ(normal("2404 03020001"), "unexpected_tag");
    EXPECT_EQ(normal("2303 0401aa"), "unexpected_tag");
    EXPECT_EQ(normal("2405 3003 0401aa"), "unexpected_tag");
    EXPECT_EQ(normal("2405 a003 0401aa"), "unexpected_tag");
    EXPECT_EQ(normal("2408 2303 0302 00aa"), "truncated");
    EXPECT_EQ(normal("2406 2304 0302 00aa"), "unexpected_tag");
    EXPECT_EQ(normal("2308 0302 04b0 0302 00aa"), "bad_value"); // unused bits before the end
    EXPECT_EQ(normal("2302 0300"), "bad_value");
    EXPECT_EQ(normal("2303 030101"), "bad_value");
    EXPECT_EQ(normal("2304 0302 08aa"), "bad_value");
    EXPECT_EQ(normal("2203 020105"), "unexpected_tag"); // a constructed INTEGER
    EXPECT_EQ(normal("2603 0601 55"), "unexpected_tag");
}

TEST(NormaliseBer, KeepsImplicitStringsConstructed)
{
    EXPECT_EQ(normal("a080 0401aa 2403 0401bb 0000"), plain("a006 0401aa 0401bb"));
    EXPECT_EQ(normal("a007 0401aa 0402bbcc"), plain("a007 0401aa 0402bbcc"));
}

TEST(NormaliseBer, KeepsValuesAndTheOrderOfSets)
{
    // BOOLEAN 01, a padded INTEGER and an unsorted SET are for the reader to refuse: signatures cover them.
    EXPECT_EQ(normal("3180 020105 0101 01 0202 0001 0000"), plain("310a 020105 0101 01 0202 0001"));
}

TEST(NormaliseBer, AgreesWithOpenSslOnAStreamedSignedData)
{
    auto const r = asn1::normalise_ber(vector_bytes("signed-stream.ber"));
    ASSERT_TRUE(r) << r.error();
    EXPECT_FALSE(r->was_der);
    EXPECT_EQ(to_hex(r->der), to_hex(vector_bytes("signed-stream.der")));
}

TEST(NormaliseBer, AgreesWithPyasn1OnStringsInPieces)
{
    auto const expected = to_hex(vector_bytes("strings.der"));
    for(auto const* name : {"strings-pieces.ber", "strings-indefinite.ber"}) {
        auto const r = asn1::normalise_ber(vector_bytes(name));
        ASSERT_TRUE(r) << name << ' ' << r.error();
        EXPECT_EQ(to_hex(r->der), expected) << name;
    }
}

TEST(NormaliseBer, ReadsAStreamedEnvelope)
{
    auto const r = asn1::normalise_ber(vector_bytes("enveloped-stream.ber"));
    ASSERT_TRUE(r) << r.error();
    EXPECT_FALSE(r->was_der);
    auto const again = test::walk(r->der);
    ASSERT_TRUE(again) << again.error();
    EXPECT_EQ(*again, r->der);

    // ContentInfo, [0], EnvelopedData, then version, recipientInfos and encryptedContentInfo.
    asn1::reader top(r->der);
    auto info = top.enter(asn1::tag::sequence).value();
    ASSERT_TRUE(info.read_oid());
    auto envelope = info.enter(asn1::context_constructed(0)).value().enter(asn1::tag::sequence).value();
    ASSERT_TRUE(envelope.read_small_integer());
    ASSERT_TRUE(envelope.read(asn1::tag::set));
    auto content = envelope.enter(asn1::tag::sequence).value();
    ASSERT_TRUE(content.read_oid());
    ASSERT_TRUE(content.read(asn1::tag::sequence));
    auto pieces = content.enter(asn1::context_constructed(0)).value();
    std::size_t size = 0;
    while(!pieces.at_end())
        size += pieces.read_octet_string().value().size();
    EXPECT_EQ(size, 5008u); // 5000 bytes, padded to blocks of 16
}

// Messages that real clients and servers sent.
TEST(NormaliseBer, ReadsRealMessages)
{
    SCEPKIT_NEED_FIXTURE(folder, ".");
    std::size_t messages = 0;
    for(auto const& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if(entry.path().extension() != ".der")
            continue;
        auto const r = asn1::normalise_ber(test::read_bytes(entry.path()));
        ASSERT_TRUE(r) << entry.path() << ' ' << r.error();
        auto const walked = test::walk(r->der);
        ASSERT_TRUE(walked) << entry.path() << ' ' << walked.error();
        EXPECT_EQ(*walked, r->der) << entry.path();
        ++messages;
    }
    EXPECT_GE(messages, 8u);
}
