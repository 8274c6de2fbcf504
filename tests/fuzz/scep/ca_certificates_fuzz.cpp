// SPDX-License-Identifier: BSL-1.0
// Whatever GetCACert says, the recipient can receive and belongs to the CA, and a foreign pin never matches.
#include "../require.hpp"
#include "../tlv_mutator.hpp"

#include <scepkit/scep/ca_identity.hpp>

#include <algorithm>

using namespace scepkit;
using fuzz::require;

SCEPKIT_FUZZ_TLV_MUTATOR;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    auto const bag = scep::parse_ca_certificates({data, size}, scep::profile::legacy());
    if(!bag) {
        fuzz::require_foreign(bag.error());
        return 0;
    }
    // A moment at which the seeds are valid.
    time_point const now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}};
    auto const pinned = scep::ca_trust::pinned(bytes(32, 0x11)).value();
    require(!scep::ca_identity::choose(*bag, pinned, scep::profile::legacy(), now),
            "no certificate has this fingerprint");

    auto const id = scep::ca_identity::choose(*bag, scep::ca_trust::trust_on_first_use(), scep::profile::legacy(), now);
    if(!id) {
        fuzz::require_foreign(id.error());
        return 0;
    }
    require(id->recipient.key() && (id->recipient.key()->is_rsa() || !pki::can_sign(id->recipient.key()->kind()) ||
                                    pki::is_ec(id->recipient.key()->kind())),
            "the recipient can receive");
    require(id->recipient == id->issuing_ca || id->recipient.is_issued_by(id->issuing_ca), "the recipient is the CA's");
    require(id->issuing_ca.is_valid_at(now) && id->recipient.is_valid_at(now), "both are valid");
    for(auto const& signer : id->reply_signers)
        require(signer == id->issuing_ca || signer.is_issued_by(id->issuing_ca), "who signs replies is the CA's");

    auto reversed = *bag;
    std::reverse(reversed.certificates.begin(), reversed.certificates.end());
    auto const again = scep::ca_identity::choose(reversed, scep::ca_trust::pinned(id->issuing_ca.sha256()).value(),
                                                 scep::profile::legacy(), now);
    require(again.has_value(), "the order does not matter, and the CA can be pinned");
    return 0;
}
