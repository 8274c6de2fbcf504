// SPDX-License-Identifier: BSL-1.0
#include "replies.hpp"

#include <algorithm>

namespace scepkit::inline v0::scep {
namespace {

using namespace scepkit::test;
using kind = cms::recipient::kind;

/// A CA whose encryption RA has an EC key.
scripted_ca with_ec_recipient()
{
    scripted_ca ca;
    auto const& key = key_of(pki::key_kind::ec_p256, "encryption ra");
    ca.encryption_ra = authority{ca.ca.issue({.subject = "CN=EC RA",
                                              .usage = pki::key_usage::key_agreement,
                                              .extended_usage = {asn1::oids::certificate_request_agent}},
                                             key.public_key()),
                                 key};
    ca.decrypter = std::make_shared<counting_decrypter>(key);
    return ca;
}

cms::enveloped_data envelope_in(responder::answer const& a)
{
    return cms::enveloped_data::parse(*verified(a, profile::legacy()).content(), profile::legacy().allowed).value();
}

result<pki::crl> empty_list(scripted_ca const& ca, time_point now)
{
    return pki::make_crl({.this_update = now, .next_update = now + std::chrono::hours{1}}, ca.ca.certificate,
                         ca.ca.key);
}

TEST(Envelopes, EveryOperationIsAnsweredInTheKindAndCipherThatFit)
{
    using k = pki::key_kind;
    using c = cms::content_cipher;
    for(auto const& ca : {scripted_ca(), with_ec_recipient()}) {
        auto options = ca.options();
        options.profile = profile::legacy();
        options.renewals.allowed = true;
        options.crl = [&](time_point now) { return empty_list(ca, now); };
        auto const r = responder::create(std::move(options)).value();
        unsigned number = 0;
        for(auto const key : {k::rsa, k::ec_p256, k::ec_p384, k::ec_p521})
            for(auto const cipher : {c::aes128_cbc, c::aes256_cbc, c::des_ede3_cbc, c::aes128_gcm, c::aes256_gcm}) {
                device const who{.kind = key};
                auto const first = who.signer();
                auto const id = std::to_string(++number);
                auto const send = [&](message_type type, authority const& by, std::optional<bytes> content,
                                      std::string const& transaction) {
                    auto a = r->pki_operation(make_message(ca, {.from = who,
                                                                .type = type,
                                                                .transaction_id = transaction,
                                                                .content = std::move(content),
                                                                .signer = by,
                                                                .cipher = cipher}),
                                              noon);
                    auto const what = std::string(name_of(type)) + " " + std::string(name_of(key)) + " " +
                                      std::string(name_of(cipher));
                    EXPECT_TRUE(succeeds(a)) << what;
                    auto const envelope = envelope_in(a);
                    EXPECT_EQ(envelope.cipher(), cipher) << what;
                    EXPECT_EQ(envelope.recipients().at(0).type,
                              key == k::rsa ? kind::key_transport : kind::key_agreement)
                        << what;
                    EXPECT_EQ(a.tolerances.contains(quirk::key_agreement), !ca.recipient().key.public_key().is_rsa());
                    EXPECT_EQ(a.tolerances.contains(quirk::authenticated_envelope), is_authenticated(cipher));
                    return bag_in(a, by);
                };
                auto const leaf = send(message_type::pkcs_req, first, {}, id).certificates.at(0);
                auto const names = make_issuer_and_subject(ca.ca.certificate.subject(), leaf.subject());
                EXPECT_EQ(send(message_type::cert_poll, first, names, id).certificates.at(0), leaf);
                authority const holder{leaf, who.key()};
                auto const number_of_leaf = issuer_and_serial::of(leaf).to_der();
                EXPECT_EQ(send(message_type::get_cert, holder, number_of_leaf, id).certificates.at(0), leaf);
                EXPECT_EQ(send(message_type::get_crl, holder, number_of_leaf, id).crls.size(), 1u);
                auto const next = send(message_type::renewal_req, holder, {}, id + " again").certificates.at(0);
                EXPECT_FALSE(next == leaf);
            }
    }
}

class EcDevice : public ::testing::Test
{
protected:
    responder::answer ask(responder& r, device const& from, std::string const& id = "1",
                          message_type type = message_type::pkcs_req, std::optional<bytes> content = {}) const
    {
        return r.pki_operation(
            make_message(ca, {.from = from, .type = type, .transaction_id = id, .content = std::move(content)}), noon);
    }
    bytes names() const { return make_issuer_and_subject(ca.ca.certificate.subject(), dn("CN=device 1,O=Contoso")); }
    void expect_under(std::string_view challenge, responder::answer const& a) const
    {
        ASSERT_TRUE(succeeds(a));
        EXPECT_EQ(envelope_in(a).recipients().at(0).type, kind::password);
        auto const content =
            verified(a).open_with_password(secret_bytes::from_text(challenge), profile::rfc8894()).value();
        auto const bag = cms::certificate_bag::parse(content.content.view()).value();
        EXPECT_EQ(*bag.certificates.at(0).key(), who.key().public_key());
    }

    scripted_ca ca;
    device who{.kind = pki::key_kind::ec_p256};
};

TEST_F(EcDevice, WithoutKeyAgreementTheAnswerIsUnderTheChallenge)
{
    auto const r = responder::create(ca.options()).value();
    auto const message = make_message(ca, {.from = who, .transaction_id = "1"});
    expect_under(right_challenge, r->pki_operation(message, noon));
    expect_under(right_challenge, r->pki_operation(message, noon));
    EXPECT_EQ(ca.issuer->issued, 1u);
    // The challenge went with the request, so a poll cannot be answered any more; the request itself can.
    EXPECT_TRUE(fails_with(fail_info::bad_alg, ask(*r, who, "1", message_type::cert_poll, names())));
}

TEST_F(EcDevice, AHeldRequestIsAnsweredUnderItsChallenge)
{
    bool decided = false;
    auto options = ca.options();
    options.authorizer = make_authorizer([&](auto const&) -> result<decision> {
        if(decided)
            return decision{accept{}};
        return decision{hold{}};
    });
    auto const r = responder::create(std::move(options)).value();
    EXPECT_EQ(said_in(ask(*r, who)).pki_status, pki_status::pending);
    decided = true;
    expect_under(right_challenge, ask(*r, who, "1", message_type::cert_poll, names()));
}

TEST_F(EcDevice, WhoCannotBeAnsweredIsRefusedBeforeAnybodyIsAsked)
{
    auto options = ca.options();
    options.profile = profile::strict();
    options.queries = query_policy::everybody;
    auto const strict = responder::create(options).value();
    EXPECT_TRUE(fails_with(fail_info::bad_alg, ask(*strict, who)));
    EXPECT_TRUE(fails_with(fail_info::bad_alg, ask(*strict, who, "1", message_type::cert_poll, names())));
    // No challenge comes with a question.
    auto const wanted = issuer_and_serial::of(ca.ca.certificate).to_der();
    options.profile = profile::rfc8894();
    auto const r = responder::create(options).value();
    EXPECT_TRUE(fails_with(fail_info::bad_alg, ask(*r, who, "1", message_type::get_cert, wanted)));
    EXPECT_EQ(ca.decrypter->decrypted, 0u);
    auto without = who;
    without.challenge.clear();
    EXPECT_TRUE(fails_with(fail_info::bad_message_check, ask(*r, without)));
    EXPECT_EQ(ca.authorizer->asked, 0u);
}

TEST(Envelopes, ACaWhoseKeyOnlySignsTakesRequestsUnderAChallenge)
{
    scripted_ca const ca;
    auto const password = secret_bytes::from_text("shared by all");
    auto options = ca.options();
    options.decryption.reset();
    EXPECT_EQ(responder::create(options).error(), errc::invalid_argument);
    options.request_password = std::make_shared<secret_bytes const>(password.clone());
    options.password_iterations = 2000;
    auto const r = responder::create(options).value();
    auto const signer = device{}.signer();
    auto const send = [&](responder& to, secret_bytes const& under, std::uint32_t iterations, std::string id) {
        return to.pki_operation(
            make_message(ca, {.transaction_id = std::move(id),
                              .envelope = cms::seal_with_password(device{}.request().der(), under,
                                                                  {.password_iterations = iterations}, system_random())
                                              .value(),
                              .signer = signer}),
            noon);
    };
    auto const a = send(*r, password, 2000, "1");
    EXPECT_TRUE(succeeds(a));
    EXPECT_TRUE(a.tolerances.contains(quirk::password_recipient));
    auto const issued = ca.issuer->issued.load();
    EXPECT_TRUE(fails_with(fail_info::bad_message_check, send(*r, secret_bytes::from_text("no"), 2000, "2")));
    EXPECT_TRUE(fails_with(fail_info::bad_message_check, send(*r, password, 2001, "3")));
    // To a key: there is none.
    EXPECT_TRUE(fails_with(fail_info::bad_message_check, r->pki_operation(make_message(ca, {}), noon)));
    EXPECT_TRUE(
        fails_with(fail_info::bad_message_check, send(*responder::create(ca.options()).value(), password, 2000, "4")));
    EXPECT_EQ(ca.issuer->issued, issued);
}

TEST(Envelopes, OaepComesBackOnlyWhereAsked)
{
    scripted_ca const ca;
    pki::key_transport const oaep{pki::key_transport::kind::rsa_oaep, pki::digest_algorithm::sha256,
                                  pki::digest_algorithm::sha256};
    for(auto const follows : {false, true}) {
        auto options = ca.options();
        options.oaep_follows_request = follows;
        auto const r = responder::create(std::move(options)).value();
        for(auto const& transport : {pki::key_transport{}, oaep}) {
            auto const a = r->pki_operation(make_message(ca, {.transport = transport}), noon);
            ASSERT_TRUE(succeeds(a));
            EXPECT_EQ(*envelope_in(a).recipients().at(0).transport, follows ? transport : pki::key_transport{});
            EXPECT_EQ(a.tolerances.contains(quirk::oaep_key_transport), transport == oaep);
        }
    }
}

TEST(Envelopes, RepliesAreOrderedAndSignedAsAskedFor)
{
    scripted_ca const ca;
    auto options = ca.options();
    options.replies = reply_certificates::leaf_and_issuing_ca;
    options.order = reply_order::der;
    options.ca_certificates = bag_order::ra_first;
    options.signature = pki::signature_scheme::rsa_pss;
    auto const r = responder::create(options).value();
    auto const signer = device{}.signer();
    auto const a = r->pki_operation(make_message(ca, {.signer = signer}), noon);
    auto const certificates = bag_in(a, signer).certificates;
    ASSERT_EQ(certificates.size(), 2u);
    EXPECT_TRUE(std::ranges::lexicographical_compare(certificates[0].der(), certificates[1].der()));
    EXPECT_EQ(verified(a).attributes().pki_status, pki_status::success);
    EXPECT_EQ(parsed_message::parse(a.body, profile::rfc8894()).value().signed_data().signed_with().scheme,
              pki::signature_scheme::rsa_pss);
    auto const bag = parse_ca_certificates(r->get_ca_cert().body, profile::strict()).value();
    EXPECT_EQ(bag.certificates.back(), ca.ca.certificate);
    options.signature = pki::signature_scheme::ecdsa;
    EXPECT_EQ(responder::create(options).error(), errc::invalid_argument);
}

TEST(Envelopes, AnEcRaMaySign)
{
    scripted_ca ca;
    auto const& key = key_of(pki::key_kind::ec_p384, "signing ra");
    ca.signing_ra = authority{ca.ca.issue({.subject = "CN=EC signing RA",
                                           .usage = pki::key_usage::digital_signature,
                                           .extended_usage = {asn1::oids::certificate_request_agent}},
                                          key.public_key()),
                              key};
    auto const a = responder::create(ca.options()).value()->pki_operation(make_message(ca, {}), noon);
    EXPECT_TRUE(succeeds(a));
    EXPECT_EQ(verified(a).signer(), ca.signing_ra->certificate);
}

TEST(Responder, SaysWhatItOverlooked)
{
    scripted_ca const ca;
    auto options = ca.options();
    options.profile = profile::windows();
    auto const r = responder::create(std::move(options)).value();
    auto const signer = authority::self_signed({.subject = "CN=SCEP Protocol Certificate"}, rsa_key("throw-away"));
    auto const a = r->pki_operation(
        make_message(
            ca, {.signer = signer, .cipher = cms::content_cipher::des_ede3_cbc, .digest = pki::digest_algorithm::sha1}),
        noon);
    EXPECT_TRUE(succeeds(a));
    EXPECT_EQ(a.tolerances, (quirk_set{quirk::triple_des, quirk::sha1_signature, quirk::signer_key_differs,
                                       quirk::signer_subject_differs}));
    // A refusal tells what the message shows, no more.
    auto const refused = r->pki_operation(
        make_message(ca, {.from = {.challenge = "wrong"}, .transaction_id = "2", .signer = signer}), noon);
    EXPECT_TRUE(refused.tolerances.empty());
}

} // namespace
} // namespace scepkit::inline v0::scep
