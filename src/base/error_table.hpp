// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/error.hpp>

#include <array>

namespace scepkit::inline v0::detail {

struct error_entry {
    errc code;
    std::string_view name;
    scepkit::condition condition;
    std::string_view text;
};

// The one place that knows a code's name, condition and text. Ascending: lookups and all_errc() rely on it.
#define SCEPKIT_ERROR(name, condition_name, text)                                                                      \
    error_entry { errc::name, #name, condition::condition_name, text }
inline constexpr std::array error_entries{
    SCEPKIT_ERROR(invalid_argument, api_misuse, "An argument is outside what the function accepts."),
    SCEPKIT_ERROR(unsupported, peer_unsupported, "This is known, and this build does not do it."),
    SCEPKIT_ERROR(trust_required, api_misuse,
                  "An enrolment needs a pinned certificate, a trust anchor or explicit trust on first use."),
    SCEPKIT_ERROR(file_unreadable, environment, "A file cannot be read."),
    SCEPKIT_ERROR(file_exists, environment, "The file is there already and is not overwritten."),
    SCEPKIT_ERROR(file_unwritable, environment, "A file cannot be written."),

    SCEPKIT_ERROR(too_large, limit_exceeded, "The input is larger than the limit."),
    SCEPKIT_ERROR(too_many, limit_exceeded, "There are more elements than the limit allows."),
    SCEPKIT_ERROR(nested_too_deep, limit_exceeded, "The encoding is nested deeper than the limit."),
    SCEPKIT_ERROR(timed_out, transport, "The time allowed ran out before the answer was complete."),
    SCEPKIT_ERROR(cancelled, transport, "The operation was cancelled before it was complete."),

    SCEPKIT_ERROR(truncated, peer_misbehaved, "The encoding ends before the length it promises."),
    SCEPKIT_ERROR(trailing_data, peer_misbehaved, "Bytes follow where the encoding should have ended."),
    SCEPKIT_ERROR(unexpected_tag, peer_misbehaved, "A value has another type than the one expected here."),
    SCEPKIT_ERROR(bad_length, peer_misbehaved, "A length field has a form that no encoding uses."),
    SCEPKIT_ERROR(bad_value, peer_misbehaved, "A value is outside what its type allows."),
    SCEPKIT_ERROR(not_der, peer_misbehaved, "The encoding is BER where DER is required."),

    SCEPKIT_ERROR(bad_pem, peer_misbehaved, "The PEM armour cannot be read."),
    SCEPKIT_ERROR(bad_key, peer_misbehaved, "The key cannot be read."),
    SCEPKIT_ERROR(key_not_allowed, peer_unsupported, "The key's kind, size, exponent or curve is not allowed here."),
    SCEPKIT_ERROR(bad_name, peer_misbehaved, "The distinguished name cannot be read."),
    SCEPKIT_ERROR(bad_certificate, peer_misbehaved, "The certificate cannot be read."),
    SCEPKIT_ERROR(bad_request, peer_misbehaved, "The certification request cannot be read."),
    SCEPKIT_ERROR(signature_invalid, not_trusted, "The signature does not fit the signed bytes and the key."),
    SCEPKIT_ERROR(issuer_not_found, not_trusted, "No certificate at hand issued this one."),
    SCEPKIT_ERROR(certificate_expired, not_trusted, "The certificate's validity is over."),
    SCEPKIT_ERROR(certificate_not_yet_valid, not_trusted, "The certificate's validity has not begun."),
    SCEPKIT_ERROR(not_trusted, not_trusted, "The chain does not end in a trusted certificate."),
    SCEPKIT_ERROR(name_mismatch, not_trusted, "The certificate was issued for another name."),
    SCEPKIT_ERROR(usage_not_allowed, not_trusted, "The certificate's extensions forbid this use."),

    SCEPKIT_ERROR(wrong_content_type, peer_misbehaved, "The CMS message has another content type than expected."),
    SCEPKIT_ERROR(not_degenerate, peer_misbehaved, "A bag of certificates has content or signers."),
    SCEPKIT_ERROR(no_signer, peer_misbehaved, "The message is not signed."),
    SCEPKIT_ERROR(several_signers, peer_misbehaved, "The message has more than one signer."),
    SCEPKIT_ERROR(signer_certificate_missing, peer_misbehaved, "The signer's certificate is not in the message."),
    SCEPKIT_ERROR(attribute_missing, peer_misbehaved, "A required attribute is missing."),
    SCEPKIT_ERROR(attribute_doubled, peer_misbehaved, "An attribute is there more than once."),
    SCEPKIT_ERROR(attribute_malformed, peer_misbehaved, "An attribute's value cannot be read."),
    SCEPKIT_ERROR(digest_mismatch, not_trusted, "The content is not the one that was signed."),
    SCEPKIT_ERROR(algorithm_not_allowed, peer_unsupported, "The algorithm is unknown or not allowed here."),
    SCEPKIT_ERROR(no_recipient, peer_misbehaved, "The envelope is not addressed to this key."),
    SCEPKIT_ERROR(several_recipients, peer_misbehaved, "The envelope addresses this key more than once."),
    SCEPKIT_ERROR(recipient_unsupported, peer_unsupported,
                  "The envelope addresses its recipient in an unsupported way."),
    SCEPKIT_ERROR(decryption_failed, peer_misbehaved, "The envelope cannot be opened."),
    SCEPKIT_ERROR(content_missing, peer_misbehaved, "The message has no content where some is required."),

    SCEPKIT_ERROR(unknown_message_type, peer_misbehaved, "The messageType is unknown or does not belong here."),
    SCEPKIT_ERROR(transaction_id_mismatch, not_trusted, "The answer carries another transactionID."),
    SCEPKIT_ERROR(nonce_mismatch, not_trusted, "The answer's recipientNonce is not the senderNonce that was sent."),
    SCEPKIT_ERROR(wrong_signer, not_trusted, "The message is signed by somebody else than expected."),
    SCEPKIT_ERROR(issued_certificate_wrong, not_trusted, "The issued certificate is not the one that was asked for."),
    SCEPKIT_ERROR(capability_floor, peer_unsupported, "The server offers less than the caller accepts."),
    SCEPKIT_ERROR(ca_certificate_not_pinned, not_trusted, "The CA certificate is not the pinned one."),
    SCEPKIT_ERROR(no_usable_recipient, peer_misbehaved, "No certificate of the server may receive an enrolment."),
    SCEPKIT_ERROR(challenge_rejected, refused, "The challenge password was refused."),
    SCEPKIT_ERROR(not_authorized, refused, "The requester may not do this."),
    SCEPKIT_ERROR(polling_exhausted, limit_exceeded, "The request is still pending after the last poll allowed."),
    SCEPKIT_ERROR(state_misuse, api_misuse, "The transaction was driven out of order."),
    SCEPKIT_ERROR(already_spent, refused, "The challenge was used before."),

    SCEPKIT_ERROR(bad_url, api_misuse, "The URL cannot be read or cannot be used here."),
    SCEPKIT_ERROR(bad_http, peer_misbehaved, "The HTTP message cannot be read."),
    SCEPKIT_ERROR(http_status, refused, "The server answered with an HTTP status that means failure."),
    SCEPKIT_ERROR(redirected, peer_misbehaved, "The server answered with a redirect, which is never followed."),
    SCEPKIT_ERROR(wrong_media_type, peer_misbehaved, "The answer has another media type than the operation defines."),
    SCEPKIT_ERROR(html_instead_of_scep, peer_misbehaved, "The server answered with a web page."),
    SCEPKIT_ERROR(name_not_found, transport, "The host name does not exist."),
    SCEPKIT_ERROR(resolver_failed, transport, "The host name could not be looked up."),
    SCEPKIT_ERROR(connection_refused, transport, "Nothing listens at the address."),
    SCEPKIT_ERROR(connection_reset, transport, "The connection was reset."),
    SCEPKIT_ERROR(connection_closed, transport, "The connection was closed before the answer was complete."),
    SCEPKIT_ERROR(unreachable, transport, "There is no route to the address."),
    SCEPKIT_ERROR(tls_failed, transport, "The TLS handshake failed."),
    SCEPKIT_ERROR(tls_not_trusted, not_trusted, "The server's TLS certificate is not trusted."),
    SCEPKIT_ERROR(io_failed, transport, "Reading from or writing to a connection or a file failed."),

    SCEPKIT_ERROR(unknown_evidence, peer_unsupported, "The file is no evidence of a known format."),
    SCEPKIT_ERROR(no_fields_directive, peer_misbehaved, "The log has no #Fields line before its first entry."),
    SCEPKIT_ERROR(bad_line, peer_misbehaved, "A line cannot be read."),

    SCEPKIT_ERROR(crypto_failed, environment, "The crypto library refused for a reason of its own."),
};
#undef SCEPKIT_ERROR

} // namespace scepkit::inline v0::detail
