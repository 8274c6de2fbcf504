// SPDX-License-Identifier: BSL-1.0
// An answer to GetNextCACert that opens was signed by the CA: with its certificate taken for another one, none does.
#include "../require.hpp"
#include "../tlv_mutator.hpp"

#include <scepkit/scep/message.hpp>

using namespace scepkit;
using fuzz::require;

SCEPKIT_FUZZ_TLV_MUTATOR;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    bytes_view const input(data, size);
    if(auto const asked = scep::issuer_and_serial::from_der(input))
        require(equal(asked->to_der(), input), "IssuerAndSerialNumber is DER");

    auto const parsed = cms::signed_data::parse(input, scep::profile::legacy().allowed);
    if(!parsed) {
        fuzz::require_foreign(parsed.error());
        return 0;
    }
    // Whoever stands in the message as its signer is the CA here: what is behind the signature is reached.
    for(auto const& ca : parsed->certificates()) {
        auto const bag = scep::open_next_ca_message(input, ca, scep::profile::legacy());
        if(!bag) {
            fuzz::require_foreign(bag.error());
            continue;
        }
        require(!bag->certificates.empty(), "an answer holds certificates");
        require(parsed->signer().names(ca), "it is signed by the CA");
        for(auto const& other : bag->certificates)
            require(other == ca || !scep::open_next_ca_message(input, other, scep::profile::legacy()) ||
                        parsed->signer().names(other),
                    "and by nobody else");
    }
    return 0;
}
