// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/pki/private_key.hpp>

#include <pki/detail/context.hpp>
#include <pki/detail/mac_key.hpp>
#include <pki/detail/signature_context.hpp>
#include <pki/detail/spare.hpp>

#include <atomic>
#include <mutex>

namespace scepkit::inline v0::pki {

/// A key that was read and held against the limits. OpenSSL's object is made at first use: most certificates of a bag
/// are looked at and never asked to verify anything.
struct public_key::data {
    data(bytes encoded, crypto_context library) : spki(std::move(encoded)), context(std::move(library)) {}
    ~data() { EVP_PKEY_free(key_.load(std::memory_order_relaxed)); }
    data(data const&) = delete;
    data& operator=(data const&) = delete;

    /// Null if OpenSSL refuses it (a point that is not on its curve).
    EVP_PKEY* key() const;
    /// A context of key() for any operation: what waits here, or a new one; null where OpenSSL fails.
    detail::pkey_ctx_ptr any_context(EVP_PKEY* of_key) const;

    bytes spki;
    crypto_context context;
    key_kind kind{};
    std::size_t bits = 0;
    // Into `spki`.
    bytes_view modulus;
    bytes_view exponent;
    bytes_view point; ///< EC: uncompressed, with its 04. ML-DSA and ML-KEM: the encoded key.
    detail::spare<detail::signature_context> mutable verifying;
    /// Has done something else before; each operation begins with its own initialisation.
    detail::spare<EVP_PKEY_CTX, detail::deleter<EVP_PKEY_CTX_free>> mutable idle;

private:
    detail::pkey_ptr make() const;

    // Two threads may both make one, and one of the two goes. A once_flag costs a call into the kernel for every key.
    mutable std::atomic<EVP_PKEY*> key_{nullptr};
};

struct private_key::data {
    data(detail::pkey_ptr own, pki::public_key other_half, crypto_context library)
        : key(std::move(own)), public_half(std::move(other_half)), context(std::move(library))
    {
    }
    data(std::shared_ptr<signer const> by, pki::public_key other_half)
        : outside(std::move(by)), public_half(std::move(other_half)), context(public_half.native().context)
    {
    }

    detail::pkey_ptr key;                  ///< Null where a signer has it.
    std::shared_ptr<signer const> outside; ///< Null where OpenSSL has it.
    pki::public_key public_half;
    crypto_context context;
    detail::spare<detail::signature_context> mutable signing;
    /// Plain RSA with `key`.
    detail::spare<EVP_PKEY_CTX, detail::deleter<EVP_PKEY_CTX_free>> mutable decrypting;
    /// What a broken padding is answered with; errc::key_not_allowed where the private exponent cannot be read. Derived
    /// once: each enrolment makes a decrypter of its own.
    result<std::shared_ptr<detail::mac_key const>> rejection() const;
    std::atomic<std::uint64_t> signatures{0};
    std::atomic<std::uint64_t> decryptions{0};

private:
    std::mutex mutable deriving_;
    std::shared_ptr<detail::mac_key const> mutable rejection_;
};

namespace detail {

/// Takes the key over; errc::key_not_allowed, bad_key. Its public half passes through the same reader as foreign ones.
result<private_key> make_private_key(pkey_ptr key, crypto_context const& context);

/// errc::key_not_allowed where a signer has the key.
result<EVP_PKEY*> own_key(private_key const& key);

/// "prime256v1" … : what OpenSSL calls the curve. EC kinds only.
char const* group_name(key_kind kind) noexcept;
/// Bytes of a coordinate. EC kinds only.
std::size_t coordinate_size(key_kind kind) noexcept;

} // namespace detail
} // namespace scepkit::inline v0::pki
