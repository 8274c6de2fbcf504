// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/secret.hpp>
#include <scepkit/pki/public_key.hpp>

#include <cstdint>
#include <string_view>

namespace scepkit::inline v0::pki {

/// How many private-key operations a process has done, by kind: tests assert that refusals cost none.
struct key_operations {
    std::uint64_t signatures = 0;
    std::uint64_t decryptions = 0;
};

/// An RSA or EC private key in memory. Immutable, cheap to copy (copies share the key), thread-safe.
class SCEPKIT_API private_key
{
public:
    static result<private_key> generate(key_kind kind, std::size_t rsa_bits = 2048,
                                        crypto_context const& context = crypto_context::default_context());
    /// The first of PKCS#8, PKCS#1 or SEC1, unencrypted; errc::bad_pem, bad_key, key_not_allowed, and
    /// errc::unsupported for an encrypted one.
    static result<private_key> from_pem(bytes_view pem,
                                        crypto_context const& context = crypto_context::default_context());
    static result<private_key> from_pkcs8(bytes_view der,
                                          crypto_context const& context = crypto_context::default_context());

    pki::public_key const& public_key() const noexcept;
    key_kind kind() const noexcept { return public_key().kind(); }
    result<secret_bytes> to_pem() const; ///< PKCS#8

    /// The scheme this library signs with: RSA v1.5 for RSA keys, ECDSA for EC keys.
    signature_scheme default_scheme() const noexcept;
    result<bytes> sign(signature_scheme scheme, digest_algorithm digest, bytes_view message) const;

    key_operations operations() const noexcept; ///< Of this key, since it was made.

    struct data; ///< Defined in src only.
    explicit private_key(std::shared_ptr<data> d) noexcept : data_(std::move(d)) {}
    data& native() const noexcept { return *data_; }

private:
    std::shared_ptr<data> data_;
};

} // namespace scepkit::inline v0::pki
