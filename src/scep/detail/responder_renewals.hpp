// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scep/detail/responder_snapshot.hpp>

#include <optional>

namespace scepkit::inline v0::scep::detail {

/// Whether the issuing CA of today signed it.
bool is_of_this_ca(responder_snapshot const& with, pki::certificate const& c);

/// Nothing: whoever holds `c` may speak as one of this CA's certificate holders: issued by it, in force, not revoked.
std::optional<refuse> check_holder(responder_snapshot const& with, pki::certificate const& c, time_point now);

/// Nothing: `old` may renew itself, as far as it and the policy say (renewal_policy; what is asked for comes later).
/// Everything here is plain in the message. `asked`: when the renewal was asked for; `now` is later for one that was
/// held. Never asks the authorizer.
std::optional<refuse> check_renewing(responder_snapshot const& with, pki::certificate const& old, time_point asked,
                                     time_point now);

/// Whether `request` asks for what `old` has, and no more. errc::name_mismatch, usage_not_allowed, key_not_allowed.
result<void> check_renewed(renewal_policy const& policy, pki::certificate const& old,
                           pki::certificate_request const& request);

} // namespace scepkit::inline v0::scep::detail
