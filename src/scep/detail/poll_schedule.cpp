// SPDX-License-Identifier: BSL-1.0
#include <scep/detail/poll_schedule.hpp>

#include <base/try.hpp>

#include <algorithm>
#include <array>

namespace scepkit::inline v0::scep::detail {

namespace {

using std::chrono::seconds;

// Beyond any real policy; keeps the arithmetic far from its ends.
constexpr seconds ceiling = std::chrono::hours{24 * 3650};
constexpr unsigned widest_jitter = 100;

error fail(errc code, std::string message)
{
    return {code, diagnostics{.message = std::move(message), .layer = "scep", .reference = "RFC 8894, 4.4"}};
}

result<unsigned> draw_below(unsigned bound, random_source& random)
{
    std::array<std::uint8_t, 4> raw{};
    SCEPKIT_CHECK(random.fill(raw));
    std::uint32_t value = 0;
    for(auto const byte : raw)
        value = value << 8 | byte;
    return static_cast<unsigned>(value % bound);
}

} // namespace

result<void> poll_schedule::check(poll_policy const& policy)
{
    if(policy.interval.count() < 0 || policy.longest.count() < 0)
        return fail(errc::invalid_argument, "a negative polling interval");
    if(policy.deadline && policy.deadline->count() < 0)
        return fail(errc::invalid_argument, "a negative deadline");
    return success();
}

void poll_schedule::begin(time_point now)
{
    if(!since_)
        since_ = now;
}

result<seconds> poll_schedule::next(time_point now, std::optional<seconds> retry_after, random_source& random)
{
    begin(now);
    if(made_ == policy_.attempts)
        return fail(errc::polling_exhausted,
                    "the CA has not decided after " + std::to_string(made_) + " more attempts");
    std::optional<seconds> left;
    if(policy_.deadline) {
        left = *policy_.deadline - std::max(now - *since_, seconds{0});
        if(left->count() <= 0)
            return fail(errc::polling_exhausted, "the CA has not decided within the time allowed");
    }
    auto const longest = std::min(std::max(policy_.longest, policy_.interval), ceiling);
    seconds delay{};
    if(retry_after) {
        delay = std::clamp(*retry_after, seconds{0}, longest);
    } else {
        auto const doubled = backoff_ ? *backoff_ * 2 : policy_.interval;
        backoff_ = delay = std::min(doubled, longest);
    }
    if(auto const jitter = std::min(policy_.jitter, widest_jitter); jitter != 0) {
        // A server that names a time is not asked before it.
        auto const lowest = retry_after ? 0 : -static_cast<int>(jitter);
        SCEPKIT_TRY(auto const drawn, draw_below(static_cast<unsigned>(static_cast<int>(jitter) - lowest) + 1, random));
        delay += seconds{delay.count() * (lowest + static_cast<int>(drawn)) / 100};
    }
    if(left)
        delay = std::min(delay, *left); // The last attempt is made when the time is up, not given away.
    ++made_;
    return delay;
}

} // namespace scepkit::inline v0::scep::detail
