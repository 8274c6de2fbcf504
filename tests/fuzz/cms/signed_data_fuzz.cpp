// SPDX-License-Identifier: BSL-1.0
// A SignedData that verifies was signed, bit for bit, by a key this program holds, or by a certificate it carries
// itself.
#include "../require.hpp"
#include "fixed_people.hpp"

#include <scepkit/cms/signed_data.hpp>

using namespace scepkit;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    auto const allowed = fuzz::everything();
    auto const parsed = cms::signed_data::parse({data, size}, allowed);
    if(!parsed) {
        fuzz::require_foreign(parsed.error());
        require(!cms::signed_data::parse({data, size}, {}), "leniency never refuses what is read without it");
        return 0;
    }
    require(!parsed->signed_attributes().empty(), "there are signed attributes");
    require(parsed->find(asn1::oids::message_digest) != nullptr, "the digest is signed");

    // With the message's own certificates alone, and with one from outside: the seeds are signed by it.
    auto const others = std::span(&fuzz::recipient().certificate, 1);
    auto const verified = cms::verified_signed_data::verify(*parsed, others, allowed);
    if(!verified) {
        fuzz::require_foreign(verified.error());
        return 0;
    }
    require(parsed->signer().names(verified->signer()), "the signer is the one that was named");
    require(verified->signer().key().has_value(), "the signer's key is inside the limits");
    auto const again = cms::verified_signed_data::verify(*parsed, others, allowed);
    require(again.has_value() && again->tolerances() == verified->tolerances(), "verifying is repeatable");
    auto const strict = cms::verified_signed_data::verify(*parsed, others, verified->tolerances());
    require(strict.has_value(), "the noted leniencies are enough");
    return 0;
}
