// SPDX-License-Identifier: BSL-1.0
// A pkiMessage that parses has what its type needs, within bounds, and the noted tolerances are enough to read it
// again.
#include "../require.hpp"
#include "../tlv_mutator.hpp"

#include <scepkit/scep/message.hpp>

#include <algorithm>

using namespace scepkit;
using fuzz::require;

SCEPKIT_FUZZ_TLV_MUTATOR;

namespace {

void require_attributes(scep::message_attributes const& a, scep::quirk_set needed)
{
    require(scep::name_of(a.message_type) != "unknown", "the message type is one of the closed set");
    require(!a.transaction_id.empty() && a.transaction_id.size() <= 256, "the transactionID has a sane length");
    require(std::all_of(a.transaction_id.begin(), a.transaction_id.end(), [](char c) { return c >= 0x20 && c < 0x7f; }),
            "the transactionID is printable");
    auto const is_reply = a.message_type == scep::message_type::cert_rep;
    auto const nonce_fits = [&](bytes const& n) {
        return n.size() == 16 || (!n.empty() && n.size() <= 64 && needed.contains(scep::quirk::short_nonce));
    };
    require(nonce_fits(a.sender_nonce) ||
                (is_reply && a.sender_nonce.empty() && needed.contains(scep::quirk::sender_nonce_missing)),
            "the senderNonce is there, or its absence is noted");
    require(!a.recipient_nonce || nonce_fits(*a.recipient_nonce), "the recipientNonce has its size");
    require(a.pki_status.has_value() == is_reply, "replies have a status, requests none");
    if(is_reply)
        require(a.recipient_nonce.has_value(), "a reply says what it answers");
    auto const refused = a.pki_status == scep::pki_status::failure;
    require((a.fail_info.has_value() != a.fail_info_code.has_value()) == refused, "a refusal has exactly one reason");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    bytes_view const input(data, size);
    if(auto const names = scep::issuer_and_subject::from_der(input))
        require(equal(scep::make_issuer_and_subject(names->issuer, names->subject), input), "IssuerAndSubject is DER");

    auto const parsed = scep::parsed_message::parse(input, scep::profile::legacy());
    if(!parsed) {
        fuzz::require_foreign(parsed.error());
        require(!scep::parsed_message::parse(input, scep::profile::strict()), "leniency never refuses more");
        return 0;
    }
    require_attributes(parsed->attributes(), parsed->tolerances());
    scep::profile const enough{"noted", parsed->tolerances()};
    auto const again = scep::parsed_message::parse(input, enough);
    require(again && again->tolerances() == parsed->tolerances(), "the noted tolerances are the needed ones");
    require(again->attributes().transaction_id == parsed->attributes().transaction_id, "reading is repeatable");

    auto const verified = scep::verified_message::verify(*parsed, {}, scep::profile::legacy());
    if(!verified)
        fuzz::require_foreign(verified.error());
    return 0;
}
