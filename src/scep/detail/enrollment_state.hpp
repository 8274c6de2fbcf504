// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/scep/enrollment.hpp>

#include <scep/detail/conversation.hpp>
#include <scep/detail/poll_schedule.hpp>
#include <scep/detail/reply_opener.hpp>

namespace scepkit::inline v0::scep {

/// An enrolment, new or resumed: what is wanted, who signs, how long to go on.
struct enrollment::state final : detail::talk<enrollment_outcome> {
    state(pki::public_key wanted, pki::name called, pki::private_key signing, detail::reply_opener opener, ca_trust t,
          enrollment_options o)
        : talk(std::move(t), std::move(o)),
          requested(std::move(wanted)),
          subject(std::move(called)),
          signing_key(std::move(signing)),
          opens(std::move(opener)),
          schedule(ca.options.polling)
    {
    }

    result<bytes> save() const;
    /// Goes on with a CertPoll instead of beginning anew.
    void poll_first() noexcept { resumed = is_pending = true; }

    using talk::ca;
    pki::public_key requested;
    pki::name subject;
    pki::private_key signing_key;
    detail::reply_opener opens;
    detail::poll_schedule schedule;
    std::optional<pki::certificate_request> request; ///< Absent in a resumed enrolment.
    std::optional<pki::certificate> signer;          ///< Absent until a throw-away one is made.

private:
    result<step> first() override;
    result<step> on_trusted(time_point now) override;
    result<step> on_answer(reply const& r, time_point now) override;
    result<std::optional<step>> on_busy(reply const& r, time_point now) override;
    result<step> after_wait() override;

    result<message_type> choose_type();
    result<void> make_signer(time_point now);
    result<step> poll();
    result<step> on_pending(reply const& r, time_point now);
    result<enrollment_outcome> on_success(verified_message const& message, time_point now);

    bool resumed = false;
    bool is_pending = false;      ///< The CA's last word was PENDING.
    std::optional<place> busy_at; ///< Where the server said 503: the same message goes out again.
};

} // namespace scepkit::inline v0::scep
