// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/bytes.hpp>
#include <scepkit/base/limits.hpp>

namespace scepkit::inline v0::asn1 {

struct normalised {
    bytes der;
    bool was_der = true; ///< False where anything had to be rewritten.
};

/// Rewrites BER as DER: definite minimal lengths, constructed strings joined.
///
/// Apple and Cisco send indefinite lengths and OCTET STRINGs in pieces (RFC 5652 allows BER). Only lengths and
/// string pieces change; values, and the order of SETs, stay, so that signatures over inner DER survive.
/// A string in pieces is known by its universal tag alone. An IMPLICIT one, such as `[0] encryptedContent`,
/// stays constructed, its pieces normalised: without the schema it looks like any other `[0]`, and who reads
/// it joins them.
///
/// The output is seldom larger than the input, and never by more than half: a BIT STRING of no pieces (23 00) gets
/// its count of unused bits (03 01 00), and the lengths around it follow.
///
/// Linear in the input, one value at the top, nothing behind it; errc::truncated, bad_length, nested_too_deep,
/// trailing_data, too_large, unexpected_tag and bad_value (pieces of another type, or of broken bit counts).
SCEPKIT_API result<normalised> normalise_ber(bytes_view input, limits const& bounds = {});

} // namespace scepkit::inline v0::asn1
