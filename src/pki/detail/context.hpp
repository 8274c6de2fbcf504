// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/pki/crypto_context.hpp>

#include <pki/detail/openssl.hpp>
#include <pki/detail/spare.hpp>

#include <array>
#include <vector>

namespace scepkit::inline v0::pki {
namespace detail {

enum class cipher_kind {
    des_ede3_cbc,
    aes128_cbc,
    aes192_cbc,
    aes256_cbc,
    aes128_gcm,
    aes256_gcm,
    aes128_wrap,
    aes192_wrap,
    aes256_wrap,
    des_ede3_wrap
};
inline constexpr std::size_t cipher_kinds = 10;

} // namespace detail

/// Everything is fetched once, when the context is made: an implicit fetch for each use costs microseconds and a lock.
struct crypto_context::native {
    detail::library_ptr library;
    std::vector<detail::provider_ptr> providers; // After `library`, so that they are unloaded first.
    std::string properties;
    std::array<detail::md_ptr, 5> digests;
    std::array<detail::cipher_ptr, detail::cipher_kinds> ciphers;
    detail::mac_ptr hmac;
    /// HMAC with its digest, by digest, under a key of no meaning. A copy takes the real key; nothing is fetched then.
    std::array<detail::mac_ctx_ptr, 5> hmacs;
    /// By digest. What was hashed does not stay in it: OpenSSL wipes the block that was left over.
    std::array<detail::spare<EVP_MD_CTX, detail::deleter<EVP_MD_CTX_free>>, 5> mutable hashing;
    /// Makes RSA public keys out of numbers: every message brings a new one.
    detail::spare<EVP_PKEY_CTX, detail::deleter<EVP_PKEY_CTX_free>> mutable rsa_maker;

    char const* query() const noexcept { return properties.empty() ? nullptr : properties.c_str(); }
    /// Null where the provider has none (MD5 under FIPS).
    EVP_MD const* digest(digest_algorithm d) const noexcept { return digests[static_cast<std::size_t>(d)].get(); }
    /// For one operation after the other with this key; null where OpenSSL fails.
    detail::pkey_ctx_ptr context_of(EVP_PKEY* key) const noexcept
    {
        return detail::pkey_ctx_ptr(EVP_PKEY_CTX_new_from_pkey(library.get(), key, query()));
    }
    EVP_CIPHER const* cipher(detail::cipher_kind c) const noexcept
    {
        return ciphers[static_cast<std::size_t>(c)].get();
    }
};

} // namespace scepkit::inline v0::pki
