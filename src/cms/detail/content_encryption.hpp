// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/asn1/oid.hpp>
#include <scepkit/cms/enveloped_data.hpp>

#include <optional>

/// CBC with the padding of RFC 5652, 6.3, over OpenSSL's ciphers.
namespace scepkit::inline v0::cms::detail {

std::optional<content_cipher> content_cipher_of(asn1::oid const& id) noexcept;
asn1::oid const& oid_of(content_cipher c) noexcept;

/// errc::decryption_failed, always with the same text, whatever was wrong.
result<secret_bytes> decrypt_cbc(pki::crypto_context const& context, content_cipher cipher, bytes_view key,
                                 bytes_view iv, bytes_view encrypted);
/// The one error with which an envelope fails to open.
error decryption_failure();

/// errc::crypto_failed, errc::too_large. Key and IV have the cipher's sizes.
result<bytes> encrypt_cbc(pki::crypto_context const& context, content_cipher cipher, bytes_view key, bytes_view iv,
                          bytes_view content);

} // namespace scepkit::inline v0::cms::detail
