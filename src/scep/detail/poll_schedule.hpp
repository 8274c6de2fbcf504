// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/scep/enrollment.hpp>

namespace scepkit::inline v0::scep::detail {

/// When to ask again: the policy, and how far it has been used up.
class poll_schedule
{
public:
    poll_schedule() = default;
    explicit poll_schedule(poll_policy policy) : policy_(policy) {}

    /// errc::invalid_argument for negative times.
    static result<void> check(poll_policy const& policy);

    bool enabled() const noexcept { return policy_.attempts != 0; }
    /// The first answer that was no end; the deadline counts from here.
    void begin(time_point now);
    /// How long to wait now; errc::polling_exhausted where attempts or time are used up. What the server says by
    /// Retry-After goes before the policy's own interval, up to the policy's longest.
    result<std::chrono::seconds> next(time_point now, std::optional<std::chrono::seconds> retry_after,
                                      random_source& random);

    // What a later process goes on with.
    std::optional<time_point> since() const noexcept { return since_; }
    std::optional<std::chrono::seconds> backoff() const noexcept { return backoff_; }
    void restore(std::optional<time_point> since, std::optional<std::chrono::seconds> backoff) noexcept
    {
        since_ = since;
        backoff_ = backoff;
    }

private:
    poll_policy policy_;
    unsigned made_ = 0;
    std::optional<std::chrono::seconds> backoff_; ///< The last interval, without jitter.
    std::optional<time_point> since_;
};

} // namespace scepkit::inline v0::scep::detail
