// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/error.hpp>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/provider.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace scepkit::inline v0::pki::detail {

template <auto Free>
struct deleter {
    template <class T>
    void operator()(T* p) const noexcept
    {
        Free(p);
    }
};

using library_ptr = std::unique_ptr<OSSL_LIB_CTX, deleter<OSSL_LIB_CTX_free>>;
using provider_ptr = std::unique_ptr<OSSL_PROVIDER, deleter<OSSL_PROVIDER_unload>>;
using md_ptr = std::unique_ptr<EVP_MD, deleter<EVP_MD_free>>;
using md_ctx_ptr = std::unique_ptr<EVP_MD_CTX, deleter<EVP_MD_CTX_free>>;
using mac_ptr = std::unique_ptr<EVP_MAC, deleter<EVP_MAC_free>>;
using mac_ctx_ptr = std::unique_ptr<EVP_MAC_CTX, deleter<EVP_MAC_CTX_free>>;
using cipher_ptr = std::unique_ptr<EVP_CIPHER, deleter<EVP_CIPHER_free>>;
using cipher_ctx_ptr = std::unique_ptr<EVP_CIPHER_CTX, deleter<EVP_CIPHER_CTX_free>>;
using kdf_ptr = std::unique_ptr<EVP_KDF, deleter<EVP_KDF_free>>;
using kdf_ctx_ptr = std::unique_ptr<EVP_KDF_CTX, deleter<EVP_KDF_CTX_free>>;
using pkey_ptr = std::unique_ptr<EVP_PKEY, deleter<EVP_PKEY_free>>;
using pkey_ctx_ptr = std::unique_ptr<EVP_PKEY_CTX, deleter<EVP_PKEY_CTX_free>>;
using bn_ptr = std::unique_ptr<BIGNUM, deleter<BN_clear_free>>;
using bio_ptr = std::unique_ptr<BIO, deleter<BIO_free>>;
using pkcs8_ptr = std::unique_ptr<PKCS8_PRIV_KEY_INFO, deleter<PKCS8_PRIV_KEY_INFO_free>>;

/// What OpenSSL has to say about the last failure, oldest first, "; " between; empties the queue.
std::string drain_errors();

/// Looking costs half of clearing, and there is hardly ever anything.
inline void empty_error_queue() noexcept
{
    if(ERR_peek_error() != 0)
        ERR_clear_error();
}

/// Empties the thread's error queue when the outermost function of ours begins and ends: a stale entry blames the wrong
/// call. Never held across a suspension.
class queue_guard
{
public:
    queue_guard() noexcept
    {
        if(depth_++ == 0)
            empty_error_queue();
    }
    ~queue_guard()
    {
        if(--depth_ == 0)
            empty_error_queue();
    }
    queue_guard(queue_guard const&) = delete;
    queue_guard& operator=(queue_guard const&) = delete;

private:
    static inline thread_local unsigned depth_ = 0;
};

/// An error of layer "crypto" that carries what OpenSSL said.
error crypto_error(errc code, std::string message);

} // namespace scepkit::inline v0::pki::detail
