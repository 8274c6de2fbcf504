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
    void trace(std::string_view name, std::string detail) const;

    /// A session tells of its end; there may be room for another one.
    void remove(session const* which) noexcept;

private:
    asio::awaitable<void> accept();
    bool is_full();
    bool add(std::shared_ptr<session> const& which);
    bool is_stopping();

    server_options options_;
    std::shared_ptr<asio::ssl::context> tls_;
    asio::io_context context_;
    asio::any_io_executor accepting_; ///< Strand of the acceptor and of `room_`.
    tcp::acceptor acceptor_;
    asio::steady_timer room_; ///< Never expires; cancelled when a connection ends.
    std::uint16_t port_ = 0;

    std::mutex lock_;
    std::map<session const*, std::weak_ptr<session>> sessions_; // guarded by lock_
    bool stopping_ = false;                                     // guarded by lock_
    std::once_flag stopped_;
    std::vector<std::thread> threads_;
};

} // namespace scepkit::inline v0::net::detail
