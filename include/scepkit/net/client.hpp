// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/limits.hpp>
#include <scepkit/base/observer.hpp>
#include <scepkit/net/exchange.hpp>
#include <scepkit/net/resolver.hpp>
#include <scepkit/net/tls.hpp>
#include <scepkit/scep/query.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace scepkit::inline v0::net {

struct client_options {
    std::string user_agent = "scepkit/" SCEPKIT_VERSION;
    std::chrono::milliseconds resolve_timeout{10'000};
    std::chrono::milliseconds connect_timeout{10'000}; ///< For each address.
    std::chrono::milliseconds tls_timeout{10'000};
    std::chrono::milliseconds request_timeout{30'000}; ///< The whole exchange.
    std::size_t header_limit = 64u << 10;
    std::size_t body_limit = 8u << 20;
    /// Reuse the connection for the next request to the same server. A reused one that turns out dead before the first
    /// byte of an answer is replaced, once.
    bool keep_alive = false;
    tls_client_options tls;
    std::vector<connect_to_rule> connect_to;
    std::shared_ptr<net::resolver> resolver; ///< Null: the system's.
    observer* trace = nullptr;
    std::atomic<bool> const* cancel = nullptr; ///< Blocking calls give up soon after it becomes true (Ctrl-C).
};

/// An HTTP/1.1 client that records and never follows: redirects, authentication and proxies are facts, not orders.
///
/// One outstanding operation per client. Thread safety: distinct objects yes, one object no.
class SCEPKIT_API client
{
public:
    /// For blocking use: it brings its own execution context.
    explicit client(client_options options);
    /// For async use on the caller's executor.
    client(boost::asio::any_io_executor executor, client_options options);
    client(client&&) noexcept;
    client& operator=(client&&) noexcept;
    ~client();

    client_options const& options() const noexcept;

    /// Sends one request. Whatever happens is in the record, failures included. Fields that are missing are added:
    /// Host, User-Agent, Accept, Content-Length; an empty target means the server's own path and query. What would
    /// break the request line or a field apart is errc::invalid_argument, and nothing is sent.
    exchange perform(http::endpoint const& server, http::request request);

    /// Runs an enrolment or a query to its outcome: exchanges, waits, and checks with the system clock. An exchange in
    /// which nothing came back is the transaction's to judge (`on_no_reply`).
    /// Uses TLS verification `require`, whatever the options say. Made for enrollment_outcome and query_outcome.
    template <class Outcome>
    result<Outcome> run(scep::transaction<Outcome>& transaction, http::endpoint const& server);

    /// As `perform`; completes with void(error_code, exchange). The code equals the record's failure.
    /// errc::invalid_argument for a client that was made without an executor.
    ///
    /// With GCC 12, name requests and options before an expression with co_await: it copies braced temporaries of such
    /// expressions bit by bit, short strings included.
    template <class Token>
    auto async_perform(http::endpoint server, http::request request, Token&& token)
    {
        return boost::asio::async_initiate<Token, void(boost::system::error_code, exchange)>(
            [this](auto handler, http::endpoint s, http::request r) {
                start_perform(std::move(s), std::move(r), std::move(handler));
            },
            token, std::move(server), std::move(request));
    }

    /// As `run`; completes with void(error_code, Outcome); `detail`, if given, carries the error's text and must live
    /// until then, as the transaction must. Cancellation (terminal) ends it with errc::cancelled between or inside
    /// exchanges.
    template <class Outcome, class Token>
    auto async_run(scep::transaction<Outcome>& transaction, http::endpoint server, diagnostics* detail, Token&& token)
    {
        return boost::asio::async_initiate<Token, void(boost::system::error_code, Outcome)>(
            [this](auto handler, scep::transaction<Outcome>* t, http::endpoint s, diagnostics* d) {
                this->template start_run<Outcome>(*t, std::move(s), d, std::move(handler));
            },
            token, &transaction, std::move(server), detail);
    }

private:
    using perform_handler = boost::asio::any_completion_handler<void(boost::system::error_code, exchange)>;
    template <class Outcome>
    using run_handler = boost::asio::any_completion_handler<void(boost::system::error_code, Outcome)>;
    void start_perform(http::endpoint server, http::request request, perform_handler done);
    template <class Outcome>
    void start_run(scep::transaction<Outcome>& transaction, http::endpoint server, diagnostics* detail,
                   run_handler<Outcome> done);

    struct state;
    std::unique_ptr<state> state_;
};

extern template SCEPKIT_API result<scep::enrollment_outcome> client::run(
    scep::transaction<scep::enrollment_outcome>& transaction, http::endpoint const& server);
extern template SCEPKIT_API result<scep::query_outcome> client::run(scep::transaction<scep::query_outcome>& transaction,
                                                                    http::endpoint const& server);
extern template SCEPKIT_API void client::start_run(scep::transaction<scep::enrollment_outcome>& transaction,
                                                   http::endpoint server, diagnostics* detail,
                                                   run_handler<scep::enrollment_outcome> done);
extern template SCEPKIT_API void client::start_run(scep::transaction<scep::query_outcome>& transaction,
                                                   http::endpoint server, diagnostics* detail,
                                                   run_handler<scep::query_outcome> done);

/// Proxy variables (http_proxy, https_proxy, all_proxy, any case) that are set, by name. This client does not use them;
/// a report says so, because curl and browsers on the same machine may.
SCEPKIT_API std::vector<std::string> proxy_variables_set();

} // namespace scepkit::inline v0::net
