// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <net/detail/client_core.hpp>
#include <net/detail/message_parser.hpp>

#include <boost/asio/cancellation_signal.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace scepkit::inline v0::net::detail {

/// One request and its answer, phase by phase, as a coroutine on the core's executor.
///
/// Time and cancellation work by closing: the timer or `abort` notes why, closes the socket, and the read or write that
/// waited ends. So a completion that was already on its way when the time ran out is an error too, never half a
/// success.
class exchange_operation final : public operation, public std::enable_shared_from_this<exchange_operation>
{
public:
    exchange_operation(std::shared_ptr<client_core> core, http::endpoint server, http::request request,
                       tls_client_options::mode mode);

    /// Must be run once, on the core's executor, by somebody who keeps the operation alive. Never throws.
    asio::awaitable<void> run();
    void abort() override;
    /// On the core's executor only.
    void stop(errc reason);
    exchange take() { return std::move(record_); }

private:
    using clock = std::chrono::steady_clock;
    enum class sent { finished, connection_was_dead };
    struct lookup;
    class on_found;

    asio::awaitable<void> steps();
    asio::awaitable<void> resolve();
    asio::awaitable<void> connect();
    asio::awaitable<void> connect_to(std::string address, std::uint16_t port);
    asio::awaitable<void> shake_hands();
    asio::awaitable<sent> transfer();
    template <class Stream>
    asio::awaitable<sent> transfer_over(Stream& stream);

    bool prepare();
    std::string target_host() const;
    void take_response(message_parser<false>& parser, error_code const& code);
    void keep_or_close(message_parser<false> const& parser);
    void note_tls();

    void fail(error why);
    void fail(std::string_view layer, std::string message, error_code const& cause);
    bool failed() const noexcept { return record_.failure.has_value(); }
    /// Why a wait ended early, if the clock or a caller ended it.
    std::optional<errc> interrupted() const noexcept;
    void arm(std::chrono::milliseconds phase_limit);
    void disarm();
    void on_time_up();
    void close_all();

    std::shared_ptr<client_core> core_;
    tls_client_options::mode mode_;
    exchange record_;
    std::string wire_request_;
    std::string key_;
    std::string connect_host_;
    std::uint16_t connect_port_ = 0;
    std::unique_ptr<connection> connection_;
    std::optional<tcp::socket> connecting_;
    asio::steady_timer timer_;
    std::shared_ptr<lookup> lookup_;
    clock::time_point begun_;
    clock::time_point give_up_;
    std::optional<errc> stopped_;
    bool phase_expired_ = false;
};

} // namespace scepkit::inline v0::net::detail
