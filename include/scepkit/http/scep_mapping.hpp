// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/http/endpoint.hpp>
#include <scepkit/http/message.hpp>
#include <scepkit/scep/enrollment.hpp>
#include <scepkit/scep/responder.hpp>

#include <string>

namespace scepkit::inline v0::http {

/// The HTTP request for one step of a transaction (RFC 8894, 4.1).
///
/// GET `?operation=…&message=…`, both percent-encoded; the message of a PKIOperation by GET is base64 with +, / and =
/// encoded. POST with Content-Type application/x-pki-message and Content-Length where allowed.
SCEPKIT_API request make_request(endpoint const& server, scep::send const& step, std::string_view user_agent);
/// What the transaction wants to know of the answer. Retry-After (RFC 9110, 10.2.3): seconds, or a date, which counts
/// from the Date field of the same answer; one that cannot be read is none.
SCEPKIT_API scep::reply make_reply(response const& r);

/// A SCEP request as a server reads it.
struct incoming {
    scep::operation operation{};
    std::string message; ///< GetCACaps, GetCACert: the CA identifier.
    bytes body;          ///< PKIOperation: the pkiMessage, from POST body or GET message.
    scep::quirk_set tolerances;
};
/// Reads what clients really send: '+' as itself in base64, blanks where a client left '+' raw, base64url, line breaks
/// (%0A, Cisco), missing padding; parameter names without case; POST without operation= is PKIOperation.
/// errc::bad_http (no or unknown operation, doubled parameters), bad_value (undecodable message), too_large.
/// Leniency: loose_get_message; without it the message must be base64 in its own alphabet, padded, in one piece, with
/// '+' percent-encoded (errc::bad_value).
SCEPKIT_API result<incoming> read_request(request const& r, scep::quirk_set allowed = {scep::quirk::loose_get_message},
                                          limits const& bounds = {});
/// The response for an answer of the responder; always with Content-Length, never cached.
SCEPKIT_API response make_response(scep::responder::answer a);

SCEPKIT_API std::string percent_encode(std::string_view text); ///< All but unreserved (RFC 3986, 2.3).
SCEPKIT_API result<std::string> percent_decode(std::string_view text);

} // namespace scepkit::inline v0::http
