// SPDX-License-Identifier: BSL-1.0
#include <net/detail/tls.hpp>

#include <net/detail/failures.hpp>

#include <scepkit/openssl.hpp>

#include <algorithm>
#include <memory>

#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace scepkit::inline v0::net::detail {
namespace {

struct free_x509 {
    void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};
using unique_x509 = std::unique_ptr<X509, free_x509>;

unique_x509 native_of(pki::certificate const& certificate)
{
    auto const der = certificate.der();
    auto const* at = der.data();
    return unique_x509(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
}

// OpenSSL keeps the pointer it is given until the answer is written, so the name has to outlive the callback.
constexpr unsigned char http_1_1[] = {'h', 't', 't', 'p', '/', '1', '.', '1'};

int on_alpn(SSL*, unsigned char const** chosen, unsigned char* chosen_size, unsigned char const* offered,
            unsigned int offered_size, void*) noexcept
{
    for(unsigned int i = 0; i < offered_size; i += 1u + offered[i]) {
        unsigned int const size = offered[i];
        if(size > offered_size - i - 1)
            break;
        if(size == sizeof(http_1_1) && std::equal(http_1_1, http_1_1 + size, offered + i + 1)) {
            *chosen = http_1_1;
            *chosen_size = sizeof(http_1_1);
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_NOACK;
}

} // namespace

result<std::shared_ptr<boost::asio::ssl::context>> make_server_tls(tls_server_options const& options)
{
    if(options.chain.empty())
        return make_failure(errc::invalid_argument, "tls", "a TLS server needs a certificate");
    auto* const native =
        SSL_CTX_new_ex(pki::native_handle(pki::crypto_context::default_context()), nullptr, TLS_server_method());
    if(native == nullptr)
        return crypto_failure("no TLS context");
    auto made = std::make_shared<boost::asio::ssl::context>(native); // Owns it from here.

    auto const leaf = native_of(options.chain.front());
    if(!leaf || SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION) != 1 ||
       SSL_CTX_use_certificate(native, leaf.get()) != 1)
        return crypto_failure("the TLS certificate cannot be used");
    if(SSL_CTX_use_PrivateKey(native, pki::native_handle(options.key)) != 1 || SSL_CTX_check_private_key(native) != 1) {
        auto failure = crypto_failure("the TLS key does not fit the first certificate of the chain");
        return error(errc::bad_key, failure.details());
    }
    for(std::size_t i = 1; i < options.chain.size(); ++i) {
        auto const next = native_of(options.chain[i]);
        if(!next || SSL_CTX_add1_chain_cert(native, next.get()) != 1)
            return crypto_failure("a certificate of the TLS chain cannot be used");
    }
    // Only what was given is sent: OpenSSL would complete the chain from its store.
    SSL_CTX_set_mode(native, SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(native, 0);
    SSL_CTX_set_options(native, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_alpn_select_cb(native, on_alpn, nullptr);
    return made;
}

} // namespace scepkit::inline v0::net::detail
