// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/enrollment.hpp>
#include <scepkit/scep/message.hpp>

#include <gtest/gtest.h>
#include <support/resign.hpp>
#include <support/scripted_ca.hpp>

namespace scepkit::inline v0::scep {
namespace {

using namespace scepkit::test;

scripted_ca const& ca()
{
    static scripted_ca const one;
    return one;
}

TEST(Message, APkcsReqIsReadAsItWasWritten)
{
    message_wish wish;
    wish.transaction_id = "HVvzN0228V+AW+dUuDe8OPyDXD0=";
    auto const der = make_message(ca(), wish);
    auto parsed = parsed_message::parse(der, profile::strict());
    ASSERT_TRUE(parsed) << parsed.error();
    auto const& a = parsed->attributes();
    EXPECT_EQ(a.message_type, message_type::pkcs_req);
    EXPECT_EQ(a.transaction_id, wish.transaction_id);
    EXPECT_EQ(a.sender_nonce, wish.sender_nonce);
    EXPECT_FALSE(a.recipient_nonce || a.pki_status || a.fail_info);
    EXPECT_TRUE(parsed->tolerances().empty());

    auto const verified = verified_message::verify(*std::move(parsed), {}, profile::strict());
    ASSERT_TRUE(verified) << verified.error();
    auto const opened = verified->open(ca().recipient().certificate, *ca().decrypter, profile::strict());
    ASSERT_TRUE(opened) << opened.error();
    EXPECT_TRUE(equal(opened->content.view(), wish.from.request().der()));
}

TEST(Message, ARefusalCarriesItsReasonAndNoContent)
{
    reply_wish wish(make_message(ca(), {}));
    wish.attributes.pki_status = pki_status::failure;
    wish.attributes.fail_info = fail_info::bad_request;
    wish.attributes.fail_info_text = "Höchstens \xe2\x82\xac 5";
    wish.attributes.microsoft_error = hresult{0x80070057};
    auto const parsed = parsed_message::parse(wish.sign(ca().signer()), profile::strict());
    ASSERT_TRUE(parsed) << parsed.error();
    EXPECT_FALSE(parsed->signed_data().content());
    EXPECT_EQ(parsed->attributes().pki_status, pki_status::failure);
    EXPECT_EQ(parsed->attributes().fail_info, fail_info::bad_request);
    EXPECT_EQ(parsed->attributes().fail_info_text, wish.attributes.fail_info_text);
    EXPECT_EQ(parsed->attributes().microsoft_error, hresult{0x80070057});
}

TEST(Message, ContentInARefusalNeedsItsQuirk)
{
    for(auto const status : {pki_status::failure, pki_status::pending}) {
        reply_wish wish(make_message(ca(), {}));
        wish.attributes.pki_status = status;
        if(status == pki_status::failure)
            wish.attributes.fail_info = fail_info::bad_request;
        wish.content = bytes{0};
        auto const der = wish.sign(ca().signer());
        EXPECT_EQ(parsed_message::parse(der, profile::rfc8894()).error(), errc::bad_value);
        auto const tolerated = parsed_message::parse(der, profile::ndes());
        ASSERT_TRUE(tolerated) << tolerated.error();
        EXPECT_TRUE(tolerated->tolerances().contains(quirk::content_in_refusal));
    }
}

TEST(Message, AFailInfoOutsideTheListNeedsItsQuirk)
{
    reply_wish wish(make_message(ca(), {}));
    wish.attributes.pki_status = pki_status::failure;
    wish.attributes.fail_info_code = "14606";
    auto const der = wish.sign(ca().signer());
    EXPECT_EQ(parsed_message::parse(der, profile::rfc8894()).error(), errc::attribute_malformed);
    auto const tolerated = parsed_message::parse(der, profile::legacy());
    ASSERT_TRUE(tolerated) << tolerated.error();
    EXPECT_FALSE(tolerated->attributes().fail_info);
    EXPECT_EQ(tolerated->attributes().fail_info_code, "14606");
    EXPECT_TRUE(tolerated->tolerances().contains(quirk::fail_info_unknown));
}

TEST(Message, NoncesOfOtherSizesNeedTheirQuirk)
{
    for(std::size_t const size : {1u, 8u, 15u, 17u, 64u}) {
        auto const der = make_message(ca(), {.sender_nonce = bytes(size, 1)});
        EXPECT_EQ(parsed_message::parse(der, profile::rfc8894()).error(), errc::attribute_malformed) << size;
        auto const tolerated = parsed_message::parse(der, profile::apple());
        ASSERT_TRUE(tolerated) << size;
        EXPECT_EQ(tolerated->attributes().sender_nonce.size(), size);
        EXPECT_TRUE(tolerated->tolerances().contains(quirk::short_nonce));
    }
    EXPECT_EQ(parsed_message::parse(make_message(ca(), {.sender_nonce = bytes(65, 1)}), profile::legacy()).error(),
              errc::attribute_malformed);
}

TEST(Message, AReplyWithoutSenderNonceNeedsItsQuirkAndARequestHasNone)
{
    reply_wish wish(make_message(ca(), {}));
    wish.attributes.pki_status = pki_status::pending;
    signed_tree reply(wish.sign(ca().signer()));
    std::erase_if(reply.attributes().children,
                  [](auto const& a) { return equal(a.children[0].content, asn1::oids::sender_nonce.content()); });
    auto const der = reply.sign(ca().signer().key);
    EXPECT_EQ(parsed_message::parse(der, profile::rfc8894()).error(), errc::attribute_missing);
    auto const tolerated = parsed_message::parse(der, profile::legacy());
    ASSERT_TRUE(tolerated) << tolerated.error();
    EXPECT_TRUE(tolerated->attributes().sender_nonce.empty());
    EXPECT_TRUE(tolerated->tolerances().contains(quirk::sender_nonce_missing));

    signed_tree request(make_message(ca(), {}));
    std::erase_if(request.attributes().children,
                  [](auto const& a) { return equal(a.children[0].content, asn1::oids::sender_nonce.content()); });
    EXPECT_EQ(parsed_message::parse(request.sign(rsa_key("device 1")), profile::legacy()).error(),
              errc::attribute_missing);
}

TEST(Message, TextOfAnotherTypeNeedsItsQuirk)
{
    for(std::uint8_t const tag : bytes{0x0c, 0x16, 0x14}) {
        signed_tree tree(make_message(ca(), {}));
        (*tree.attribute(asn1::oids::transaction_id))[1] = constructed(0x31, {primitive(tag, "4711")});
        auto const der = tree.sign(rsa_key("device 1"));
        EXPECT_EQ(parsed_message::parse(der, profile::rfc8894()).error(), errc::attribute_malformed);
        auto const tolerated = parsed_message::parse(der, profile::cisco_ios());
        ASSERT_TRUE(tolerated) << tolerated.error();
        EXPECT_EQ(tolerated->attributes().transaction_id, "4711");
        EXPECT_TRUE(tolerated->tolerances().contains(quirk::text_attribute_type));
    }
}

TEST(Message, FailInfoTextOfAnotherTypeIsReadWithTheProfileOfNdes)
{
    reply_wish wish(make_message(ca(), {}));
    wish.attributes.pki_status = pki_status::failure;
    wish.attributes.fail_info = fail_info::bad_request;
    wish.attributes.fail_info_text = "not in UTF-8";
    signed_tree tree(wish.sign(ca().signer()));
    (*tree.attribute(asn1::oids::fail_info_text))[1] = constructed(0x31, {primitive(0x13, "as step-ca does it")});
    auto const der = tree.sign(ca().signer().key);
    EXPECT_EQ(parsed_message::parse(der, profile::strict()).error(), errc::attribute_malformed);
    auto const tolerated = parsed_message::parse(der, profile::ndes());
    ASSERT_TRUE(tolerated) << tolerated.error();
    EXPECT_EQ(tolerated->attributes().fail_info_text, "as step-ca does it");
    EXPECT_TRUE(tolerated->tolerances().contains(quirk::text_attribute_type));
}

TEST(Message, TheMicrosoftErrorIsASignedOrUnsignedNumberOrLeftOut)
{
    std::vector<std::pair<std::string, std::optional<hresult>>> const cases{{"-2147024809", hresult{0x80070057}},
                                                                            {"2147942487", hresult{0x80070057}},
                                                                            {"0", hresult{0}},
                                                                            {"", {}},
                                                                            {"0x80070057", {}},
                                                                            {"4294967296", {}},
                                                                            {"-2147483649", {}},
                                                                            {"-2147024809 ", {}}};
    for(auto const& [text, expected] : cases) {
        reply_wish wish(make_message(ca(), {}));
        wish.attributes.pki_status = pki_status::failure;
        wish.attributes.fail_info = fail_info::bad_request;
        wish.attributes.microsoft_error = hresult{1};
        signed_tree tree(wish.sign(ca().signer()));
        (*tree.attribute(asn1::oids::microsoft_scep_error))[1] = constructed(0x31, {primitive(0x13, text)});
        auto const parsed = parsed_message::parse(tree.sign(ca().signer().key), profile::rfc8894());
        ASSERT_TRUE(parsed) << parsed.error();
        EXPECT_EQ(parsed->attributes().microsoft_error, expected) << text;
    }
}

TEST(Message, AnotherContentTypeIsNoPkiMessage)
{
    signed_tree tree(make_message(ca(), {}));
    auto const enveloped = asn1::oids::enveloped_data.content();
    tree.body()[2][0] = primitive(0x06, enveloped);
    (*tree.attribute(asn1::oids::content_type))[1] = constructed(0x31, {primitive(0x06, enveloped)});
    auto const message = tree.sign(rsa_key("device 1"));
    EXPECT_EQ(parsed_message::parse(message, profile::strict()).error(), errc::wrong_content_type);
    // Some write the type of what is inside.
    auto const tolerated = parsed_message::parse(message, profile::rfc8894());
    ASSERT_TRUE(tolerated) << tolerated.error();
    EXPECT_EQ(tolerated->tolerances(), quirk_set{quirk::enveloped_content_type});
    auto const verified = verified_message::verify(*tolerated, {}, profile::rfc8894());
    ASSERT_TRUE(verified) << verified.error();
    EXPECT_TRUE(verified->open(ca().recipient().certificate, *ca().decrypter, profile::rfc8894()));

    auto const other = asn1::oids::encrypted_data.content();
    tree.body()[2][0] = primitive(0x06, other);
    (*tree.attribute(asn1::oids::content_type))[1] = constructed(0x31, {primitive(0x06, other)});
    EXPECT_EQ(parsed_message::parse(tree.sign(rsa_key("device 1")), profile::legacy()).error(),
              errc::wrong_content_type);
}

TEST(ThreatP8, AReadableChallengeAmongTheAttributesIsRefused)
{
    auto const signer = device{}.signer();
    auto const sealed = seal_for(ca().recipient().certificate, device{}.request().der());
    std::vector const certificates{signer.certificate};
    cms::signing_input input;
    input.content = bytes_view(sealed);
    input.certificates = certificates;
    input.attributes = {cms::make_text_attribute(asn1::oids::message_type, "19"),
                        cms::make_text_attribute(asn1::oids::transaction_id, "4711"),
                        cms::make_octet_attribute(asn1::oids::sender_nonce, bytes(16, 1)),
                        cms::make_text_attribute(asn1::oids::challenge_password, right_challenge)};
    auto const message = cms::sign(input, signer.certificate, signer.key).value();
    EXPECT_EQ(parsed_message::parse(message, profile::rfc8894()).error(), errc::attribute_malformed);
    auto const read = parsed_message::parse(message, profile::apple());
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->tolerances(), quirk_set{quirk::challenge_in_clear});
}

TEST(Message, OpeningAMessageWithoutContentSaysSo)
{
    reply_wish wish(make_message(ca(), {}));
    auto parsed = parsed_message::parse(wish.sign(ca().signer()), profile::rfc8894()).value();
    auto const verified = verified_message::verify(std::move(parsed), {}, profile::rfc8894()).value();
    EXPECT_EQ(verified.open(ca().recipient().certificate, *ca().decrypter, profile::rfc8894()).error(),
              errc::content_missing);
}

TEST(Message, BuildingRefusesWhatNobodyCouldRead)
{
    auto const signer = device{}.signer();
    outgoing_message out;
    out.attributes.message_type = message_type::pkcs_req;
    out.attributes.sender_nonce = bytes(16, 1);
    for(auto const* id : {"", "under_score", "a\nb", "\xc3\xa4"}) {
        out.attributes.transaction_id = id;
        EXPECT_EQ(build_message(out, signer.certificate, signer.key).error(), errc::invalid_argument) << id;
    }
    out.attributes.transaction_id = "1";
    out.attributes.sender_nonce.clear();
    EXPECT_EQ(build_message(out, signer.certificate, signer.key).error(), errc::invalid_argument);
}

TEST(TransactionId, IsTheSha256OfTheKeyAndTheSameEveryTime)
{
    auto const& key = rsa_key("device 1").public_key();
    auto const id = transaction_id_for(key).value();
    EXPECT_EQ(id, transaction_id_for(key).value());
    EXPECT_EQ(id,
              to_hex(pki::crypto_context::default_context().digest(pki::digest_algorithm::sha256, key.spki()).value()));
    EXPECT_EQ(id.size(), 64u);
    EXPECT_NE(id, transaction_id_for(rsa_key("device 2").public_key()).value());
}

TEST(IssuerAndSubject, GoesThereAndBackAndBearsNothingElse)
{
    auto const der = make_issuer_and_subject(dn("CN=CA,O=Contoso"), dn("CN=device"));
    auto const names = issuer_and_subject::from_der(der);
    ASSERT_TRUE(names) << names.error();
    EXPECT_EQ(names->issuer, dn("CN=CA,O=Contoso"));
    EXPECT_EQ(names->subject, dn("CN=device"));
    for(std::size_t cut = 0; cut < der.size(); ++cut)
        EXPECT_FALSE(issuer_and_subject::from_der(bytes_view(der).first(cut))) << cut;
    auto longer = der;
    longer.push_back(0);
    EXPECT_EQ(issuer_and_subject::from_der(longer).error(), errc::trailing_data);
}

TEST(Names, AreTheRfcsWords)
{
    EXPECT_EQ(name_of(message_type::pkcs_req), "PKCSReq");
    EXPECT_EQ(name_of(message_type::cert_rep), "CertRep");
    EXPECT_EQ(name_of(pki_status::pending), "PENDING");
    EXPECT_EQ(name_of(fail_info::bad_cert_id), "badCertId");
    EXPECT_EQ(name_of(operation::pki_operation), "PKIOperation");
}

} // namespace
} // namespace scepkit::inline v0::scep
