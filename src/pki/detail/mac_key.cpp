// SPDX-License-Identifier: BSL-1.0
#include <pki/detail/mac_key.hpp>

#include <pki/detail/context.hpp>

#include <gsl/gsl>

namespace scepkit::inline v0::pki::detail {

result<mac_key> mac_key::create(bytes_view key, crypto_context const& context)
{
    Expects(!key.empty());
    queue_guard const guard;
    auto const& hmac = context.handles().hmacs[static_cast<std::size_t>(digest_algorithm::sha256)];
    mac_ctx_ptr prepared(EVP_MAC_CTX_dup(hmac.get()));
    if(!prepared || EVP_MAC_init(prepared.get(), key.data(), key.size(), nullptr) != 1)
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
