// SPDX-License-Identifier: BSL-1.0
#include <pki/detail/mac_key.hpp>

#include <pki/detail/context.hpp>

#include <gsl/gsl>

namespace scepkit::inline v0::pki::detail {

result<mac_key> mac_key::create(bytes_view key, crypto_context const& context)
{
    Expects(!key.empty());
    queue_guard const guard;
    mac_key made(key, context);
    auto prepared = made.prepare();
    if(!prepared)
        return crypto_error(errc::crypto_failed, "preparing an HMAC key failed");
    made.prepared_.keep(std::move(prepared));
    return made;
}

mac_key::context::pointer mac_key::prepare() const
{
    auto const& hmac = library_.handles().hmacs[static_cast<std::size_t>(digest_algorithm::sha256)];
    context::pointer made(EVP_MAC_CTX_dup(hmac.get()));
    if(made && EVP_MAC_init(made.get(), key_.view().data(), key_.size(), nullptr) != 1)
        made.reset();
    return made;
}

result<bytes> mac_key::compute(std::initializer_list<bytes_view> parts) const
{
    queue_guard const guard;
    auto mac = prepared_.take();
    if(!mac)
        mac = prepare();
    auto good = mac != nullptr;
    for(auto const part : parts)
        good = good && EVP_MAC_update(mac.get(), part.data(), part.size()) == 1;
    bytes out(size_of(digest_algorithm::sha256));
    std::size_t size = 0;
    // At the end it begins anew, with the key it has: nothing of what it saw stays in it.
    if(!good || EVP_MAC_final(mac.get(), out.data(), &size, out.size()) != 1 || size != out.size() ||
       EVP_MAC_init(mac.get(), nullptr, 0, nullptr) != 1)
        return crypto_error(errc::crypto_failed, "computing an HMAC failed");
    prepared_.keep(std::move(mac));
    return out;
}

} // namespace scepkit::inline v0::pki::detail
