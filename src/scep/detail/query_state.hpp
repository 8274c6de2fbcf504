// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/scep/query.hpp>

#include <scep/detail/conversation.hpp>
#include <scep/detail/reply_opener.hpp>

namespace scepkit::inline v0::scep {

/// A question, and who asks it where it goes by message.
struct query::state final : detail::talk<query_outcome> {
    enum class kind { ca, certificate, crl, next_ca };
    struct asker {
        pki::certificate certificate;
        pki::private_key key;
        detail::reply_opener opens;
    };

    /// Finds in an opened SUCCESS what was asked for.
    using reader = result<query_outcome> (*)(cms::certificate_bag const& bag, issuer_and_serial const& wanted,
                                             ca_identity const& ca, limits const& bounds, time_point now,
                                             quirk_set needed);

    state(kind k, ca_trust t, enrollment_options o) : talk(std::move(t), std::move(o)), about(k) {}

    kind about;
    reader read = nullptr;
    std::optional<issuer_and_serial> wanted;
    std::optional<asker> by;

    /// A question by message.
    static result<query> create(kind k, reader read, issuer_and_serial wanted, query_signer by, ca_trust trust,
                                enrollment_options options);
    /// One without.
    static result<query> create(kind k, ca_trust trust, enrollment_options options);

private:
    result<step> on_trusted(time_point now) override;
    result<step> on_answer(reply const& r, time_point now) override;
    result<step> ask();
    result<query_outcome> on_next_ca(reply const& r, time_point now);
    result<query_outcome> on_success(verified_message const& message, time_point now);
};

} // namespace scepkit::inline v0::scep
