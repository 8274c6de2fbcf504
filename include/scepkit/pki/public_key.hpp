// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/limits.hpp>
#include <scepkit/base/secret.hpp>
#include <scepkit/pki/crypto_context.hpp>

#include <memory>

namespace scepkit::inline v0::pki {

/// How an RSA key carries a content key. OAEP uses MGF1 with the same digest unless said otherwise.
struct key_transport {
    enum class kind { rsa_v1_5, rsa_oaep };
    kind scheme = kind::rsa_v1_5;
    digest_algorithm oaep_digest = digest_algorithm::sha1;
    digest_algorithm mgf1_digest = digest_algorithm::sha1;

    friend bool operator==(key_transport const&, key_transport const&) = default;
};

/// An RSA, named-curve EC, ML-DSA or ML-KEM public key, inside the limits (RSA: 2048 to 8192 bits, odd exponent from 3,
/// below 2^33).
/// Immutable, cheap to copy, thread-safe.
class SCEPKIT_API public_key
{
public:
    /// From a DER SubjectPublicKeyInfo; errc::bad_key, errc::key_not_allowed, errc::unsupported for ML-DSA and ML-KEM
    /// where OpenSSL is older than 3.5. Whether an EC point lies on its curve is found out at first use (errc::bad_key
    /// there).
    static result<public_key> from_spki(bytes_view spki, limits const& bounds = {},
                                        crypto_context const& context = crypto_context::default_context());

    key_kind kind() const noexcept;
    std::size_t bits() const noexcept; ///< Of the modulus, the curve, or the encoded key (ML-DSA, ML-KEM).
    bytes_view spki() const& noexcept;
    bytes_view spki() const&& = delete;
    bool is_rsa() const noexcept { return kind() == key_kind::rsa; }

    /// errc::signature_invalid if it does not verify. The scheme must fit the key, the digest must be given (ML-DSA
    /// ignores it: it signs the message).
    result<void> verify(signature_scheme scheme, digest_algorithm digest, bytes_view message,
                        bytes_view signature) const;
    /// The same with the PSS salt length that the algorithm names; below 0 any length is accepted.
    /// errc::algorithm_not_allowed where it does not fit the key or names no digest (ML-DSA needs none).
    result<void> verify(signature_algorithm const& algorithm, bytes_view message, bytes_view signature) const;
    /// Encrypts a content key; errc::key_not_allowed for keys that are not RSA.
    result<bytes> encrypt(key_transport transport, bytes_view content_key) const;
    /// ML-KEM: a fresh secret and the ciphertext that carries it; errc::key_not_allowed for other keys.
    struct encapsulation;
    result<encapsulation> encapsulate() const;

    friend bool operator==(public_key const& a, public_key const& b) noexcept { return equal(a.spki(), b.spki()); }

    struct data; ///< Defined in src only.
    explicit public_key(std::shared_ptr<data const> d) noexcept : data_(std::move(d)) {}
    data const& native() const noexcept { return *data_; }

private:
    std::shared_ptr<data const> data_;
};

struct public_key::encapsulation {
    secret_bytes secret;
    bytes ciphertext;
};

} // namespace scepkit::inline v0::pki
