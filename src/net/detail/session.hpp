// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <net/detail/message_parser.hpp>
#include <net/detail/server_core.hpp>

#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <memory>
#include <optional>

namespace scepkit::inline v0::net::detail {

/// One connection of a server, on a strand of its own.
class session : public std::enable_shared_from_this<session>
{
public:
    session(server_core& core, tcp::socket socket);
    ~session();
    session(session const&) = delete;
    session& operator=(session const&) = delete;

    /// Must be run once, on the socket's executor, while somebody holds the session. Never throws.
    asio::awaitable<void> run();
    /// From any thread: ends the connection, after the answer that is being computed or written.
    void shut_down();

private:
    using parser = message_parser<true>;
    enum class next { another_request, close_gently, close_now };

    asio::awaitable<void> steps();
    template <class Stream>
    asio::awaitable<void> serve(Stream& stream);
    template <class Stream>
    asio::awaitable<next> serve_one(Stream& stream);
    template <class Stream>
    asio::awaitable<next> answer(Stream& stream, server_answer what, parser const* request);
    template <class Stream>
    asio::awaitable<void> write(Stream& stream, std::string data, error_code& code);
    asio::awaitable<void> say_goodbye();
    asio::awaitable<void> drain();

    server_answer refusal(unsigned status) const;
    server_answer ask_handler(http::request const& request) const;
    /// The next step has so long; then the connection is closed.
    void arm(std::chrono::milliseconds limit);
    void wait_for_deadline();
    void close() noexcept;

    tcp::socket& socket() noexcept { return tls_ ? tls_->next_layer() : plain_; }

    server_core& core_;
    tcp::socket plain_;
    std::unique_ptr<asio::ssl::stream<tcp::socket>> tls_;
    asio::steady_timer timer_; ///< Expires at `deadline_`, or before: then it looks again.
    std::chrono::steady_clock::time_point deadline_;
    bool is_timing_ = false;
    boost::beast::flat_buffer buffer_;
    peer peer_;
    bool answering_ = false;
    bool stopping_ = false;
};

} // namespace scepkit::inline v0::net::detail
