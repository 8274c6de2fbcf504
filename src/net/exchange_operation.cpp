// SPDX-License-Identifier: BSL-1.0
#include <net/detail/exchange_operation.hpp>

#include <net/detail/failures.hpp>
#include <net/detail/text.hpp>
#include <pki/detail/openssl.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <algorithm>

namespace scepkit::inline v0::net::detail {
namespace {

/// A limit that the clock can be moved by: "for ever" must not become "long ago".
std::chrono::milliseconds bounded(std::chrono::milliseconds limit)
{
    return std::min<std::chrono::milliseconds>(limit, std::chrono::hours{24 * 365});
}

std::chrono::milliseconds since(std::chrono::steady_clock::time_point begin)
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
}

/// The most telling of several failed attempts: a port that answered says more than a missing route.
int weight(errc code) noexcept
{
    switch(code) {
    case errc::connection_refused: return 5;
    case errc::connection_reset: return 4;
    case errc::timed_out: return 3;
    case errc::io_failed: return 2;
    default: return 1;
    }
}

} // namespace

/// What a lookup brought. The handler holds it weakly: an exchange that gave up takes nothing any more.
struct exchange_operation::lookup {
    explicit lookup(asio::any_io_executor const& executor) : wake(executor) {}
    bool done = false;
    error_code code;
    std::vector<std::string> addresses;
    asio::steady_timer wake;
};

/// The handler of a lookup. It may be called, or dropped, long after the exchange gave up and the client has gone.
class exchange_operation::on_found
{
public:
    on_found(std::shared_ptr<client_core> const& core, std::weak_ptr<lookup> waiting,
             std::shared_ptr<asio::cancellation_signal> signal)
        : context_(core->context),
          executor_(core->executor),
          work_(asio::prefer(core->executor, asio::execution::outstanding_work.tracked)),
          signal_(std::move(signal)),
          waiting_(std::move(waiting))
    {
    }

    void operator()(error_code code, std::vector<std::string> addresses)
    {
        auto const waiting = waiting_.lock();
        if(!waiting || waiting->done)
            return;
        waiting->done = true;
        waiting->code = code;
        waiting->addresses = std::move(addresses);
        waiting->wake.cancel();
    }

    using executor_type = asio::any_io_executor;
    executor_type get_executor() const noexcept { return executor_; }
    using cancellation_slot_type = asio::cancellation_slot;
    cancellation_slot_type get_cancellation_slot() const noexcept { return signal_->slot(); }

private:
    std::shared_ptr<void> context_; // First, so that it goes last: a strand must not outlive its context.
    asio::any_io_executor executor_;
    asio::any_io_executor work_;
    std::shared_ptr<asio::cancellation_signal> signal_;
    std::weak_ptr<lookup> waiting_;
};

exchange_operation::exchange_operation(std::shared_ptr<client_core> core, http::endpoint server, http::request request,
                                       tls_client_options::mode mode)
    : core_(std::move(core)),
      mode_(mode),
      timer_(core_->executor),
      begun_(clock::now()),
      give_up_(begun_ + bounded(core_->options.request_timeout))
{
    record_.server = std::move(server);
    record_.request = std::move(request);
    record_.started = current_time();
}

asio::awaitable<void> exchange_operation::run()
{
    begun_ = clock::now();
    give_up_ = begun_ + bounded(core_->options.request_timeout);
    try {
        co_await steps();
    } catch(std::exception const& e) { // Out of memory or descriptors: Asio's constructors have no other way to say it.
        fail(make_failure(errc::io_failed, "net", e.what()));
    }
    // Sockets and timers go before the caller hears of the end: it may destroy everything then.
    disarm();
    lookup_.reset();
    connecting_.reset();
    connection_.reset();
    pki::detail::empty_error_queue();
    record_.took = since(begun_);
    if(failed())
        core_->trace("http", "failed", record_.failure->to_string(), record_.took);
    core_.reset();
}

asio::awaitable<void> exchange_operation::steps()
{
    if(!prepare())
        co_return;
    if(core_->idle) {
        auto kept = std::move(core_->idle);
        if(core_->idle_key == key_ && !kept->is_stale()) {
            connection_ = std::move(kept);
            record_.reused_connection = true;
            note_tls();
            auto const outcome = co_await transfer();
            if(outcome == sent::finished)
                co_return;
            record_.reused_connection = false;
            record_.tls.reset();
            connection_.reset();
        }
    }
    co_await resolve();
    if(failed())
        co_return;
    co_await connect();
    if(failed())
        co_return;
    if(record_.server.is_tls()) {
        co_await shake_hands();
        if(failed())
            co_return;
    }
    co_await transfer();
}

asio::awaitable<void> exchange_operation::resolve()
{
    record_.reached = phase::resolve;
    if(auto const why = interrupted()) {
        fail(make_failure(*why, "dns", "given up before the name was looked up"));
        co_return;
    }
    error_code not_literal;
    auto const literal = asio::ip::make_address(connect_host_, not_literal);
    if(!not_literal) {
        record_.addresses.push_back(literal.to_string());
        co_return;
    }

    auto const begin = clock::now();
    auto found = std::make_shared<lookup>(core_->executor);
    auto signal = std::make_shared<asio::cancellation_signal>();
    core_->names->async_resolve(connect_host_, core_->outer, on_found{core_, found, signal});

    // Not waited for by its handler: getaddrinfo cannot be interrupted, and the caller must not wait with it.
    if(!found->done) {
        lookup_ = found;
        found->wake.expires_at(std::min(give_up_, begin + bounded(core_->options.resolve_timeout)));
        co_await found->wake.async_wait(to_tuple);
        lookup_.reset();
    }
    bool const answered = found->done;
    found->done = true;
    if(!answered)
        signal->emit(asio::cancellation_type::terminal);

    if(stopped_)
        fail(make_failure(*stopped_, "dns", "given up while looking up " + connect_host_));
    else if(!answered)
        fail(make_failure(errc::timed_out, "dns", "no answer for the name " + connect_host_ + " in time"));
    else if(found->code == errc::name_not_found)
        fail(make_failure(errc::name_not_found, "dns", "the name " + connect_host_ + " does not exist"));
    else if(found->code)
        fail("dns", "the name " + connect_host_ + " could not be looked up", found->code);
    else if(found->addresses.empty())
        fail(make_failure(errc::name_not_found, "dns", "the name " + connect_host_ + " has no address"));
    else
        record_.addresses = std::move(found->addresses);
    core_->trace("dns", "resolve", connect_host_, clock::now() - begin);
}

asio::awaitable<void> exchange_operation::connect()
{
    record_.reached = phase::connect;
    for(auto const& address : record_.addresses) {
        co_await connect_to(address, connect_port_);
        if(failed() || connection_)
            co_return;
    }
    auto worst = record_.attempts.front();
    for(auto const& attempt : record_.attempts)
        if(weight(*attempt.failure) > weight(*worst.failure))
            worst = attempt;
    std::string where = worst.address + " port " + std::to_string(worst.port);
    if(record_.attempts.size() > 1)
        where += " (" + std::to_string(record_.attempts.size()) + " addresses were tried)";
    fail(make_failure(*worst.failure, "tcp", "no connection to " + where));
}

asio::awaitable<void> exchange_operation::connect_to(std::string address, std::uint16_t port)
{
    auto const begin = clock::now();
    auto& attempt = record_.attempts.emplace_back();
    attempt.address = address;
    attempt.port = port;

    error_code code;
    auto const ip = asio::ip::make_address(address, code);
    tcp::endpoint const target(ip, port);
    if(code)
        attempt.failure = errc::resolver_failed;
    else {
        connecting_.emplace(core_->executor);
        connecting_->open(target.protocol(), code);
        if(!code && !stopped_) {
            arm(core_->options.connect_timeout);
            std::tie(code) = co_await connecting_->async_connect(target, to_tuple);
        }
        if(auto const why = interrupted())
            attempt.failure = *why;
        else if(code)
            attempt.failure = errc_of(code);
    }
    disarm();
    attempt.took = since(begin);
    core_->trace("tcp", "connect",
                 address + " port " + std::to_string(port) + ": " +
                     (attempt.failure ? std::string(name_of(*attempt.failure)) : "connected"),
                 attempt.took);
    if(stopped_) {
        fail(make_failure(*stopped_, "tcp",
                          "given up while connecting to " + address + " port " + std::to_string(port)));
        co_return;
    }
    if(!attempt.failure) {
        connecting_->set_option(tcp::no_delay(true), code);
        connecting_->non_blocking(true, code);
        // Room for a header, a chunk's frame and its trailer; a peer cannot make it grow further.
        connection_ = std::make_unique<connection>(std::move(*connecting_), core_->options.header_limit + (64u << 10));
    }
    connecting_.reset();
}

asio::awaitable<void> exchange_operation::shake_hands()
{
    record_.reached = phase::tls;
    auto const begin = clock::now();
    auto settings = core_->tls_settings(mode_);
    if(!settings) {
        fail(settings.error().in("tls"));
        co_return;
    }
    if(auto const ready = connection_->begin_tls(*settings, record_.server.host); !ready) {
        fail(ready.error());
        co_return;
    }
    arm(core_->options.tls_timeout);
    auto const [code] = co_await connection_->tls().async_handshake(asio::ssl::stream_base::client, to_tuple);
    pki::detail::empty_error_queue();
    auto const why = interrupted();
    disarm();
    auto& watch = *connection_->watch();
    if(!code)
        client_tls::note_parameters(connection_->tls().native_handle(), watch);
    note_tls();
    core_->trace("tls", "handshake", code ? code.message() : watch.seen.version + " " + watch.seen.cipher,
                 clock::now() - begin);
    if(why)
        fail(make_failure(*why, "tls", "the TLS handshake was not finished in time"));
    else if(watch.refused && watch.require)
        fail(*watch.refused);
    else if(watch.seen.alert)
        fail("tls", "the server ended the TLS handshake with the alert " + *watch.seen.alert,
             code ? code : make_error_code(errc::tls_failed));
    else if(code)
        fail("tls", "the TLS handshake failed", code);
}

void exchange_operation::fail(error why)
{
    if(!record_.failure)
        record_.failure = std::move(why);
}

void exchange_operation::fail(std::string_view layer, std::string message, error_code const& cause)
{
    fail(make_failure(errc_of(cause), layer, std::move(message), cause));
}

std::optional<errc> exchange_operation::interrupted() const noexcept
{
    if(stopped_)
        return stopped_;
    if(phase_expired_)
        return errc::timed_out;
    return std::nullopt;
}

void exchange_operation::arm(std::chrono::milliseconds phase_limit)
{
    phase_expired_ = false;
    timer_.expires_at(std::min(give_up_, clock::now() + bounded(phase_limit)));
    timer_.async_wait([weak = weak_from_this()](error_code const& code) {
        if(code)
            return;
        if(auto const self = weak.lock())
            self->on_time_up();
    });
}

void exchange_operation::disarm()
{
    phase_expired_ = false;
    timer_.expires_at(clock::time_point::max()); // A handler on its way sees that it is not meant.
}

void exchange_operation::on_time_up()
{
    auto const now = clock::now();
    if(timer_.expiry() > now)
        return;
    if(now >= give_up_)
        stop(errc::timed_out);
    else {
        phase_expired_ = true;
        close_all();
    }
}

void exchange_operation::abort()
{
    asio::post(timer_.get_executor(), [self = shared_from_this()] { self->stop(errc::cancelled); });
}

void exchange_operation::stop(errc reason)
{
    if(!stopped_)
        stopped_ = reason;
    close_all();
}

void exchange_operation::close_all()
{
    error_code ignored;
    if(lookup_)
        lookup_->wake.cancel();
    if(connecting_)
        connecting_->close(ignored);
    if(connection_)
        connection_->close();
}

} // namespace scepkit::inline v0::net::detail
