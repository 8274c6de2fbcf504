// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/secret.hpp>
#include <scepkit/pki/crypto_context.hpp>

#include <cstdint>

/// Key-encryption keys out of secrets that two sides share.
namespace scepkit::inline v0::cms::detail {

/// PBKDF2 with HMAC (RFC 8018, 5.2). The work is `iterations` times a hash: bound it before. errc::unsupported,
/// crypto_failed.
result<secret_bytes> pbkdf2(pki::crypto_context const& context, pki::digest_algorithm prf, bytes_view password,
                            bytes_view salt, std::uint32_t iterations, std::size_t size);
/// The key derivation of ANSI X9.63 (SEC 1, 3.6.1).
result<secret_bytes> x963(pki::crypto_context const& context, pki::digest_algorithm digest, bytes_view secret,
                          bytes_view shared_info, std::size_t size);
/// HKDF with HMAC-SHA-256 and no salt (RFC 5869); up to 8160 bytes.
result<secret_bytes> hkdf_sha256(pki::crypto_context const& context, bytes_view secret, bytes_view info,
                                 std::size_t size);

} // namespace scepkit::inline v0::cms::detail
