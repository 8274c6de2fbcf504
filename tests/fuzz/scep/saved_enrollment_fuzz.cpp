// SPDX-License-Identifier: BSL-1.0
// A saved enrolment that reads is within bounds and is written again as it was.
#include "../require.hpp"
#include "../tlv_mutator.hpp"

#include <scep/detail/saved_enrollment.hpp>

using namespace scepkit;
using fuzz::require;

SCEPKIT_FUZZ_TLV_MUTATOR;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    bytes_view const input(data, size);
    auto const saved = scep::detail::saved_enrollment::from_der(input, {});
    if(!saved) {
        fuzz::require_foreign(saved.error());
        return 0;
    }
    require(!saved->transaction_id.empty() && saved->transaction_id.size() <= 256,
            "the transactionID has a sane length");
    require(asn1::is_printable_string(saved->transaction_id), "the transactionID can be sent");
    require(saved->ca_certificates.size() <= limits{}.certificates, "the certificates are within the limit");
    require(!saved->backoff || saved->backoff->count() >= 0, "no interval is negative");
    // Words and order of capabilities, and names out of order, may be written otherwise; what is read stays.
    auto const written = saved->to_der();
    auto const again = scep::detail::saved_enrollment::from_der(written, {});
    require(again.has_value(), "what is written can be read");
    require(again->to_der() == written, "writing is stable");
    require(again->transaction_id == saved->transaction_id && again->requested == saved->requested &&
                again->signer == saved->signer && again->ca_certificates == saved->ca_certificates &&
                again->tolerances == saved->tolerances && again->backoff == saved->backoff &&
                again->since == saved->since,
            "nothing is lost on the way");
    return 0;
}
