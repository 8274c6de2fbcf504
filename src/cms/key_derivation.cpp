// SPDX-License-Identifier: BSL-1.0
#include <cms/detail/key_derivation.hpp>

#include <base/try.hpp>
#include <cms/detail/reading.hpp>
#include <pki/detail/context.hpp>

#include <algorithm>
#include <array>
#include <gsl/gsl>
#include <openssl/core_names.h>
#include <openssl/params.h>

namespace scepkit::inline v0::cms::detail {

namespace {

/// The parts one behind the other, wiped when done with.
secret_bytes joined(std::initializer_list<bytes_view> parts)
{
    std::size_t size = 0;
    for(auto part : parts)
        size += part.size();
    secret_bytes all(size);
    auto* to = all.data();
    for(auto part : parts)
        to = std::ranges::copy(part, to).out;
    return all;
}

} // namespace

result<secret_bytes> pbkdf2(pki::crypto_context const& context, pki::digest_algorithm prf, bytes_view password,
                            bytes_view salt, std::uint32_t iterations, std::size_t size)
{
    pki::detail::queue_guard const guard;
    auto const& handles = context.handles();
    auto const* const digest = handles.digest(prf);
    pki::detail::kdf_ptr const kdf(EVP_KDF_fetch(handles.library.get(), "PBKDF2", handles.query()));
    if(digest == nullptr || !kdf)
        return failure(errc::unsupported, "PBKDF2 with HMAC-" + std::string(pki::name_of(prf)) +
                                              " is not available in this crypto context.");
    pki::detail::kdf_ctx_ptr const state(EVP_KDF_CTX_new(kdf.get()));
    // OpenSSL takes these through pointers that are not const and changes nothing.
    secret_bytes own_password(password);
    auto own_salt = to_bytes(salt);
    std::string name = EVP_MD_get0_name(digest);
    std::string query = handles.properties;
    unsigned rounds = iterations;
    std::array<OSSL_PARAM, 6> const parameters{
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, own_password.data(), own_password.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, own_salt.data(), own_salt.size()),
        OSSL_PARAM_construct_uint(OSSL_KDF_PARAM_ITER, &rounds),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, name.data(), 0),
        query.empty() ? OSSL_PARAM_construct_end()
                      : OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_PROPERTIES, query.data(), 0),
        OSSL_PARAM_construct_end()};
    secret_bytes out(size);
    if(!state || EVP_KDF_derive(state.get(), out.data(), out.size(), parameters.data()) != 1)
        return pki::detail::crypto_error(errc::crypto_failed, "deriving a key from a password failed");
    return out;
}

result<secret_bytes> x963(pki::crypto_context const& context, pki::digest_algorithm digest, bytes_view secret,
                          bytes_view shared_info, std::size_t size)
{
    secret_bytes out(size);
    std::size_t done = 0;
    for(std::uint8_t counter = 1; done != size; ++counter) {
        Expects(counter != 0);
        std::array<std::uint8_t, 4> const number{0, 0, 0, counter};
        auto const input = joined({secret, number, shared_info});
        SCEPKIT_TRY(auto hash, context.digest(digest, input.view()));
        secret_bytes const block(std::move(hash));
        auto const part = std::min(block.size(), size - done);
        std::ranges::copy(block.view().first(part), out.data() + done);
        done += part;
    }
    return out;
}

result<secret_bytes> hkdf_sha256(pki::crypto_context const& context, bytes_view secret, bytes_view info,
                                 std::size_t size)
{
    constexpr auto sha256 = pki::digest_algorithm::sha256;
    SCEPKIT_TRY(auto extracted, context.hmac(sha256, bytes(32), secret));
    secret_bytes const key(std::move(extracted));
    secret_bytes out(size);
    secret_bytes block;
    std::size_t done = 0;
    for(std::uint8_t counter = 1; done != size; ++counter) {
        Expects(counter != 0);
        auto const input = joined({block.view(), info, bytes_view(&counter, 1)});
        SCEPKIT_TRY(auto mac, context.hmac(sha256, key.view(), input.view()));
        block = secret_bytes(std::move(mac));
        auto const part = std::min(block.size(), size - done);
        std::ranges::copy(block.view().first(part), out.data() + done);
        done += part;
    }
    return out;
}

} // namespace scepkit::inline v0::cms::detail
