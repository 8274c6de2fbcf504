// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/scep/enrollment.hpp>

namespace scepkit::inline v0::scep::detail {

/// Finds the issued certificate in the opened content of a SUCCESS and checks it against what was asked for.
///
/// The leaf is the only certificate with the requested key, wherever it stands (a SET has no order); it must be a leaf,
/// valid at `now` and signed by the CA. Strangers beside it are refused: CA certificates and the GetCACert set may
/// stay.
result<issued> check_issued(bytes_view opened_content, pki::public_key const& requested, ca_identity const& ca,
                            profile const& tolerances, limits const& bounds, time_point now);

} // namespace scepkit::inline v0::scep::detail
