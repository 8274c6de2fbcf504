// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/secret.hpp>
#include <scepkit/pki/public_key.hpp>

#include <pki/detail/mac_key.hpp>

namespace scepkit::inline v0::pki::detail {

/// The decoding of RSA's paddings by the rules of a decrypter: what is wrong shows nowhere, `key` stays as it was.
///
/// The size of the message is known before, so every byte of the block has a known role, and neither a branch nor a
/// memory access depends on what the block holds.

/// `block` is the outcome of the raw operation; `key`, of at most block.size() - 11 bytes, is overwritten with the
/// message where the padding is right.
void open_v1_5(bytes_view block, secret_bytes& key) noexcept;
/// The same for OAEP with an empty label. errc::unsupported where a digest is missing.
result<void> open_oaep(crypto_context const& context, key_transport transport, bytes_view block, secret_bytes& key);

/// A secret of 32 bytes or more (errc::invalid_argument), bound to one key: what `rejection_key` takes.
result<mac_key> bind_rejection_secret(crypto_context const& context, public_key const& key, secret_bytes const& given);
/// What a broken padding decrypts to: a function of the secret and the ciphertext alone, so that asking again, or
/// asking the restarted server, tells nothing new.
result<secret_bytes> rejection_key(mac_key const& secret, bytes_view ciphertext, std::size_t size);
/// Whether raw RSA is defined for these bytes. Length and size of a ciphertext are no secret.
bool is_in_range(bytes_view ciphertext, bytes_view modulus) noexcept;

} // namespace scepkit::inline v0::pki::detail
