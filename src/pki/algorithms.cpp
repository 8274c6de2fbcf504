// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/algorithms.hpp>

#include <scepkit/asn1/oids.hpp>

#include <base/try.hpp>
#include <pki/detail/errors.hpp>
#include <pki/detail/post_quantum.hpp>

#include <gsl/gsl>
#include <openssl/opensslv.h>

#include <array>

namespace scepkit::inline v0::pki {
namespace {

namespace oids = asn1::oids;

struct digest_row {
    digest_algorithm value;
    std::string_view name;
    std::size_t size;
    asn1::oid id;
    asn1::oid with_rsa;
    asn1::oid with_ecdsa; ///< Empty: there is none.
};
constexpr std::array digest_rows{
    digest_row{digest_algorithm::md5, "MD5", 16, oids::md5, oids::md5_with_rsa, {}},
    digest_row{digest_algorithm::sha1, "SHA-1", 20, oids::sha1, oids::sha1_with_rsa, oids::ecdsa_with_sha1},
    digest_row{digest_algorithm::sha256, "SHA-256", 32, oids::sha256, oids::sha256_with_rsa, oids::ecdsa_with_sha256},
    digest_row{digest_algorithm::sha384, "SHA-384", 48, oids::sha384, oids::sha384_with_rsa, oids::ecdsa_with_sha384},
    digest_row{digest_algorithm::sha512, "SHA-512", 64, oids::sha512, oids::sha512_with_rsa, oids::ecdsa_with_sha512},
};

digest_row const& row(digest_algorithm d) noexcept { return digest_rows[static_cast<std::size_t>(d)]; }

error unknown_algorithm(asn1::oid const& id, std::size_t offset)
{
    return detail::fail(errc::algorithm_not_allowed, "algorithm " + id.to_dotted() + " is not known here", offset);
}

result<void> read_null_or_nothing(asn1::reader& parameters)
{
    if(!parameters.at_end())
        SCEPKIT_CHECK(parameters.read_null());
    return parameters.finish();
}

// RFC 4055, 3.1: everything has a default, and SHA-1 is it.
result<signature_algorithm> read_pss_parameters(asn1::reader& outer)
{
    if(outer.at_end())
        return outer.fail(errc::algorithm_not_allowed, "RSASSA-PSS without parameters says nothing about the digest");
    SCEPKIT_TRY(auto parameters, outer.enter(asn1::tag::sequence));
    SCEPKIT_CHECK(outer.finish());

    signature_algorithm out{signature_scheme::rsa_pss, digest_algorithm::sha1, 20};
    auto mask_digest = digest_algorithm::sha1;
    SCEPKIT_TRY(auto hash, parameters.enter_optional(asn1::context_constructed(0)));
    if(hash) {
        SCEPKIT_TRY(out.digest, read_digest_algorithm(*hash));
        SCEPKIT_CHECK(hash->finish());
    }
    SCEPKIT_TRY(auto mask, parameters.enter_optional(asn1::context_constructed(1)));
    if(mask) {
        SCEPKIT_TRY(auto identifier, mask->enter(asn1::tag::sequence));
        SCEPKIT_CHECK(mask->finish());
        SCEPKIT_TRY(auto const id, identifier.read_oid());
        if(id != oids::mgf1)
            return unknown_algorithm(id, identifier.offset());
        SCEPKIT_TRY(mask_digest, read_digest_algorithm(identifier));
        SCEPKIT_CHECK(identifier.finish());
    }
    SCEPKIT_TRY(auto salt, parameters.enter_optional(asn1::context_constructed(2)));
    if(salt) {
        SCEPKIT_TRY(auto const length, salt->read_small_integer());
        SCEPKIT_CHECK(salt->finish());
        if(length < 0 || length > 1024)
            return parameters.fail(errc::algorithm_not_allowed, "a PSS salt of a length that no key can hold");
        out.pss_salt_length = static_cast<int>(length);
    }
    SCEPKIT_TRY(auto trailer, parameters.enter_optional(asn1::context_constructed(3)));
    if(trailer) {
        SCEPKIT_TRY(auto const field, trailer->read_small_integer());
        SCEPKIT_CHECK(trailer->finish());
        if(field != 1)
            return parameters.fail(errc::algorithm_not_allowed, "a PSS trailer field other than 1");
    }
    SCEPKIT_CHECK(parameters.finish());
    if(mask_digest != out.digest)
        return parameters.fail(errc::algorithm_not_allowed, "PSS with one digest for the message and another for MGF1");
    return out;
}

} // namespace

std::string_view name_of(digest_algorithm d) noexcept { return row(d).name; }
std::size_t size_of(digest_algorithm d) noexcept { return row(d).size; }
asn1::oid oid_of(digest_algorithm d) noexcept { return row(d).id; }

std::string_view name_of(key_kind k) noexcept
{
    switch(k) {
    case key_kind::rsa: return "RSA";
    case key_kind::ec_p256: return "P-256";
    case key_kind::ec_p384: return "P-384";
    case key_kind::ec_p521: return "P-521";
    case key_kind::ml_dsa_44: return "ML-DSA-44";
    case key_kind::ml_dsa_65: return "ML-DSA-65";
    case key_kind::ml_dsa_87: return "ML-DSA-87";
    case key_kind::ml_kem_512: return "ML-KEM-512";
    case key_kind::ml_kem_768: return "ML-KEM-768";
    case key_kind::ml_kem_1024: return "ML-KEM-1024";
    }
    return "?";
}

bool is_available(key_kind k) noexcept
{
#if OPENSSL_VERSION_NUMBER >= 0x30500000L
    static_cast<void>(k);
    return true;
#else
    return !is_ml_dsa(k) && !is_ml_kem(k);
#endif
}

bool fits(signature_scheme scheme, key_kind k) noexcept
{
    switch(scheme) {
    case signature_scheme::rsa_pkcs1_v1_5:
    case signature_scheme::rsa_pss: return k == key_kind::rsa;
    case signature_scheme::ecdsa: return is_ec(k);
    case signature_scheme::ml_dsa: return is_ml_dsa(k);
    }
    return false;
}

result<digest_algorithm> read_digest_algorithm(asn1::reader& from)
{
    auto const offset = from.offset();
    SCEPKIT_TRY(auto inside, from.enter(asn1::tag::sequence));
    SCEPKIT_TRY(auto const id, inside.read_oid());
    for(auto const& known : digest_rows)
        if(known.id == id) {
            SCEPKIT_CHECK(read_null_or_nothing(inside));
            return known.value;
        }
    return unknown_algorithm(id, offset);
}

result<signature_algorithm> read_signature_algorithm(asn1::reader& from)
{
    auto const offset = from.offset();
    SCEPKIT_TRY(auto inside, from.enter(asn1::tag::sequence));
    SCEPKIT_TRY(auto const id, inside.read_oid());
    if(id == oids::rsassa_pss)
        return read_pss_parameters(inside);

    if(auto const k = detail::kind_of(id); k && is_ml_dsa(*k)) {
        if(!inside.at_end()) // RFC 9881, 2.
            return inside.fail(errc::bad_value, "ML-DSA with parameters; they must be absent");
        return signature_algorithm{.scheme = signature_scheme::ml_dsa, .digest = std::nullopt, .kind = k};
    }

    std::optional<signature_algorithm> found;
    if(id == oids::rsa_encryption)
        found = signature_algorithm{signature_scheme::rsa_pkcs1_v1_5, std::nullopt};
    for(auto const& known : digest_rows) {
        if(known.with_rsa == id)
            found = signature_algorithm{signature_scheme::rsa_pkcs1_v1_5, known.value};
        else if(!known.with_ecdsa.empty() && known.with_ecdsa == id)
            found = signature_algorithm{signature_scheme::ecdsa, known.value};
    }
    if(!found)
        return unknown_algorithm(id, offset);
    SCEPKIT_CHECK(read_null_or_nothing(inside));
    return *found;
}

void write_digest_algorithm(asn1::writer& to, digest_algorithm d)
{
    // RFC 5754 lets both forms be read and prefers none; NULL is what NDES and the readers of PKCS #7's days write.
    to.algorithm(row(d).id, true);
}

void write_signature_algorithm(asn1::writer& to, signature_scheme scheme, digest_algorithm d, key_kind k)
{
    Expects(fits(scheme, k));
    switch(scheme) {
    case signature_scheme::rsa_pkcs1_v1_5: to.algorithm(row(d).with_rsa, true); return;
    case signature_scheme::ecdsa: to.algorithm(row(d).with_ecdsa, false); return;
    case signature_scheme::ml_dsa: to.algorithm(detail::oid_of(k), false); return;
    case signature_scheme::rsa_pss: break;
    }
    to.sequence([&] {
        to.oid(oids::rsassa_pss);
        to.sequence([&] {
            if(d == digest_algorithm::sha1)
                return; // Every default; DER leaves defaults out.
            to.constructed(asn1::context_constructed(0), [&] { write_digest_algorithm(to, d); });
            to.constructed(asn1::context_constructed(1), [&] {
                to.sequence([&] {
                    to.oid(oids::mgf1);
                    write_digest_algorithm(to, d);
                });
            });
            to.constructed(asn1::context_constructed(2), [&] { to.integer(static_cast<std::int64_t>(row(d).size)); });
        });
    });
}

} // namespace scepkit::inline v0::pki
