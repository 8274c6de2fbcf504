// SPDX-License-Identifier: BSL-1.0
#pragma once

// The one public header with OpenSSL types, for programs that need the handles themselves.

#include <scepkit/pki/private_key.hpp>

#include <openssl/types.h>

namespace scepkit::inline v0::pki {

/// Borrowed; valid as long as the context, key or certificate it came from.
SCEPKIT_API OSSL_LIB_CTX* native_handle(crypto_context const& context) noexcept;
SCEPKIT_API EVP_PKEY* native_handle(private_key const& key) noexcept; ///< Null where a signer has the key.
SCEPKIT_API EVP_PKEY* native_handle(public_key const& key) noexcept;  ///< Null where OpenSSL refuses the key.
/// Takes a reference (EVP_PKEY_up_ref): for keys of a provider, PKCS#11 included. errc::bad_key, key_not_allowed.
SCEPKIT_API result<private_key> adopt_private_key(EVP_PKEY* key,
                                                  crypto_context const& context = crypto_context::default_context());

} // namespace scepkit::inline v0::pki
