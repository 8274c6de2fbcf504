// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "raw_peer.hpp"
#include "tls_pki.hpp"

#include <scepkit/openssl.hpp>

#include <boost/asio/ssl.hpp>

#include <openssl/ssl.h>

namespace scepkit::test {

/// A TLS server that is set up by hand, for what the library's own would never do. The script gets the stream, its
/// handshake done or failed.
class tls_peer
{
public:
    using stream = boost::asio::ssl::stream<tcp::socket&>;
    using script = std::function<void(stream&, boost::system::error_code const& handshake)>;

    tls_peer(net::tls_server_options const& shown, std::function<void(SSL_CTX*)> set_up, script play)
        : context_(
              SSL_CTX_new_ex(pki::native_handle(pki::crypto_context::default_context()), nullptr, TLS_server_method())),
          peer_([this, play = std::move(play)](tcp::socket& socket, unsigned) {
              stream over(socket, context_);
              boost::system::error_code failed;
              over.handshake(boost::asio::ssl::stream_base::server, failed);
              play(over, failed);
          })
    {
        // Nobody connects before the constructor has ended.
        auto* const native = context_.native_handle();
        bool first = true;
        for(auto const& certificate : shown.chain) {
            auto const der = certificate.der();
            auto const* at = der.data();
            X509* const x509 = d2i_X509(nullptr, &at, static_cast<long>(der.size()));
            if(first)
                SSL_CTX_use_certificate(native, x509);
            else
                SSL_CTX_add1_chain_cert(native, x509);
            X509_free(x509);
            first = false;
        }
        SSL_CTX_use_PrivateKey(native, pki::native_handle(shown.key));
        if(set_up)
            set_up(native);
    }

    std::uint16_t port() const noexcept { return peer_.port(); }
    std::string url(std::string const& host = "localhost") const
    {
        return "https://" + host + ":" + std::to_string(port()) + "/certsrv/mscep/mscep.dll";
    }

private:
    boost::asio::ssl::context context_;
    raw_peer peer_;
};

/// Reads a request, answers, and ends TLS properly.
inline tls_peer::script answers_over_tls(std::string text)
{
    return [text = std::move(text)](tls_peer::stream& over, boost::system::error_code const& handshake) {
        if(handshake)
            return;
        read_request(over);
        say(over, text);
        boost::system::error_code ignored;
        over.shutdown(ignored);
    };
}

} // namespace scepkit::test
