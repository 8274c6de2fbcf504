// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/net/exchange.hpp>
#include <scepkit/net/tls.hpp>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>

#include <memory>
#include <optional>
#include <string>

namespace scepkit::inline v0::net::detail {

/// What the callbacks of one client connection need and write. Must outlive the connection's SSL object.
struct handshake_watch {
    std::string host;
    bool require = true;
    tls_observation seen;
    std::optional<error> refused; ///< Why our own check ended the handshake.
};

/// The settings of all connections of one client: versions, trust anchors, callbacks.
class client_tls
{
public:
    /// errc::file_unreadable, bad_pem, crypto_failed.
    static result<std::shared_ptr<client_tls>> create(tls_client_options const& options);

    explicit client_tls(SSL_CTX* context) : context_(context) {}
    boost::asio::ssl::context& context() noexcept { return context_; }
    /// Ties a new SSL object to `watch`: SNI for names, ALPN, verification and alerts.
    result<void> attach(SSL* connection, handshake_watch& watch) const;
    /// Version, cipher and protocol of a handshake that finished.
    static void note_parameters(SSL* connection, handshake_watch& watch);

private:
    boost::asio::ssl::context context_;
    std::string trust_source_;
    tls_client_options::mode mode_ = tls_client_options::mode::require;
};

/// errc::invalid_argument (no certificate), bad_key (it does not fit the leaf), crypto_failed.
result<std::shared_ptr<boost::asio::ssl::context>> make_server_tls(tls_server_options const& options);

/// An error with everything OpenSSL said, its queue drained.
error crypto_failure(std::string message);

} // namespace scepkit::inline v0::net::detail
