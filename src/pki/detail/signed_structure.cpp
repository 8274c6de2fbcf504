// SPDX-License-Identifier: BSL-1.0
#include <pki/detail/signed_structure.hpp>

#include <base/try.hpp>

namespace scepkit::inline v0::pki::detail {

result<signed_structure> read_signed(bytes_view der, limits const& bounds)
{
    asn1::reader input(der, bounds);
    SCEPKIT_TRY(auto outer, input.enter(asn1::tag::sequence));
    SCEPKIT_CHECK(input.finish());
    SCEPKIT_TRY(auto const body, outer.read(asn1::tag::sequence));
    auto algorithm_reader = outer;
    SCEPKIT_TRY(auto const identifier, outer.read(asn1::tag::sequence));
    SCEPKIT_TRY(auto const signature, outer.read_bit_string());
    SCEPKIT_CHECK(outer.finish());
    SCEPKIT_TRY(auto inside, outer.inside(body));
    return signed_structure{body.encoded, inside, identifier.encoded, read_signature_algorithm(algorithm_reader),
                            signature};
}

} // namespace scepkit::inline v0::pki::detail
