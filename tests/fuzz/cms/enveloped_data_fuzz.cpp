// SPDX-License-Identifier: BSL-1.0
// Opening never does more than one private-key operation, and after it there is one failure only.
#include "../require.hpp"
#include "fixed_people.hpp"

#include <scepkit/cms/enveloped_data.hpp>

using namespace scepkit;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    auto const allowed = fuzz::everything();
    auto const parsed = cms::enveloped_data::parse({data, size}, allowed);
    if(!parsed) {
        fuzz::require_foreign(parsed.error());
        require(!cms::enveloped_data::parse({data, size}, {}), "leniency never refuses what is read without it");
        return 0;
    }
    require(!parsed->recipients().empty(), "there is a recipient");
    require(parsed->iv().size() == cms::block_size_of(parsed->cipher()), "the IV is one block");
    require(parsed->encrypted_content().size() % cms::block_size_of(parsed->cipher()) == 0,
            "the content is whole blocks");

    auto const& own = fuzz::recipient();
    auto const before = own.key.operations().decryptions;
    auto const opened = cms::open(*parsed, own.certificate, *own.decrypter, allowed);
    auto const used = own.key.operations().decryptions - before;
    require(used <= 1, "one private-key operation at most");
    if(!opened) {
        fuzz::require_foreign(opened.error());
        require(used == 0 || opened.error().code() == errc::decryption_failed, "after the key there is one failure");
        return 0;
    }
    // Without an operation too, once in a while: a number that RSA is not defined for is answered with a made-up key.
    require(opened->content.size() < parsed->encrypted_content().size(), "padding is never empty");
    auto const again = cms::open(*parsed, own.certificate, *own.decrypter, opened->tolerances);
    require(again.has_value() && equal(again->content.view(), opened->content.view()), "opening is repeatable");
    return 0;
}
