// SPDX-License-Identifier: BSL-1.0
#include <scepkit/openssl.hpp>
#include <scepkit/pki/private_key.hpp>

#include "vectors.hpp"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <support/process.hpp>

namespace scepkit::inline v0::pki {
namespace {

using test::code_of;
using test::key;
using test::spki;

constexpr auto message = std::string_view("what is signed");

TEST(PublicKey, ReadsTheKindsItAllows)
{
    EXPECT_EQ(spki("rsa").value().kind(), key_kind::rsa);
    EXPECT_EQ(spki("rsa").value().bits(), 2048u);
    EXPECT_EQ(spki("p256").value().kind(), key_kind::ec_p256);
    EXPECT_EQ(spki("p384").value().bits(), 384u);
    EXPECT_EQ(spki("p521").value().bits(), 521u);
    EXPECT_EQ(code_of(spki("rsa-without-parameters")), errc{});
    EXPECT_EQ(code_of(spki("rsa-exponent-33-bits")), errc{});
    EXPECT_EQ(code_of(spki("rsa-modulus-8192")), errc{});
}

TEST(PublicKey, RefusesOtherKindsAndCurves)
{
    EXPECT_EQ(code_of(spki("ed25519")), errc::key_not_allowed);
    EXPECT_EQ(code_of(spki("secp256k1")), errc::key_not_allowed);
    EXPECT_EQ(code_of(spki("p256-explicit")), errc::key_not_allowed);
    EXPECT_EQ(code_of(spki("p256-compressed")), errc::key_not_allowed);
}

TEST(ThreatR7, KeysOutsideTheLimitsAreRefusedBeforeAnyArithmetic)
{
    for(auto const* const name :
        {"rsa-1024", "rsa-modulus-2047", "rsa-modulus-8193", "rsa-modulus-16385", "rsa-modulus-0", "rsa-even-modulus",
         "rsa-even-exponent", "rsa-exponent-0", "rsa-exponent-1", "rsa-exponent-34-bits", "rsa-exponent-3071-bits"})
        EXPECT_EQ(code_of(spki(name)), errc::key_not_allowed) << name;
}

TEST(ThreatR7, LimitsCanBeMovedOnPurpose)
{
    auto const der = test::vector("keys/rsa-1024.spki.der");
    EXPECT_TRUE(public_key::from_spki(der, {.rsa_minimum_bits = 1024}).has_value());
    EXPECT_EQ(code_of(public_key::from_spki(test::vector("keys/rsa.spki.der"), {.rsa_minimum_bits = 3072})),
              errc::key_not_allowed);
}

TEST(PublicKey, RefusesPointsOfTheWrongForm)
{
    EXPECT_EQ(code_of(spki("p256-short-point")), errc::bad_key);
    EXPECT_EQ(code_of(spki("p256-infinity")), errc::bad_key);
}

TEST(PublicKey, FindsAPointOffItsCurveAtFirstUse)
{
    auto const k = spki("p256-off-curve").value();
    for(int i = 0; i != 2; ++i)
        EXPECT_EQ(code_of(k.verify(signature_scheme::ecdsa, digest_algorithm::sha256, as_bytes(message), {})),
                  errc::bad_key);
    EXPECT_EQ(native_handle(k), nullptr);
}

TEST(PublicKey, CutAtEveryByteIsATypedError)
{
    for(auto const* const name : {"rsa", "p256", "p521"}) {
        auto const der = test::vector(std::string("keys/") + name + ".spki.der");
        for(std::size_t size = 0; size != der.size(); ++size)
            EXPECT_EQ(code_of(public_key::from_spki(bytes_view(der).first(size))), errc::bad_key)
                << name << ' ' << size;
        auto longer = der;
        longer.push_back(0);
        EXPECT_EQ(code_of(public_key::from_spki(longer)), errc::bad_key);
    }
}

TEST(PublicKey, KeepsTheBytesItCameIn)
{
    auto const der = test::vector("keys/p384.spki.der");
    auto const parsed = spki("p384").value();
    EXPECT_TRUE(equal(parsed.spki(), der));
    EXPECT_EQ(spki("p384").value(), spki("p384").value());
    EXPECT_NE(spki("p384").value(), spki("p256").value());
}

TEST(PublicKey, RefusesASchemeThatDoesNotFit)
{
    auto const rsa = spki("rsa").value();
    auto const ec = spki("p256").value();
    EXPECT_EQ(code_of(rsa.verify(signature_scheme::ecdsa, digest_algorithm::sha256, {}, {})),
              errc::algorithm_not_allowed);
    EXPECT_EQ(code_of(ec.verify(signature_scheme::rsa_pss, digest_algorithm::sha256, {}, {})),
              errc::algorithm_not_allowed);
    EXPECT_EQ(code_of(rsa.verify(signature_algorithm{signature_scheme::rsa_pkcs1_v1_5, {}}, {}, {})),
              errc::algorithm_not_allowed);
    EXPECT_EQ(code_of(ec.encrypt({}, bytes(16))), errc::key_not_allowed);
}

struct signing {
    char const* file;
    signature_scheme scheme;
    digest_algorithm digest;
};
constexpr std::array signings{
    signing{"rsa-pkcs8", signature_scheme::rsa_pkcs1_v1_5, digest_algorithm::sha1},
    signing{"rsa-pkcs8", signature_scheme::rsa_pkcs1_v1_5, digest_algorithm::sha256},
    signing{"rsa-pkcs8", signature_scheme::rsa_pkcs1_v1_5, digest_algorithm::sha512},
    signing{"rsa-pkcs8", signature_scheme::rsa_pss, digest_algorithm::sha256},
    signing{"rsa-pkcs8", signature_scheme::rsa_pss, digest_algorithm::sha384},
    signing{"p256-sec1", signature_scheme::ecdsa, digest_algorithm::sha256},
    signing{"p384-pkcs8", signature_scheme::ecdsa, digest_algorithm::sha384},
    signing{"p521-pkcs8", signature_scheme::ecdsa, digest_algorithm::sha512},
};

TEST(PrivateKey, SignsWhatItsPublicHalfVerifies)
{
    for(auto const& s : signings) {
        auto const k = key(s.file);
        auto signature = k.sign(s.scheme, s.digest, as_bytes(message)).value();
        EXPECT_EQ(code_of(k.public_key().verify(s.scheme, s.digest, as_bytes(message), signature)), errc{}) << s.file;
        EXPECT_EQ(code_of(k.public_key().verify(s.scheme, s.digest, as_bytes("other"), signature)),
                  errc::signature_invalid);
        signature[signature.size() / 2] ^= 1;
        EXPECT_EQ(code_of(k.public_key().verify(s.scheme, s.digest, as_bytes(message), signature)),
                  errc::signature_invalid);
        EXPECT_EQ(code_of(k.public_key().verify(s.scheme, s.digest, as_bytes(message), {})), errc::signature_invalid);
    }
}

TEST(PrivateKey, SignsWhatTheOpensslProgramVerifies)
{
    scepkit::test::temporary_folder const folder;
    auto const write = [&](char const* name, bytes_view data) {
        auto const path = (folder.path() / name).string();
        EXPECT_TRUE(write_new_file(path, data, 0600).has_value());
        return path;
    };
    auto const text = write("message", as_bytes(message));
    for(auto const& s : signings) {
        auto const file = scepkit::test::vector_path(std::string("pki/keys/") + s.file + ".pem").string();
        auto const signature = key(s.file).sign(s.scheme, s.digest, as_bytes(message)).value();
        auto const stem = std::to_string(&s - signings.data());
        std::string digest(name_of(s.digest));
        std::erase(digest, '-');
        std::vector<std::string> arguments{
            "/usr/bin/openssl", "dgst", "-" + digest, "-prverify", file, "-signature", write(stem.c_str(), signature)};
        if(s.scheme == signature_scheme::rsa_pss)
            arguments.insert(arguments.end(), {"-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"});
        arguments.push_back(text);
        auto const ran = scepkit::test::run(arguments);
        EXPECT_EQ(ran.exit_code, 0) << s.file << ' ' << ran.err;
    }
}

TEST(PrivateKey, PssSaltLengthsAreHeldToTheAlgorithm)
{
    auto const k = key("rsa-pkcs8");
    auto const signature = k.sign(signature_scheme::rsa_pss, digest_algorithm::sha256, as_bytes(message)).value();
    auto const with = [&](int salt) {
        return code_of(
            k.public_key().verify(signature_algorithm{signature_scheme::rsa_pss, digest_algorithm::sha256, salt},
                                  as_bytes(message), signature));
    };
    EXPECT_EQ(with(-1), errc{});
    EXPECT_EQ(with(32), errc{});
    EXPECT_EQ(with(20), errc::signature_invalid);
}

TEST(PrivateKey, ReadsEveryContainer)
{
    EXPECT_EQ(key("rsa-pkcs1").public_key(), key("rsa-pkcs8").public_key());
    EXPECT_EQ(key("rsa-crlf-with-text").public_key(), key("rsa-pkcs8").public_key());
    EXPECT_EQ(key("p256-pkcs8").public_key(), key("p256-sec1").public_key());
    // Whatever form the point has in the file, the public half is written uncompressed.
    EXPECT_EQ(key("p256-compressed-sec1").public_key(), spki("p256").value());
    // OpenSSL recognises the curve in the parameters of a file; what leaves the process names it.
    EXPECT_EQ(key("p256-explicit-sec1").kind(), key_kind::ec_p256);
    auto const named = spki("p256").value();
    EXPECT_EQ(key("p256-explicit-sec1").public_key().spki().size(), named.spki().size());
    EXPECT_EQ(key("rsa-pkcs8").public_key(), spki("rsa").value());
    EXPECT_EQ(key("p384-pkcs8").public_key(), spki("p384").value());
    EXPECT_EQ(key("p521-pkcs8").public_key(), spki("p521").value());
}

TEST(PrivateKey, SaysWhyAFileCannotBeUsed)
{
    auto const read = [](std::string const& name) {
        return code_of(private_key::from_pem(test::vector("keys/" + name + ".pem")));
    };
    EXPECT_EQ(read("rsa-encrypted-pkcs8"), errc::unsupported);
    EXPECT_EQ(read("rsa-encrypted-pkcs1"), errc::unsupported);
    EXPECT_EQ(read("rsa-1024"), errc::key_not_allowed);
    EXPECT_EQ(read("rsa-exponent-34-bits"), errc::key_not_allowed);
    EXPECT_EQ(read("secp256k1"), errc::key_not_allowed);
    EXPECT_EQ(read("ed25519"), errc::key_not_allowed);
}

TEST(PrivateKey, RefusesGarbage)
{
    EXPECT_EQ(code_of(private_key::from_pem({})), errc::bad_pem);
    EXPECT_EQ(code_of(private_key::from_pem(as_bytes("no key\n"))), errc::bad_pem);
    EXPECT_EQ(code_of(private_key::from_pem(as_bytes("-----BEGIN PRIVATE KEY-----\nMAA=\n"))), errc::bad_pem);
    EXPECT_EQ(
        code_of(private_key::from_pem(as_bytes("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"))),
        errc::bad_key);
    EXPECT_EQ(code_of(private_key::from_pem(as_bytes("-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----\n"))),
              errc::bad_pem);
    EXPECT_EQ(code_of(private_key::from_pkcs8({})), errc::bad_key);
    EXPECT_EQ(code_of(private_key::from_pkcs8(bytes(1000, 0x30))), errc::bad_key);
    EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(PrivateKey, CutPkcs8IsATypedError)
{
    auto const pem = key("p256-pkcs8").to_pem().value();
    auto const text = std::string(as_text(pem.view()));
    auto const body = text.substr(28, text.find("-----END") - 28);
    auto der = from_base64(body).value();
    ASSERT_TRUE(private_key::from_pkcs8(der).has_value());
    for(std::size_t size = 0; size != der.size(); ++size)
        EXPECT_EQ(code_of(private_key::from_pkcs8(bytes_view(der).first(size))), errc::bad_key) << size;
    der.push_back(0);
    EXPECT_EQ(code_of(private_key::from_pkcs8(der)), errc::bad_key);
}

TEST(PrivateKey, WritesAPemThatItAndOpensslRead)
{
    for(auto const* const name : {"rsa-pkcs1", "p256-sec1", "p521-pkcs8"}) {
        auto const k = key(name);
        auto const pem = k.to_pem().value();
        EXPECT_EQ(private_key::from_pem(pem.view()).value().public_key(), k.public_key());
        auto const ran =
            scepkit::test::run({"/usr/bin/openssl", "pkey", "-pubout", "-outform", "DER"}, to_bytes(pem.view()));
        EXPECT_EQ(ran.exit_code, 0) << ran.err;
        EXPECT_TRUE(equal(ran.out, k.public_key().spki())) << name;
    }
}

TEST(PrivateKey, GeneratesWhatWasAskedFor)
{
    EXPECT_EQ(private_key::generate(key_kind::rsa).value().public_key().bits(), 2048u);
    for(auto const kind : {key_kind::ec_p256, key_kind::ec_p384, key_kind::ec_p521})
        EXPECT_EQ(private_key::generate(kind).value().kind(), kind);
    EXPECT_NE(private_key::generate(key_kind::ec_p256).value().public_key(),
              private_key::generate(key_kind::ec_p256).value().public_key());
    EXPECT_EQ(code_of(private_key::generate(key_kind::rsa, 1024)), errc::key_not_allowed);
    EXPECT_EQ(code_of(private_key::generate(key_kind::rsa, 16384)), errc::key_not_allowed);
}

TEST(PrivateKey, CountsItsOwnOperations)
{
    auto const k = key("rsa-pkcs8");
    auto const copy = k;
    auto const other = key("rsa-pkcs8");
    ASSERT_TRUE(k.sign(signature_scheme::rsa_pkcs1_v1_5, digest_algorithm::sha256, {}).has_value());
    EXPECT_EQ(copy.operations().signatures, 1u);
    EXPECT_EQ(copy.operations().decryptions, 0u);
    EXPECT_EQ(other.operations().signatures, 0u);
    EXPECT_EQ(code_of(k.sign(signature_scheme::ecdsa, digest_algorithm::sha256, {})), errc::invalid_argument);
    EXPECT_EQ(k.operations().signatures, 1u);
}

TEST(PrivateKey, AdoptsAKeyOfOpenssl)
{
    EVP_PKEY* const raw = EVP_EC_gen("P-384");
    ASSERT_NE(raw, nullptr);
    auto const adopted = adopt_private_key(raw).value();
    EVP_PKEY_free(raw); // The adopted key holds a reference of its own.
    EXPECT_EQ(adopted.kind(), key_kind::ec_p384);
    auto const signature = adopted.sign(signature_scheme::ecdsa, digest_algorithm::sha384, as_bytes(message)).value();
    EXPECT_TRUE(adopted.public_key()
                    .verify(signature_scheme::ecdsa, digest_algorithm::sha384, as_bytes(message), signature)
                    .has_value());
    EXPECT_EQ(code_of(adopt_private_key(nullptr)), errc::invalid_argument);
    EVP_PKEY* const edwards = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    EXPECT_EQ(code_of(adopt_private_key(edwards)), errc::key_not_allowed);
    EVP_PKEY_free(edwards);
}

TEST(PrivateKey, LendsItsHandle)
{
    auto const k = key("p256-sec1");
    EXPECT_EQ(EVP_PKEY_get_bits(native_handle(k)), 256);
    EXPECT_EQ(EVP_PKEY_eq(native_handle(k), native_handle(k.public_key())), 1);
}

} // namespace
} // namespace scepkit::inline v0::pki
