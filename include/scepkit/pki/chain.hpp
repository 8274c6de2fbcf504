// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/pki/certificate.hpp>

#include <span>
#include <vector>

namespace scepkit::inline v0::pki {

struct chain_options {
    time_point now; ///< The caller's clock.
    std::size_t maximum_depth = 8;
    std::size_t maximum_signature_checks = 64;
    bool allow_sha1 = false;      ///< Signatures on certificates below the anchor.
    bool ignore_validity = false; ///< Observation only: the doctor looks at expired chains too.
};

/// Builds a path from `leaf` over `intermediates` to one of `anchors` and checks it at `options.now`.
///
/// Checked for each link: name, key identifier where both have one, signature, validity, basicConstraints CA and path
/// length, keyCertSign, unknown critical extensions. An anchor is trusted as it is. Name constraints and policies are
/// not processed: a certificate that makes them critical is refused.
/// Returns leaf first, anchor last. On failure the error is the most specific one met and `index` says where:
/// errc::issuer_not_found, certificate_expired, certificate_not_yet_valid, signature_invalid, usage_not_allowed,
/// not_trusted.
SCEPKIT_API result<std::vector<certificate>> verify_chain(certificate const& leaf,
                                                          std::span<certificate const> intermediates,
                                                          std::span<certificate const> anchors,
                                                          chain_options const& options);

/// RFC 6125 host check on subjectAltName only (clients ignore the CN): dNSName with a left-most wildcard, iPAddress.
SCEPKIT_API bool matches_host(certificate const& leaf, std::string_view host);

} // namespace scepkit::inline v0::pki
