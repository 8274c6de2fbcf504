// SPDX-License-Identifier: BSL-1.0
#include "ca_kit.hpp"

#include <probe/certificates.hpp>
#include <scepkit/probe/probe.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace scepkit;
using namespace scepkit::test;
using testing::ElementsAre;

TEST(CertificateSummary, SaysWhoSignedWhom)
{
    auto const ca = make_ca("CN=Contoso Issuing CA");
    auto const ra = issue(ca, "CN=NDES01-MSCEP-RA", pki::key_usage::key_encipherment);
    auto const list = probe::summarise({ra.certificate, ca.certificate});
    ASSERT_EQ(list.size(), 2u);
    EXPECT_EQ(list[0].issued_by, 1);
    EXPECT_TRUE(list[0].issuer_name_in_list);
    EXPECT_FALSE(list[0].is_ca);
    EXPECT_EQ(list[0].key_usage, "keyEncipherment");
    EXPECT_THAT(list[0].extended_key_usage, ElementsAre("1.3.6.1.4.1.311.20.2.1"));
    EXPECT_EQ(list[0].key, "RSA 2048");
    EXPECT_EQ(list[0].signature, "RSA SHA-256");
    EXPECT_EQ(list[0].not_after, "2036-01-01T00:00:00Z");
    EXPECT_EQ(list[0].sha256.size(), 64u);
    EXPECT_EQ(list[1].issued_by, 1) << "self-signed";
    EXPECT_TRUE(list[1].is_ca);
    EXPECT_TRUE(list[1].self_issued);
}

TEST(CertificateSummary, NamesAreNoProof)
{
    auto const old_ca = make_ca("CN=Contoso Issuing CA");
    auto const new_ca = make_ca("CN=Contoso Issuing CA");
    auto const ra = issue(old_ca, "CN=NDES01-MSCEP-RA", pki::key_usage::key_encipherment);
    auto const list = probe::summarise({ra.certificate, new_ca.certificate});
    EXPECT_FALSE(list[0].issued_by);
    EXPECT_TRUE(list[0].issuer_name_in_list);

    auto const stranger = make_ca("CN=Somebody Else");
    auto const other = probe::summarise({ra.certificate, stranger.certificate});
    EXPECT_FALSE(other[0].issued_by);
    EXPECT_FALSE(other[0].issuer_name_in_list);
}

TEST(CertificateSummary, KeepsThePlaceOfAnUnreadableOne)
{
    auto const ca = make_ca("CN=Contoso Root");
    auto const leaf = issue(ca, "CN=ndes.example", pki::key_usage::digital_signature);
    auto const list =
        probe::summarise_chain({to_bytes(leaf.certificate.der()), bytes{0x30, 0x00}, to_bytes(ca.certificate.der())});
    ASSERT_EQ(list.size(), 3u);
    EXPECT_EQ(list[0].issued_by, 2);
    EXPECT_EQ(list[1].subject, "");
    EXPECT_EQ(list[1].key, "bad_certificate");
    EXPECT_EQ(list[2].issued_by, 2);
}

TEST(CertificateSummary, LooksAtSixteenOfAChain)
{
    std::vector<bytes> const many(500, bytes{0x30, 0x00});
    EXPECT_EQ(probe::summarise_chain(many).size(), 16u);
}

TEST(ThreatL1, NamesOfCertificatesCannotDriveATerminal)
{
    auto const name =
        pki::name::from_attributes({{asn1::oids::common_name, "a\x1b]0;owned\x07\xc2\x9b\xe2\x80\xae z"}}).value();
    auto const ca = make_ca(name);
    auto const list = probe::summarise({ca.certificate});
    for(auto const& text : {list[0].subject, list[0].issuer}) {
        EXPECT_TRUE(std::none_of(text.begin(), text.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }));
        EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos);
        EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos);
    }
}
