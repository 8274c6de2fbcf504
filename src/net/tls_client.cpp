// SPDX-License-Identifier: BSL-1.0
#include <net/detail/tls.hpp>

#include <net/detail/failures.hpp>
#include <net/detail/trust.hpp>
#include <pki/detail/openssl.hpp>

#include <scepkit/openssl.hpp>
#include <scepkit/pki/chain.hpp>

#include <base/try.hpp>

#include <boost/asio/ip/address.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

namespace scepkit::inline v0::net::detail {
namespace {

/// Where a connection keeps its watch. Slot 0 of the SSL object is Asio's.
int watch_index()
{
    static int const index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

handshake_watch* watch_of(SSL const* connection) noexcept
{
    return static_cast<handshake_watch*>(SSL_get_ex_data(connection, watch_index()));
}

std::vector<bytes> chain_as_sent(X509_STORE_CTX* store)
{
    std::vector<bytes> chain;
    auto* const certificates = X509_STORE_CTX_get0_untrusted(store);
    for(int i = 0; i < sk_X509_num(certificates); ++i) {
        auto* const one = sk_X509_value(certificates, i);
        auto const size = i2d_X509(one, nullptr);
        if(size <= 0)
            continue;
        bytes der(static_cast<std::size_t>(size));
        auto* at = der.data();
        i2d_X509(one, &at);
        chain.push_back(std::move(der));
    }
    return chain;
}

void judge(handshake_watch& watch, X509_STORE_CTX* store)
{
    auto& seen = watch.seen;
    seen.sent_chain = chain_as_sent(store);
    seen.chain_trusted = X509_verify_cert(store) == 1;
    if(!seen.chain_trusted) {
        seen.verify_code = X509_STORE_CTX_get_error(store);
        seen.verify_text = X509_verify_cert_error_string(*seen.verify_code);
    }
    pki::detail::empty_error_queue();

    if(seen.sent_chain.empty()) {
        watch.refused = make_failure(errc::tls_not_trusted, "tls", "the server sent no certificate");
        return;
    }
    auto const leaf = pki::certificate::from_der(seen.sent_chain.front());
    seen.name_matches = leaf && pki::matches_host(*leaf, watch.host);
    if(!leaf)
        watch.refused = leaf.error().in("tls");
    else if(!seen.chain_trusted)
        watch.refused = make_failure(errc::tls_not_trusted, "tls",
                                     "the server's certificate is not trusted: " + seen.verify_text +
                                         "; trust anchors: " + seen.trust_source);
    else if(!seen.name_matches)
        watch.refused = make_failure(errc::name_mismatch, "tls", "the server's certificate is not for " + watch.host);
}

/// Stands in for OpenSSL's verification, so that what was sent is known whatever the verdict.
int on_verify(X509_STORE_CTX* store, void*) noexcept
{
    auto* const connection = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* const watch = watch_of(connection);
    if(watch == nullptr)
        return 0;
    try {
        judge(*watch, store);
    } catch(...) { // Out of memory; an exception must not pass through OpenSSL.
        return 0;
    }
    if(watch->refused && watch->require) {
        if(X509_STORE_CTX_get_error(store) == X509_V_OK)
            X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
        return 0;
    }
    return 1;
}

int on_certificate_wanted(SSL* connection, X509**, EVP_PKEY**) noexcept
{
    if(auto* const watch = watch_of(connection))
        watch->seen.client_certificate_requested = true;
    return 0; // Go on without one.
}

/// The names of RFC 8446 and its forerunners; OpenSSL's own texts change with its version and miss some.
std::string alert_name(int number)
{
    switch(number) {
    case 10: return "unexpected_message";
    case 20: return "bad_record_mac";
    case 22: return "record_overflow";
    case 40: return "handshake_failure";
    case 42: return "bad_certificate";
    case 43: return "unsupported_certificate";
    case 44: return "certificate_revoked";
    case 45: return "certificate_expired";
    case 46: return "certificate_unknown";
    case 47: return "illegal_parameter";
    case 48: return "unknown_ca";
    case 49: return "access_denied";
    case 50: return "decode_error";
    case 51: return "decrypt_error";
    case 70: return "protocol_version";
    case 71: return "insufficient_security";
    case 80: return "internal_error";
    case 86: return "inappropriate_fallback";
    case 100: return "no_renegotiation";
    case 109: return "missing_extension";
    case 110: return "unsupported_extension";
    case 112: return "unrecognized_name";
    case 113: return "bad_certificate_status_response";
    case 115: return "unknown_psk_identity";
    case 116: return "certificate_required";
    case 120: return "no_application_protocol";
    default: return "alert_" + std::to_string(number);
    }
}

void on_info(SSL const* connection, int where, int value) noexcept
{
    if((where & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT || (value >> 8) != SSL3_AL_FATAL)
        return;
    auto* const watch = watch_of(connection);
    if(watch == nullptr || watch->seen.alert)
        return;
    try {
        watch->seen.alert = alert_name(value & 0xff);
    } catch(...) {
    }
}

result<void> set_policy(SSL_CTX* context, tls_client_options::mode mode)
{
    bool good = true;
    if(mode == tls_client_options::mode::observe) {
        // Whatever the machine's configuration says: an old server has to be seen before it can be judged.
        SSL_CTX_set_security_level(context, 0);
        good = SSL_CTX_set_min_proto_version(context, TLS1_VERSION) == 1 &&
               SSL_CTX_set_cipher_list(context, "ALL:!aNULL:!eNULL:@SECLEVEL=0") == 1;
        SSL_CTX_set_options(context, SSL_OP_LEGACY_SERVER_CONNECT);
        // IIS asks for client certificates after the request; under TLS 1.3 only of those who offer to be asked.
        SSL_CTX_set_post_handshake_auth(context, 1);
    } else
        good = SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1;
    if(!good)
        return crypto_failure("the TLS policy cannot be set");
    return success();
}

/// SSL_set_tlsext_host_name, whose macro holds a cast that this project's warnings refuse. OpenSSL copies the name.
bool set_server_name(SSL* connection, std::string& host)
{
    return SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data()) == 1;
}

bool is_address(std::string const& host)
{
    boost::system::error_code no;
    boost::asio::ip::make_address(host, no);
    return !no;
}

} // namespace

error crypto_failure(std::string message)
{
    diagnostics details;
    details.message = std::move(message);
    details.layer = "tls";
    while(auto const code = ERR_get_error()) {
        char text[256];
        ERR_error_string_n(code, text, sizeof(text));
        if(!details.crypto.empty())
            details.crypto += "; ";
        details.crypto += text;
    }
    return {errc::crypto_failed, std::move(details)};
}

result<std::shared_ptr<client_tls>> client_tls::create(tls_client_options const& options)
{
    auto* const native =
        SSL_CTX_new_ex(pki::native_handle(pki::crypto_context::default_context()), nullptr, TLS_client_method());
    if(native == nullptr)
        return crypto_failure("no TLS context");
    auto made = std::make_shared<client_tls>(native); // Owns it from here.
    made->mode_ = options.verification;
    SCEPKIT_CHECK(set_policy(native, options.verification));
    auto* const store = SSL_CTX_get_cert_store(native);
    SCEPKIT_TRY(made->trust_source_, load_trust(store, options));
    // An anchor is trusted as it is, self-signed or not.
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF); // A resumed session shows no certificates.
    SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_cert_verify_callback(native, on_verify, nullptr);
    SSL_CTX_set_client_cert_cb(native, on_certificate_wanted);
    SSL_CTX_set_info_callback(native, on_info);
    return made;
}

result<void> client_tls::attach(SSL* connection, handshake_watch& watch) const
{
    watch.require = mode_ == tls_client_options::mode::require;
    watch.seen.trust_source = trust_source_;
    static constexpr unsigned char http_1_1[] = "\x08http/1.1";
    // SSL_set_alpn_protos returns 0 for success.
    bool const good = SSL_set_ex_data(connection, watch_index(), &watch) == 1 &&
                      SSL_set_alpn_protos(connection, http_1_1, sizeof(http_1_1) - 1) == 0 &&
                      (is_address(watch.host) || set_server_name(connection, watch.host));
    if(!good)
        return crypto_failure("a TLS connection cannot be prepared");
    return success();
}

void client_tls::note_parameters(SSL* connection, handshake_watch& watch)
{
    watch.seen.version = SSL_get_version(connection);
    watch.seen.cipher = SSL_get_cipher_name(connection);
    unsigned char const* chosen = nullptr;
    unsigned int length = 0;
    SSL_get0_alpn_selected(connection, &chosen, &length);
    if(length > 0)
        watch.seen.alpn.assign(reinterpret_cast<char const*>(chosen), length);
}

} // namespace scepkit::inline v0::net::detail
