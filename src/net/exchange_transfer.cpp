// SPDX-License-Identifier: BSL-1.0
#include <net/detail/exchange_operation.hpp>

#include <net/detail/failures.hpp>
#include <net/detail/text.hpp>
#include <net/detail/transfer.hpp>
#include <pki/detail/openssl.hpp>

namespace scepkit::inline v0::net::detail {
namespace {

constexpr int interim_limit = 8; ///< 1xx answers before the real one.

bool is_written_by_us(std::string_view name)
{
    auto const plain = lower(name);
    return plain == "content-length" || plain == "transfer-encoding";
}

/// Nothing of the caller's may end a line or a word of the request early.
std::optional<std::string> fault_of(http::request const& r)
{
    if(!is_token(r.method))
        return "the method is not a token";
    if(r.target.find_first_of(" \t") != std::string::npos || !is_field_value(r.target))
        return "the request target holds blanks or control characters";
    for(auto const& [name, value] : r.fields.list()) {
        if(!is_token(name) || !is_field_value(value))
            return "a header field holds characters that do not belong there";
        if(lower(name) == "transfer-encoding")
            return "this client sends a Content-Length, never a Transfer-Encoding";
    }
    return std::nullopt;
}

/// Beast's name for the three ways a message can be too long says nothing to people.
std::string explain(error_code const& code, std::string_view what)
{
    if(code == wire::error::header_limit || code == wire::error::buffer_overflow)
        return "the header of the answer is longer than the limit";
    if(code == wire::error::body_limit)
        return "the body of the answer is longer than the limit; its beginning was kept";
    return std::string(what);
}

} // namespace

bool exchange_operation::prepare()
{
    auto& r = record_.request;
    auto const& server = record_.server;
    if(r.target.empty())
        r.target = server.query.empty() ? server.path : server.path + "?" + server.query;
    if(auto const fault = fault_of(r)) {
        fail(make_failure(errc::invalid_argument, "http", *fault));
        return false;
    }

    http::fields complete;
    auto const add_default = [&](std::string name, std::string value) {
        if(!r.fields.contains(name))
            complete.add(std::move(name), std::move(value));
    };
    add_default("Host", server.host_header());
    add_default("User-Agent", core_->options.user_agent);
    add_default("Accept", "*/*");
    for(auto const& [name, value] : r.fields.list())
        if(!is_written_by_us(name))
            complete.add(name, value);
    // IIS refuses a chunked POST, and one without a length (411).
    if(!r.body.empty() || r.method == "POST" || r.method == "PUT")
        complete.add("Content-Length", std::to_string(r.body.size()));
    if(!core_->options.keep_alive && !r.fields.contains("Connection"))
        complete.add("Connection", "close");
    r.fields = std::move(complete);

    constexpr std::size_t usual_fields = 512;
    wire_request_.reserve(r.target.size() + usual_fields + r.body.size());
    wire_request_.append(r.method).append(" ").append(r.target).append(" HTTP/1.1\r\n");
    for(auto const& [name, value] : r.fields.list())
        wire_request_.append(name).append(": ").append(value).append("\r\n");
    wire_request_.append("\r\n").append(as_text(r.body));

    connect_host_ = server.host;
    connect_port_ = server.port;
    for(auto const& rule : core_->options.connect_to) {
        if((!rule.host.empty() && rule.host != lower(server.host)) || (rule.port != 0 && rule.port != server.port))
            continue;
        if(!rule.address.empty())
            connect_host_ = rule.address;
        if(rule.target_port != 0)
            connect_port_ = rule.target_port;
        break;
    }
    key_ = server.scheme + "://" + server.host_header() +
           (mode_ == tls_client_options::mode::require ? " require" : " observe");
    return true;
}

asio::awaitable<exchange_operation::sent> exchange_operation::transfer()
{
    // Two instantiations: TLS and plain sockets share no base that Beast could read from.
    if(connection_->is_tls())
        co_return co_await transfer_over(connection_->tls());
    co_return co_await transfer_over(connection_->plain());
}

template <class Stream>
asio::awaitable<exchange_operation::sent> exchange_operation::transfer_over(Stream& stream)
{
    auto const begin = clock::now();
    record_.reached = phase::send;
    arm(core_->options.request_timeout);
    auto const write_code = co_await write_all(stream, asio::buffer(wire_request_));
    if(auto const why = interrupted()) {
        fail(make_failure(*why, "http", "the request could not be sent in time"));
        disarm();
        co_return sent::finished;
    }

    // A server may refuse early: it answers, closes, and the rest of the request meets a reset. The answer counts.
    if(!write_code)
        record_.reached = phase::receive;
    std::optional<message_parser<false>> parser;
    error_code code;
    for(int interim = 0;; ++interim) {
        parser.emplace(core_->options.header_limit, core_->options.body_limit);
        if(record_.request.method == "HEAD")
            parser->skip(true);
        code = co_await read_message(stream, connection_->buffer(), *parser, message_part::whole);
        auto const status = parser->message().status;
        bool const is_interim = !code && parser->is_done() && status / 100 == 1 && status != 101;
        if(!is_interim)
            break;
        if(interim == interim_limit || interrupted()) {
            code = wire::error::bad_status;
            break;
        }
    }
    pki::detail::empty_error_queue();
    auto const why = interrupted();
    disarm();
    note_tls();
    core_->trace("http", "request",
                 record_.request.method + " " + record_.server.host_header() + ": " +
                     (code ? code.message() : std::to_string(parser->message().status)),
                 clock::now() - begin);

    bool const nothing_came = !parser->got_some() && connection_->buffer().size() == 0;
    if(record_.reused_connection && nothing_came && code && !why)
        co_return sent::connection_was_dead;
    take_response(*parser, code);
    if(why)
        fail(make_failure(*why, "http", nothing_came ? "no answer in time" : "the answer did not end in time"));
    else if(code && write_code && nothing_came)
        fail("http", "the connection broke while the request was sent", write_code);
    else if(errc_of(code) == errc::connection_closed && code && nothing_came)
        fail(make_failure(errc::connection_closed, "http", "the server closed the connection without an answer"));
    else if(code)
        fail("http", explain(code, "the answer could not be read"), code);
    if(!failed()) {
        record_.reached = phase::done;
        keep_or_close(*parser);
    }
    co_return sent::finished;
}

void exchange_operation::take_response(message_parser<false>& parser, error_code const& code)
{
    if(!parser.is_header_done() || parser.message().status / 100 == 1)
        return;
    record_.response = std::move(parser.message());
    record_.response_truncated = code && !parser.is_done();
}

void exchange_operation::keep_or_close(message_parser<false> const& parser)
{
    if(!core_->options.keep_alive || !parser.keep_alive() || connection_->buffer().size() != 0)
        return;
    core_->idle = std::move(connection_);
    core_->idle_key = key_;
}

void exchange_operation::note_tls()
{
    if(connection_ && connection_->watch() != nullptr)
        record_.tls = connection_->watch()->seen;
}

} // namespace scepkit::inline v0::net::detail
