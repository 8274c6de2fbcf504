// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/scep/query.hpp>

namespace scepkit::inline v0::scep::detail {

/// Finds the next issuing CA in an authenticated bag: the lowest CA certificate that is not one of today's. It must
/// have another key than today's CA, begin no earlier, and not be over; errc::issued_certificate_wrong,
/// certificate_expired.
result<next_ca> check_next_ca(cms::certificate_bag const& bag, ca_identity const& today, time_point now);

} // namespace scepkit::inline v0::scep::detail
