// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/ca_identity.hpp>
#include <scepkit/scep/message.hpp>

#include <gtest/gtest.h>
#include <support/files.hpp>

// Messages of other implementations, read where the fixtures are.
namespace scepkit::inline v0::scep {
namespace {

using test::read_bytes;

profile only(quirk_set allowed) { return {"test", allowed}; }

TEST(RealNdes, TheSuccessIsVerifiedByItsRaAndSaysIssued)
{
    SCEPKIT_NEED_FIXTURE(folder, "ndes");
    auto const message = read_bytes(folder / "certrep-success-2020.der");
    auto const signers = pki::certificate::all_from_pem(read_bytes(folder / "certrep-success-2020.signer.pem")).value();
    auto parsed = parsed_message::parse(message, profile::ndes());
    ASSERT_TRUE(parsed) << parsed.error();
    EXPECT_EQ(parsed->attributes().pki_status, pki_status::success);
    EXPECT_EQ(parsed->attributes().microsoft_disposition, "Issued");
    EXPECT_EQ(parsed->attributes().transaction_id, "HVvzN0228V+AW+dUuDe8OPyDXD0=");
    EXPECT_EQ(parsed->attributes().recipient_nonce->size(), 16u);
    EXPECT_TRUE(parsed->signed_data().certificates().empty());

    auto const verified = verified_message::verify(*std::move(parsed), signers, profile::ndes());
    ASSERT_TRUE(verified) << verified.error();
    EXPECT_EQ(verified->digest(), pki::digest_algorithm::sha1);
    EXPECT_TRUE(verified->tolerances().contains(quirk::sha1_signature));
    EXPECT_TRUE(verified->tolerances().contains(quirk::signer_certificate_outside));
    EXPECT_TRUE(verified->signer().has_extended_key_usage(asn1::oids::certificate_request_agent));

    auto const envelope = cms::enveloped_data::parse(*verified->content(), profile::ndes().allowed);
    ASSERT_TRUE(envelope) << envelope.error();
    EXPECT_EQ(envelope->cipher(), cms::content_cipher::aes128_cbc);
    ASSERT_EQ(envelope->recipients().size(), 1u);
    EXPECT_EQ(envelope->recipients().front().transport->scheme, pki::key_transport::kind::rsa_oaep);
    EXPECT_TRUE(envelope->recipients().front().oaep_empty_parameters);
}

TEST(RealNdes, TheSuccessNeedsSha1AndNamesIt)
{
    SCEPKIT_NEED_FIXTURE(folder, "ndes");
    auto const message = read_bytes(folder / "certrep-success-2020.der");
    auto const signers = pki::certificate::all_from_pem(read_bytes(folder / "certrep-success-2020.signer.pem")).value();
    auto parsed = parsed_message::parse(message, profile::rfc8894());
    auto const code = parsed ? verified_message::verify(*std::move(parsed), signers, profile::rfc8894()).error().code()
                             : parsed.error().code();
    EXPECT_EQ(code, errc::algorithm_not_allowed);
}

TEST(RealNdes, TheFailureNamesItsHresult)
{
    SCEPKIT_NEED_FIXTURE(folder, "ndes");
    auto const parsed = parsed_message::parse(read_bytes(folder / "certrep-failure-2012.der"), profile::ndes());
    ASSERT_TRUE(parsed) << parsed.error();
    EXPECT_EQ(parsed->attributes().pki_status, pki_status::failure);
    EXPECT_EQ(parsed->attributes().fail_info, fail_info::bad_request);
    ASSERT_TRUE(parsed->attributes().microsoft_error);
    EXPECT_EQ(parsed->attributes().microsoft_error->to_string(), "0x80070057");
    EXPECT_EQ(parsed->attributes().microsoft_error->name(), "E_INVALIDARG");
    EXPECT_TRUE(parsed->tolerances().contains(quirk::content_in_refusal));
    EXPECT_EQ(parsed->signed_data().content()->size(), 1u);
}

TEST(RealJscep, TheRequestIsAsTheRfcSays)
{
    SCEPKIT_NEED_FIXTURE(folder, "jscep");
    auto const parsed = parsed_message::parse(read_bytes(folder / "scep_req2.der"), profile::strict());
    ASSERT_TRUE(parsed) << parsed.error();
    EXPECT_EQ(parsed->attributes().message_type, message_type::pkcs_req);
    EXPECT_EQ(parsed->attributes().transaction_id, "7XXEY-ERLPU-2JDR9");
    EXPECT_TRUE(parsed->tolerances().empty());
    // Its envelope is the file of the next layer down.
    EXPECT_TRUE(equal(*parsed->signed_data().content(), read_bytes(folder / "scep_req1.der")));
}

TEST(RealJscep, TheReplyLacksASenderNonceAndAnswersTheRequest)
{
    SCEPKIT_NEED_FIXTURE(folder, "jscep");
    auto const request = parsed_message::parse(read_bytes(folder / "scep_req2.der"), profile::strict()).value();
    auto const message = read_bytes(folder / "scep_resp2.der");
    EXPECT_EQ(parsed_message::parse(message, profile::rfc8894()).error(), errc::attribute_missing);
    auto const parsed = parsed_message::parse(message, only({quirk::sender_nonce_missing}));
    ASSERT_TRUE(parsed) << parsed.error();
    EXPECT_EQ(parsed->attributes().pki_status, pki_status::success);
    EXPECT_EQ(parsed->attributes().transaction_id, request.attributes().transaction_id);
    EXPECT_EQ(parsed->attributes().recipient_nonce, request.attributes().sender_nonce);
    EXPECT_EQ(parsed->tolerances(), quirk_set{quirk::sender_nonce_missing});
    EXPECT_TRUE(equal(*parsed->signed_data().content(), read_bytes(folder / "scep_resp1.der")));
}

TEST(RealJscep, ItsKeysAreTooShortForUsUnlessTheLimitsSayOtherwise)
{
    SCEPKIT_NEED_FIXTURE(folder, "jscep");
    auto const message = read_bytes(folder / "scep_req2.der");
    EXPECT_EQ(verified_message::verify(parsed_message::parse(message, profile::strict()).value(), {}, profile::strict())
                  .error(),
              errc::key_not_allowed);
    limits bounds;
    bounds.rsa_minimum_bits = 1536;
    auto const verified = verified_message::verify(parsed_message::parse(message, profile::strict(), bounds).value(),
                                                   {}, profile::strict());
    ASSERT_TRUE(verified) << verified.error();
    EXPECT_EQ(verified->signer().subject().first(asn1::oids::common_name), "Test SCEP PKI user");
}

TEST(RealMac, RequestAndReplyBelongTogether)
{
    SCEPKIT_NEED_FIXTURE(folder, "smallstep");
    auto request = parsed_message::parse(read_bytes(folder / "PKCSReq.der"), profile::apple());
    ASSERT_TRUE(request) << request.error();
    auto reply = parsed_message::parse(read_bytes(folder / "CertRep.der"), profile::apple());
    ASSERT_TRUE(reply) << reply.error();
    EXPECT_EQ(request->attributes().transaction_id, reply->attributes().transaction_id);
    EXPECT_EQ(request->attributes().sender_nonce, reply->attributes().recipient_nonce);
    EXPECT_TRUE(request->tolerances().contains(quirk::short_nonce));
    EXPECT_TRUE(reply->tolerances().contains(quirk::sender_nonce_missing));
    auto const verified = verified_message::verify(*std::move(request), {}, profile::apple());
    ASSERT_TRUE(verified) << verified.error();
    auto const envelope = cms::enveloped_data::parse(*verified->content(), profile::apple().allowed);
    ASSERT_TRUE(envelope) << envelope.error();
    EXPECT_EQ(envelope->cipher(), cms::content_cipher::des_ede3_cbc);
    auto const answered = verified_message::verify(*std::move(reply), {}, profile::apple());
    ASSERT_TRUE(answered) << answered.error();
    EXPECT_EQ(cms::enveloped_data::parse(*answered->content(), profile::apple().allowed).error(),
              errc::algorithm_not_allowed);
    EXPECT_EQ(cms::enveloped_data::parse(*answered->content(), profile::legacy().allowed).value().cipher(),
              cms::content_cipher::des_cbc);
}

} // namespace
} // namespace scepkit::inline v0::scep
