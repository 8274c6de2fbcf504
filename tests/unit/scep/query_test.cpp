// SPDX-License-Identifier: BSL-1.0
#include "hand_made.hpp"

#include <gtest/gtest.h>

namespace scepkit::inline v0::scep {
namespace {

using namespace scepkit::test;

pki::certificate device_certificate(hand_made const& server) { return server.leaf("device 1", rsa_key("device 1")); }

query_signer asker(hand_made const& server) { return {device_certificate(server), rsa_key("device 1"), nullptr}; }

result<query_outcome> ask_for(hand_made& server, pki::certificate const& wanted, enrollment_options options = {},
                              log_of_steps* log = nullptr)
{
    auto q = query::certificate(issuer_and_serial::of(wanted), asker(server), server.ca.pin(), std::move(options));
    if(!q)
        return q.error();
    return drive(*q, server.serve(), log);
}

TEST(Query, TellsWhatTheCaIs)
{
    hand_made server;
    auto q = query::ca(server.ca.pin()).value();
    log_of_steps log;
    auto const outcome = drive(q, server.serve(), &log);
    ASSERT_TRUE(outcome) << outcome.error();
    auto const& known = std::get<ca_description>(*outcome);
    EXPECT_TRUE(known.capabilities.scep_standard);
    EXPECT_TRUE(known.capabilities.get_next_ca_cert);
    EXPECT_EQ(known.identity.issuing_ca, server.ca.ca.certificate);
    EXPECT_EQ(known.identity.recipient, server.ca.encryption_ra->certificate);
    EXPECT_EQ(log.sent.size(), 2u);
    EXPECT_EQ(q.start().error(), errc::state_misuse);
}

TEST(Query, FindsACertificate)
{
    hand_made server;
    auto const wanted = server.leaf("device 2", rsa_key("device 2"));
    server.on_message = [&](send const& s) { return server.success(s.body, {wanted}); };
    log_of_steps log;
    auto const outcome = ask_for(server, wanted, {}, &log);
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_EQ(std::get<found_certificate>(*outcome).certificate, wanted);
    EXPECT_TRUE(std::get<found_certificate>(*outcome).tolerances.empty());
    auto const sent = read_sent(log.sent.back());
    EXPECT_EQ(sent.attributes().message_type, message_type::get_cert);
    auto const question = issuer_and_serial::from_der(server.inside(log.sent.back().body));
    ASSERT_TRUE(question) << question.error();
    EXPECT_TRUE(equal(question->serial, wanted.serial()));
    EXPECT_EQ(question->issuer, wanted.issuer());
}

TEST(Query, IsATransactionOfItsOwnEachTime)
{
    hand_made server;
    auto const wanted = server.leaf("device 2", rsa_key("device 2"));
    server.on_message = [&](send const& s) { return server.success(s.body, {wanted}); };
    log_of_steps log;
    ASSERT_TRUE(ask_for(server, wanted, {}, &log));
    ASSERT_TRUE(ask_for(server, wanted, {}, &log));
    ASSERT_EQ(log.sent.size(), 6u);
    EXPECT_NE(read_sent(log.sent[2]).attributes().transaction_id, read_sent(log.sent[5]).attributes().transaction_id);

    ASSERT_TRUE(ask_for(server, wanted, {.transaction_id = "mine"}, &log));
    EXPECT_EQ(read_sent(log.sent.back()).attributes().transaction_id, "mine");
}

TEST(Query, ARefusalIsAnOutcomeAndPendingIsNone)
{
    hand_made server;
    auto const wanted = server.leaf("device 2", rsa_key("device 2"));
    server.on_message = [&](send const& s) { return server.status(s.body, pki_status::failure); };
    auto const outcome = ask_for(server, wanted);
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_EQ(std::get<rejected>(*outcome).fail_info, fail_info::bad_request);

    server.on_message = [&](send const& s) { return server.status(s.body, pki_status::pending); };
    EXPECT_EQ(ask_for(server, wanted).error(), errc::bad_value);
}

TEST(Query, TheAnswerIsTheCertificateThatWasAskedFor)
{
    hand_made server;
    auto const wanted = server.leaf("device 2", rsa_key("device 2"));
    auto const other = server.leaf("device 3", rsa_key("device 2"));
    auto const stranger = authority::self_signed(ca_wish("CN=Scripted CA,O=Contoso"), rsa_key("evil"));
    pki::certificate_template forged;
    forged.subject = wanted.subject();
    forged.not_before = wanted.not_before();
    forged.not_after = wanted.not_after();
    forged.serial = to_bytes(wanted.serial());
    auto const twin =
        pki::make_certificate(forged, rsa_key("evil").public_key(), wanted.issuer(), stranger.key).value();
    for(auto const& answer : std::vector<std::vector<pki::certificate>>{{}, {other}, {twin}, {wanted, twin}}) {
        server.on_message = [&](send const& s) { return server.success(s.body, answer); };
        EXPECT_EQ(ask_for(server, wanted).error(), errc::issued_certificate_wrong) << answer.size();
    }
    server.on_message = [&](send const& s) { return server.success(s.body, {other, wanted, wanted}); };
    EXPECT_TRUE(ask_for(server, wanted));
}

TEST(Query, WrongUseIsToldAtOnce)
{
    hand_made const server;
    auto const asked = issuer_and_serial::of(device_certificate(server));
    query_signer const mismatched{device_certificate(server), rsa_key("device 2"), nullptr};
    EXPECT_EQ(query::certificate(asked, mismatched, server.ca.pin()).error(), errc::invalid_argument);
    EXPECT_EQ(query::certificate({asked.issuer, {}}, asker(server), server.ca.pin()).error(), errc::invalid_argument);
    EXPECT_EQ(
        query::certificate(asked, asker(server), server.ca.pin(), {.cipher = cms::content_cipher::aes256_gcm}).error(),
        errc::algorithm_not_allowed);
    auto q = query::ca(server.ca.pin()).value();
    EXPECT_EQ(q.on_timer().error(), errc::state_misuse);
    EXPECT_EQ(q.on_reply({}, noon).error(), errc::state_misuse);
    EXPECT_EQ(q.on_no_reply(errc::timed_out, noon).error(), errc::state_misuse);
    auto moved = std::move(q);
    EXPECT_EQ(q.start().error(), errc::state_misuse); // NOLINT: a moved-from object says so.
    EXPECT_TRUE(moved.start());
}

TEST(ThreatP6, AQuestionIsNotSentToAStranger)
{
    hand_made server;
    auto q = query::certificate(issuer_and_serial::of(device_certificate(server)), asker(server),
                                ca_trust::pinned(bytes(32, 1)).value())
                 .value();
    EXPECT_EQ(drive(q, server.serve()).error(), errc::ca_certificate_not_pinned);
    EXPECT_EQ(server.messages, 0u);
}

TEST(ThreatP2, AnAnswerToAnotherQuestionIsRefused)
{
    hand_made server;
    auto const wanted = server.leaf("device 2", rsa_key("device 2"));
    std::optional<reply> recorded;
    server.on_message = [&](send const& s) {
        if(!recorded)
            recorded = server.success(s.body, {wanted});
        return *recorded;
    };
    ASSERT_TRUE(ask_for(server, wanted));
    EXPECT_EQ(ask_for(server, wanted).error(), errc::transaction_id_mismatch);
    EXPECT_EQ(
        ask_for(server, wanted, {.transaction_id = read_sent({.body = recorded->body}).attributes().transaction_id})
            .error(),
        errc::nonce_mismatch);
}

TEST(ThreatS9, AnAnswerBySomebodyElseIsRefused)
{
    hand_made server;
    auto const wanted = server.leaf("device 2", rsa_key("device 2"));
    authority const other{server.leaf("device 3", rsa_key("evil")), rsa_key("evil")};
    server.on_message = [&](send const& s) {
        reply_wish wish(s.body);
        wish.certificates = {wanted};
        return hand_made::pki_reply(wish.sign(other));
    };
    EXPECT_EQ(ask_for(server, wanted).error(), errc::wrong_signer);
}

class NextCaQuery : public testing::Test
{
protected:
    result<query_outcome> ask(profile tolerances = profile::strict())
    {
        auto q = query::next_ca(server.ca.pin(), {.profile = std::move(tolerances)}).value();
        return drive(q, server.serve());
    }
    result<query_outcome> answered(std::vector<pki::certificate> const& next, authority const& by)
    {
        server.next_ca = [&] {
            return reply{make_next_ca_message(next, by.certificate, by.key).value(), "application/x-x509-next-ca-cert",
                         200};
        };
        return ask();
    }
    static authority next(certificate_wish wish = ca_wish("CN=Scripted CA 2,O=Contoso"))
    {
        return authority::self_signed(wish, rsa_key("next ca"));
    }
    hand_made server;
};

TEST_F(NextCaQuery, TellsWhoComesNextAndWhen)
{
    auto wish = ca_wish("CN=Scripted CA 2,O=Contoso");
    wish.not_before = noon + std::chrono::hours{24 * 30};
    auto const rolled = next(wish);
    auto const ra = rolled.issue({.subject = "CN=next ra"}, rsa_key("encryption ra").public_key());
    for(auto const& all :
        {std::vector{rolled.certificate}, std::vector{ra, server.ca.ca.certificate, rolled.certificate}}) {
        auto const outcome = answered(all, server.ca.ca);
        ASSERT_TRUE(outcome) << outcome.error();
        auto const& found = std::get<next_ca>(*outcome);
        EXPECT_EQ(found.certificate, rolled.certificate);
        EXPECT_EQ(found.all, all);
        EXPECT_EQ(found.switch_over, wish.not_before);
        EXPECT_TRUE(found.tolerances.empty());
    }
}

TEST_F(NextCaQuery, IsNotAskedOfWhoDoesNotOfferIt)
{
    server.words = "SCEPStandard";
    EXPECT_EQ(answered({next().certificate}, server.ca.ca).error(), errc::capability_floor);
}

TEST_F(NextCaQuery, TheMediaTypeNeedsItsQuirk)
{
    std::vector const all{next().certificate};
    server.next_ca = [&] {
        return reply{make_next_ca_message(all, server.ca.ca.certificate, server.ca.ca.key).value(), "text/plain", 200};
    };
    EXPECT_EQ(ask().error(), errc::wrong_media_type);
    auto const outcome = ask(profile::rfc8894());
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_EQ(std::get<next_ca>(*outcome).tolerances, quirk_set{quirk::wrong_media_type});
}

TEST(ThreatP11, ANextCaBySomebodyElseIsRefused)
{
    hand_made server;
    auto const next = authority::self_signed(ca_wish("CN=Scripted CA 2,O=Contoso"), rsa_key("next ca"));
    auto const twin = authority::self_signed(ca_wish("CN=Scripted CA,O=Contoso"), rsa_key("evil"));
    std::vector const all{next.certificate};
    for(auto const& by : {next, twin, *server.ca.signing_ra,
                          authority{server.leaf("device 1", rsa_key("device 1")), rsa_key("device 1")}}) {
        server.next_ca = [&] {
            return reply{make_next_ca_message(all, by.certificate, by.key).value(), "application/x-x509-next-ca-cert",
                         200};
        };
        auto q = query::next_ca(server.ca.pin(), {.profile = profile::legacy()}).value();
        EXPECT_EQ(drive(q, server.serve()).error(), errc::wrong_signer) << by.certificate.subject().to_string();
    }
}

TEST(ThreatP11, AForgedSignatureOfTodaysCaIsRefused)
{
    hand_made server;
    auto const next = authority::self_signed(ca_wish("CN=Scripted CA 2,O=Contoso"), rsa_key("next ca"));
    auto const evil = authority::self_signed(ca_wish("CN=Evil"), rsa_key("evil"));
    auto const good =
        make_next_ca_message(std::vector{next.certificate}, server.ca.ca.certificate, server.ca.ca.key).value();
    auto const answer = [&](bytes body) {
        server.next_ca = [body = std::move(body)] { return reply{body, "application/x-x509-next-ca-cert", 200}; };
        auto q = query::next_ca(server.ca.pin(), {.profile = profile::legacy()}).value();
        return drive(q, server.serve());
    };
    ASSERT_TRUE(answer(good));
    auto bent = good;
    bent.back() ^= 1; // The signature's last byte.
    EXPECT_EQ(answer(bent).error(), errc::signature_invalid);
    // Unsigned: a bag, as GetCACert has it; and a certificate.
    EXPECT_FALSE(answer(cms::certificate_bag::make(std::vector{next.certificate})));
    EXPECT_FALSE(answer(to_bytes(next.certificate.der())));
    EXPECT_EQ(answer({}).error(), errc::truncated);
    for(std::size_t size = 1; size < good.size(); size += 97)
        EXPECT_FALSE(answer({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)})) << size;
}

// Content signed by the CA, but certificates only beside it: those anybody could have put there.
TEST(ThreatP11, CertificatesThatNobodySignedAreNotRead)
{
    hand_made server;
    auto const evil = authority::self_signed(ca_wish("CN=Evil"), rsa_key("evil"));
    std::vector const beside{server.ca.ca.certificate, evil.certificate};
    bytes const words = to_bytes(as_bytes("EJBCA"));
    for(auto const& content : {std::optional<bytes_view>{}, std::optional<bytes_view>{words}}) {
        cms::signing_input input;
        input.content = content;
        input.certificates = beside;
        auto const body = cms::sign(input, server.ca.ca.certificate, server.ca.ca.key).value();
        server.next_ca = [&] { return reply{body, "application/x-x509-next-ca-cert", 200}; };
        auto q = query::next_ca(server.ca.pin(), {.profile = profile::legacy()}).value();
        EXPECT_FALSE(drive(q, server.serve()));
    }
}

TEST(ThreatP11, AnOldCaOrTheSameKeyIsNoNextCa)
{
    hand_made server;
    auto const answer = [&](std::vector<pki::certificate> all) {
        server.next_ca = [&server, all = std::move(all)] {
            return reply{make_next_ca_message(all, server.ca.ca.certificate, server.ca.ca.key).value(),
                         "application/x-x509-next-ca-cert", 200};
        };
        auto q = query::next_ca(server.ca.pin(), {.profile = profile::legacy()}).value();
        return drive(q, server.serve()).error();
    };
    auto older = ca_wish("CN=Scripted CA 0,O=Contoso");
    older.not_before = server.ca.ca.certificate.not_before() - std::chrono::hours{1};
    EXPECT_EQ(answer({authority::self_signed(older, rsa_key("next ca")).certificate}), errc::issued_certificate_wrong);
    auto same_key = ca_wish("CN=Scripted CA 2,O=Contoso");
    same_key.not_before = noon + std::chrono::hours{1};
    EXPECT_EQ(answer({authority::self_signed(same_key, rsa_key("ca")).certificate}), errc::issued_certificate_wrong);
    EXPECT_EQ(answer({server.ca.ca.certificate}), errc::issued_certificate_wrong);
    EXPECT_EQ(answer({server.leaf("device 1", rsa_key("device 1"))}), errc::issued_certificate_wrong);
    auto over = ca_wish("CN=Scripted CA 2,O=Contoso");
    over.not_after = noon - std::chrono::hours{1};
    EXPECT_EQ(answer({authority::self_signed(over, rsa_key("next ca")).certificate}), errc::certificate_expired);
}

TEST(ThreatP11, AServerWithoutTheOperationIsAnErrorAndNoMore)
{
    hand_made server;
    for(auto const& [answer, expected] :
        {std::pair{reply{{}, "", 501}, errc::http_status}, std::pair{reply{{}, "", 404}, errc::http_status},
         std::pair{reply{{}, "", 200}, errc::truncated},
         std::pair{reply{to_bytes(as_bytes("<html>")), "text/html", 200}, errc::html_instead_of_scep}}) {
        server.next_ca = [answer = answer] { return answer; };
        auto q = query::next_ca(server.ca.pin()).value();
        EXPECT_EQ(drive(q, server.serve()).error(), expected);
    }
}

} // namespace
} // namespace scepkit::inline v0::scep
