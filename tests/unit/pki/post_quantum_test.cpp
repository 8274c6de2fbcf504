// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/decrypter.hpp>

#include "vectors.hpp"

#include <gtest/gtest.h>

// ML-DSA and ML-KEM, with vectors by python3-cryptography. Where OpenSSL is older than 3.5 the same vectors show that
// the answer is errc::unsupported, and nothing worse.

namespace scepkit::inline v0::pki {
namespace {

using test::code_of;
using test::hex_of;
using test::vector;

constexpr auto message = std::string_view("what is signed");

bool has_post_quantum() { return is_available(key_kind::ml_dsa_65); }

struct named_kind {
    char const* file;
    key_kind kind;
};
constexpr std::array signers{named_kind{"ml-dsa-44", key_kind::ml_dsa_44}, named_kind{"ml-dsa-65", key_kind::ml_dsa_65},
                             named_kind{"ml-dsa-87", key_kind::ml_dsa_87}};
constexpr std::array kems{named_kind{"ml-kem-768", key_kind::ml_kem_768},
                          named_kind{"ml-kem-1024", key_kind::ml_kem_1024}};

bytes file(named_kind const& k, std::string const& suffix) { return vector("post-quantum/" + (k.file + suffix)); }
result<public_key> spki(named_kind const& k) { return public_key::from_spki(file(k, ".spki.der")); }
result<private_key> pem(named_kind const& k) { return private_key::from_pem(file(k, ".pem")); }

TEST(PostQuantum, KeysAreReadWhereOpensslKnowsThem)
{
    for(auto const& list : {std::span<named_kind const>(signers), std::span<named_kind const>(kems)})
        for(auto const& k : list) {
            if(!has_post_quantum()) {
                EXPECT_EQ(code_of(spki(k)), errc::unsupported) << k.file;
                EXPECT_FALSE(pem(k).has_value()) << k.file;
                EXPECT_EQ(code_of(private_key::generate(k.kind)), errc::unsupported) << k.file;
                continue;
            }
            EXPECT_EQ(spki(k).value().kind(), k.kind);
            EXPECT_EQ(pem(k).value().public_key(), spki(k).value()) << k.file;
            auto const made = private_key::generate(k.kind).value();
            EXPECT_EQ(made.kind(), k.kind);
            auto const text = made.to_pem().value();
            EXPECT_EQ(private_key::from_pem(text.view()).value().public_key(), made.public_key()) << k.file;
        }
}

TEST(PostQuantum, SizesAndParametersAreHeldToTheStandard)
{
    // Checked before anything asks OpenSSL, so that the answer is the same for every version of it.
    for(auto const& k : {signers[0], kems[0]}) {
        auto der = file(k, ".spki.der");
        asn1::reader input(der);
        auto outer = input.enter(asn1::tag::sequence).value();
        auto const algorithm = outer.read(asn1::tag::sequence).value();
        auto const bits = outer.read_bit_string().value();
        auto const write = [&](bytes_view identifier, bytes_view key) {
            return asn1::encode([&](asn1::writer& w) {
                w.sequence([&] {
                    w.raw(identifier);
                    w.bit_string(key);
                });
            });
        };
        EXPECT_EQ(code_of(public_key::from_spki(write(algorithm.encoded, bits.first(bits.size() - 1)))), errc::bad_key);
        EXPECT_EQ(code_of(public_key::from_spki(write(algorithm.encoded, {}))), errc::bad_key);
        auto const with_null = asn1::encode([&](asn1::writer& w) {
            w.sequence([&] {
                w.raw(algorithm.content);
                w.null();
            });
        });
        EXPECT_EQ(code_of(public_key::from_spki(write(with_null, bits))), errc::bad_key);
        for(std::size_t size = 0; size < der.size(); size += 97)
            EXPECT_EQ(code_of(public_key::from_spki(bytes_view(der).first(size))), errc::bad_key) << size;
    }
}

TEST(PostQuantum, MlDsaVerifiesWhatAnotherImplementationSigned)
{
    if(!has_post_quantum())
        GTEST_SKIP() << "OpenSSL is older than 3.5";
    for(auto const& k : signers) {
        auto const key = spki(k).value();
        auto signature = file(k, ".signature");
        auto const verify = [&](std::string_view text) {
            return code_of(key.verify(signature_scheme::ml_dsa, digest_algorithm::sha256, as_bytes(text), signature));
        };
        EXPECT_EQ(verify(message), errc{}) << k.file;
        EXPECT_EQ(verify("other"), errc::signature_invalid);
        // The identifier names the parameter set, and no digest.
        signature_algorithm named{.scheme = signature_scheme::ml_dsa, .kind = k.kind};
        EXPECT_EQ(code_of(key.verify(named, as_bytes(message), signature)), errc{});
        named.kind = k.kind == key_kind::ml_dsa_44 ? key_kind::ml_dsa_65 : key_kind::ml_dsa_44;
        EXPECT_EQ(code_of(key.verify(named, as_bytes(message), signature)), errc::algorithm_not_allowed);
        EXPECT_EQ(code_of(key.verify(signature_scheme::ecdsa, digest_algorithm::sha256, as_bytes(message), signature)),
                  errc::algorithm_not_allowed);
        signature[100] ^= 1;
        EXPECT_EQ(verify(message), errc::signature_invalid);
        signature.pop_back();
        EXPECT_EQ(verify(message), errc::signature_invalid);
    }
}

TEST(PostQuantum, MlDsaSignsCertificatesAndRequests)
{
    if(!has_post_quantum())
        GTEST_SKIP() << "OpenSSL is older than 3.5";
    for(auto const& k : signers) {
        auto const key = pem(k).value();
        EXPECT_EQ(key.default_scheme(), signature_scheme::ml_dsa);
        auto const subject = name::parse("CN=post quantum").value();
        auto const made = make_certificate({.subject = subject,
                                            .not_before = test::today(),
                                            .not_after = test::today(),
                                            .serial = {1},
                                            .extensions = {}},
                                           key.public_key(), subject, key)
                              .value();
        EXPECT_EQ(made.signed_with()->kind, k.kind);
        EXPECT_EQ(code_of(made.verify_signature(key.public_key())), errc{});
        EXPECT_TRUE(made.is_issued_by(made));
        auto const request = certificate_request_builder().subject(subject).sign(key).value();
        EXPECT_EQ(code_of(request.verify()), errc{});
        EXPECT_EQ(code_of(software_decrypter::create(key)), errc::key_not_allowed);
        EXPECT_EQ(key.operations().signatures, 2u);
    }
}

TEST(PostQuantum, CertificatesWithMlDsaKeysAreReadEverywhere)
{
    for(auto const& k : signers) {
        auto const c = certificate::from_der(file(k, ".certificate.der")).value();
        EXPECT_EQ(c.signed_with()->kind, k.kind);
        EXPECT_EQ(code_of(c.key()), has_post_quantum() ? errc{} : errc::unsupported);
        EXPECT_EQ(c.is_issued_by(c), has_post_quantum());
    }
}

TEST(PostQuantum, MlKemOpensWhatAnotherImplementationEncapsulated)
{
    if(!has_post_quantum())
        GTEST_SKIP() << "OpenSSL is older than 3.5";
    for(auto const& k : kems) {
        auto const key = pem(k).value();
        auto const decrypter = software_decrypter::create(key).value();
        auto ciphertext = file(k, ".ciphertext");
        auto const secret = decrypter->decapsulate(ciphertext).value();
        EXPECT_EQ(to_hex(secret.view()), to_hex(file(k, ".secret"))) << k.file;
        EXPECT_EQ(key.operations().decryptions, 1u);

        // FIPS 203, 7.3: a changed ciphertext gives another secret, the same each time.
        ciphertext[10] ^= 1;
        auto const rejected = decrypter->decapsulate(ciphertext).value();
        EXPECT_FALSE(equal(rejected.view(), secret.view()));
        EXPECT_EQ(to_hex(rejected.view()), hex_of(pem(k).value().decapsulate(ciphertext)));
        EXPECT_EQ(code_of(decrypter->decapsulate(bytes_view(ciphertext).first(10))), errc::decryption_failed);
        EXPECT_EQ(code_of(decrypter->decapsulate({})), errc::decryption_failed);
        EXPECT_EQ(code_of(decrypter->decrypt({}, bytes(256), 16)), errc::key_not_allowed);
    }
}

TEST(PostQuantum, MlKemOpensWhatItEncapsulates)
{
    if(!has_post_quantum())
        GTEST_SKIP() << "OpenSSL is older than 3.5";
    for(auto const kind : {key_kind::ml_kem_512, key_kind::ml_kem_768, key_kind::ml_kem_1024}) {
        auto const key = private_key::generate(kind).value();
        auto const a = key.public_key().encapsulate().value();
        auto const b = key.public_key().encapsulate().value();
        EXPECT_EQ(hex_of(key.decapsulate(a.ciphertext)), to_hex(a.secret.view()));
        EXPECT_FALSE(equal(a.secret.view(), b.secret.view()));
        EXPECT_EQ(a.secret.size(), 32u);
        EXPECT_EQ(code_of(key.sign(key.default_scheme(), digest_algorithm::sha256, {})), errc::invalid_argument);
        EXPECT_EQ(code_of(certificate_request_builder().sign(key)), errc::key_not_allowed);
        EXPECT_EQ(code_of(key.agree(key.public_key())), errc::key_not_allowed);
    }
}

} // namespace
} // namespace scepkit::inline v0::pki
