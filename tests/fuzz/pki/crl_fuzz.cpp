// SPDX-License-Identifier: BSL-1.0
// An accepted revocation list keeps its bytes, survives PEM, and finds nothing under a serial that nobody has.
#include "../require.hpp"
#include "../tlv_mutator.hpp"

#include <scepkit/pki/crl.hpp>

using namespace scepkit;
using fuzz::require;

SCEPKIT_FUZZ_TLV_MUTATOR;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    bytes_view const input(data, size);
    auto const list = pki::crl::from_der(input);
    if(!list) {
        fuzz::require_foreign(list.error());
        return 0;
    }
    require(equal(list->der(), input), "a list keeps its bytes");
    auto const again = pki::crl::from_pem(as_bytes(list->to_pem()));
    require(again && equal(again->der(), input) && again->size() == list->size(), "a list survives PEM");
    require(list->size() <= size / 8, "an entry has its bytes");
    require(list->find({}) == nullptr, "no serial is empty");
    // Every place of the input is tried as a serial: what is found has those very bytes.
    for(std::size_t at = 0; at + 2 < size && at < 512; ++at) {
        auto const length = input[at];
        if(length == 0 || at + 1 + length > size)
            continue;
        auto const serial = input.subspan(at + 1, length);
        if(auto const* const found = list->find(serial))
            require(equal(found->serial, serial), "the one that was asked for is found");
    }
    return 0;
}
