// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/pki/algorithms.hpp>

#include <optional>

namespace scepkit::inline v0::pki::detail {

/// The kind of an ML-DSA or ML-KEM identifier.
std::optional<key_kind> kind_of(asn1::oid const& id) noexcept;
/// ML-DSA and ML-KEM kinds only, as the functions below.
asn1::oid oid_of(key_kind kind) noexcept;
std::size_t public_key_size(key_kind kind) noexcept; ///< FIPS 204, table 2; FIPS 203, table 3.
std::size_t ciphertext_size(key_kind kind) noexcept; ///< ML-KEM only.

/// Of what OpenSSL calls the kind.
std::optional<key_kind> kind_of_name(char const* openssl_name) noexcept;

} // namespace scepkit::inline v0::pki::detail
