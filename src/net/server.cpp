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
#include <new>
#include <system_error>
#include <thread>
#include <utility>

namespace scepkit::inline v0::net {
namespace detail {
namespace {

constexpr std::chrono::milliseconds pause_without_descriptors{50};
constexpr std::chrono::milliseconds pause_without_memory{10};
constexpr std::chrono::milliseconds longest_wait_for_room{1000};

} // namespace

server_core::server_core(server_options chosen)
    : options_(std::move(chosen)),
      context_(static_cast<int>(std::clamp(options_.threads, 1u, 256u))),
      accepting_(one_at_a_time()),
      acceptor_(accepting_),
      room_(accepting_),
      revival_(accepting_)
{
    options_.threads = std::clamp(options_.threads, 1u, 256u);
    options_.maximum_connections = std::max<std::size_t>(options_.maximum_connections, 1);
}

server_core::~server_core() { stop(); }

asio::any_io_executor server_core::one_at_a_time()
{
    if(options_.threads <= 1)
        return context_.get_executor();
    return asio::make_strand(context_);
}

void server_core::trace(std::string_view name, std::string_view detail) const
{
    if(options_.trace != nullptr)
        options_.trace->on_event({"http", name, std::string(detail), {}});
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

    try {
        for(unsigned i = 0; i < options_.threads; ++i)
            threads_.emplace_back([this] { work(); });
    } catch(std::system_error const& e) {
        stop();
        return make_failure(errc::io_failed, "net", "cannot start a thread", e.code());
    }
    return success();
}

class server_core::accepting
{
public:
    explicit accepting(server_core& core) noexcept : core_(core) {}
    accepting(accepting const&) = delete;
    accepting& operator=(accepting const&) = delete;
    ~accepting()
    {
        std::lock_guard const guard(core_.lock_);
        core_.is_accepting_ = false;
        if(!core_.stopping_)
            core_.revival_.cancel();
    }

private:
    server_core& core_;
};

/// Where memory runs out inside Asio, its handler is gone, and with it a connection or the loop that accepts. The
/// server is not: it takes a breath and goes on.
void server_core::work()
{
    for(;;) {
        try {
            ensure_accepting();
            context_.run();
            return;
        } catch(std::exception const&) {
            std::this_thread::sleep_for(pause_without_memory);
        }
    }
}

void server_core::ensure_accepting()
{
    {
        std::lock_guard const guard(lock_);
        if(is_accepting_ || stopping_)
            return;
        // First, so that the new loop's end is heard of: a handler that waits needs no more memory.
        revival_.expires_at(std::chrono::steady_clock::time_point::max());
        revival_.async_wait([this](error_code const&) { ensure_accepting(); });
        is_accepting_ = true;
    }
    try {
        asio::co_spawn(accepting_, accept(), asio::detached); // May begin at once.
    } catch(std::exception const&) {
        std::lock_guard const guard(lock_);
        is_accepting_ = false;
        throw;
    }
}

/// Ends every connection, after the answer that is being given.
void server_core::tell_all_to_end()
{
    std::vector<std::shared_ptr<session>> open;
    {
        std::lock_guard const guard(lock_);
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
}

void server_core::stop()
{
    std::call_once(stopped_, [this] {
        // The threads stay until every connection was told: what is posted after the last of them has gone would wait
        // in the context until its end.
        auto working = asio::make_work_guard(context_);
        {
            std::lock_guard const guard(lock_);
            stopping_ = true;
            revival_.cancel();
        }
        try {
            tell_all_to_end();
        } catch(std::bad_alloc const&) { // Then they end in the middle of what they say.
            context_.stop();
        }
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
        if(stopping_)
            return;
    }
    try {
        asio::post(accepting_, [this] { room_.cancel(); });
    } catch(std::bad_alloc const&) { // It looks by itself before long.
    }
}

asio::awaitable<void> server_core::accept()
{
    accepting const telling(*this);
    bool is_short = false; // Of descriptors or memory: neither ends a server.
    while(!is_stopping()) {
        try {
            if(std::exchange(is_short, false))
                co_await pause(pause_without_descriptors);
            if(!co_await accept_one())
                break;
        } catch(std::exception const&) {
            is_short = true;
        }
    }
}

asio::awaitable<bool> server_core::accept_one()
{
    if(is_full()) {
        co_await pause(longest_wait_for_room);
        co_return true;
    }
    tcp::socket socket(one_at_a_time());
    auto const [code] = co_await acceptor_.async_accept(socket, to_tuple);
    if(code == asio::error::operation_aborted || !acceptor_.is_open())
        co_return false;
    if(code) { // Out of descriptors, or a client that left again.
        co_await pause(pause_without_descriptors);
        co_return true;
    }
    auto const executor = socket.get_executor();
    auto const one = std::make_shared<session>(*this, std::move(socket));
    if(!add(one))
        co_return false;
    asio::co_spawn(executor, one->run(), [one](std::exception_ptr) {});
    co_return true;
}

/// Until then, or until a connection ends.
asio::awaitable<void> server_core::pause(std::chrono::milliseconds time)
{
    room_.expires_after(time);
    co_await room_.async_wait(to_tuple);
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
