// SPDX-License-Identifier: BSL-1.0
#include "replies.hpp"

#include <scep/detail/failpoint.hpp>
#include <set>

namespace scepkit::inline v0::scep {
namespace {

using namespace scepkit::test;

/// An issuer that fails as told, else signs; keeps what it was asked for.
class moody_issuer final : public issuer
{
public:
    explicit moody_issuer(scripted_ca const& ca) : behind_(ca.ca.certificate, ca.ca.key) {}
    result<pki::certificate> issue(grant right) override
    {
        serials.push_back(to_bytes(right.serial()));
        times.push_back(right.now());
        if(mood)
            return *mood;
        return behind_.issue(std::move(right));
    }
    std::optional<errc> mood;
    std::vector<bytes> serials;
    std::vector<time_point> times;

private:
    local_issuer behind_;
};

/// Notes what is put, and fails at a stage as told.
class spy_ledger final : public ledger
{
public:
    result<std::optional<ledger_entry>> find(std::string const& id) override { return behind_->find(id); }
    result<void> put(ledger_entry entry) override
    {
        if(fails_at == entry.stage)
            return errc::file_unwritable;
        auto const stage = entry.stage;
        auto done = behind_->put(std::move(entry));
        if(done)
            stages.push_back(stage);
        return done;
    }
    result<std::optional<pki::certificate>> find_certificate(bytes_view serial) override
    {
        return behind_->find_certificate(serial);
    }
    result<std::vector<ledger_entry>> unfinished() override { return behind_->unfinished(); }
    bytes_view secret() const noexcept override { return behind_->secret(); }

    std::optional<ledger_stage> fails_at;
    std::vector<ledger_stage> stages;

private:
    std::shared_ptr<ledger> behind_ = make_memory_ledger().value();
};

class Grant : public ::testing::Test
{
protected:
    responder_options options() const
    {
        auto o = ca.options();
        std::vector<secret_bytes> one;
        one.push_back(secret_bytes::from_text(right_challenge));
        o.authorizer = std::make_shared<challenge_store>(std::move(one), challenge_store::use::once);
        o.issuer = issuer;
        o.ledger = ledger;
        return o;
    }
    std::shared_ptr<responder> make() const { return responder::create(options()).value(); }

    scripted_ca ca;
    std::shared_ptr<moody_issuer> issuer = std::make_shared<moody_issuer>(ca);
    std::shared_ptr<spy_ledger> ledger = std::make_shared<spy_ledger>();
};

using s = ledger_stage;

TEST_F(Grant, IsReservedBeforeItIsSignedAndRecordedBeforeItIsTold)
{
    EXPECT_TRUE(succeeds(make()->pki_operation(make_message(ca, {}), noon)));
    EXPECT_EQ(ledger->stages, (std::vector{s::reserved, s::issued}));
    auto const entry = ledger->find("4711").value().value();
    EXPECT_TRUE(entry.request.empty());
    EXPECT_TRUE(entry.signer.empty());
    EXPECT_TRUE(equal(entry.certificate->serial(), issuer->serials.at(0)));
    EXPECT_EQ(entry.spends.size(), 32u);
}

TEST_F(Grant, WhatTheIssuerRefusesIsGivenBack)
{
    auto const r = make();
    for(auto const why : {errc::not_authorized, errc::bad_request, errc::unsupported, errc::invalid_argument}) {
        issuer->mood = why;
        ledger->stages.clear();
        EXPECT_TRUE(fails_with(fail_info::bad_request, r->pki_operation(make_message(ca, {}), noon)));
        EXPECT_EQ(ledger->stages, (std::vector{s::reserved, s::released}));
    }
    // The challenge was not lost, to this device or to another.
    issuer->mood.reset();
    EXPECT_TRUE(
        succeeds(r->pki_operation(make_message(ca, {.from = {.name = "device 2"}, .transaction_id = "2"}), noon)));
    EXPECT_TRUE(fails_with(fail_info::bad_message_check, r->pki_operation(make_message(ca, {}), noon)));
}

TEST_F(Grant, WhatNobodyKnowsStaysReservedAndIsTheSameGrantLater)
{
    auto const r = make();
    auto const signer = device{}.signer();
    auto const message = make_message(ca, {.signer = signer});
    auto const other = make_message(ca, {.from = {.name = "device 2"}, .transaction_id = "2"});
    for(auto const why : {errc::timed_out, errc::connection_refused, errc::tls_failed, errc::crypto_failed}) {
        issuer->mood = why;
        EXPECT_TRUE(fails_with(fail_info::bad_request, r->pki_operation(message, noon)));
        EXPECT_TRUE(fails_with(fail_info::bad_message_check, r->pki_operation(other, noon)));
    }
    issuer->mood.reset();
    auto const a = r->pki_operation(message, noon + std::chrono::hours{5});
    ASSERT_TRUE(succeeds(a));
    EXPECT_EQ(std::set<bytes>(issuer->serials.begin(), issuer->serials.end()).size(), 1u);
    EXPECT_EQ(std::set<time_point>(issuer->times.begin(), issuer->times.end()).size(), 1u);
    EXPECT_TRUE(equal(leaf_in(a, signer).serial(), issuer->serials.at(0)));
    EXPECT_EQ(ledger->stages, (std::vector{s::reserved, s::issued}));
}

TEST_F(Grant, ANextRequestWaitsUntilTheFateOfTheFirstIsKnown)
{
    auto o = options();
    o.authorizer = ca.authorizer; // Reusable.
    auto const r = responder::create(o).value();
    auto const asks_for = [&](std::string_view subject) {
        auto const request = pki::certificate_request_builder()
                                 .subject(dn(subject))
                                 .challenge_password(secret_bytes::from_text(right_challenge))
                                 .sign(device{}.key())
                                 .value();
        return r->pki_operation(make_message(ca, {.content = to_bytes(request.der())}), noon);
    };
    issuer->mood = errc::timed_out;
    EXPECT_TRUE(fails_with(fail_info::bad_request, asks_for("CN=a")));
    EXPECT_TRUE(fails_with(fail_info::bad_request, asks_for("CN=b")));
    EXPECT_EQ(ledger->stages, (std::vector{s::reserved}));
    issuer->mood.reset();
    EXPECT_TRUE(succeeds(asks_for("CN=b")));
    EXPECT_EQ(ledger->stages, (std::vector{s::reserved, s::issued, s::reserved, s::issued}));
    EXPECT_TRUE(ledger->find_certificate(issuer->serials.at(0)).has_value());
}

TEST_F(Grant, WithoutALedgerNothingIsIssuedOrTold)
{
    auto const r = make();
    ledger->fails_at = s::reserved;
    EXPECT_TRUE(fails_with(fail_info::bad_request, r->pki_operation(make_message(ca, {}), noon)));
    EXPECT_TRUE(issuer->serials.empty());
    ledger->fails_at = s::issued;
    EXPECT_TRUE(fails_with(fail_info::bad_request, r->pki_operation(make_message(ca, {}), noon)));
    ledger->fails_at.reset();
    EXPECT_TRUE(succeeds(r->pki_operation(make_message(ca, {}), noon)));
    ASSERT_EQ(issuer->serials.size(), 2u);
    EXPECT_EQ(issuer->serials[0], issuer->serials[1]);
}

TEST_F(Grant, TheCertificateOfAnotherKeyIsNoAnswer)
{
    auto o = options();
    o.issuer = make_issuer([&](grant const&) -> result<pki::certificate> {
        return ca.ca.issue({.subject = "CN=x"}, rsa_key("evil").public_key());
    });
    auto const r = responder::create(o).value();
    EXPECT_TRUE(fails_with(fail_info::bad_request, r->pki_operation(make_message(ca, {}), noon)));
    EXPECT_EQ(ledger->stages, (std::vector{s::reserved}));
}

TEST_F(Grant, WhatACrashLeftIsFinishedAtTheStart)
{
    issuer->mood = errc::timed_out;
    auto const message = make_message(ca, {});
    (void)make()->pki_operation(message, noon);
    EXPECT_EQ(ledger->unfinished().value().size(), 1u);
    // An issuer that still does not answer is no reason not to start.
    (void)make();
    EXPECT_EQ(ledger->unfinished().value().size(), 1u);
    issuer->mood.reset();
    auto const r = make();
    EXPECT_EQ(ledger->unfinished().value().size(), 0u);
    auto const before = issuer->serials.size();
    EXPECT_TRUE(succeeds(r->pki_operation(message, noon)));
    EXPECT_EQ(issuer->serials.size(), before);
    EXPECT_EQ(std::set<bytes>(issuer->serials.begin(), issuer->serials.end()).size(), 1u);
}

TEST_F(Grant, ARenewalKnowsItsCertificateAfterACrashToo)
{
    auto o = options();
    o.renewals.allowed = true;
    std::vector<std::optional<pki::certificate>> renewed;
    std::optional<errc> mood = errc::timed_out;
    local_issuer behind(ca.ca.certificate, ca.ca.key);
    o.issuer = make_issuer([&](grant right) -> result<pki::certificate> {
        renewed.push_back(right.renewed());
        if(mood)
            return *mood;
        return behind.issue(std::move(right));
    });
    authority const old{ca.ca.issue({.subject = "CN=device 1,O=Contoso",
                                     .names = {pki::general_name::dns("device.contoso.example").value()}},
                                    device{}.key().public_key()),
                        device{}.key()};
    auto const request =
        pki::certificate_request_builder().subject(old.certificate.subject()).sign(rsa_key("device 1, next")).value();
    auto const message =
        make_message(ca, {.type = message_type::renewal_req, .content = to_bytes(request.der()), .signer = old});
    (void)responder::create(o).value()->pki_operation(message, noon);
    mood.reset();
    auto const a = responder::create(o).value()->pki_operation(message, noon);
    ASSERT_TRUE(succeeds(a));
    EXPECT_EQ(leaf_in(a, old).extensions().subject_alt_names.size(), 1u);
    EXPECT_EQ(renewed, (std::vector{std::optional(old.certificate), std::optional(old.certificate)}));
}

std::vector<detail::failpoint>& reached()
{
    static std::vector<detail::failpoint> list;
    return list;
}

TEST_F(Grant, PassesItsFailpointsInOrder)
{
    using f = detail::failpoint;
    auto const r = make();
    auto const message = make_message(ca, {});
    reached().clear();
    detail::at_failpoint = [](f p) { reached().push_back(p); };
    (void)r->pki_operation(message, noon);
    EXPECT_EQ(reached(),
              (std::vector{f::after_authorize, f::after_reserve, f::after_sign, f::after_record, f::before_reply}));
    reached().clear();
    (void)r->pki_operation(message, noon);
    detail::at_failpoint = nullptr;
    EXPECT_EQ(reached(), std::vector{f::before_reply});
}

// A replayed reservation is not judged again: the consent was given, and is written down.
TEST(ThreatP3, OneTransactionSpendsAChallengeOnceWhateverItAsksFor)
{
    scripted_ca const ca;
    auto options = ca.options();
    std::vector<secret_bytes> two;
    two.push_back(secret_bytes::from_text("first"));
    two.push_back(secret_bytes::from_text("second"));
    options.authorizer = std::make_shared<challenge_store>(std::move(two), challenge_store::use::once);
    auto const r = responder::create(std::move(options)).value();
    auto const ask = [&](std::string_view subject, std::string_view challenge) {
        auto const request = pki::certificate_request_builder()
                                 .subject(dn(subject))
                                 .challenge_password(secret_bytes::from_text(challenge))
                                 .sign(device{}.key())
                                 .value();
        return r->pki_operation(make_message(ca, {.content = to_bytes(request.der())}), noon);
    };
    EXPECT_TRUE(succeeds(ask("CN=a", "first")));
    EXPECT_TRUE(fails_with(fail_info::bad_message_check, ask("CN=b", "first")));
    EXPECT_TRUE(succeeds(ask("CN=b", "second")));
    EXPECT_TRUE(fails_with(fail_info::bad_message_check, ask("CN=a", "first")));
    EXPECT_EQ(ca.issuer->issued, 2u);
}

// A challenge bound to a name is worth nothing under another.
TEST(ThreatP4, AnAuthorizerSeesWhatTheChallengeIsFor)
{
    scripted_ca const ca;
    auto options = ca.options();
    options.authorizer = make_authorizer([](enrollment_claim const& claim) -> result<decision> {
        if(claim.challenge != nullptr && as_text(claim.challenge->view()) == right_challenge &&
           claim.request.subject() == dn("CN=device 1,O=Contoso"))
            return decision{accept{claim.challenge->clone()}};
        return decision{refuse{fail_info::bad_message_check, "", {}}};
    });
    auto const r = responder::create(std::move(options)).value();
    EXPECT_TRUE(fails_with(fail_info::bad_message_check,
                           r->pki_operation(make_message(ca, {.from = {.name = "device 2"}}), noon)));
    EXPECT_EQ(ca.issuer->issued, 0u);
    EXPECT_TRUE(succeeds(r->pki_operation(make_message(ca, {.transaction_id = "2"}), noon)));
}

} // namespace
} // namespace scepkit::inline v0::scep
