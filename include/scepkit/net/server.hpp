// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/observer.hpp>
#include <scepkit/http/message.hpp>
#include <scepkit/net/tls.hpp>
#include <scepkit/scep/responder.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace scepkit::inline v0::net {

/// Who asks.
struct peer {
    std::string address;
    std::uint16_t port = 0;
    std::string local_address;
    std::uint16_t local_port = 0;
};

/// What a handler answers: a response, bytes to write as they are (and close), or nothing (close).
struct raw_answer {
    bytes data;
};
struct drop_connection {
};
using server_answer = std::variant<http::response, raw_answer, drop_connection>;

struct server_options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0; ///< 0: any free one.
    std::optional<tls_server_options> tls;
    std::size_t header_limit = 64u << 10; ///< Request line and header fields: long GETs of SCEP need it.
    std::size_t body_limit = 2u << 20;
    std::chrono::milliseconds read_timeout{30'000}; ///< For the header, and again for the body.
    std::chrono::milliseconds write_timeout{30'000};
    std::size_t maximum_connections = 256; ///< Further ones wait in the backlog.
    unsigned threads = 1;
    std::function<server_answer(http::request const&, peer const&)> handler;
    /// Asked for requests that could not be read (HTTP.sys answers such itself). Absent: 400 and close; 431, 413 at
    /// limits.
    std::function<server_answer(unsigned status, peer const&)> malformed;
    observer* trace = nullptr;
};

/// A small HTTP/1.1 server with threads of its own, for responders and the simulator. Handlers run on those threads.
class SCEPKIT_API server
{
public:
    /// Listens before it returns; errc::io_failed with the reason otherwise.
    static result<server> start(server_options options);
    server(server&&) noexcept;
    server& operator=(server&&) noexcept;
    ~server(); ///< stop()

    std::uint16_t port() const noexcept;
    std::string const& address() const noexcept;
    /// Closes the listener and all connections and joins the threads. Answers being computed are finished first.
    void stop();

private:
    struct state;
    explicit server(std::unique_ptr<state> s) noexcept;
    std::unique_ptr<state> state_;
};

/// A handler that serves a responder below `path` (any query, "/pkiclient.exe" behind it accepted); 404 elsewhere,
/// 405 for other methods. Uses the system clock.
SCEPKIT_API std::function<server_answer(http::request const&, peer const&)> serve(
    std::shared_ptr<scep::responder> responder, std::string path);

/// "ADDR:PORT", "[v6]:PORT" or "PORT"; errc::invalid_argument.
struct listen_address {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    SCEPKIT_API static result<listen_address> parse(std::string_view text);
};

} // namespace scepkit::inline v0::net
