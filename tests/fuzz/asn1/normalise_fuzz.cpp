// SPDX-License-Identifier: BSL-1.0
// Normalised output is DER, at most half as large again as the input, and normalising it again changes nothing.
#include "../require.hpp"

#include <scepkit/asn1/normalise.hpp>
#include <scepkit/asn1/reader.hpp>

using namespace scepkit;
using fuzz::require;

namespace {

void require_der(asn1::reader in)
{
    while(!in.at_end()) {
        auto const e = in.read_any();
        require(e.has_value(), "the strict reader accepts every value of the output");
        if(asn1::is_constructed(e->tag))
            require_der(in.inside(*e).value());
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    bytes_view const input(data, size);
    auto const once = asn1::normalise_ber(input);
    if(!once) {
        fuzz::require_foreign(once.error());
        return 0;
    }
    require(once->was_der == equal(once->der, input), "was_der says whether anything had to be rewritten");
    require(once->der.size() <= input.size() + input.size() / 2, "the output is at most half as large again");
    require_der(asn1::reader(once->der));
    auto const twice = asn1::normalise_ber(once->der);
    require(twice.has_value() && twice->was_der && twice->der == once->der, "DER normalises to itself");
    return 0;
}
