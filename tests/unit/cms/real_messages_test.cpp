// SPDX-License-Identifier: BSL-1.0
// Messages of other implementations, from the folder SCEPKIT_FIXTURES names.
#include "people.hpp"

#include <scepkit/pki/request.hpp>

using namespace scepkit;
using namespace scepkit::cms;
using namespace scepkit::cms::test;
using scepkit::test::read_bytes;

namespace {

std::string text_of(attribute const* a)
{
    if(a == nullptr || a->values.size() != 1)
        return "(not one value)";
    asn1::reader value(a->values.front());
    return value.read_string().value();
}

} // namespace

TEST(NdesMessages, SuccessVerifiesWithTheSignerFromOutside)
{
    SCEPKIT_NEED_FIXTURE(path, "ndes/certrep-success-2020.der");
    auto const message = read_bytes(path);
    auto const signers =
        pki::certificate::all_from_pem(read_bytes(path.parent_path() / "certrep-success-2020.signer.pem")).value();
    quirk_set const needs{quirk::sha1_signature, quirk::signer_certificate_outside};
    auto const parsed = signed_data::parse(message, needs);
    ASSERT_TRUE(parsed) << parsed.error();
    EXPECT_TRUE(parsed->certificates().empty());
    auto const verified = verified_signed_data::verify(*parsed, signers, needs);
    ASSERT_TRUE(verified) << verified.error();
    EXPECT_EQ(verified->tolerances(), needs);
    EXPECT_EQ(text_of(parsed->find(asn1::oids::message_type)), "3");
    EXPECT_EQ(text_of(parsed->find(asn1::oids::pki_status)), "0");
    EXPECT_EQ(text_of(parsed->find(asn1::oids::microsoft_disposition)), "Issued");

    ASSERT_TRUE(parsed->content());
    auto const envelope = enveloped_data::parse(*parsed->content(), {});
    ASSERT_TRUE(envelope) << envelope.error();
    EXPECT_EQ(envelope->cipher(), content_cipher::aes128_cbc);
    ASSERT_EQ(envelope->recipients().size(), 1u);
    auto const& recipient = envelope->recipients().front();
    ASSERT_TRUE(recipient.transport);
    EXPECT_EQ(recipient.transport->scheme, pki::key_transport::kind::rsa_oaep);
    EXPECT_EQ(recipient.transport->oaep_digest, pki::digest_algorithm::sha1);
    EXPECT_TRUE(recipient.oaep_empty_parameters);
}

TEST(NdesMessages, SuccessNeedsItsLeniencies)
{
    SCEPKIT_NEED_FIXTURE(path, "ndes/certrep-success-2020.der");
    auto const message = read_bytes(path);
    auto const signers =
        pki::certificate::all_from_pem(read_bytes(path.parent_path() / "certrep-success-2020.signer.pem")).value();
    EXPECT_EQ(code_of(verify(message, everything_but(quirk::sha1_signature), signers)), errc::algorithm_not_allowed);
    EXPECT_EQ(code_of(verify(message, everything_but(quirk::signer_certificate_outside), signers)),
              errc::signer_certificate_missing);
    EXPECT_EQ(code_of(verify(message, everything())), errc::signer_certificate_missing);
}

TEST(NdesMessages, FailureHasOneZeroByteOfContent)
{
    SCEPKIT_NEED_FIXTURE(path, "ndes/certrep-failure-2012.der");
    auto const parsed = signed_data::parse(read_bytes(path), {});
    ASSERT_TRUE(parsed) << parsed.error();
    ASSERT_TRUE(parsed->content());
    EXPECT_EQ(to_bytes(*parsed->content()), bytes{0});
    EXPECT_TRUE(parsed->certificates().empty());
    EXPECT_EQ(parsed->digest(), pki::digest_algorithm::sha1);
    EXPECT_EQ(text_of(parsed->find(asn1::oids::pki_status)), "2");
    EXPECT_EQ(text_of(parsed->find(asn1::oids::microsoft_scep_error)), "-2147024809");
}

TEST(SmallstepMessages, Parse)
{
    for(auto const* name : {"smallstep/PKCSReq.der", "smallstep/CertRep.der"}) {
        SCEPKIT_NEED_FIXTURE(path, name);
        auto const parsed = signed_data::parse(read_bytes(path), {});
        ASSERT_TRUE(parsed) << name << ": " << parsed.error();
        EXPECT_EQ(parsed->digest(), pki::digest_algorithm::sha1);
        ASSERT_TRUE(parsed->content());
    }
}

TEST(SmallstepMessages, TheRequestVerifiesAndIsTripleDes)
{
    SCEPKIT_NEED_FIXTURE(path, "smallstep/PKCSReq.der");
    EXPECT_EQ(code_of(verify(read_bytes(path), {})), errc::algorithm_not_allowed);
    auto const verified = verify(read_bytes(path), {quirk::sha1_signature});
    ASSERT_TRUE(verified) << verified.error();
    EXPECT_EQ(text_of(verified->message().find(asn1::oids::message_type)), "19");
    auto const envelope = enveloped_data::parse(*verified->message().content(), {quirk::triple_des});
    ASSERT_TRUE(envelope) << envelope.error();
    EXPECT_EQ(envelope->cipher(), content_cipher::des_ede3_cbc);
}

TEST(SmallstepMessages, TheReplyVerifiesAndIsSingleDesInPieces)
{
    SCEPKIT_NEED_FIXTURE(path, "smallstep/CertRep.der");
    auto const verified = verify(read_bytes(path), {quirk::sha1_signature});
    ASSERT_TRUE(verified) << verified.error();
    auto const inner = *verified->message().content();
    // Go's pkcs7 wrote the encrypted content as a constructed string of one piece, with a definite length.
    quirk_set const needs{quirk::single_des, quirk::ber_encoding};
    auto const envelope = enveloped_data::parse(inner, needs);
    ASSERT_TRUE(envelope) << envelope.error();
    EXPECT_EQ(envelope->cipher(), content_cipher::des_cbc);
    EXPECT_EQ(envelope->tolerances(), needs);
    EXPECT_EQ(code_of(enveloped_data::parse(inner, everything_but(quirk::single_des))), errc::algorithm_not_allowed);
    EXPECT_EQ(code_of(enveloped_data::parse(inner, everything_but(quirk::ber_encoding))), errc::not_der);
}

TEST(JscepMessages, AllLayersParse)
{
    SCEPKIT_NEED_FIXTURE(folder, "jscep");
    for(auto const* name : {"req", "resp"}) {
        auto const layer = [&](char const* n) {
            return read_bytes(folder / ("scep_" + std::string(name) + n + ".der"));
        };
        auto const outer = signed_data::parse(layer("2"), {});
        ASSERT_TRUE(outer) << outer.error();
        ASSERT_TRUE(outer->content());
        EXPECT_EQ(to_bytes(*outer->content()), layer("1"));
        auto const envelope = enveloped_data::parse(layer("1"), {});
        ASSERT_TRUE(envelope) << envelope.error();
        EXPECT_EQ(envelope->cipher(), content_cipher::aes128_cbc);
        // Both were made with 1536-bit keys.
        EXPECT_EQ(code_of(verify(layer("2"))), errc::key_not_allowed);
    }
    EXPECT_TRUE(certificate_bag::parse(read_bytes(folder / "scep_resp0.der")));
    EXPECT_TRUE(pki::certificate_request::from_der(read_bytes(folder / "scep_req0.der")));
}
