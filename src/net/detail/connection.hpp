// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <net/detail/asio.hpp>
#include <net/detail/tls.hpp>

#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <algorithm>
#include <memory>
#include <string>

namespace scepkit::inline v0::net::detail {

/// An open connection of a client: plain, or inside TLS once a handshake was begun.
class connection
{
public:
    using tls_stream = asio::ssl::stream<tcp::socket>;

    /// The socket must be non-blocking.
    connection(tcp::socket connected, std::size_t buffer_limit) : plain_(std::move(connected)), buffer_(buffer_limit)
    {
        buffer_.reserve(std::min(usual_message, buffer_limit));
    }

    bool is_tls() const noexcept { return tls_ != nullptr; }
    tcp::socket& plain() noexcept { return plain_; }
    tls_stream& tls() noexcept { return *tls_; }
    handshake_watch* watch() noexcept { return watch_.get(); }
    /// Bytes read and not yet parsed.
    boost::beast::flat_buffer& buffer() noexcept { return buffer_; }

    result<void> begin_tls(std::shared_ptr<client_tls> settings, std::string host)
    {
        watch_ = std::make_unique<handshake_watch>();
        watch_->host = std::move(host);
        settings_ = std::move(settings);
        tls_ = std::make_unique<tls_stream>(std::move(plain_), settings_->context());
        return settings_->attach(tls_->native_handle(), *watch_);
    }

    void close() noexcept
    {
        error_code ignored;
        socket().close(ignored);
    }

    /// Whether the peer has closed, or said something that nobody asked for.
    bool is_stale()
    {
        char byte = 0;
        error_code code;
        auto const got = socket().receive(asio::buffer(&byte, 1), tcp::socket::message_peek, code);
        if(code == asio::error::would_block)
            return false;
        return code || got == 0 || !is_tls(); // Under TLS it may be a ticket.
    }

private:
    tcp::socket& socket() noexcept { return tls_ ? tls_->next_layer() : plain_; }

    // The order matters: the TLS stream goes first, what its callbacks use goes later.
    std::shared_ptr<client_tls> settings_;
    std::unique_ptr<handshake_watch> watch_;
    tcp::socket plain_;
    std::unique_ptr<tls_stream> tls_;
    boost::beast::flat_buffer buffer_;
};

} // namespace scepkit::inline v0::net::detail
