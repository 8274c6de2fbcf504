// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/enrollment.hpp>

#include <gtest/gtest.h>
#include <support/resign.hpp>
#include <support/scripted_ca.hpp>

namespace scepkit::inline v0::scep {
namespace {

using namespace scepkit::test;

/// A good CA, but for its PKIOperation: that is what the test says.
class hostile
{
public:
    explicit hostile(std::function<bytes(bytes_view request)> answer)
        : answer_(std::move(answer)), good_(serve(responder::create(ca.options()).value()))
    {
    }

    result<enrollment_outcome> enroll(profile tolerances = profile::rfc8894(), limits bounds = {})
    {
        auto transaction =
            enrollment::create(device{}.enrollment(), ca.pin(), {.profile = std::move(tolerances), .bounds = bounds})
                .value();
        return drive(transaction, [&](send const& s) {
            return s.operation == operation::pki_operation ? reply{answer_(s.body), "application/x-pki-message", 200}
                                                           : good_(s);
        });
    }
    scripted_ca ca;

private:
    std::function<bytes(bytes_view)> answer_;
    std::function<reply(send const&)> good_;
};

pki::certificate leaf_of(scripted_ca const& ca, certificate_wish wish = {.subject = "CN=device 1,O=Contoso"})
{
    return ca.ca.issue(wish, rsa_key("device 1").public_key());
}

/// The outcome where the CA answers with these certificates, properly signed.
result<enrollment_outcome> with_certificates(std::function<std::vector<pki::certificate>(scripted_ca const&)> make,
                                             limits bounds = {})
{
    hostile* self = nullptr;
    hostile server([&](bytes_view request) {
        reply_wish wish(request);
        wish.certificates = make(self->ca);
        return wish.sign(self->ca.signer());
    });
    self = &server;
    return server.enroll(profile::rfc8894(), bounds);
}

TEST(ThreatP6, WithAWrongPinNoPkiOperationIsEverSent)
{
    scripted_ca const ca;
    auto const good = serve(responder::create(ca.options()).value());
    auto const stranger = authority::self_signed(ca_wish("CN=Stranger"), rsa_key("evil"));
    for(auto const& trust :
        {ca_trust::pinned(bytes(32, 1)).value(), ca_trust::anchored({stranger.certificate}).value()}) {
        auto transaction = enrollment::create(device{}.enrollment(), trust).value();
        log_of_steps log;
        auto const outcome = drive(transaction, good, &log);
        EXPECT_EQ(outcome.error(), trust.pin() ? errc::ca_certificate_not_pinned : errc::not_trusted);
        ASSERT_EQ(log.sent.size(), 2u);
        for(auto const& s : log.sent) {
            EXPECT_NE(s.operation, operation::pki_operation);
            EXPECT_TRUE(s.body.empty());
        }
    }
    EXPECT_EQ(ca.authorizer->asked, 0u);
}

TEST(ThreatP6, FirstUseIsAChoiceWithAName)
{
    class notebook final : public observer
    {
    public:
        void on_event(trace_event const& e) override { lines += e.detail + "\n"; }
        std::string lines;
    } trace;
    scripted_ca const ca;
    auto transaction =
        enrollment::create(device{}.enrollment(), ca_trust::trust_on_first_use(), {.trace = &trace}).value();
    ASSERT_TRUE(drive(transaction, serve(responder::create(ca.options()).value())));
    EXPECT_NE(trace.lines.find("trust_on_first_use"), std::string::npos);
    EXPECT_EQ(trace.lines.find(right_challenge), std::string::npos);
}

TEST(ThreatP8, TheChallengeIsNeverReadableInWhatIsSent)
{
    scripted_ca const ca;
    auto transaction = enrollment::create(device{}.enrollment(), ca.pin()).value();
    log_of_steps log;
    ASSERT_TRUE(drive(transaction, serve(responder::create(ca.options()).value()), &log));
    for(auto const& s : log.sent)
        EXPECT_EQ(as_text(s.body).find(right_challenge), std::string_view::npos);
}

TEST(ThreatP2, AnotherTransactionIsRefused)
{
    std::vector<std::function<std::string(std::string)>> const changes{
        [](std::string id) { return id.substr(0, 63); },
        [](std::string id) { return id + "0"; },
        [](std::string id) { return id.substr(1); },
        [](std::string) { return std::string("1"); },
        [](std::string id) { return id.replace(0, 1, id[0] == '0' ? "1" : "0"); },
        [](std::string id) {
            for(auto& c : id)
                c = c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
            return id;
        }};
    for(auto const& change : changes) {
        hostile* self = nullptr;
        hostile server([&](bytes_view request) {
            reply_wish wish(request);
            wish.attributes.transaction_id = change(wish.attributes.transaction_id);
            wish.certificates = {leaf_of(self->ca)};
            return wish.sign(self->ca.signer());
        });
        self = &server;
        EXPECT_EQ(server.enroll().error(), errc::transaction_id_mismatch);
    }
    // Empty and NUL do not even parse.
    for(auto const& id : {std::string(), std::string("a\0b", 3)}) {
        hostile* self = nullptr;
        hostile server([&](bytes_view request) {
            reply_wish wish(request);
            wish.certificates = {leaf_of(self->ca)};
            signed_tree tree(wish.sign(self->ca.signer()));
            (*tree.attribute(asn1::oids::transaction_id))[1] = constructed(0x31, {primitive(0x13, id)});
            return tree.sign(self->ca.signer().key);
        });
        self = &server;
        EXPECT_EQ(server.enroll(profile::legacy()).error(), errc::attribute_malformed);
    }
}

TEST(ThreatP2, AnotherNonceIsRefused)
{
    std::vector<std::function<std::optional<bytes>(bytes)>> const changes{[](bytes n) {
                                                                              n.back() ^= 1;
                                                                              return n;
                                                                          },
                                                                          [](bytes n) {
                                                                              n.resize(15);
                                                                              return n;
                                                                          },
                                                                          [](bytes n) {
                                                                              n.push_back(0);
                                                                              return n;
                                                                          },
                                                                          [](bytes n) {
                                                                              n.resize(8);
                                                                              return n;
                                                                          },
                                                                          [](bytes) { return bytes(16, 0); },
                                                                          [](bytes) { return std::nullopt; }};
    for(auto const& change : changes) {
        hostile* self = nullptr;
        hostile server([&](bytes_view request) {
            reply_wish wish(request);
            wish.attributes.recipient_nonce = change(*wish.attributes.recipient_nonce);
            wish.certificates = {leaf_of(self->ca)};
            return wish.sign(self->ca.signer());
        });
        self = &server;
        auto const outcome = server.enroll(profile::legacy());
        ASSERT_FALSE(outcome);
        EXPECT_TRUE(outcome.error() == errc::nonce_mismatch || outcome.error() == errc::attribute_missing)
            << outcome.error();
    }
}

TEST(ThreatP2, AReplyOfYesterdayIsRefused)
{
    scripted_ca const ca;
    auto const good = serve(responder::create(ca.options()).value());
    bytes recorded;
    auto first = enrollment::create(device{}.enrollment(), ca.pin()).value();
    ASSERT_TRUE(drive(first, [&](send const& s) {
        auto r = good(s);
        recorded = r.body;
        return r;
    }));
    auto second = enrollment::create(device{}.enrollment(), ca.pin()).value();
    auto const outcome = drive(second, [&](send const& s) {
        auto r = good(s);
        if(s.operation == operation::pki_operation)
            r.body = recorded;
        return r;
    });
    EXPECT_EQ(outcome.error(), errc::nonce_mismatch);
}

TEST(ThreatS9, AReplySignedByAnyOtherCertificateOfTheCaIsRefused)
{
    for(auto const with_signer : {true, false}) {
        hostile* self = nullptr;
        hostile server([&](bytes_view request) {
            reply_wish wish(request);
            wish.with_signer = with_signer;
            wish.certificates = {leaf_of(self->ca)};
            authority const other{
                self->ca.ca.issue({.subject = "CN=web server", .usage = pki::key_usage::digital_signature},
                                  rsa_key("web server").public_key()),
                rsa_key("web server")};
            return wish.sign(other);
        });
        self = &server;
        auto const outcome = server.enroll(profile::legacy());
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error(), with_signer ? errc::wrong_signer : errc::signer_certificate_missing);
    }
}

TEST(ThreatS9, TheDevicesOwnSignatureOrTheEncryptionRasIsNoReply)
{
    for(auto const* who : {"device 1", "encryption ra"}) {
        hostile* self = nullptr;
        hostile server([&](bytes_view request) {
            reply_wish wish(request);
            wish.certificates = {leaf_of(self->ca)};
            return wish.sign(std::string(who) == "device 1" ? device{}.signer() : *self->ca.encryption_ra);
        });
        self = &server;
        EXPECT_EQ(server.enroll(profile::legacy()).error(), errc::wrong_signer) << who;
    }
}

TEST(ThreatS3, ACertificateInTheRasNameWithAnotherKeyIsRefused)
{
    hostile* self = nullptr;
    hostile server([&](bytes_view request) {
        // The RA's issuer and serial, the attacker's key.
        auto const& real = self->ca.signing_ra->certificate;
        pki::certificate_template content;
        content.subject = real.subject();
        content.not_before = real.not_before();
        content.not_after = real.not_after();
        content.serial = to_bytes(real.serial());
        authority const forged{
            pki::make_certificate(content, rsa_key("evil").public_key(), real.issuer(), rsa_key("evil")).value(),
            rsa_key("evil")};
        reply_wish wish(request);
        wish.certificates = {leaf_of(self->ca)};
        return wish.sign(forged);
    });
    self = &server;
    auto const outcome = server.enroll(profile::legacy());
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error(), errc::several_signers);
}

TEST(ThreatS10, ACertificateForAnotherKeyIsRefused)
{
    EXPECT_EQ(with_certificates([](auto const& ca) {
                  return std::vector{
                      ca.ca.issue({.subject = "CN=device 1,O=Contoso"}, rsa_key("device 2").public_key())};
              }).error(),
              errc::issued_certificate_wrong);
}

TEST(ThreatS10, TheOrderOfTheReplyIsNotTrusted)
{
    for(auto const first : {true, false}) {
        auto const outcome = with_certificates([&](auto const& ca) {
            return first ? std::vector{ca.ca.certificate, leaf_of(ca)} : std::vector{leaf_of(ca), ca.ca.certificate};
        });
        ASSERT_TRUE(outcome) << outcome.error();
        EXPECT_EQ(*std::get<issued>(*outcome).certificate.key(), rsa_key("device 1").public_key());
    }
}

TEST(ThreatS10, ASecondLeafIsRefused)
{
    EXPECT_EQ(with_certificates([](auto const& ca) {
                  return std::vector{leaf_of(ca), leaf_of(ca)};
              }).error(),
              errc::issued_certificate_wrong);
    EXPECT_EQ(
        with_certificates([](auto const& ca) {
            return std::vector{leaf_of(ca), ca.ca.issue({.subject = "CN=other"}, rsa_key("device 2").public_key())};
        }).error(),
        errc::issued_certificate_wrong);
}

TEST(ThreatS10, ACertificateThatIsNoLeafIsRefused)
{
    EXPECT_EQ(
        with_certificates([](auto const& ca) { return std::vector{leaf_of(ca, ca_wish("CN=device 1"))}; }).error(),
        errc::issued_certificate_wrong);
}

TEST(ThreatS10, ACertificateOfAnotherCaIsRefused)
{
    EXPECT_EQ(with_certificates([](auto const&) {
                  auto const evil = authority::self_signed(ca_wish("CN=Scripted CA,O=Contoso"), rsa_key("evil"));
                  return std::vector{evil.issue({.subject = "CN=device 1"}, rsa_key("device 1").public_key()),
                                     evil.certificate};
              }).error(),
              errc::issued_certificate_wrong);
}

TEST(ThreatS10, AnExpiredOrFutureCertificateIsRefused)
{
    auto const day = std::chrono::hours{24};
    for(auto const& [from, to] : {std::pair{noon - 2 * day, noon - day}, std::pair{noon + day, noon + 2 * day}})
        EXPECT_EQ(with_certificates([&, from = from, to = to](auto const& ca) {
                      return std::vector{leaf_of(ca, {.subject = "CN=device 1", .not_before = from, .not_after = to})};
                  }).error(),
                  errc::issued_certificate_wrong);
}

TEST(ThreatS10, NoCertificateAndTooManyAreRefused)
{
    EXPECT_EQ(with_certificates([](auto const&) { return std::vector<pki::certificate>{}; }).error(),
              errc::issued_certificate_wrong);
    EXPECT_EQ(with_certificates([](auto const& ca) { return std::vector{ca.ca.certificate}; }).error(),
              errc::issued_certificate_wrong);
    EXPECT_EQ(
        with_certificates([](auto const& ca) { return std::vector<pki::certificate>(500, ca.ca.certificate); }).error(),
        errc::too_many);
}

// A CA may write another subject (NDES with names from Active Directory does): the key is what binds.
TEST(ThreatS10, TheSubjectIsTheCasToDecide)
{
    auto const outcome = with_certificates(
        [](auto const& ca) { return std::vector{leaf_of(ca, {.subject = "CN=PC-0815,DC=contoso"})}; });
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_EQ(std::get<issued>(*outcome).certificate.subject(), dn("CN=PC-0815,DC=contoso"));
}

TEST(ThreatS4, ASuccessWithoutContentIsNone)
{
    hostile* self = nullptr;
    hostile server([&](bytes_view request) { return reply_wish(request).sign(self->ca.signer()); });
    self = &server;
    EXPECT_EQ(server.enroll().error(), errc::content_missing);
}

TEST(ThreatP1, ARequestIsNoReply)
{
    hostile* self = nullptr;
    hostile server([&](bytes_view) { return make_message(self->ca, {}); });
    self = &server;
    EXPECT_EQ(server.enroll().error(), errc::unknown_message_type);
}

// Signed by the right RA, moved by one bit anywhere: nothing is ever issued, nothing crashes.
TEST(ThreatS4, AMovedBitInAReplyNeverGivesAnOutcome)
{
    scripted_ca const ca;
    auto const good = serve(responder::create(ca.options()).value());
    auto const cms_header = 64u; // Versions and the outer digest list: unsigned, and of no consequence.
    unsigned outcomes = 0;
    for(std::size_t place = 0; place < 4000; place += 61) {
        auto transaction = enrollment::create(device{}.enrollment(), ca.pin()).value();
        std::size_t moved = 0;
        auto const outcome = drive(transaction, [&](send const& s) {
            auto r = good(s);
            if(s.operation == operation::pki_operation) {
                moved = place % r.body.size();
                r.body[moved] ^= static_cast<std::uint8_t>(1u << (place % 8));
            }
            return r;
        });
        if(outcome) {
            ++outcomes;
            EXPECT_LT(moved, cms_header);
        }
    }
    EXPECT_LT(outcomes, 3u);
}

} // namespace
} // namespace scepkit::inline v0::scep
