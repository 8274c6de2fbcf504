// SPDX-License-Identifier: BSL-1.0
#include "hand_made.hpp"

#include <gtest/gtest.h>

namespace scepkit::inline v0::scep {
namespace {

using namespace scepkit::test;

profile with(std::string_view items) { return profile::named("rfc8894" + std::string(items)).value(); }

/// A key that this process cannot read.
class key_elsewhere final : public pki::signer
{
public:
    explicit key_elsewhere(pki::private_key key) : key_(std::move(key)) {}
    result<bytes> sign(pki::signature_scheme scheme, pki::digest_algorithm digest, bytes_view message) const override
    {
        ++signatures;
        return key_.sign(scheme, digest, message);
    }
    mutable std::atomic<unsigned> signatures{0};

private:
    pki::private_key key_;
};

enrollment_request request_of(pki::private_key const& key, std::string_view challenge = {})
{
    pki::certificate_request_builder builder;
    builder.subject(dn("CN=device 1,O=Contoso"));
    if(!challenge.empty())
        builder.challenge_password(secret_bytes::from_text(challenge));
    return {builder.sign(key).value(), key, std::nullopt, std::nullopt, nullptr};
}

pki::private_key const& ec_key()
{
    static auto const key = pki::private_key::generate(pki::key_kind::ec_p256).value();
    return key;
}

result<enrollment_outcome> enroll(hand_made& server, enrollment_request request, enrollment_options options = {},
                                  log_of_steps* log = nullptr)
{
    auto transaction = enrollment::create(std::move(request), server.ca.pin(), std::move(options));
    if(!transaction)
        return transaction.error();
    return drive(*transaction, server.serve(), log);
}

TEST(EnrollmentOptions, ChosenAlgorithmsAreUsed)
{
    hand_made server;
    server.on_message = [&](send const& s) {
        return server.success(s.body, {server.leaf("device 1", rsa_key("device 1"))});
    };
    enrollment_options options;
    options.digest = pki::digest_algorithm::sha512;
    options.cipher = cms::content_cipher::aes256_cbc;
    options.signature = pki::signature_scheme::rsa_pss;
    options.transport = {.scheme = pki::key_transport::kind::rsa_oaep,
                         .oaep_digest = pki::digest_algorithm::sha256,
                         .mgf1_digest = pki::digest_algorithm::sha256};
    options.transaction_id = "my transaction";
    log_of_steps log;
    auto const outcome = enroll(server, request_of(rsa_key("device 1")), options, &log);
    ASSERT_TRUE(outcome) << outcome.error();
    auto const sent = read_sent(log.sent.back());
    EXPECT_EQ(sent.attributes().transaction_id, "my transaction");
    EXPECT_EQ(sent.signed_data().digest(), pki::digest_algorithm::sha512);
    EXPECT_EQ(sent.signed_data().signed_with().scheme, pki::signature_scheme::rsa_pss);
    auto const envelope = cms::enveloped_data::parse(*sent.signed_data().content(), profile::legacy().allowed).value();
    EXPECT_EQ(envelope.cipher(), cms::content_cipher::aes256_cbc);
    EXPECT_EQ(envelope.recipients().at(0).transport, options.transport);
}

TEST(EnrollmentOptions, AuthenticatedEnvelopesNeedTheirItem)
{
    hand_made server;
    server.on_message = [&](send const& s) {
        return server.success(s.body, {server.leaf("device 1", rsa_key("device 1"))});
    };
    EXPECT_EQ(enroll(server, request_of(rsa_key("device 1")), {.cipher = cms::content_cipher::aes128_gcm}).error(),
              errc::algorithm_not_allowed);
    log_of_steps log;
    auto const outcome =
        enroll(server, request_of(rsa_key("device 1")),
               {.profile = with("+authenticated_envelope"), .cipher = cms::content_cipher::aes128_gcm}, &log);
    ASSERT_TRUE(outcome) << outcome.error();
    auto const sent = read_sent(log.sent.back());
    EXPECT_EQ(cms::enveloped_data::parse(*sent.signed_data().content(), profile::legacy().allowed).value().cipher(),
              cms::content_cipher::aes128_gcm);
}

TEST(ThreatP7, ChosenAlgorithmsAreHeldAgainstFloorAndProfile)
{
    hand_made server;
    auto const refused = [&](enrollment_options options) {
        auto const outcome = enroll(server, request_of(rsa_key("device 1")), std::move(options));
        EXPECT_EQ(server.messages, 0u);
        return outcome ? errc{} : outcome.error().code();
    };
    using c = cms::content_cipher;
    using d = pki::digest_algorithm;
    EXPECT_EQ(refused({.floor = {.allow_triple_des = false}, .cipher = c::des_ede3_cbc}), errc::capability_floor);
    EXPECT_EQ(refused({.profile = with("-triple_des"), .cipher = c::des_ede3_cbc}), errc::algorithm_not_allowed);
    EXPECT_EQ(refused({.profile = profile::legacy(), .cipher = c::des_cbc}), errc::capability_floor);
    EXPECT_EQ(refused({.floor = {.allow_single_des = true}, .cipher = c::des_cbc}), errc::algorithm_not_allowed);
    EXPECT_EQ(refused({.digest = d::sha1}), errc::capability_floor);
    EXPECT_EQ(refused({.floor = {.allow_sha1 = true}, .digest = d::md5}), errc::algorithm_not_allowed);
    EXPECT_EQ(refused({.signature = pki::signature_scheme::ecdsa}), errc::invalid_argument);
    EXPECT_EQ(refused({.profile = profile::strict(), .transport = {.scheme = pki::key_transport::kind::rsa_oaep}}),
              errc::algorithm_not_allowed);
    for(std::string const& id : {std::string(), std::string("under_score"), std::string(257, '1'), std::string("\n")})
        EXPECT_EQ(refused({.transaction_id = id}), errc::invalid_argument) << id;
}

TEST(EnrollmentOptions, WhatIsChosenNeedsNoOffer)
{
    hand_made server;
    server.words = "POSTPKIOperation";
    server.on_message = [&](send const& s) {
        return server.success(s.body, {server.leaf("device 1", rsa_key("device 1"))});
    };
    EXPECT_EQ(enroll(server, request_of(rsa_key("device 1"))).error(), errc::capability_floor);
    EXPECT_TRUE(enroll(server, request_of(rsa_key("device 1")),
                       {.digest = pki::digest_algorithm::sha256, .cipher = cms::content_cipher::aes128_cbc}));
    EXPECT_EQ(enroll(server, request_of(rsa_key("device 1")),
                     {.floor = {.require_scep_standard = true},
                      .digest = pki::digest_algorithm::sha256,
                      .cipher = cms::content_cipher::aes128_cbc})
                  .error(),
              errc::capability_floor);
}

TEST(EnrollmentOptions, TheTransactionIdHasTheFormThatIsWanted)
{
    hand_made server;
    server.on_message = [&](send const& s) {
        return server.success(s.body, {server.leaf("device 1", rsa_key("device 1"))});
    };
    for(auto const form : {transaction_id_form::sha256_hex, transaction_id_form::sha1_base64,
                           transaction_id_form::md5_hex, transaction_id_form::apple}) {
        log_of_steps log;
        ASSERT_TRUE(enroll(server, request_of(rsa_key("device 1")), {.id_form = form}, &log));
        EXPECT_EQ(read_sent(log.sent.back()).attributes().transaction_id,
                  transaction_id_for(rsa_key("device 1").public_key(), form).value());
    }
    EXPECT_EQ(enroll(server, request_of(ec_key(), right_challenge), {.id_form = transaction_id_form::apple}).error(),
              errc::key_not_allowed);
}

TEST(EnrollmentKeys, AnEcKeyIsAnsweredByKeyAgreementWhereTheProfileTakesIt)
{
    hand_made server;
    server.on_message = [&](send const& s) { return server.success(s.body, {server.leaf("device 1", ec_key())}); };
    EXPECT_EQ(enroll(server, request_of(ec_key())).error(), errc::unsupported);
    EXPECT_EQ(enroll(server, request_of(ec_key(), right_challenge), {.profile = profile::strict()}).error(),
              errc::unsupported);
    EXPECT_EQ(server.messages, 0u);
    auto const outcome = enroll(server, request_of(ec_key()), {.profile = with("+key_agreement")});
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_EQ(*std::get<issued>(*outcome).certificate.key(), ec_key().public_key());
    EXPECT_TRUE(std::get<issued>(*outcome).tolerances.contains(quirk::key_agreement));
}

TEST(EnrollmentKeys, AnEcKeyIsAnsweredUnderTheChallengeOfItsRequest)
{
    hand_made server;
    std::string under(right_challenge);
    server.on_message = [&](send const& s) {
        reply_wish wish(s.body);
        wish.content =
            cms::seal_with_password(cms::certificate_bag::make(std::vector{server.leaf("device 1", ec_key())}),
                                    secret_bytes::from_text(under), {.password_iterations = 1000}, system_random())
                .value();
        return hand_made::pki_reply(wish.sign(server.ca.signer()));
    };
    for(auto const* items : {"", "+key_agreement"}) {
        auto const outcome = enroll(server, request_of(ec_key(), right_challenge), {.profile = with(items)});
        ASSERT_TRUE(outcome) << outcome.error();
        EXPECT_TRUE(std::get<issued>(*outcome).tolerances.contains(quirk::password_recipient));
    }
    under = "another";
    EXPECT_EQ(enroll(server, request_of(ec_key(), right_challenge)).error(), errc::decryption_failed);
    // An RSA key is never answered so.
    under = right_challenge;
    EXPECT_EQ(enroll(server, request_of(rsa_key("device 1"), right_challenge)).error(), errc::recipient_unsupported);
}

TEST(EnrollmentKeys, ContentThatIsNoMessageWasOpenedWithAWrongKey)
{
    hand_made server;
    for(auto const* inside : {"", "S", "not a list of certificates"}) {
        server.on_message = [&](send const& s) {
            reply_wish wish(s.body);
            wish.content = seal_for(wish.request.signed_data().certificates().at(0), as_bytes(inside));
            return hand_made::pki_reply(wish.sign(server.ca.signer()));
        };
        EXPECT_EQ(enroll(server, request_of(rsa_key("device 1"), right_challenge)).error(), errc::decryption_failed);
    }
}

TEST(EnrollmentKeys, AnEcCaIsWrittenToByKeyAgreement)
{
    hand_made server(scripted_ca::layout::lone_ca);
    auto const ca_key = pki::private_key::generate(pki::key_kind::ec_p256).value();
    server.ca.ca = authority::self_signed(ca_wish("CN=EC CA"), ca_key);
    auto const opens = pki::software_decrypter::create(ca_key).value();
    bytes read;
    server.on_message = [&](send const& s) {
        auto const verified = verified_message::verify(read_sent(s), {}, profile::legacy()).value();
        auto const opened = verified.open(server.ca.ca.certificate, *opens, profile::legacy());
        EXPECT_TRUE(opened) << opened.error();
        read = to_bytes(opened->content.view());
        return server.success(s.body, {server.leaf("device 1", rsa_key("device 1"))});
    };
    auto const request = request_of(rsa_key("device 1"));
    EXPECT_EQ(enroll(server, request_of(rsa_key("device 1"))).error(), errc::no_usable_recipient);
    auto const outcome = enroll(server, request_of(rsa_key("device 1")), {.profile = with("+key_agreement")});
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_TRUE(std::get<issued>(*outcome).tolerances.contains(quirk::key_agreement));
    EXPECT_EQ(pki::certificate_request::from_der(read).value().subject(), request.request.subject());
}

TEST(EnrollmentKeys, ACaThatOnlySignsIsWrittenToUnderTheChallenge)
{
    hand_made server(scripted_ca::layout::lone_ca);
    auto const ca_key = pki::private_key::generate(pki::key_kind::ec_p256).value();
    server.ca.ca = authority::self_signed(ca_wish("CN=EC CA"), ca_key);
    bytes read;
    server.on_message = [&](send const& s) {
        auto const verified = verified_message::verify(read_sent(s), {}, profile::rfc8894()).value();
        auto const opened =
            verified.open_with_password(secret_bytes::from_text(right_challenge), profile::rfc8894(), 100'000);
        EXPECT_TRUE(opened) << opened.error();
        read = to_bytes(opened->content.view());
        return server.success(s.body, {server.leaf("device 1", rsa_key("device 1"))});
    };
    auto const outcome = enroll(server, request_of(rsa_key("device 1"), right_challenge));
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_TRUE(std::get<issued>(*outcome).tolerances.contains(quirk::password_recipient));
    EXPECT_TRUE(pki::certificate_request::from_der(read));
    EXPECT_EQ(enroll(server, request_of(rsa_key("device 1"))).error(), errc::no_usable_recipient);
    EXPECT_EQ(enroll(server, request_of(rsa_key("device 1"), right_challenge), {.profile = with("-password_recipient")})
                  .error(),
              errc::no_usable_recipient);
}

TEST(EnrollmentKeys, AKeyElsewhereNeedsADecrypter)
{
    hand_made server;
    auto const inner = pki::private_key::generate(pki::key_kind::rsa).value();
    auto const by = std::make_shared<key_elsewhere>(inner);
    auto const key = pki::private_key::from_signer(inner.public_key(), by).value();
    server.on_message = [&](send const& s) { return server.success(s.body, {server.leaf("device 1", inner)}); };
    EXPECT_FALSE(enroll(server, request_of(key)));
    EXPECT_EQ(server.messages, 0u);
    auto request = request_of(key);
    auto const counting = std::make_shared<counting_decrypter>(inner);
    request.decrypter = counting;
    auto const before = by->signatures.load();
    auto const outcome = enroll(server, std::move(request));
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_TRUE(std::holds_alternative<issued>(*outcome));
    EXPECT_EQ(by->signatures - before, 2u); // The throw-away certificate, and the message.
    EXPECT_EQ(counting->decrypted, 1u);
}

TEST(EnrollmentQuirks, AnEmptyAnswerToAPostIsAskedForByGet)
{
    hand_made server;
    server.on_message = [&](send const& s) {
        if(s.post_allowed)
            return reply{{}, "application/x-pki-message", 200};
        return server.messages < 4 ? server.status(s.body, pki_status::pending)
                                   : server.success(s.body, {server.leaf("device 1", rsa_key("device 1"))});
    };
    EXPECT_EQ(enroll(server, request_of(rsa_key("device 1"))).error(), errc::truncated);
    server.messages = 0;
    log_of_steps log;
    auto const outcome = enroll(server, request_of(rsa_key("device 1")),
                                {.profile = with("+empty_post_answer"), .polling = {.attempts = 3}}, &log);
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_TRUE(std::get<issued>(*outcome).tolerances.contains(quirk::empty_post_answer));
    ASSERT_EQ(log.sent.size(), 6u);
    EXPECT_TRUE(log.sent[2].post_allowed);
    EXPECT_EQ(log.sent[2].body, log.sent[3].body);
    for(std::size_t i = 3; i < log.sent.size(); ++i)
        EXPECT_FALSE(log.sent[i].post_allowed); // It does not try POST again.

    // Nothing by GET either is an error.
    server.on_message = [](send const&) { return reply{{}, "", 200}; };
    EXPECT_EQ(enroll(server, request_of(rsa_key("device 1")), {.profile = with("+empty_post_answer")}).error(),
              errc::truncated);
}

TEST(EnrollmentQuirks, WithoutCapabilitiesTheListIsEmptyWhereTheProfileSaysSo)
{
    hand_made server;
    server.on_message = [&](send const& s) {
        return server.success(s.body, {server.leaf("device 1", rsa_key("device 1"))});
    };
    auto const run = [&](profile tolerances, error const& why) -> result<enrollment_outcome> {
        auto t = enrollment::create(request_of(rsa_key("device 1")), server.ca.pin(),
                                    {.profile = std::move(tolerances), .digest = pki::digest_algorithm::sha256})
                     .value();
        EXPECT_TRUE(t.start());
        auto step = t.on_no_reply(why, noon);
        while(step && !std::holds_alternative<enrollment_outcome>(*step))
            step = t.on_reply(server(std::get<send>(*step)), noon);
        if(!step)
            return step.error();
        return std::get<enrollment_outcome>(*std::move(step));
    };
    EXPECT_EQ(run(profile::rfc8894(), errc::connection_reset).error(), errc::connection_reset);
    for(auto const why : {errc::connection_reset, errc::connection_closed, errc::truncated}) {
        auto const outcome = run(with("+capabilities_missing"), why);
        ASSERT_TRUE(outcome) << outcome.error();
        EXPECT_TRUE(std::get<issued>(*outcome).tolerances.contains(quirk::capabilities_missing));
    }
    // A server that was not reached is no server without a list.
    for(auto const why : {errc::cancelled, errc::tls_not_trusted, errc::invalid_argument, errc::connection_refused,
                          errc::unreachable, errc::name_not_found, errc::timed_out})
        EXPECT_EQ(run(profile::legacy(), why).error(), why);

    // Only there: later answers cannot be done without.
    auto t =
        enrollment::create(request_of(rsa_key("device 1")), server.ca.pin(), {.profile = profile::legacy()}).value();
    auto step = t.start();
    step = t.on_reply(server(std::get<send>(*step)), noon);
    ASSERT_TRUE(step);
    EXPECT_EQ(t.on_no_reply(errc::connection_reset, noon).error(), errc::connection_reset);
    EXPECT_EQ(t.on_no_reply(errc::connection_reset, noon).error(), errc::state_misuse);
}

TEST(ThreatP7, AGarbledListIsNoListUnlessTheProfileSaysSo)
{
    hand_made server;
    server.words = std::string(1u << 20, 'x');
    EXPECT_EQ(enroll(server, request_of(rsa_key("device 1"))).error(), errc::too_large);
    EXPECT_EQ(enroll(server, request_of(rsa_key("device 1")), {.profile = with("+capabilities_missing")}).error(),
              errc::capability_floor);
    EXPECT_EQ(server.messages, 0u);
}

TEST(Enrollment, ReadsTheWordsOfARefusal)
{
    hand_made server;
    server.on_message = [&](send const& s) {
        reply_wish wish(s.body);
        wish.attributes.pki_status = pki_status::failure;
        wish.attributes.fail_info = fail_info::bad_time;
        wish.attributes.fail_info_text = "Die Uhr geht falsch \xe2\x80\xa6";
        return hand_made::pki_reply(wish.sign(server.ca.signer()));
    };
    auto const outcome = enroll(server, request_of(rsa_key("device 1")));
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_EQ(std::get<rejected>(*outcome).fail_info, fail_info::bad_time);
    EXPECT_EQ(std::get<rejected>(*outcome).fail_info_text, "Die Uhr geht falsch \xe2\x80\xa6");
}

} // namespace
} // namespace scepkit::inline v0::scep
