// SPDX-License-Identifier: BSL-1.0
#include "hand_made.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <scep/detail/saved_enrollment.hpp>

namespace scepkit::inline v0::scep {
namespace {

using namespace scepkit::test;
using namespace std::chrono_literals;

bool contains(bytes_view haystack, bytes_view needle)
{
    return std::search(haystack.begin(), haystack.end(), needle.begin(), needle.end()) != haystack.end();
}

class SavedEnrollment : public testing::Test
{
protected:
    SavedEnrollment()
    {
        server.on_message = [this](send const& s) {
            sent.push_back(s);
            return server.status(s.body, pki_status::pending);
        };
    }
    enrollment pending_one(enrollment_options options = {})
    {
        auto transaction = enrollment::create(device{}.enrollment(), server.ca.pin(), std::move(options)).value();
        auto const outcome = drive(transaction, server.serve());
        EXPECT_TRUE(outcome && std::holds_alternative<pending>(*outcome));
        return transaction;
    }
    static enrollment::resume_keys keys(std::string const& whose = "device 1")
    {
        return {rsa_key(whose), std::nullopt, nullptr, {}};
    }
    void grant()
    {
        server.on_message = [this](send const& s) {
            sent.push_back(s);
            return server.success(s.body, {server.leaf("device 1", rsa_key("device 1"))});
        };
    }
    hand_made server;
    std::vector<send> sent;
};

TEST_F(SavedEnrollment, GoesOnWithThePollOfTheSameTransaction)
{
    auto const saved = pending_one().save();
    ASSERT_TRUE(saved) << saved.error();
    grant();
    auto resumed = enrollment::resume(*saved, keys(), server.ca.pin(), {}, noon);
    ASSERT_TRUE(resumed) << resumed.error();
    log_of_steps log;
    auto const outcome = drive(*resumed, server.serve(), &log);
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_EQ(*std::get<issued>(*outcome).certificate.key(), rsa_key("device 1").public_key());
    ASSERT_EQ(log.sent.size(), 1u);
    auto const first = read_sent(sent.front());
    auto const poll = read_sent(log.sent.front());
    EXPECT_EQ(poll.attributes().message_type, message_type::cert_poll);
    EXPECT_EQ(poll.attributes().transaction_id, first.attributes().transaction_id);
    EXPECT_EQ(poll.signed_data().certificates(), first.signed_data().certificates());
    EXPECT_EQ(resumed->start().error(), errc::state_misuse);
    EXPECT_EQ(resumed->save().error(), errc::state_misuse);
}

TEST_F(SavedEnrollment, HoldsNeitherChallengeNorKey)
{
    auto const saved = pending_one().save().value();
    EXPECT_FALSE(contains(saved, as_bytes(right_challenge)));
    auto const spki = to_bytes(rsa_key("device 1").public_key().spki());
    EXPECT_TRUE(contains(saved, spki));
    auto const text = rsa_key("device 1").to_pem().value();
    auto body = std::string(as_text(text.view()));
    body = body.substr(body.find('\n') + 1);
    body = body.substr(0, body.find("-----"));
    auto const secret = from_base64(body).value();
    std::size_t looked_for = 0;
    for(std::size_t at = 0; at + 16 <= secret.size(); at += 8) {
        auto const window = bytes_view(secret).subspan(at, 16);
        if(contains(spki, window))
            continue; // The modulus stands in both.
        ++looked_for;
        EXPECT_FALSE(contains(saved, window)) << at;
    }
    EXPECT_GT(looked_for, 100u);
}

TEST_F(SavedEnrollment, BackOffAndDeadlineGoOn)
{
    enrollment_options patient;
    patient.polling = {.interval = 10s, .longest = 1000s, .attempts = 2, .jitter = 0, .deadline = 100s};
    auto transaction = enrollment::create(device{}.enrollment(), server.ca.pin(), patient).value();
    EXPECT_EQ(drive(transaction, server.serve()).error(), errc::polling_exhausted);
    // A poll that failed takes nothing away: the CA still has the request.
    auto const saved = transaction.save().value();

    auto resumed = enrollment::resume(saved, keys(), server.ca.pin(), patient, noon + 50s).value();
    log_of_steps log;
    EXPECT_EQ(drive(resumed, server.serve(), &log, noon + 50s).error(), errc::polling_exhausted);
    EXPECT_EQ(log.waited, (std::vector<std::chrono::seconds>{40s, 50s})); // 10, 20; 40, 80 cut to what is left.

    auto late = enrollment::resume(saved, keys(), server.ca.pin(), patient, noon + 100s).value();
    log_of_steps none;
    EXPECT_EQ(drive(late, server.serve(), &none, noon + 100s).error(), errc::polling_exhausted);
    EXPECT_EQ(none.sent.size(), 1u); // It asks once: perhaps the CA has decided.
}

TEST_F(SavedEnrollment, CanBeSavedAgainBeforeItsFirstPoll)
{
    auto const saved = pending_one().save().value();
    auto const resumed = enrollment::resume(saved, keys(), server.ca.pin(), {}, noon).value();
    EXPECT_EQ(resumed.save().value(), saved);
}

TEST_F(SavedEnrollment, OnlyAPendingOneIsSaved)
{
    auto fresh = enrollment::create(device{}.enrollment(), server.ca.pin()).value();
    EXPECT_EQ(fresh.save().error(), errc::state_misuse);
    ASSERT_TRUE(fresh.start());
    EXPECT_EQ(fresh.save().error(), errc::state_misuse);
    for(auto const status : {pki_status::success, pki_status::failure}) {
        server.on_message = [&](send const& s) {
            return status == pki_status::success
                       ? server.success(s.body, {server.leaf("device 1", rsa_key("device 1"))})
                       : server.status(s.body, status);
        };
        auto done = enrollment::create(device{}.enrollment(), server.ca.pin()).value();
        ASSERT_TRUE(drive(done, server.serve()));
        EXPECT_EQ(done.save().error(), errc::state_misuse);
    }
}

TEST_F(SavedEnrollment, NeedsTheKeysItWasSavedWith)
{
    auto const saved = pending_one().save().value();
    EXPECT_EQ(enrollment::resume(saved, keys("device 2"), server.ca.pin(), {}, noon).error(), errc::invalid_argument);
    auto with_signer = keys();
    with_signer.signer_key = rsa_key("device 2");
    EXPECT_EQ(enrollment::resume(saved, std::move(with_signer), server.ca.pin(), {}, noon).error(),
              errc::invalid_argument);
    // A renewal: two keys.
    auto const old = server.leaf("device 1", rsa_key("device 1"));
    auto csr = pki::certificate_request_builder().subject(old.subject()).sign(rsa_key("anew")).value();
    auto renewal = enrollment::create({std::move(csr), rsa_key("anew"), old, rsa_key("device 1"), nullptr},
                                      server.ca.pin(), {.renewal = renewal_style::renewal_req})
                       .value();
    ASSERT_TRUE(drive(renewal, server.serve()));
    auto const kept = renewal.save().value();
    EXPECT_EQ(enrollment::resume(kept, keys("anew"), server.ca.pin(), {}, noon).error(), errc::invalid_argument);
    auto both = keys("anew");
    both.signer_key = rsa_key("device 1");
    EXPECT_TRUE(enrollment::resume(kept, std::move(both), server.ca.pin(), {}, noon));
}

TEST_F(SavedEnrollment, TrustIsCheckedAgain)
{
    auto const saved = pending_one().save().value();
    EXPECT_EQ(enrollment::resume(saved, keys(), ca_trust::pinned(bytes(32, 1)).value(), {}, noon).error(),
              errc::ca_certificate_not_pinned);
    EXPECT_EQ(enrollment::resume(saved, keys(), server.ca.pin(), {}, noon + 24h * 800).error(),
              errc::certificate_expired);
    EXPECT_EQ(enrollment::resume(saved, keys(), server.ca.pin(), {.floor = {.require_scep_standard = true}}, noon)
                  .has_value(),
              true);
    server.words = "SHA-256\nDES3";
    auto const weaker = pending_one().save().value();
    EXPECT_EQ(enrollment::resume(weaker, keys(), server.ca.pin(), {.floor = {.allow_triple_des = false}}, noon).error(),
              errc::capability_floor);
}

TEST_F(SavedEnrollment, ItsTolerancesAreNotForgotten)
{
    auto const good = server.serve();
    auto transaction = enrollment::create(device{}.enrollment(), server.ca.pin()).value();
    ASSERT_TRUE(drive(transaction, [&](send const& s) {
        auto r = good(s);
        if(s.operation == operation::get_ca_cert)
            r.content_type = "text/plain";
        return r;
    }));
    auto const saved = transaction.save().value();
    grant();
    auto resumed = enrollment::resume(saved, keys(), server.ca.pin(), {}, noon).value();
    auto const outcome = drive(resumed, good);
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_EQ(std::get<issued>(*outcome).tolerances, quirk_set{quirk::wrong_media_type});
}

TEST_F(SavedEnrollment, CutBentAndStretchedBytesAreErrors)
{
    auto const saved = pending_one().save().value();
    auto const read = [&](bytes_view b) { return detail::saved_enrollment::from_der(b, {}); };
    ASSERT_TRUE(read(saved));
    EXPECT_EQ(read(saved)->to_der(), saved);
    for(std::size_t size = 0; size < saved.size(); size += 7)
        EXPECT_EQ(read(bytes_view(saved).first(size)).error(), errc::truncated) << size;
    auto longer = saved;
    longer.push_back(0);
    EXPECT_EQ(read(longer).error(), errc::trailing_data);
    EXPECT_EQ(read(bytes(3u << 20, 0x30)).error(), errc::too_large);
    auto version = saved;
    ASSERT_EQ(version[6], 1); // 30 82 xx xx 02 01 01
    version[6] = 2;
    EXPECT_EQ(read(version).error(), errc::bad_value);
    limits two;
    two.certificates = 2;
    EXPECT_EQ(detail::saved_enrollment::from_der(saved, two).error(), errc::too_many);
}

} // namespace
} // namespace scepkit::inline v0::scep
