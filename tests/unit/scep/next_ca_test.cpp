// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/message.hpp>

#include <gtest/gtest.h>
#include <support/scripted_ca.hpp>

namespace scepkit::inline v0::scep {
namespace {

using namespace scepkit::test;

authority next_authority() { return authority::self_signed(ca_wish("CN=Scripted CA 2,O=Contoso"), rsa_key("next ca")); }

TEST(NextCa, ComesBackAsItWasMade)
{
    scripted_ca const ca;
    auto const next = next_authority();
    auto const ra = next.issue({.subject = "CN=next ra", .usage = pki::key_usage::key_encipherment},
                               rsa_key("encryption ra").public_key());
    std::vector const certificates{next.certificate, ra};
    for(auto const digest : {pki::digest_algorithm::sha256, pki::digest_algorithm::sha512}) {
        auto const message = make_next_ca_message(certificates, ca.ca.certificate, ca.ca.key, digest);
        ASSERT_TRUE(message) << message.error();
        auto const bag = open_next_ca_message(*message, ca.ca.certificate, profile::strict());
        ASSERT_TRUE(bag) << bag.error();
        EXPECT_EQ(bag->certificates, certificates);
        EXPECT_TRUE(bag->tolerances.empty());
    }
}

TEST(NextCa, NeedsACertificateAndTheSignersKey)
{
    scripted_ca const ca;
    EXPECT_EQ(make_next_ca_message({}, ca.ca.certificate, ca.ca.key).error(), errc::invalid_argument);
    std::vector const certificates{next_authority().certificate};
    EXPECT_EQ(make_next_ca_message(certificates, ca.ca.certificate, rsa_key("evil")).error(), errc::invalid_argument);
}

TEST(IssuerAndSerial, ComesBackAsItWasWritten)
{
    scripted_ca const ca;
    auto const leaf = ca.ca.issue({.subject = "CN=device 1"}, rsa_key("device 1").public_key());
    auto const asked = issuer_and_serial::of(leaf);
    EXPECT_EQ(asked.issuer, ca.ca.certificate.subject());
    auto const read = issuer_and_serial::from_der(asked.to_der());
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->issuer, asked.issuer);
    EXPECT_EQ(read->serial, asked.serial);

    auto longer = asked.to_der();
    longer.push_back(0);
    EXPECT_EQ(issuer_and_serial::from_der(longer).error(), errc::trailing_data);
    EXPECT_EQ(issuer_and_serial::from_der(make_issuer_and_subject(asked.issuer, leaf.subject())).error(),
              errc::unexpected_tag);
    EXPECT_EQ(issuer_and_serial::from_der({}).error(), errc::truncated);
}

} // namespace
} // namespace scepkit::inline v0::scep
