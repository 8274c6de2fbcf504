// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/scep/ledger.hpp>

#include <cstddef>

/// What both ledgers know of an entry, and how it is written down.
namespace scepkit::inline v0::scep::detail {

constexpr std::size_t ledger_secret_size = 32;
constexpr std::size_t spends_size = 32; ///< HMAC-SHA-256

/// What stays true of a transaction from stage to stage; request, signer and certificate are not.
ledger_entry without_request(ledger_entry const& from, ledger_stage next, time_point at);
/// Entries hold secrets, so a copy is asked for by name.
ledger_entry clone(ledger_entry const& entry);
/// What every stage must have: errc::invalid_argument. Keeps an entry out that no reader could use.
result<void> check_entry(ledger_entry const& entry);
/// Whether a transaction in this stage holds what it spends.
constexpr bool is_spending(ledger_stage stage) noexcept
{
    return stage == ledger_stage::reserved || stage == ledger_stage::issued;
}
/// Whether `next` is the reservation that `known` is already: written again, it spends nothing twice.
bool is_same_reservation(ledger_entry const& known, ledger_entry const& next) noexcept;
error already_spent(std::string const& transaction_id);

/// The body of a record.
///
///     Entry ::= SEQUENCE {
///         stage          INTEGER,                 -- 0 held, 1 reserved, 2 issued, 3 released
///         at             INTEGER,                 -- seconds since 1970
///         messageType    INTEGER,
///         transactionID  OCTET STRING,
///         owner          OCTET STRING,
///         requestDigest  OCTET STRING,
///         isRenewal      BOOLEAN,
///         tolerances     SEQUENCE OF UTF8String,
///         spends         [0] OCTET STRING OPTIONAL,
///         serial         [1] OCTET STRING OPTIONAL,
///         request        [2] OCTET STRING OPTIONAL, -- nonce, AES-256-GCM and its tag over the request,
///                                                   -- bound to the transactionID
///         signer         [3] OCTET STRING OPTIONAL,
///         certificate    [4] OCTET STRING OPTIONAL,
///         frees          [5] OCTET STRING OPTIONAL } -- what the transaction's reservation had spent
///
/// Anything `encode` would not write is errc::bad_value or an error of asn1. Thread-safe.
class entry_codec
{
public:
    explicit entry_codec(secret_bytes request_key) noexcept : request_key_(std::move(request_key)) {} ///< 32 bytes.

    result<bytes> encode(ledger_entry const& entry, bytes_view frees, random_source& random) const;
    result<ledger_entry> decode(bytes_view body) const;

private:
    secret_bytes request_key_;
};

/// What the index of a ledger needs of an entry; views into what it was taken from.
struct entry_summary {
    ledger_stage stage{};
    bytes_view transaction_id;
    bytes_view spends;
    bytes_view certificate_serial; ///< issued: INTEGER content octets.
    bytes_view frees;
};
/// Of the body of a record.
result<entry_summary> summarise(bytes_view body);
/// The same of what `encode` makes a body of: an entry that `check_entry` lets pass.
entry_summary summarise(ledger_entry const& entry, bytes_view frees) noexcept;

} // namespace scepkit::inline v0::scep::detail
