// SPDX-License-Identifier: BSL-1.0
#include <net/detail/session.hpp>

#include <net/detail/failures.hpp>
#include <net/detail/text.hpp>
#include <net/detail/transfer.hpp>
#include <pki/detail/openssl.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <new>
#include <tuple>

namespace scepkit::inline v0::net::detail {
namespace {

constexpr std::chrono::milliseconds goodbye_time{2'000};
constexpr std::size_t drained_at_most = 4u << 20;

std::string_view reason_of(unsigned status) noexcept
{
    switch(status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 413: return "Content Too Large";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    default: return "";
    }
}

/// Fixed words: nothing of a request is ever said back.
http::response plain_answer(unsigned status)
{
    http::response r;
    r.status = status;
    r.reason = reason_of(status);
    r.fields.add("Content-Type", "text/plain");
    r.body = to_bytes(as_bytes(std::to_string(status) + " " + r.reason + "\n"));
    return r;
}

bool can_be_written(http::response const& r)
{
    auto const& list = r.fields.list();
    return r.status >= 100 && r.status <= 999 && is_field_value(r.reason) &&
           std::all_of(list.begin(), list.end(),
                       [](auto const& f) { return is_token(f.first) && is_field_value(f.second); });
}

struct written_answer {
    std::string data;
    bool keep = false;
};

written_answer write_out(http::response const& r, bool keep, bool is_head)
{
    bool const bodiless = r.status / 100 == 1 || r.status == 204 || r.status == 304;
    bool const chunked = r.fields.contains("Transfer-Encoding");
    auto const length = std::to_string(r.body.size());
    // A handler may say what it wants about the length (a fault to be shown), but then the connection cannot go on.
    if(chunked || (r.fields.contains("Content-Length") && !is_head && r.fields.first("Content-Length") != length) ||
       lower(r.fields.first("Connection")) == "close")
        keep = false;

    written_answer out;
    out.keep = keep;
    constexpr std::size_t usual_header = 512;
    out.data.reserve(usual_header + r.body.size());
    out.data.append("HTTP/1.1 ").append(std::to_string(r.status)).append(" ");
    out.data.append(r.reason.empty() ? reason_of(r.status) : r.reason).append("\r\n");
    for(auto const& [name, value] : r.fields.list())
        out.data.append(name).append(": ").append(value).append("\r\n");
    if(!r.fields.contains("Content-Length") && !chunked && !bodiless)
        out.data.append("Content-Length: ").append(length).append("\r\n");
    if(!keep && !r.fields.contains("Connection"))
        out.data += "Connection: close\r\n";
    out.data += "\r\n";
    if(!is_head && !bodiless)
        out.data += as_text(r.body);
    return out;
}

/// What Beast lets pass and no server should answer: a missing or doubled Host (RFC 9112, 3.2).
bool has_one_host(http::request const& r, int version)
{
    auto const& list = r.fields.list();
    auto const hosts = std::count_if(list.begin(), list.end(), [](auto const& f) { return lower(f.first) == "host"; });
    return hosts == 1 || (hosts == 0 && version < 11);
}

/// The status for a request that cannot be read; 0 where nobody is left to answer.
unsigned status_for(error_code const& code) noexcept
{
    if(code == wire::error::header_limit || code == wire::error::buffer_overflow)
        return 431;
    if(code == wire::error::body_limit)
        return 413;
    return errc_of(code) == errc::bad_http ? 400 : 0;
}

} // namespace

session::session(server_core& core, tcp::socket socket)
    : core_(core),
      plain_(std::move(socket)),
      timer_(plain_.get_executor()),
      buffer_(core.options().header_limit + (64u << 10))
{
    buffer_.reserve(std::min(usual_message, buffer_.max_size()));
    error_code unknown;
    auto const remote = plain_.remote_endpoint(unknown);
    auto const local = plain_.local_endpoint(unknown);
    peer_ = {remote.address().to_string(), remote.port(), local.address().to_string(), local.port()};
    plain_.set_option(tcp::no_delay(true), unknown);
    plain_.non_blocking(true, unknown);
}

session::~session() { core_.remove(this); }

asio::awaitable<void> session::run()
{
    try {
        co_await steps();
    } catch(std::exception const& e) {
        core_.trace("failed", e.what());
    }
    close();
    timer_.cancel();
    pki::detail::empty_error_queue();
}

asio::awaitable<void> session::steps()
{
    if(!core_.options().tls) {
        co_await serve(plain_);
        co_return;
    }
    tls_ = std::make_unique<asio::ssl::stream<tcp::socket>>(std::move(plain_), core_.tls());
    arm(core_.options().read_timeout);
    auto const [code] = co_await tls_->async_handshake(asio::ssl::stream_base::server, to_tuple);
    pki::detail::empty_error_queue();
    if(code || stopping_)
        core_.trace("handshake failed", code.message());
    else
        co_await serve(*tls_);
}

template <class Stream>
asio::awaitable<void> session::serve(Stream& stream)
{
    auto then = next::another_request;
    while(then == next::another_request && !stopping_) {
        then = co_await serve_one(stream);
        // Who sends requests ahead waits for his turn: nothing else need make this connection wait.
        if(buffer_.size() != 0)
            co_await asio::post(asio::use_awaitable);
    }
    if(then == next::close_gently && !stopping_)
        co_await say_goodbye();
}

template <class Stream>
asio::awaitable<session::next> session::serve_one(Stream& stream)
{
    auto const& options = core_.options();
    parser incoming(options.header_limit, options.body_limit);
    arm(options.read_timeout);
    auto code = co_await read_message(stream, buffer_, incoming, message_part::header);
    if(!code && !has_one_host(incoming.message(), incoming.version()))
        code = wire::error::bad_field;
    if(!code && incoming.content_length() && *incoming.content_length() > options.body_limit)
        code = wire::error::body_limit;
    if(!code && !incoming.is_done()) {
        if(buffer_.size() == 0 && lower(incoming.message().fields.first("Expect")) == "100-continue")
            co_await write(stream, "HTTP/1.1 100 Continue\r\n\r\n", code);
        arm(options.read_timeout);
        if(!code)
            code = co_await read_message(stream, buffer_, incoming, message_part::whole);
    }
    pki::detail::empty_error_queue();
    if(stopping_)
        co_return next::close_now;
    if(code) {
        auto const status = status_for(code);
        if(status == 0)
            co_return code == wire::error::end_of_stream ? next::close_gently : next::close_now;
        core_.trace("malformed", std::to_string(status));
        co_return co_await answer(stream, refusal(status), nullptr);
    }
    // From here on `shut_down` waits: the handler runs on this strand, and then its answer is written.
    answering_ = true;
    auto what = ask_handler(incoming.message());
    auto const then = co_await answer(stream, std::move(what), &incoming);
    answering_ = false;
    co_return then;
}

server_answer session::refusal(unsigned status) const
{
    try {
        if(core_.options().malformed)
            return core_.options().malformed(status, peer_);
    } catch(std::exception const&) { // The plain words will do.
    }
    return plain_answer(status);
}

server_answer session::ask_handler(http::request const& request) const
{
    try {
        return core_.options().handler(request, peer_);
    } catch(std::exception const& e) {
        core_.trace("handler failed", e.what());
    }
    return plain_answer(500);
}

/// `request` is null for one that could not be read: then nothing after it can be either.
template <class Stream>
asio::awaitable<session::next> session::answer(Stream& stream, server_answer what, parser const* request)
{
    if(std::holds_alternative<drop_connection>(what))
        co_return next::close_now;
    error_code code;
    if(auto const* const raw = std::get_if<raw_answer>(&what)) {
        co_await write(stream, std::string(as_text(raw->data)), code);
        co_return code ? next::close_now : next::close_gently;
    }
    auto response = std::get<http::response>(std::move(what));
    if(!can_be_written(response))
        response = plain_answer(500);
    bool const keep = request != nullptr && request->keep_alive();
    auto out = write_out(response, keep, request != nullptr && request->message().method == "HEAD");
    core_.trace("answer", std::to_string(response.status));
    co_await write(stream, std::move(out.data), code);
    if(code)
        co_return next::close_now;
    co_return out.keep ? next::another_request : next::close_gently;
}

template <class Stream>
asio::awaitable<void> session::write(Stream& stream, std::string data, error_code& code)
{
    arm(core_.options().write_timeout);
    code = co_await write_all(stream, asio::buffer(data));
}

/// Ends what is sent first and reads on for a while: closing with unread bytes would send a reset, and the peer could
/// lose the answer (RFC 9112, 9.6).
asio::awaitable<void> session::say_goodbye()
{
    arm(goodbye_time);
    if(tls_)
        co_await tls_->async_shutdown(to_tuple);
    error_code code;
    socket().shutdown(tcp::socket::shutdown_send, code);
    if(!code)
        co_await drain();
}

asio::awaitable<void> session::drain()
{
    std::array<char, 4096> unwanted;
    std::size_t total = 0;
    error_code code;
    while(!code && total < drained_at_most && !stopping_) {
        std::size_t got = 0;
        std::tie(code, got) = co_await socket().async_read_some(asio::buffer(unwanted), to_tuple);
        total += got;
    }
}

void session::shut_down()
{
    asio::post(timer_.get_executor(), [self = shared_from_this()] {
        self->stopping_ = true;
        if(self->answering_)
            self->arm(goodbye_time); // A peer that does not read must not hold the server up.
        else
            self->close();
    });
}

void session::arm(std::chrono::milliseconds limit)
{
    limit = std::min<std::chrono::milliseconds>(limit, std::chrono::hours{24 * 365});
    deadline_ = std::chrono::steady_clock::now() + (stopping_ ? std::min(limit, goodbye_time) : limit);
    // Most deadlines are moved long before they come: a timer that runs already finds the new one when it expires.
    if(!is_timing_ || deadline_ < timer_.expiry())
        wait_for_deadline();
}

void session::wait_for_deadline()
{
    is_timing_ = false;
    timer_.expires_at(deadline_);
    timer_.async_wait([weak = weak_from_this()](error_code const& code) {
        auto const self = code ? nullptr : weak.lock();
        if(!self)
            return;
        self->is_timing_ = false;
        if(self->deadline_ <= std::chrono::steady_clock::now()) {
            self->close();
            return;
        }
        try {
            self->wait_for_deadline();
        } catch(std::bad_alloc const&) { // Without a deadline a peer could stay for ever.
            self->close();
        }
    });
    is_timing_ = true;
}

void session::close() noexcept
{
    error_code ignored;
    socket().close(ignored);
}

} // namespace scepkit::inline v0::net::detail
