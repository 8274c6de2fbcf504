// SPDX-License-Identifier: BSL-1.0
#include <pki/detail/mac_key.hpp>

#include <pki/detail/context.hpp>

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <array>
#include <gsl/gsl>

namespace scepkit::inline v0::pki::detail {

result<mac_key> mac_key::create(bytes_view key, crypto_context const& context)
{
    Expects(!key.empty());
    queue_guard const guard;
    auto const& native = context.handles();
    std::string name = "SHA2-256";
    std::string query = native.properties;
    std::array<OSSL_PARAM, 3> const parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0),
        query.empty() ? OSSL_PARAM_construct_end()
                      : OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_PROPERTIES, query.data(), 0),
        OSSL_PARAM_construct_end()};
    mac_ctx_ptr prepared(EVP_MAC_CTX_new(native.hmac.get()));
    if(!prepared || EVP_MAC_init(prepared.get(), key.data(), key.size(), parameters.data()) != 1)
        return crypto_error(errc::crypto_failed, "preparing an HMAC key failed");
    return mac_key(context, std::move(prepared));
}

result<bytes> mac_key::compute(std::initializer_list<bytes_view> parts) const
{
    queue_guard const guard;
    mac_ctx_ptr const mac(EVP_MAC_CTX_dup(prepared_.get()));
    auto good = mac != nullptr;
    for(auto const part : parts)
        good = good && EVP_MAC_update(mac.get(), part.data(), part.size()) == 1;
    bytes out(size_of(digest_algorithm::sha256));
    std::size_t size = 0;
    if(!good || EVP_MAC_final(mac.get(), out.data(), &size, out.size()) != 1 || size != out.size())
        return crypto_error(errc::crypto_failed, "computing an HMAC failed");
    return out;
}

} // namespace scepkit::inline v0::pki::detail
