// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/time.hpp>
#include <scepkit/http/endpoint.hpp>
#include <scepkit/http/message.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace scepkit::inline v0::net {

/// Where an exchange stands or stopped.
enum class phase { resolve, connect, tls, send, receive, done };
SCEPKIT_API std::string_view name_of(phase p) noexcept;

/// What a TLS handshake showed. Kept in full when verification fails: that is when it is needed.
struct tls_observation {
    std::string version; ///< "TLSv1.2"; empty if the handshake did not finish.
    std::string cipher;
    std::string alpn;
    std::vector<bytes> sent_chain;  ///< DER, leaf first, as the server sent it.
    bool chain_trusted = false;     ///< To a trust anchor of `trust_source`, at the time of the handshake.
    std::optional<int> verify_code; ///< OpenSSL's X509_V_ERR_… where not trusted.
    std::string verify_text;
    bool name_matches = false; ///< subjectAltName covers the host (RFC 6125).
    bool client_certificate_requested = false;
    std::string trust_source;         ///< "/etc/ssl/certs (412 certificates)", "file ca.pem (1)", "none installed"
    std::optional<std::string> alert; ///< Name of a fatal alert received, if any: "unrecognized_name".
};

/// One attempt to connect to one address.
struct connect_attempt {
    std::string address; ///< Text form, without port.
    std::uint16_t port = 0;
    std::optional<errc> failure; ///< connection_refused, timed_out, unreachable …; absent: connected.
    std::chrono::milliseconds took{0};
};

/// Everything seen while sending one request: also the record of what failed, where and why. Never half: `failure` says
/// why `response` is absent, or why it is truncated.
struct exchange {
    http::endpoint server;
    http::request request; ///< As sent.
    time_point started{};
    std::vector<std::string> addresses; ///< What the name resolved to.
    std::vector<connect_attempt> attempts;
    std::optional<tls_observation> tls;
    std::optional<http::response> response;
    bool response_truncated = false; ///< The body ended early or was cut at the limit.
    phase reached = phase::resolve;
    std::optional<error> failure;
    std::chrono::milliseconds took{0};
    bool reused_connection = false;

    /// Location of a 3xx answer, as sent. Nothing follows it.
    SCEPKIT_API std::optional<std::string> redirect() const;
};

} // namespace scepkit::inline v0::net
