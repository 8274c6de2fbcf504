// SPDX-License-Identifier: BSL-1.0
#include <scepkit/asn1/oids.hpp>
#include <scepkit/pki/algorithms.hpp>

#include "vectors.hpp"

#include <gtest/gtest.h>
#include <openssl/opensslv.h>

namespace scepkit::inline v0::pki {
namespace {

using test::code_of;
namespace oids = asn1::oids;

constexpr std::array every_digest{digest_algorithm::md5, digest_algorithm::sha1, digest_algorithm::sha256,
                                  digest_algorithm::sha384, digest_algorithm::sha512};

result<signature_algorithm> read_signature(bytes const& der)
{
    asn1::reader input(der);
    auto out = read_signature_algorithm(input);
    EXPECT_TRUE(!out || input.at_end());
    return out;
}

result<digest_algorithm> read_digest(bytes const& der)
{
    asn1::reader input(der);
    return read_digest_algorithm(input);
}

bytes pss(std::string_view hex) { return from_hex(std::string("30") + std::string(hex)).value(); }

TEST(Algorithms, ReadsBackEverySignatureAlgorithmItWrites)
{
    for(auto const scheme : {signature_scheme::rsa_pkcs1_v1_5, signature_scheme::rsa_pss, signature_scheme::ecdsa})
        for(auto const d : every_digest) {
            if(d == digest_algorithm::md5 && scheme != signature_scheme::rsa_pkcs1_v1_5)
                continue; // There is no such identifier for ECDSA, and no reason for one with PSS.
            auto const kind = scheme == signature_scheme::ecdsa ? key_kind::ec_p384 : key_kind::rsa;
            auto const der = asn1::encode([&](asn1::writer& w) { write_signature_algorithm(w, scheme, d, kind); });
            auto const back = read_signature(der).value();
            EXPECT_EQ(back.scheme, scheme);
            EXPECT_EQ(back.digest, d);
            EXPECT_EQ(back.pss_salt_length, scheme == signature_scheme::rsa_pss ? static_cast<int>(size_of(d)) : -1);
        }
}

TEST(Algorithms, AnMlDsaIdentifierNamesTheKindOfKeyAndHasNoParameters)
{
    for(auto const kind : {key_kind::ml_dsa_44, key_kind::ml_dsa_65, key_kind::ml_dsa_87}) {
        auto const der = asn1::encode([&](asn1::writer& w) {
            write_signature_algorithm(w, signature_scheme::ml_dsa, digest_algorithm::sha256, kind);
        });
        auto const back = read_signature(der).value();
        EXPECT_EQ(back.scheme, signature_scheme::ml_dsa);
        EXPECT_EQ(back.digest, std::nullopt);
        EXPECT_EQ(back.kind, kind);
    }
    // id-ml-dsa-44 with NULL.
    auto const with_null = from_hex("300d0609608648016503040311"
                                    "0500")
                               .value();
    EXPECT_EQ(test::code_of(read_signature(with_null)), errc::bad_value);
    // id-ml-kem-512 signs nothing.
    EXPECT_EQ(test::code_of(read_signature(from_hex("300b0609608648016503040401").value())),
              errc::algorithm_not_allowed);
}

TEST(Algorithms, SchemesFitTheirOwnKindsOnly)
{
    using enum key_kind;
    for(auto const kind :
        {rsa, ec_p256, ec_p384, ec_p521, ml_dsa_44, ml_dsa_65, ml_dsa_87, ml_kem_512, ml_kem_768, ml_kem_1024}) {
        EXPECT_EQ(fits(signature_scheme::rsa_pkcs1_v1_5, kind), kind == rsa);
        EXPECT_EQ(fits(signature_scheme::rsa_pss, kind), kind == rsa);
        EXPECT_EQ(fits(signature_scheme::ecdsa, kind), is_ec(kind));
        EXPECT_EQ(fits(signature_scheme::ml_dsa, kind), is_ml_dsa(kind));
        EXPECT_EQ(is_available(kind), kind == rsa || is_ec(kind) || OPENSSL_VERSION_NUMBER >= 0x30500000L);
    }
}

TEST(Algorithms, ReadsADigestWithNullAndWithoutParameters)
{
    for(auto const d : every_digest) {
        for(bool const with_null : {true, false}) {
            auto const der = asn1::encode([&](asn1::writer& w) { w.algorithm(oid_of(d), with_null); });
            EXPECT_EQ(read_digest(der).value(), d);
        }
        auto const odd = asn1::encode([&](asn1::writer& w) {
            w.sequence([&] {
                w.oid(oid_of(d));
                w.integer(1);
            });
        });
        EXPECT_FALSE(read_digest(odd).has_value());
    }
}

TEST(Algorithms, RefusesWhatItDoesNotKnow)
{
    auto const unknown = asn1::encode([](asn1::writer& w) { w.algorithm(asn1::oid{"1.2.3.4"}, true); });
    EXPECT_EQ(code_of(read_digest(unknown)), errc::algorithm_not_allowed);
    EXPECT_EQ(code_of(read_signature(unknown)), errc::algorithm_not_allowed);
    auto const dsa = asn1::encode([](asn1::writer& w) { w.algorithm(asn1::oid{"1.2.840.10040.4.3"}, false); });
    EXPECT_EQ(code_of(read_signature(dsa)), errc::algorithm_not_allowed);
}

TEST(Algorithms, LeavesTheDigestOpenForAKeyKind)
{
    auto const der = asn1::encode([](asn1::writer& w) { w.algorithm(oids::rsa_encryption, true); });
    auto const read = read_signature(der).value();
    EXPECT_EQ(read.scheme, signature_scheme::rsa_pkcs1_v1_5);
    EXPECT_FALSE(read.digest.has_value());
}

TEST(Algorithms, PssDefaultsAreSha1AndTwenty)
{
    auto const read = read_signature(pss("0d06092a864886f70d01010a3000")).value();
    EXPECT_EQ(read, (signature_algorithm{signature_scheme::rsa_pss, digest_algorithm::sha1, 20}));
}

TEST(Algorithms, RefusesPssThatSaysNothingOrMixesDigests)
{
    EXPECT_EQ(code_of(read_signature(pss("0b06092a864886f70d01010a"))), errc::algorithm_not_allowed);
    // hashAlgorithm SHA-256, mask generation left at its default MGF1 with SHA-1.
    EXPECT_EQ(code_of(read_signature(pss("1e06092a864886f70d01010a3011a00f300d06096086480165030402010500"))),
              errc::algorithm_not_allowed);
    // saltLength -1 and trailerField 2.
    EXPECT_EQ(code_of(read_signature(pss("1206092a864886f70d01010a3005a2030201ff"))), errc::algorithm_not_allowed);
    EXPECT_EQ(code_of(read_signature(pss("1206092a864886f70d01010a3005a303020102"))), errc::algorithm_not_allowed);
}

TEST(Algorithms, NamesAreThoseOfGetCaCaps)
{
    EXPECT_EQ(name_of(digest_algorithm::sha1), "SHA-1");
    EXPECT_EQ(name_of(digest_algorithm::sha256), "SHA-256");
    EXPECT_EQ(name_of(digest_algorithm::sha512), "SHA-512");
    EXPECT_EQ(name_of(key_kind::rsa), "RSA");
    EXPECT_EQ(name_of(key_kind::ec_p521), "P-521");
}

} // namespace
} // namespace scepkit::inline v0::pki
