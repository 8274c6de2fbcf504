// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/crypto_context.hpp>

#include <base/try.hpp>
#include <pki/detail/context.hpp>
#include <pki/detail/errors.hpp>

#include <openssl/core_names.h>
#include <openssl/params.h>

namespace scepkit::inline v0::pki {
namespace {

constexpr std::array<char const*, 5> digest_names{"MD5", "SHA1", "SHA2-256", "SHA2-384", "SHA2-512"};
// In the order of cipher_kind.
constexpr std::array<char const*, detail::cipher_kinds> cipher_names{
    "DES-EDE3-CBC", "AES-128-CBC",  "AES-192-CBC",  "AES-256-CBC",  "AES-128-GCM",
    "AES-256-GCM",  "AES-128-WRAP", "AES-192-WRAP", "AES-256-WRAP", "DES3-WRAP"};

error missing_digest(digest_algorithm algorithm)
{
    return detail::fail(errc::unsupported,
                        std::string(name_of(algorithm)) + " is not offered by the providers of this crypto context");
}

result<void> configure(crypto_context::native& made, crypto_context::options const& wanted)
{
    if(!wanted.configuration.empty()) {
        constexpr std::size_t maximum = 1u << 20;
        SCEPKIT_CHECK(read_file(wanted.configuration, maximum)); // Whose error says why.
        if(OSSL_LIB_CTX_load_config(made.library.get(), wanted.configuration.c_str()) != 1)
            return detail::crypto_error(errc::crypto_failed,
                                        "OpenSSL cannot do what '" + wanted.configuration + "' asks for");
    } else if(!wanted.properties.empty())
        // Who asks for properties means providers that this machine's openssl.cnf sets up ("fips"). Where there is no
        // such file, the fetches say what is missing.
        (void)OSSL_LIB_CTX_load_config(made.library.get(), nullptr);
    // A fetch takes a query that does not parse for none at all; this call does not. It also binds what OpenSSL
    // fetches by itself inside RSA and ECDSA.
    if(!wanted.properties.empty() && EVP_set_default_properties(made.library.get(), made.query()) != 1)
        return detail::crypto_error(errc::crypto_failed,
                                    "OpenSSL cannot read the properties '" + made.properties + "'");
    return success();
}

result<void> load(crypto_context::native& made, std::string const& name)
{
    detail::provider_ptr provider(OSSL_PROVIDER_load(made.library.get(), name.c_str()));
    if(!provider)
        return detail::crypto_error(errc::crypto_failed, "OpenSSL's provider '" + name + "' does not load");
    made.providers.push_back(std::move(provider));
    return success();
}

/// Null where the provider has no such HMAC.
detail::mac_ctx_ptr prepare_hmac(crypto_context::native const& made, std::string name)
{
    std::string query = made.properties;
    std::array<OSSL_PARAM, 3> const parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0),
        query.empty() ? OSSL_PARAM_construct_end()
                      : OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_PROPERTIES, query.data(), 0),
        OSSL_PARAM_construct_end()};
    // A context that never had a key cannot be copied.
    std::array<std::uint8_t, 32> const none{};
    detail::mac_ctx_ptr mac(EVP_MAC_CTX_new(made.hmac.get()));
    if(mac && EVP_MAC_init(mac.get(), none.data(), none.size(), parameters.data()) != 1)
        mac.reset();
    return mac;
}

} // namespace

crypto_context const& crypto_context::default_context()
{
    // Never destroyed: a thread may still verify something while the statics of the program go.
    static auto const* const context = new crypto_context(create().value());
    return *context;
}

result<crypto_context> crypto_context::create(std::string_view properties)
{
    return create(options{.properties = std::string(properties), .configuration = {}, .providers = {}});
}

result<crypto_context> crypto_context::create(options const& wanted)
{
    detail::queue_guard const guard;
    auto made = std::make_shared<native>();
    made->properties = wanted.properties;
    made->library.reset(OSSL_LIB_CTX_new());
    if(!made->library)
        return detail::crypto_error(errc::crypto_failed, "OpenSSL gave no library context");
    SCEPKIT_CHECK(configure(*made, wanted));
    SCEPKIT_CHECK(load(*made, "default"));
    for(auto const& name : wanted.providers)
        SCEPKIT_CHECK(load(*made, name));

    for(std::size_t i = 0; i != digest_names.size(); ++i)
        made->digests[i].reset(EVP_MD_fetch(made->library.get(), digest_names[i], made->query()));
    for(std::size_t i = 0; i != cipher_names.size(); ++i)
        made->ciphers[i].reset(EVP_CIPHER_fetch(made->library.get(), cipher_names[i], made->query()));
    made->hmac.reset(EVP_MAC_fetch(made->library.get(), "HMAC", made->query()));
    if(made->hmac)
        for(std::size_t i = 0; i != digest_names.size(); ++i)
            if(made->digests[i])
                made->hmacs[i] = prepare_hmac(*made, digest_names[i]);
    if(!made->hmacs[static_cast<std::size_t>(digest_algorithm::sha256)])
        return detail::crypto_error(errc::crypto_failed, "no provider offers SHA-256 and HMAC under the properties '" +
                                                             made->properties + "'");
    return crypto_context(std::move(made));
}

result<bytes> crypto_context::digest(digest_algorithm algorithm, bytes_view data) const
{
    auto const* const md = native_->digest(algorithm);
    if(md == nullptr)
        return missing_digest(algorithm);
    detail::queue_guard const guard;
    auto& spare = native_->hashing[static_cast<std::size_t>(algorithm)];
    auto hashing = spare.take();
    if(!hashing)
        hashing.reset(EVP_MD_CTX_new());
    bytes out(size_of(algorithm));
    if(!hashing || EVP_DigestInit_ex2(hashing.get(), md, nullptr) != 1 ||
       EVP_DigestUpdate(hashing.get(), data.data(), data.size()) != 1 ||
       EVP_DigestFinal_ex(hashing.get(), out.data(), nullptr) != 1)
        return detail::crypto_error(errc::crypto_failed, "computing a digest failed");
    spare.keep(std::move(hashing));
    return out;
}

result<bytes> crypto_context::hmac(digest_algorithm algorithm, bytes_view key, bytes_view data) const
{
    auto const& prepared = native_->hmacs[static_cast<std::size_t>(algorithm)];
    if(!prepared)
        return missing_digest(algorithm);
    detail::queue_guard const guard;
    detail::mac_ctx_ptr const mac(EVP_MAC_CTX_dup(prepared.get()));
    // OpenSSL reads a null key as "keep the one you have".
    std::uint8_t const none = 0;
    auto const* const key_data = key.empty() ? &none : key.data();
    bytes out(size_of(algorithm));
    std::size_t size = 0;
    if(!mac || EVP_MAC_init(mac.get(), key_data, key.size(), nullptr) != 1 ||
       EVP_MAC_update(mac.get(), data.data(), data.size()) != 1 ||
       EVP_MAC_final(mac.get(), out.data(), &size, out.size()) != 1 || size != out.size())
        return detail::crypto_error(errc::crypto_failed, "computing an HMAC failed");
    return out;
}

} // namespace scepkit::inline v0::pki
