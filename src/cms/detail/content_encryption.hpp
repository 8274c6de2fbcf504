// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/asn1/oid.hpp>
#include <scepkit/cms/enveloped_data.hpp>

#include <optional>

/// CBC with the padding of RFC 5652, 6.3, and GCM (RFC 5084), over OpenSSL's ciphers.
namespace scepkit::inline v0::cms::detail {

std::optional<content_cipher> content_cipher_of(asn1::oid const& id) noexcept;
asn1::oid const& oid_of(content_cipher c) noexcept;
/// The IV of CBC is a block, the nonce of GCM has 12 bytes.
std::size_t iv_size_of(content_cipher c) noexcept;

inline constexpr std::size_t full_tag = 16;
inline constexpr std::size_t shortest_tag = 12; ///< Also what RFC 5084 means where no length is given.

/// The one error with which an envelope fails to open.
error decryption_failure();

/// errc::decryption_failed, always with the same text, whatever was wrong.
result<secret_bytes> decrypt_cbc(pki::crypto_context const& context, content_cipher cipher, bytes_view key,
                                 bytes_view iv, bytes_view encrypted);
/// errc::crypto_failed, errc::too_large. Key and IV have the cipher's sizes.
result<bytes> encrypt_cbc(pki::crypto_context const& context, content_cipher cipher, bytes_view key, bytes_view iv,
                          bytes_view content);

/// Whole blocks without padding, for the wrapping of RFC 3211. Sizes as above.
result<secret_bytes> decrypt_blocks(pki::crypto_context const& context, content_cipher cipher, bytes_view key,
                                    bytes_view iv, bytes_view encrypted);
result<bytes> encrypt_blocks(pki::crypto_context const& context, content_cipher cipher, bytes_view key, bytes_view iv,
                             bytes_view blocks);

/// errc::decryption_failed as above; tags of 12 to 16 bytes.
result<secret_bytes> decrypt_gcm(pki::crypto_context const& context, content_cipher cipher, bytes_view key,
                                 bytes_view nonce, bytes_view authenticated, bytes_view encrypted, bytes_view tag);
struct authenticated_content {
    bytes encrypted;
    bytes tag; ///< 16 bytes.
};
result<authenticated_content> encrypt_gcm(pki::crypto_context const& context, content_cipher cipher, bytes_view key,
                                          bytes_view nonce, bytes_view authenticated, bytes_view content);

} // namespace scepkit::inline v0::cms::detail
