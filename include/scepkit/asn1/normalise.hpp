// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/bytes.hpp>
#include <scepkit/base/limits.hpp>

namespace scepkit::asn1 {

struct normalised {
    bytes der;
    bool was_der = true;       ///< False where anything had to be rewritten.
};

/// Rewrites BER as DER: definite minimal lengths, constructed strings joined.
///
/// Apple and Cisco send indefinite lengths and OCTET STRINGs in pieces (RFC 5652 allows BER). Only lengths and
/// string pieces change; values, and the order of SETs, stay, so that signatures over inner DER survive.
/// Linear in the input, one value at the top, nothing behind it; errc::truncated, bad_length,
/// nested_too_deep, trailing_data, too_large.
SCEPKIT_API result<normalised> normalise_ber(bytes_view input, limits const& bounds = {});

} // namespace scepkit::asn1
