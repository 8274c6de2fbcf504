// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/asn1/reader.hpp>
#include <scepkit/asn1/writer.hpp>

#include <optional>
#include <string_view>

namespace scepkit::inline v0::pki {

enum class digest_algorithm { md5, sha1, sha256, sha384, sha512 };
enum class key_kind { rsa, ec_p256, ec_p384, ec_p521 };
enum class signature_scheme { rsa_pkcs1_v1_5, rsa_pss, ecdsa };

/// A signature AlgorithmIdentifier, understood. `digest` is absent where only the key's kind was named
/// (rsaEncryption as signatureAlgorithm of a SignerInfo): the digest is then the SignerInfo's own.
struct signature_algorithm {
    signature_scheme scheme{};
    std::optional<digest_algorithm> digest;
    int pss_salt_length = -1;

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
/// The combined identifier (sha256WithRSAEncryption, ecdsa-with-SHA256, RSASSA-PSS with parameters).
SCEPKIT_API void write_signature_algorithm(asn1::writer& to, signature_scheme scheme, digest_algorithm d);

} // namespace scepkit::inline v0::pki
