// SPDX-License-Identifier: BSL-1.0
#include "hand_made.hpp"

#include <gtest/gtest.h>

#include <set>

namespace scepkit::inline v0::scep {
namespace {

using namespace scepkit::test;
using namespace std::chrono_literals;
using seconds_list = std::vector<std::chrono::seconds>;

/// Gives the bytes it was made with, over and over.
class fixed_random final : public random_source
{
public:
    explicit fixed_random(bytes pattern) : pattern_(std::move(pattern)) {}
    result<void> fill(std::span<std::uint8_t> out) override
    {
        for(auto& byte : out)
            byte = pattern_[next_++ % pattern_.size()];
        return scepkit::success();
    }

private:
    bytes pattern_;
    std::size_t next_ = 0;
};

enrollment with(hand_made const& server, poll_policy policy, profile tolerances = profile::rfc8894(),
                random_source* random = nullptr)
{
    enrollment_options options;
    options.profile = std::move(tolerances);
    options.polling = policy;
    options.random = random;
    return enrollment::create(device{}.enrollment(), server.ca.pin(), std::move(options)).value();
}

/// Runs with a clock that the waits move on.
result<enrollment_outcome> drive_in_time(enrollment& transaction, hand_made& server, log_of_steps& log)
{
    auto now = noon;
    auto step = transaction.start();
    while(step) {
        if(auto const* s = std::get_if<send>(&*step)) {
            log.sent.push_back(*s);
            step = transaction.on_reply(server(*s), now);
        } else if(auto const* w = std::get_if<wait>(&*step)) {
            log.waited.push_back(w->delay);
            now += w->delay;
            step = transaction.on_timer();
        } else {
            return std::get<enrollment_outcome>(*std::move(step));
        }
    }
    return step.error();
}

TEST(ThreatP10, AlwaysPendingEndsByAttempts)
{
    hand_made server;
    server.on_message = [&](send const& s) { return server.status(s.body, pki_status::pending); };
    auto transaction = with(server, {.interval = 1s, .longest = 4s, .attempts = 5, .jitter = 0});
    log_of_steps log;
    EXPECT_EQ(drive(transaction, server.serve(), &log).error(), errc::polling_exhausted);
    EXPECT_EQ(log.waited, (seconds_list{1s, 2s, 4s, 4s, 4s}));
    EXPECT_EQ(server.messages, 6u);
    EXPECT_EQ(transaction.on_timer().error(), errc::state_misuse);
}

TEST(ThreatP10, AlwaysPendingEndsByTheDeadline)
{
    hand_made server;
    server.on_message = [&](send const& s) { return server.status(s.body, pki_status::pending); };
    auto transaction =
        with(server, {.interval = 30s, .longest = 600s, .attempts = 1'000'000, .jitter = 0, .deadline = 100s});
    log_of_steps log;
    EXPECT_EQ(drive_in_time(transaction, server, log).error(), errc::polling_exhausted);
    EXPECT_EQ(log.waited, (seconds_list{30s, 60s, 10s})); // The last poll when the time is up.
}

TEST(ThreatP10, FailureAfterPendingIsTheEndWhateverComesLater)
{
    hand_made server;
    server.on_message = [&](send const& s) {
        if(server.messages == 1)
            return server.status(s.body, pki_status::pending);
        if(server.messages == 2)
            return server.status(s.body, pki_status::failure);
        return server.success(s.body, {server.leaf("device 1", rsa_key("device 1"))});
    };
    auto transaction = with(server, {.interval = 1s, .attempts = 9});
    log_of_steps log;
    auto const outcome = drive(transaction, server.serve(), &log);
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_TRUE(std::holds_alternative<rejected>(*outcome));
    EXPECT_EQ(server.messages, 2u);
    auto const late = server.success(log.sent.back().body, {server.leaf("device 1", rsa_key("device 1"))});
    EXPECT_EQ(transaction.on_reply(late, noon).error(), errc::state_misuse);
    EXPECT_EQ(transaction.save().error(), errc::state_misuse);
}

TEST(ThreatP10, TheAnswerToAnEarlierPollIsNoAnswerToThisOne)
{
    hand_made server;
    std::optional<reply> first;
    server.on_message = [&](send const& s) {
        auto const now = server.success(s.body, {server.leaf("device 1", rsa_key("device 1"))});
        if(server.messages == 1) {
            first = now;
            return server.status(s.body, pki_status::pending);
        }
        return *first;
    };
    auto transaction = with(server, {.interval = 1s, .attempts = 9});
    EXPECT_EQ(drive(transaction, server.serve()).error(), errc::nonce_mismatch);
}

TEST(Polling, JitterGoesUpAndDownWithinItsPerCent)
{
    std::set<std::chrono::seconds> seen;
    for(std::uint8_t low = 0; low < 42; ++low) {
        hand_made server;
        server.on_message = [&](send const& s) { return server.status(s.body, pki_status::pending); };
        fixed_random random(bytes{0, 0, 0, low});
        auto transaction =
            with(server, {.interval = 100s, .longest = 100s, .attempts = 1, .jitter = 10}, profile::rfc8894(), &random);
        log_of_steps log;
        EXPECT_EQ(drive(transaction, server.serve(), &log).error(), errc::polling_exhausted);
        ASSERT_EQ(log.waited.size(), 1u);
        EXPECT_GE(log.waited[0], 90s);
        EXPECT_LE(log.waited[0], 110s);
        seen.insert(log.waited[0]);
    }
    EXPECT_EQ(seen.size(), 21u);
}

TEST(Polling, RetryAfterIsWaitedForAndTheSameMessageSentAgain)
{
    hand_made server;
    server.on_message = [&](send const& s) {
        if(server.messages < 3)
            return reply{{}, "", 503, 7s};
        return server.success(s.body, {server.leaf("device 1", rsa_key("device 1"))});
    };
    auto transaction = with(server, {.attempts = 5, .jitter = 0});
    log_of_steps log;
    auto const outcome = drive(transaction, server.serve(), &log);
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_TRUE(std::holds_alternative<issued>(*outcome));
    EXPECT_EQ(log.waited, (seconds_list{7s, 7s}));
    ASSERT_EQ(log.sent.size(), 5u);
    EXPECT_EQ(log.sent[2].body, log.sent[3].body);
    EXPECT_EQ(log.sent[2].body, log.sent[4].body);
}

TEST(Polling, ABusyServerIsWaitedForAtEveryStepButNotForEver)
{
    hand_made server;
    auto transaction = with(server, {.longest = 60s, .attempts = 4, .jitter = 0});
    log_of_steps log;
    auto const outcome = drive(
        transaction,
        [](send const&) {
            return reply{{}, "", 503, 24h * 365 * 1000};
        },
        &log);
    EXPECT_EQ(outcome.error(), errc::polling_exhausted);
    EXPECT_EQ(log.waited, (seconds_list{60s, 60s, 60s, 60s}));
    for(auto const& s : log.sent)
        EXPECT_EQ(s.operation, operation::get_ca_caps);
    EXPECT_EQ(log.sent.size(), 5u);

    auto second = with(server, {.attempts = 4, .jitter = 0});
    log_of_steps seconds;
    unsigned busy = 0;
    server.on_message = [&](send const& s) {
        return server.success(s.body, {server.leaf("device 1", rsa_key("device 1"))});
    };
    auto const enrolled = drive(
        second,
        [&](send const& s) {
            return s.operation == operation::get_ca_cert && busy++ == 0 ? reply{{}, "", 503, 3s} : server(s);
        },
        &seconds);
    ASSERT_TRUE(enrolled) << enrolled.error();
    EXPECT_EQ(seconds.waited, (seconds_list{3s}));
}

TEST(Polling, WithoutAttemptsABusyServerIsAnError)
{
    hand_made server;
    server.on_message = [](send const&) { return reply{{}, "", 503, 7s}; };
    auto transaction = with(server, {});
    EXPECT_EQ(drive(transaction, server.serve()).error(), errc::http_status);
    // And without Retry-After nobody knows what for to wait.
    server.on_message = [](send const&) { return reply{{}, "", 503}; };
    auto other = with(server, {.attempts = 3});
    EXPECT_EQ(drive(other, server.serve()).error(), errc::http_status);
}

TEST(Polling, TheServersTimeIsOnlyLengthened)
{
    for(std::uint8_t low = 0; low < 22; ++low) {
        hand_made server;
        server.on_message = [](send const&) { return reply{{}, "", 503, 200s}; };
        fixed_random random(bytes{0, 0, 0, low});
        auto transaction = with(server, {.attempts = 1, .jitter = 10}, profile::rfc8894(), &random);
        log_of_steps log;
        EXPECT_EQ(drive(transaction, server.serve(), &log).error(), errc::polling_exhausted);
        ASSERT_EQ(log.waited.size(), 1u);
        EXPECT_GE(log.waited[0], 200s);
        EXPECT_LE(log.waited[0], 220s);
    }
}

TEST(Polling, AnImpossiblePolicyIsRefused)
{
    hand_made const server;
    auto const create = [&](poll_policy policy) {
        return enrollment::create(device{}.enrollment(), server.ca.pin(), {.polling = policy});
    };
    EXPECT_EQ(create({.interval = -1s}).error(), errc::invalid_argument);
    EXPECT_EQ(create({.longest = -1s}).error(), errc::invalid_argument);
    EXPECT_EQ(create({.deadline = -1s}).error(), errc::invalid_argument);
    EXPECT_TRUE(create({.interval = 0s, .longest = 0s, .attempts = 1, .jitter = 1000}));
}

} // namespace
} // namespace scepkit::inline v0::scep
