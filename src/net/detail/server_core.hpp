// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/net/server.hpp>

#include <net/detail/asio.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace scepkit::inline v0::net::detail {

class session;

/// A listening server with its threads. Outlives its sessions: `stop` joins the threads, and no session is left when
/// they have ended.
class server_core
{
public:
    explicit server_core(server_options chosen);
    ~server_core();
    server_core(server_core const&) = delete;
    server_core& operator=(server_core const&) = delete;

    result<void> listen();
    void stop();

    server_options const& options() const noexcept { return options_; }
    asio::ssl::context& tls() noexcept { return *tls_; }
    std::uint16_t port() const noexcept { return port_; }
    void trace(std::string_view name, std::string_view detail) const;

    /// A session tells of its end; there may be room for another one.
    void remove(session const* which) noexcept;

private:
    /// Lives in the loop that accepts, and tells of its end, whichever way that comes.
    class accepting;

    /// For what must not run on two threads at a time.
    asio::any_io_executor one_at_a_time();
    void work();
    void ensure_accepting();
    asio::awaitable<void> accept();
    /// False: no more, for good.
    asio::awaitable<bool> accept_one();
    asio::awaitable<void> pause(std::chrono::milliseconds time);
    bool is_full();
    bool add(std::shared_ptr<session> const& which);
    bool is_stopping();
    void tell_all_to_end();

    server_options options_;
    std::shared_ptr<asio::ssl::context> tls_;

    std::mutex lock_;
    // Guarded by lock_. Before the context: where it goes with sessions in it, they still tell of their end.
    std::map<session const*, std::weak_ptr<session>> sessions_;
    bool stopping_ = false;
    bool is_accepting_ = false;

    asio::io_context context_;
    asio::any_io_executor accepting_; ///< Of the acceptor and of `room_`.
    tcp::acceptor acceptor_;
    asio::steady_timer room_;    ///< Cancelled when a connection ends.
    asio::steady_timer revival_; ///< Guarded by lock_. Its handler makes a new loop; cancelled when the old one ends.
    std::uint16_t port_ = 0;
    std::once_flag stopped_;
    std::vector<std::thread> threads_;
};

} // namespace scepkit::inline v0::net::detail
