// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/config.hpp>

#include <boost/assert/source_location.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace scepkit::inline v0 {

/// What went wrong. Values are stable; docs/errors.md lists them with their conditions.
enum class errc : int {
    // The caller.
    invalid_argument = 1,
    unsupported = 2,    ///< Known, and not built or not yet written.
    trust_required = 3, ///< An enrolment without pin, anchor or explicit trust on first use.
    file_unreadable = 4,
    file_exists = 5, ///< A file that would have been overwritten.
    file_unwritable = 6,
    // Limits.
    too_large = 20,
    too_many = 21,
    nested_too_deep = 22,
    timed_out = 23,
    cancelled = 24,
    // ASN.1.
    truncated = 40,
    trailing_data = 41,
    unexpected_tag = 42,
    bad_length = 43,
    bad_value = 44,
    not_der = 45,
    // Keys, names, certificates, requests.
    bad_pem = 60,
    bad_key = 61,
    key_not_allowed = 62, ///< Well formed, and outside the policy (size, exponent, curve, kind).
    bad_name = 63,
    bad_certificate = 64,
    bad_request = 65, ///< A certification request (PKCS#10) that cannot be read.
    signature_invalid = 66,
    issuer_not_found = 67,
    certificate_expired = 68,
    certificate_not_yet_valid = 69,
    not_trusted = 70,
    name_mismatch = 71,
    usage_not_allowed = 72, ///< keyUsage, extendedKeyUsage or basicConstraints forbid the use.
    // CMS.
    wrong_content_type = 80,
    not_degenerate = 81, ///< A certificate bag with content or signers.
    no_signer = 82,
    several_signers = 83,
    signer_certificate_missing = 84,
    attribute_missing = 85,
    attribute_doubled = 86,
    attribute_malformed = 87,
    digest_mismatch = 88,
    algorithm_not_allowed = 89,
    no_recipient = 90,
    several_recipients = 91,
    recipient_unsupported = 92,
    decryption_failed = 93, ///< One code for every way in which an envelope can fail to open.
    content_missing = 94,
    // SCEP.
    unknown_message_type = 110,
    transaction_id_mismatch = 111,
    nonce_mismatch = 112,
    wrong_signer = 113,
    issued_certificate_wrong = 114, ///< Other key, not a leaf, wrong issuer, outside its validity.
    capability_floor = 115,         ///< The server offers less than the caller accepts.
    ca_certificate_not_pinned = 116,
    no_usable_recipient = 117, ///< No certificate of the bag may receive an enrolment.
    challenge_rejected = 118,
    not_authorized = 119,
    polling_exhausted = 120,
    state_misuse = 121,  ///< A transaction driven out of order.
    already_spent = 122, ///< A one-time challenge that another transaction has used.
    // HTTP and network.
    bad_url = 140,
    bad_http = 141,
    http_status = 142,
    redirected = 143, ///< Redirects are reported, never followed.
    wrong_media_type = 144,
    html_instead_of_scep = 145,
    name_not_found = 150,
    resolver_failed = 151,
    connection_refused = 152,
    connection_reset = 153,
    connection_closed = 154,
    unreachable = 155,
    tls_failed = 156,
    tls_not_trusted = 157,
    io_failed = 158,
    // Evidence.
    unknown_evidence = 170,
    no_fields_directive = 171,
    bad_line = 172,
    // The crypto library refused without a better word for it.
    crypto_failed = 190,
};

/// What the caller can do about it. Compare with `error::condition()`.
enum class condition : int {
    api_misuse = 1,       ///< Mend the call.
    peer_misbehaved = 2,  ///< The peer broke a rule; retrying changes nothing.
    peer_unsupported = 3, ///< The peer wants what is not built or not allowed here.
    not_trusted = 4,      ///< A check of identity or integrity failed. Stop.
    transport = 5,        ///< Nothing or not enough arrived. Retrying can help.
    limit_exceeded = 6,   ///< A bound of ours was reached.
    refused = 7,          ///< The peer said no.
    environment = 8,      ///< A file or the crypto library of this machine.
};

SCEPKIT_API boost::system::error_category const& scepkit_category() noexcept;
SCEPKIT_API boost::system::error_category const& condition_category() noexcept;
SCEPKIT_API boost::system::error_code make_error_code(errc code) noexcept;
SCEPKIT_API boost::system::error_condition make_error_condition(condition value) noexcept;
SCEPKIT_API condition condition_of(errc code) noexcept;

/// The enumerator's name, as written above: what tests, logs and Python compare.
SCEPKIT_API std::string_view name_of(errc code) noexcept;
SCEPKIT_API std::string_view name_of(condition value) noexcept;
/// One sentence for people.
SCEPKIT_API std::string_view text_of(errc code) noexcept;
/// Every code, in ascending order.
SCEPKIT_API std::span<errc const> all_errc() noexcept;

/// Where and how something failed, for people.
///
/// The text is unstable: do not parse it and do not assert it in tests.
struct diagnostics {
    std::string message;               ///< What was seen, and what to do.
    std::string layer;                 ///< "asn1", "cms", "scep", "http", "tls", "file" …
    std::optional<std::size_t> offset; ///< Byte offset in the input that was given to the parser.
    std::optional<std::uint64_t> line; ///< Line of a text file, from 1.
    std::optional<std::size_t> index;  ///< Which certificate or element, from 0.
    std::string crypto;                ///< What OpenSSL said, drained from its queue.
    std::optional<unsigned> http_status;
    std::string reference; ///< "RFC 8894, 3.2.1", a Microsoft article's title …
};

/// A code, the condition that follows from it, and diagnostics. Cheap to copy.
class SCEPKIT_API error
{
public:
    /// No error: what Boost.System hands out for a result that holds a value.
    error() noexcept = default;
    error(errc code) noexcept : code_(code) {} // NOLINT: `return errc::truncated;` is how parsers read.
    error(errc code, diagnostics details);
    error(errc code, std::string message);

    errc code() const noexcept { return code_; }
    scepkit::condition condition() const noexcept { return condition_of(code_); }
    boost::system::error_code error_code() const noexcept { return make_error_code(code_); }
    diagnostics const& details() const noexcept;

    /// Code name, layer, place and message in one line, control characters escaped.
    std::string to_string() const;

    /// The same error, said of an outer layer: fills what the inner one left open.
    error in(std::string_view layer) const;
    error at(std::size_t base_offset) const; ///< Adds `base_offset` to the offset, if there is one.

    friend bool operator==(error const& a, errc b) noexcept { return a.code_ == b; }

private:
    errc code_{};
    std::shared_ptr<diagnostics const> details_;
};

SCEPKIT_API std::ostream& operator<<(std::ostream& out, error const& e);
SCEPKIT_API std::ostream& operator<<(std::ostream& out, errc code);

/// What `result<T>::value()` throws.
class SCEPKIT_API exception : public std::runtime_error
{
public:
    explicit exception(scepkit::error e);
    scepkit::error const& error() const noexcept { return error_; }

private:
    scepkit::error error_;
};

[[noreturn]] SCEPKIT_API void throw_exception_from_error(error const& e, boost::source_location const& where);

} // namespace scepkit::inline v0

namespace boost::system {
template <>
struct is_error_code_enum<scepkit::errc> : std::true_type {
};
template <>
struct is_error_condition_enum<scepkit::condition> : std::true_type {
};
} // namespace boost::system
