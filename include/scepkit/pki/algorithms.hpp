// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/asn1/reader.hpp>
#include <scepkit/asn1/writer.hpp>

#include <optional>
#include <string_view>

namespace scepkit::inline v0::pki {

enum class digest_algorithm { md5, sha1, sha256, sha384, sha512 };
/// ML-DSA (FIPS 204) and ML-KEM (FIPS 203) need OpenSSL 3.5: ask `is_available`.
enum class key_kind {
    rsa,
    ec_p256,
    ec_p384,
    ec_p521,
    ml_dsa_44,
    ml_dsa_65,
    ml_dsa_87,
    ml_kem_512,
    ml_kem_768,
    ml_kem_1024
};
enum class signature_scheme { rsa_pkcs1_v1_5, rsa_pss, ecdsa, ml_dsa };

constexpr bool is_ec(key_kind k) noexcept
{
    return k == key_kind::ec_p256 || k == key_kind::ec_p384 || k == key_kind::ec_p521;
}
constexpr bool is_ml_dsa(key_kind k) noexcept
{
    return k == key_kind::ml_dsa_44 || k == key_kind::ml_dsa_65 || k == key_kind::ml_dsa_87;
}
constexpr bool is_ml_kem(key_kind k) noexcept
{
    return k == key_kind::ml_kem_512 || k == key_kind::ml_kem_768 || k == key_kind::ml_kem_1024;
}
constexpr bool can_sign(key_kind k) noexcept { return !is_ml_kem(k); }
/// Whether the OpenSSL that this library was built with has such keys at all.
SCEPKIT_API bool is_available(key_kind k) noexcept;
/// Whether `scheme` is one of keys of the kind `k`.
SCEPKIT_API bool fits(signature_scheme scheme, key_kind k) noexcept;

/// A signature AlgorithmIdentifier, understood. `digest` is absent where only the key's kind was named
/// (rsaEncryption as signatureAlgorithm of a SignerInfo): the digest is then the SignerInfo's own; and for ML-DSA,
/// which signs the message itself and whose identifier names the kind of key instead.
struct signature_algorithm {
    signature_scheme scheme{};
    std::optional<digest_algorithm> digest;
    int pss_salt_length = -1;
    std::optional<key_kind> kind = std::nullopt; ///< ML-DSA only: the parameter set.

    friend bool operator==(signature_algorithm const&, signature_algorithm const&) = default;
};

SCEPKIT_API std::string_view name_of(digest_algorithm d) noexcept; ///< "SHA-256", as in GetCACaps.
SCEPKIT_API std::string_view name_of(key_kind k) noexcept;         ///< "RSA", "P-256" …
SCEPKIT_API std::size_t size_of(digest_algorithm d) noexcept;
SCEPKIT_API asn1::oid oid_of(digest_algorithm d) noexcept;
/// Absent parameters or NULL; errc::algorithm_not_allowed for anything this library does not know.
SCEPKIT_API result<digest_algorithm> read_digest_algorithm(asn1::reader& from);
SCEPKIT_API result<signature_algorithm> read_signature_algorithm(asn1::reader& from);
SCEPKIT_API void write_digest_algorithm(asn1::writer& to, digest_algorithm d);
/// The combined identifier (sha256WithRSAEncryption, ecdsa-with-SHA256, RSASSA-PSS with parameters, id-ml-dsa-65) of
/// `scheme` with a key of the kind `k`, which it must fit.
SCEPKIT_API void write_signature_algorithm(asn1::writer& to, signature_scheme scheme, digest_algorithm d, key_kind k);

} // namespace scepkit::inline v0::pki
