// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/pki/algorithms.hpp>

#include <pki/detail/context.hpp>

namespace scepkit::inline v0::pki::detail {

/// Signs or verifies messages with one key and one algorithm, again and again, one thread at a time.
///
/// What OpenSSL looks up for a signature (key manager, algorithm, digest by its name) costs it microseconds, a quarter
/// of a verification; here it is looked up once. For RSA and ECDSA: ML-DSA hashes by itself.
class signature_context
{
public:
    enum class purpose { sign, verify };

    /// Takes over a context of the key, whatever it has done before; errc::unsupported, crypto_failed.
    static result<std::unique_ptr<signature_context>> create(purpose use, pkey_ctx_ptr of_key,
                                                             signature_algorithm const& algorithm,
                                                             crypto_context const& library);

    bool is_for(signature_algorithm const& algorithm) const noexcept { return algorithm_ == algorithm; }
    pkey_ctx_ptr release() && noexcept { return std::move(context_); }
    result<bytes> sign(bytes_view message);
    /// errc::signature_invalid.
    result<void> verify(bytes_view message, bytes_view signature);

private:
    explicit signature_context(signature_algorithm const& algorithm) : algorithm_(algorithm) {}
    using digest_value = std::array<std::uint8_t, EVP_MAX_MD_SIZE>;
    /// What of `out` was filled; errc::crypto_failed.
    result<bytes_view> hash(bytes_view message, digest_value& out);

    signature_algorithm algorithm_;
    EVP_MD const* digest_ = nullptr; ///< The library context's.
    md_ctx_ptr hashing_;
    pkey_ctx_ptr context_;
};

} // namespace scepkit::inline v0::pki::detail
