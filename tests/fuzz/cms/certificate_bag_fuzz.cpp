// SPDX-License-Identifier: BSL-1.0
// A bag that is read can be written, and the written one reads strictly with the same certificates and CRLs.
#include "../require.hpp"

#include <scepkit/cms/certificate_bag.hpp>

using namespace scepkit;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    bytes_view const input(data, size);
    cms::quirk_set const lenient{cms::quirk::ber_encoding, cms::quirk::bag_with_content};
    auto const bag = cms::certificate_bag::parse(input, lenient);
    auto const strict = cms::certificate_bag::parse(input, {});
    if(!bag) {
        fuzz::require_foreign(bag.error());
        require(!strict, "leniency never refuses what is read without it");
        return 0;
    }
    require(strict.has_value() == bag->tolerances.empty(), "what was overlooked is what strictness refuses");
    for(auto const& c : bag->certificates) {
        // Past parsing: the key is used where there is one.
        if(c.key())
            (void)c.is_issued_by(c);
    }
    auto const again = cms::certificate_bag::parse(cms::certificate_bag::make(bag->certificates, bag->crls), {});
    require(again.has_value(), "what is written reads");
    require(again->certificates == bag->certificates && again->crls == bag->crls, "nothing is lost or reordered");
    return 0;
}
