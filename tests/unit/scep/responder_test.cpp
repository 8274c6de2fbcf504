// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/responder.hpp>

#include <gtest/gtest.h>
#include <support/scripted_ca.hpp>
#include <thread>

namespace scepkit::inline v0::scep {
namespace {

using namespace scepkit::test;

verified_message read(responder::answer const& a, profile const& tolerances = profile::rfc8894(),
                      std::vector<pki::certificate> others = {})
{
    EXPECT_EQ(a.http_status, 200u);
    EXPECT_EQ(a.content_type, "application/x-pki-message");
    return verified_message::verify(parsed_message::parse(a.body, tolerances).value(), others, tolerances).value();
}

message_attributes attributes_of(responder::answer const& a) { return read(a).attributes(); }

std::vector<pki::certificate> opened(verified_message const& m, authority const& signer,
                                     profile const& tolerances = profile::rfc8894())
{
    auto const key = pki::software_decrypter::create(signer.key).value();
    auto const content = m.open(signer.certificate, *key, tolerances).value();
    return cms::certificate_bag::parse(content.content.view()).value().certificates;
}

TEST(Responder, SaysItsCapabilitiesAndCertificates)
{
    scripted_ca const pair;
    auto const r = responder::create(pair.options()).value();
    EXPECT_EQ(as_text(r->get_ca_caps().body), "AES\nPOSTPKIOperation\nSHA-256\nSCEPStandard\n");
    EXPECT_EQ(r->get_ca_caps().content_type, "text/plain");
    EXPECT_EQ(r->get_ca_cert().content_type, "application/x-x509-ca-ra-cert");
    auto const bag = parse_ca_certificates(r->get_ca_cert().body, profile::strict()).value();
    EXPECT_EQ(bag.certificates,
              (std::vector{pair.ca.certificate, pair.signing_ra->certificate, pair.encryption_ra->certificate}));

    scripted_ca const lone(scripted_ca::layout::lone_ca);
    auto const a = responder::create(lone.options()).value()->get_ca_cert();
    EXPECT_EQ(a.content_type, "application/x-x509-ca-cert");
    EXPECT_TRUE(equal(a.body, lone.ca.certificate.der()));
}

TEST(Responder, AnswersInTheFormOfTheRequest)
{
    using c = cms::content_cipher;
    using d = pki::digest_algorithm;
    scripted_ca const ca;
    auto options = ca.options();
    options.profile = profile::legacy();
    auto const r = responder::create(std::move(options)).value();
    unsigned id = 0;
    for(auto const cipher : {c::aes128_cbc, c::aes192_cbc, c::aes256_cbc, c::des_ede3_cbc, c::des_cbc})
        for(auto const digest : {d::sha1, d::sha256, d::sha512}) {
            auto const signer = device{}.signer();
            auto const a = r->pki_operation(
                make_message(
                    ca, {.transaction_id = std::to_string(++id), .signer = signer, .cipher = cipher, .digest = digest}),
                noon);
            auto const reply = read(a, profile::legacy());
            EXPECT_EQ(reply.digest(), digest);
            EXPECT_EQ(cms::enveloped_data::parse(*reply.content(), profile::legacy().allowed).value().cipher(), cipher);
            auto const certificates = opened(reply, signer, profile::legacy());
            ASSERT_EQ(certificates.size(), 2u);
            EXPECT_EQ(*certificates[0].key(), signer.key.public_key());
            EXPECT_EQ(certificates[1], ca.ca.certificate);
        }
}

TEST(Responder, EchoesTransactionAndNonceAndSendsItsOwn)
{
    scripted_ca const ca;
    auto const r = responder::create(ca.options()).value();
    auto const message = make_message(ca, {.transaction_id = "HVvz+AW/dU=", .sender_nonce = bytes(16, 0x99)});
    auto const first = attributes_of(r->pki_operation(message, noon));
    auto const second = attributes_of(r->pki_operation(message, noon));
    EXPECT_EQ(first.transaction_id, "HVvz+AW/dU=");
    EXPECT_EQ(first.recipient_nonce, bytes(16, 0x99));
    EXPECT_EQ(first.sender_nonce.size(), 16u);
    EXPECT_NE(first.sender_nonce, second.sender_nonce);
}

TEST(Responder, CanLeaveTheCaOutOfReplies)
{
    scripted_ca const ca;
    auto options = ca.options();
    options.replies = reply_certificates::leaf;
    auto const signer = device{}.signer();
    auto const reply =
        read(responder::create(std::move(options)).value()->pki_operation(make_message(ca, {.signer = signer}), noon));
    EXPECT_EQ(opened(reply, signer).size(), 1u);
}

TEST(Responder, AnswersAsNdesWhereAsked)
{
    scripted_ca const ca;
    auto options = ca.options();
    options.microsoft_replies = true;
    auto const r = responder::create(std::move(options)).value();
    auto const signer = device{}.signer();
    std::vector const others{ca.signer().certificate};
    auto const success = read(r->pki_operation(make_message(ca, {.signer = signer}), noon), profile::ndes(), others);
    EXPECT_EQ(success.attributes().microsoft_disposition, "Issued");
    auto const envelope = cms::enveloped_data::parse(*success.content(), profile::ndes().allowed).value();
    EXPECT_TRUE(envelope.recipients().front().oaep_empty_parameters);
    EXPECT_EQ(opened(success, signer, profile::ndes()).size(), 2u);

    auto const tdes = read(
        r->pki_operation(make_message(ca, {.transaction_id = "3", .cipher = cms::content_cipher::des_ede3_cbc}), noon),
        profile::ndes(), others);
    EXPECT_EQ(cms::enveloped_data::parse(*tdes.content(), profile::ndes().allowed)
                  .value()
                  .recipients()
                  .front()
                  .transport->scheme,
              pki::key_transport::kind::rsa_v1_5);

    auto const failure =
        read(r->pki_operation(make_message(ca, {.from = {.challenge = "wrong"}, .transaction_id = "2"}), noon),
             profile::ndes(), others);
    EXPECT_EQ(failure.attributes().microsoft_error, hresult{0x80070057});
    EXPECT_TRUE(equal(*failure.content(), bytes{0}));
}

TEST(Responder, WrongConfigurationIsRefused)
{
    scripted_ca const ca;
    auto const broken = [&](auto change) {
        auto options = ca.options();
        change(options);
        return responder::create(std::move(options)).error().code();
    };
    EXPECT_EQ(broken([](responder_options& o) { o.ca_chain.clear(); }), errc::invalid_argument);
    EXPECT_EQ(broken([](responder_options& o) { o.authorizer.reset(); }), errc::invalid_argument);
    EXPECT_EQ(broken([](responder_options& o) { o.issuer.reset(); }), errc::invalid_argument);
    EXPECT_EQ(broken([](responder_options& o) { o.decryption.reset(); }), errc::invalid_argument);
    EXPECT_EQ(broken([](responder_options& o) { o.signing.key = rsa_key("evil"); }), errc::invalid_argument);
}

TEST(Responder, WhatIsNoSignedScepMessageGets400)
{
    scripted_ca const ca;
    auto const r = responder::create(ca.options()).value();
    auto const good = make_message(ca, {});
    auto damaged = good;
    damaged.back() ^= 1;
    reply_wish a_reply(good);
    a_reply.attributes.pki_status = pki_status::pending;
    for(auto const& body :
        {bytes{}, bytes(100, 0x30), to_bytes(as_bytes("<html>")), bytes(good.begin(), good.end() - 1), damaged,
         a_reply.sign(ca.signer()), bytes(3u << 20, 0x30)}) {
        auto const a = r->pki_operation(body, noon);
        EXPECT_EQ(a.http_status, 400u);
        EXPECT_TRUE(a.body.empty());
        EXPECT_TRUE(a.content_type.empty());
    }
    EXPECT_EQ(ca.decrypter->decrypted, 0u);
    EXPECT_EQ(ca.authorizer->asked, 0u);
}

TEST(Responder, HeldRequestsArePolledByTheirOwnerOnly)
{
    scripted_ca const ca;
    bool decided = false;
    auto options = ca.options();
    options.authorizer = std::make_shared<spy_authorizer>([&](enrollment_claim const& claim) -> decision {
        EXPECT_EQ(as_text(claim.challenge->view()), right_challenge);
        if(decided)
            return accept{};
        return hold{};
    });
    auto const r = responder::create(std::move(options)).value();
    auto const poll = [&](device const& who, std::string_view subject, std::string const& id = "4711") {
        return attributes_of(r->pki_operation(
            make_message(ca, {.from = who,
                              .type = message_type::cert_poll,
                              .transaction_id = id,
                              .content = make_issuer_and_subject(ca.ca.certificate.subject(), dn(subject))}),
            noon));
    };
    EXPECT_EQ(poll({}, "CN=device 1,O=Contoso").fail_info, fail_info::bad_cert_id);
    EXPECT_EQ(attributes_of(r->pki_operation(make_message(ca, {}), noon)).pki_status, pki_status::pending);
    EXPECT_EQ(poll({}, "CN=device 1,O=Contoso").pki_status, pki_status::pending);
    decided = true;
    // Somebody else, another subject, another transaction: one answer.
    for(auto const& a : {poll({.name = "device 2"}, "CN=device 1,O=Contoso"), poll({}, "CN=device 2,O=Contoso"),
                         poll({}, "CN=device 1,O=Contoso", "4712")}) {
        EXPECT_EQ(a.pki_status, pki_status::failure);
        EXPECT_EQ(a.fail_info, fail_info::bad_cert_id);
        EXPECT_FALSE(a.fail_info_text);
    }
    EXPECT_EQ(ca.issuer->issued, 0u);
    EXPECT_EQ(poll({}, "CN=device 1,O=Contoso").pki_status, pki_status::success);
    EXPECT_EQ(poll({}, "CN=device 1,O=Contoso").pki_status, pki_status::success);
    EXPECT_EQ(ca.issuer->issued, 1u);
}

TEST(Responder, ARepeatedRequestCanBeThePoll)
{
    scripted_ca const ca;
    bool decided = false;
    auto options = ca.options();
    options.authorizer = std::make_shared<spy_authorizer>([&](auto const&) -> decision {
        if(decided)
            return accept{};
        return hold{};
    });
    auto const r = responder::create(std::move(options)).value();
    EXPECT_EQ(attributes_of(r->pki_operation(make_message(ca, {}), noon)).pki_status, pki_status::pending);
    decided = true;
    EXPECT_EQ(attributes_of(r->pki_operation(make_message(ca, {}), noon)).pki_status, pki_status::success);
}

TEST(Responder, TheSameKeyMayAskForSomethingElse)
{
    scripted_ca const ca;
    auto const r = responder::create(ca.options()).value();
    auto const ask = [&](std::string_view subject, time_point now) {
        auto const request = pki::certificate_request_builder()
                                 .subject(dn(subject))
                                 .challenge_password(secret_bytes::from_text(right_challenge))
                                 .sign(rsa_key("device 1"))
                                 .value();
        return attributes_of(r->pki_operation(make_message(ca, {.content = to_bytes(request.der())}), now)).pki_status;
    };
    EXPECT_EQ(ask("CN=a", noon), pki_status::success);
    EXPECT_EQ(ask("CN=b", noon), pki_status::success);
    EXPECT_EQ(ca.issuer->issued, 2u);
    EXPECT_EQ(ask("CN=b", noon), pki_status::success);
    EXPECT_EQ(ca.issuer->issued, 2u);
}

TEST(Responder, ASuccessCostsThreePrivateKeyOperations)
{
    scripted_ca ca;
    // Keys of this test alone, so that nobody else's work is counted.
    ca.ca.key = pki::private_key::generate(pki::key_kind::rsa).value();
    ca.ca = authority::self_signed(ca_wish("CN=Counted"), ca.ca.key);
    ca.encryption_ra.reset();
    ca.signing_ra.reset();
    ca.decrypter = std::make_shared<counting_decrypter>(ca.ca.key);
    ca.issuer = std::make_shared<spy_issuer>(std::make_shared<local_issuer>(ca.ca.certificate, ca.ca.key));
    auto const message = make_message(ca, {});
    auto const r = responder::create(ca.options()).value();
    auto const before = ca.ca.key.operations();
    EXPECT_EQ(attributes_of(r->pki_operation(message, noon)).pki_status, pki_status::success);
    auto const after = ca.ca.key.operations();
    EXPECT_EQ(after.decryptions - before.decryptions, 1u);
    EXPECT_EQ(after.signatures - before.signatures, 2u);
}

TEST(Responder, MayRunOnManyThreads)
{
    scripted_ca const ca;
    auto const r = responder::create(ca.options()).value();
    std::vector<bytes> messages;
    for(int i = 0; i < 4; ++i)
        messages.push_back(make_message(ca, {.transaction_id = std::to_string(i)}));
    std::atomic<unsigned> good{0};
    std::vector<std::thread> threads;
    for(int t = 0; t < 8; ++t)
        threads.emplace_back([&] {
            for(auto const& m : messages)
                if(attributes_of(r->pki_operation(m, noon)).pki_status == pki_status::success)
                    ++good;
        });
    for(auto& t : threads)
        t.join();
    EXPECT_EQ(good, 32u);
    EXPECT_EQ(ca.issuer->issued, 4u);
}

} // namespace
} // namespace scepkit::inline v0::scep
