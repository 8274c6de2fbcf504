// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/asn1/reader.hpp>

namespace scepkit::inline v0::pki::detail {

/// A file can ask for years of work. Programs write 2,048 to 600,000.
inline constexpr std::int64_t maximum_iterations = 1'000'000;

/// Iterations of the password-based encryption that the next AlgorithmIdentifier of `from` asks for: PBES2 with PBKDF2,
/// or PKCS #12's own with three-key triple DES. errc::unsupported for others, too_large beyond the bound.
result<std::int64_t> read_pbe_iterations(asn1::reader& from);
/// The INTEGER that a count is, held to the bound; errc::bad_value below 1.
result<std::int64_t> read_iteration_count(asn1::reader& from);

} // namespace scepkit::inline v0::pki::detail
