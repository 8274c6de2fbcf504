// SPDX-License-Identifier: BSL-1.0
#include <scepkit/openssl.hpp>

#include <pki/detail/errors.hpp>
#include <pki/detail/keys.hpp>

namespace scepkit::inline v0::pki {

OSSL_LIB_CTX* native_handle(crypto_context const& context) noexcept { return context.handles().library.get(); }
EVP_PKEY* native_handle(private_key const& key) noexcept { return key.native().key.get(); }

EVP_PKEY* native_handle(public_key const& key) noexcept
{
    detail::queue_guard const guard;
    return key.native().key();
}

result<private_key> adopt_private_key(EVP_PKEY* key, crypto_context const& context)
{
    detail::queue_guard const guard;
    if(key == nullptr || EVP_PKEY_up_ref(key) != 1)
        return detail::fail(errc::invalid_argument, "no key to adopt");
    return detail::make_private_key(detail::pkey_ptr(key), context);
}

} // namespace scepkit::inline v0::pki
