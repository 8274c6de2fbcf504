// SPDX-License-Identifier: BSL-1.0
#include <scepkit/net/server.hpp>

#include <net/detail/failures.hpp>
#include <net/detail/server_core.hpp>
#include <net/detail/session.hpp>
#include <net/detail/tls.hpp>

#include <base/try.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <algorithm>
#include <system_error>

namespace scepkit::inline v0::net {
namespace detail {
namespace {

constexpr std::chrono::milliseconds pause_without_descriptors{50};

} // namespace

server_core::server_core(server_options chosen)
    : options_(std::move(chosen)),
      context_(static_cast<int>(std::clamp(options_.threads, 1u, 256u))),
      accepting_(asio::make_strand(context_)),
      acceptor_(accepting_),
      room_(accepting_)
{
    options_.threads = std::clamp(options_.threads, 1u, 256u);
    options_.maximum_connections = std::max<std::size_t>(options_.maximum_connections, 1);
}

server_core::~server_core() { stop(); }

void server_core::trace(std::string_view name, std::string detail) const
{
    if(options_.trace != nullptr)
        options_.trace->on_event({"http", name, std::move(detail), {}});
}

result<void> server_core::listen()
{
    if(!options_.handler)
        return make_failure(errc::invalid_argument, "net", "a server needs a handler");
    if(options_.tls) {
        SCEPKIT_TRY(tls_, make_server_tls(*options_.tls));
    }
    error_code code;
    auto const address = asio::ip::make_address(options_.address, code);
    if(code)
        return make_failure(errc::invalid_argument, "net", options_.address + " is no address to listen on");
    tcp::endpoint const wanted(address, options_.port);
    auto const where = options_.address + " port " + std::to_string(options_.port);
    acceptor_.open(wanted.protocol(), code);
#if !defined(_WIN32) // There it would let two servers share a port.
    if(!code)
        acceptor_.set_option(tcp::acceptor::reuse_address(true), code);
#endif
    if(!code)
        acceptor_.bind(wanted, code);
    if(!code)
        acceptor_.listen(asio::socket_base::max_listen_connections, code);
    if(code)
        return make_failure(errc::io_failed, "net", "cannot listen on " + where, code);
    port_ = acceptor_.local_endpoint(code).port();

    asio::co_spawn(accepting_, accept(), asio::detached);
    try {
        for(unsigned i = 0; i < options_.threads; ++i)
            threads_.emplace_back([this] { context_.run(); });
    } catch(std::system_error const& e) {
        stop();
        return make_failure(errc::io_failed, "net", "cannot start a thread", e.code());
    }
    return success();
}

void server_core::stop()
{
    std::call_once(stopped_, [this] {
        // The threads stay until every connection was told: what is posted after the last of them has gone would wait
        // in the context until its end, and by then the list of sessions is gone too.
        auto working = asio::make_work_guard(context_);
        std::vector<std::shared_ptr<session>> open;
        {
            std::lock_guard const guard(lock_);
            stopping_ = true;
            for(auto const& [key, weak] : sessions_)
                if(auto alive = weak.lock())
                    open.push_back(std::move(alive));
        }
        asio::post(accepting_, [this] {
            error_code ignored;
            acceptor_.close(ignored);
            room_.cancel();
        });
        for(auto const& one : open)
            one->shut_down();
        open.clear();
        working.reset();
        for(auto& thread : threads_)
            thread.join();
        threads_.clear();
        error_code ignored;
        acceptor_.close(ignored); // Where no thread had ever run.
    });
}

bool server_core::is_full()
{
    std::lock_guard const guard(lock_);
    return sessions_.size() >= options_.maximum_connections;
}

bool server_core::is_stopping()
{
    std::lock_guard const guard(lock_);
    return stopping_;
}

bool server_core::add(std::shared_ptr<session> const& which)
{
    std::lock_guard const guard(lock_);
    if(stopping_)
        return false;
    sessions_.emplace(which.get(), which);
    return true;
}

void server_core::remove(session const* which) noexcept
{
    {
        std::lock_guard const guard(lock_);
        sessions_.erase(which);
    }
    asio::post(accepting_, [this] { room_.cancel(); });
}

asio::awaitable<void> server_core::accept()
{
    while(!is_stopping()) {
        if(is_full()) {
            room_.expires_at(std::chrono::steady_clock::time_point::max());
            co_await room_.async_wait(to_tuple);
            continue;
        }
        tcp::socket socket{asio::any_io_executor(asio::make_strand(context_))};
        auto const [code] = co_await acceptor_.async_accept(socket, to_tuple);
        if(code == asio::error::operation_aborted || !acceptor_.is_open())
            break;
        if(code) { // Out of descriptors, or a client that left again: neither ends a server.
            room_.expires_after(pause_without_descriptors);
            co_await room_.async_wait(to_tuple);
            continue;
        }
        auto const executor = socket.get_executor();
        auto const one = std::make_shared<session>(*this, std::move(socket));
        if(!add(one))
            break;
        asio::co_spawn(executor, one->run(), [one](std::exception_ptr) {});
    }
}

} // namespace detail

struct server::state {
    explicit state(server_options options) : address(options.address), core(std::move(options)) {}
    std::string address;
    detail::server_core core;
};

server::server(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
server::server(server&&) noexcept = default;
server& server::operator=(server&&) noexcept = default; // The one assigned over stops: its core's destructor.
server::~server() = default;

result<server> server::start(server_options options)
{
    auto made = std::make_unique<state>(std::move(options));
    SCEPKIT_CHECK(made->core.listen());
    return server(std::move(made));
}

std::uint16_t server::port() const noexcept { return state_ ? state_->core.port() : std::uint16_t{0}; }

std::string const& server::address() const noexcept
{
    static std::string const none;
    return state_ ? state_->address : none;
}

void server::stop()
{
    if(state_)
        state_->core.stop();
}

} // namespace scepkit::inline v0::net
