// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/asn1/oid.hpp>

/// Extensions of revocation lists and their entries (RFC 5280, 5.2 and 5.3).
namespace scepkit::inline v0::pki::detail {

inline constexpr asn1::oid crl_number{"2.5.29.20"};
inline constexpr asn1::oid reason_code{"2.5.29.21"};
inline constexpr asn1::oid delta_indicator{"2.5.29.27"};
inline constexpr asn1::oid certificate_issuer{"2.5.29.29"};

} // namespace scepkit::inline v0::pki::detail
