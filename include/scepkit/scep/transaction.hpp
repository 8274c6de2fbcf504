// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/bytes.hpp>
#include <scepkit/base/result.hpp>
#include <scepkit/base/time.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace scepkit::inline v0::scep {

/// operation=… of the URL (RFC 8894, 4.1).
enum class operation { get_ca_caps, get_ca_cert, get_next_ca_cert, pki_operation };
SCEPKIT_API std::string_view name_of(operation o) noexcept; ///< "GetCACaps"

/// To be sent to the server.
struct send {
    scep::operation operation{};
    std::string message;       ///< GetCACaps, GetCACert, GetNextCACert: the CA identifier. Empty: no message parameter.
    bytes body;                ///< PKIOperation: the pkiMessage.
    bool post_allowed = false; ///< PKIOperation: the server takes POST.
};
/// To be waited for.
struct wait {
    std::chrono::seconds delay{};
};
/// What the server sent for the last `send`. A non-200 status is told by `http_status`.
struct reply {
    bytes body;
    std::string content_type;
    unsigned http_status = 200;
    std::optional<std::chrono::seconds> retry_after; ///< Retry-After, from now.
};

/// One conversation with a SCEP server, without any I/O.
///
/// Each step says what to do next: send, wait, or take the outcome. The caller does it and reports back, so the
/// blocking client, the Asio client, Python and tests drive the same objects. They open no socket and read no clock.
/// A conversation that failed once, or threw, stays failed. Thread safety: distinct objects yes, one object no.
template <class Outcome>
class transaction
{
public:
    using outcome_type = Outcome; ///< Its default value means "nothing yet".
    using send = scep::send;
    using wait = scep::wait;
    using reply = scep::reply;
    using step = std::variant<send, wait, Outcome>;

    virtual ~transaction() = default;

    virtual result<step> start() = 0;
    virtual result<step> on_reply(scep::reply const& r, time_point now) = 0;
    virtual result<step> on_timer() = 0;
    /// Nothing came back for the last `send` (refused, reset, cut). Returns `why` unless the conversation can do
    /// without that answer (quirk capabilities_missing).
    virtual result<step> on_no_reply(error const& why, time_point now) = 0;

protected:
    transaction() = default;
    transaction(transaction const&) = default;
    transaction(transaction&&) = default;
    transaction& operator=(transaction const&) = default;
    transaction& operator=(transaction&&) = default;
};

} // namespace scepkit::inline v0::scep
