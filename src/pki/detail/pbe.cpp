// SPDX-License-Identifier: BSL-1.0
#include <pki/detail/pbe.hpp>

#include <base/try.hpp>
#include <pki/detail/errors.hpp>

namespace scepkit::inline v0::pki::detail {
namespace {

constexpr asn1::oid pbes2{"1.2.840.113549.1.5.13"};
constexpr asn1::oid pbkdf2{"1.2.840.113549.1.5.12"};
constexpr asn1::oid pbe_sha1_des3{"1.2.840.113549.1.12.1.3"};

error unknown(asn1::reader const& at, asn1::oid const& id)
{
    return at.fail(errc::unsupported, "password-based encryption by " + id.to_dotted() +
                                          "; supported are PBES2 with PBKDF2, and SHA-1 with three-key triple DES");
}

// RFC 8018, A.4 and A.2.
result<std::int64_t> read_pbes2(asn1::reader parameters)
{
    SCEPKIT_TRY(auto derivation, parameters.enter(asn1::tag::sequence));
    SCEPKIT_TRY(auto const id, derivation.read_oid());
    if(id != pbkdf2)
        return unknown(derivation, id);
    SCEPKIT_TRY(auto inside, derivation.enter(asn1::tag::sequence));
    SCEPKIT_CHECK(derivation.finish());
    SCEPKIT_CHECK(inside.read_octet_string()); // salt
    return read_iteration_count(inside);
}

} // namespace

result<std::int64_t> read_iteration_count(asn1::reader& from)
{
    auto const offset = from.offset();
    SCEPKIT_TRY(auto const digits, from.read_unsigned());
    std::int64_t count = 0;
    for(auto const digit : digits) {
        count = count * 256 + digit;
        if(count > maximum_iterations)
            return fail(errc::too_large, "more than " + std::to_string(maximum_iterations) + " iterations asked for",
                        offset);
    }
    if(count < 1)
        return fail(errc::bad_value, "no iterations at all", offset);
    return count;
}

result<std::int64_t> read_pbe_iterations(asn1::reader& from)
{
    SCEPKIT_TRY(auto algorithm, from.enter(asn1::tag::sequence));
    SCEPKIT_TRY(auto const id, algorithm.read_oid());
    if(id != pbes2 && id != pbe_sha1_des3)
        return unknown(algorithm, id);
    SCEPKIT_TRY(auto parameters, algorithm.enter(asn1::tag::sequence));
    SCEPKIT_CHECK(algorithm.finish());
    if(id == pbes2)
        return read_pbes2(parameters);
    SCEPKIT_CHECK(parameters.read_octet_string()); // salt
    SCEPKIT_TRY(auto const count, read_iteration_count(parameters));
    SCEPKIT_CHECK(parameters.finish());
    return count;
}

} // namespace scepkit::inline v0::pki::detail
