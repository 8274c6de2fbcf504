// SPDX-License-Identifier: BSL-1.0
#include <scepkit/asn1/oids.hpp>
#include <scepkit/pki/decrypter.hpp>

#include "raw_rsa.hpp"
#include "vectors.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>
#include <iostream>

// Project Wycheproof's vectors: everything "invalid" must be refused, everything "valid" accepted.

namespace scepkit::inline v0::pki {
namespace {

using test::code_of;
namespace json = boost::json;

json::value load(std::filesystem::path const& file) { return json::parse(scepkit::test::read_text(file)); }

bytes hex(json::object const& from, char const* key)
{
    return from_hex(std::string_view(from.at(key).as_string())).value();
}

digest_algorithm digest_of(json::object const& group, char const* key)
{
    std::string_view const name = group.at(key).as_string();
    for(auto const d :
        {digest_algorithm::sha1, digest_algorithm::sha256, digest_algorithm::sha384, digest_algorithm::sha512})
        if(name_of(d) == name)
            return d;
    ADD_FAILURE() << "digest " << name;
    return {};
}

// n and e as PKCS #1 has them, under the plain rsaEncryption identifier.
bytes rsa_spki(bytes_view pkcs1)
{
    return asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.algorithm(asn1::oids::rsa_encryption, true);
            w.bit_string(pkcs1);
        });
    });
}

// Names of files that the fixtures may hold besides those that they must.
std::vector<std::filesystem::path> present(std::filesystem::path const& folder, std::vector<std::string> const& names)
{
    std::vector<std::filesystem::path> out;
    for(auto const& name : names)
        if(std::filesystem::exists(folder / name))
            out.push_back(folder / name);
    return out;
}

struct tally {
    std::size_t run = 0;
    std::size_t skipped = 0;
};

tally verify_all(std::filesystem::path const& file, signature_scheme scheme)
{
    auto const root = load(file);
    tally out;
    for(auto const& g : root.at("testGroups").as_array()) {
        auto const& group = g.as_object();
        auto const& cases = group.at("tests").as_array();
        auto const key = public_key::from_spki(
            scheme == signature_scheme::rsa_pss ? rsa_spki(hex(group, "publicKeyAsn")) : hex(group, "publicKeyDer"));
        if(!key) {
            EXPECT_EQ(code_of(key), errc::key_not_allowed);
            out.skipped += cases.size();
            continue;
        }
        signature_algorithm algorithm{scheme, digest_of(group, "sha")};
        if(scheme == signature_scheme::rsa_pss)
            algorithm.pss_salt_length = static_cast<int>(group.at("sLen").as_int64());
        for(auto const& c : cases) {
            auto const& test = c.as_object();
            auto const code = code_of(key->verify(algorithm, hex(test, "msg"), hex(test, "sig")));
            EXPECT_TRUE(code == errc{} || code == errc::signature_invalid) << code;
            std::string_view const wanted = test.at("result").as_string();
            EXPECT_TRUE(wanted == "acceptable" || (code == errc{}) == (wanted == "valid"))
                << file.filename() << " tcId " << test.at("tcId") << ' ' << test.at("comment");
            ++out.run;
        }
    }
    std::cout << file.filename().string() << ": " << out.run << " run, " << out.skipped << " skipped\n";
    return out;
}

TEST(Wycheproof, RsaV15Signatures)
{
    SCEPKIT_NEED_FIXTURE(folder, "wycheproof");
    for(auto const* const name : {"rsa_signature_2048_sha256_test.json", "rsa_signature_2048_sha512_test.json",
                                  "rsa_signature_3072_sha256_test.json", "rsa_signature_4096_sha256_test.json"}) {
        auto const t = verify_all(folder / name, signature_scheme::rsa_pkcs1_v1_5);
        EXPECT_GE(t.run, 250u);
        EXPECT_LE(t.skipped, 2u);
    }
    for(auto const& file :
        present(folder, {"rsa_signature_2048_sha384_test.json", "rsa_signature_3072_sha384_test.json",
                         "rsa_signature_3072_sha512_test.json", "rsa_signature_4096_sha384_test.json",
                         "rsa_signature_4096_sha512_test.json", "rsa_signature_8192_sha256_test.json",
                         "rsa_signature_8192_sha384_test.json", "rsa_signature_8192_sha512_test.json"}))
        EXPECT_GE(verify_all(file, signature_scheme::rsa_pkcs1_v1_5).run, 230u);
}

TEST(Wycheproof, PssSignatures)
{
    SCEPKIT_NEED_FIXTURE(folder, "wycheproof");
    for(auto const* const name :
        {"rsa_pss_2048_sha256_mgf1_32_test.json", "rsa_pss_2048_sha256_mgf1_32_params_test.json"}) {
        auto const t = verify_all(folder / name, signature_scheme::rsa_pss);
        EXPECT_EQ(t.run, 108u);
        EXPECT_EQ(t.skipped, 0u);
    }
    for(auto const& file :
        present(folder, {"rsa_pss_2048_sha1_mgf1_20_test.json", "rsa_pss_2048_sha384_mgf1_48_test.json",
                         "rsa_pss_3072_sha256_mgf1_32_test.json", "rsa_pss_4096_sha256_mgf1_32_test.json",
                         "rsa_pss_4096_sha384_mgf1_48_test.json", "rsa_pss_4096_sha512_mgf1_32_test.json",
                         "rsa_pss_4096_sha512_mgf1_64_test.json"}))
        EXPECT_GE(verify_all(file, signature_scheme::rsa_pss).run, 50u);
}

TEST(Wycheproof, EcdsaSignatures)
{
    SCEPKIT_NEED_FIXTURE(folder, "wycheproof");
    EXPECT_EQ(verify_all(folder / "ecdsa_secp256r1_sha256_test.json", signature_scheme::ecdsa).run, 484u);
    EXPECT_EQ(verify_all(folder / "ecdsa_secp384r1_sha384_test.json", signature_scheme::ecdsa).run, 504u);
    for(auto const& file : present(folder, {"ecdsa_secp256r1_sha512_test.json", "ecdsa_secp384r1_sha256_test.json",
                                            "ecdsa_secp384r1_sha512_test.json", "ecdsa_secp521r1_sha512_test.json"}))
        EXPECT_GE(verify_all(file, signature_scheme::ecdsa).run, 400u);
}

// A broken padding never shows as an error: the answer is a key of the asked size, and not the message.
tally decrypt_all(std::filesystem::path const& file, key_transport::kind scheme)
{
    auto const root = load(file);
    tally out;
    for(auto const& g : root.at("testGroups").as_array()) {
        auto const& group = g.as_object();
        auto const key = private_key::from_pkcs8(hex(group, "privateKeyPkcs8")).value();
        auto const decrypter = software_decrypter::create(key).value();
        // Our own decoding of both paddings, around a raw operation.
        auto const raw = make_decrypter(key.public_key(), test::raw_operation(key), secret_bytes(bytes(32, 1))).value();
        key_transport transport{scheme};
        if(scheme == key_transport::kind::rsa_oaep) {
            transport.oaep_digest = digest_of(group, "sha");
            transport.mgf1_digest = digest_of(group, "mgfSha");
        }
        for(auto const& c : group.at("tests").as_array()) {
            auto const& test = c.as_object();
            auto const message = hex(test, "msg");
            auto const ciphertext = hex(test, "ct");
            bool const labelled = scheme == key_transport::kind::rsa_oaep && !hex(test, "label").empty();
            bool const valid = test.at("result").as_string() == "valid";
            auto const where = testing::Message() << file.filename() << " tcId " << test.at("tcId");
            if(valid && (message.empty() || labelled)) {
                ++out.skipped; // No content key is empty, and CMS has no labels.
                continue;
            }
            // An "invalid" case may name the message it would have been, or none, or one that no key carries.
            bool const named = !message.empty() && message.size() <= key.public_key().bits() / 8 - 11;
            for(auto const size :
                named ? std::vector<std::size_t>{message.size()} : std::vector<std::size_t>{8, 16, 24, 32}) {
                auto const answer = decrypter->decrypt(transport, ciphertext, size);
                if(!answer) {
                    ADD_FAILURE() << where << ": " << answer.error();
                    continue;
                }
                EXPECT_EQ(answer->size(), size) << where;
                EXPECT_EQ(equal(answer->view(), message), valid) << where;
                auto const by_hand = raw->decrypt(transport, ciphertext, size);
                EXPECT_TRUE(by_hand && by_hand->size() == size) << where;
                EXPECT_EQ(by_hand && equal(by_hand->view(), message), valid) << where << ", raw";
                auto const again = software_decrypter::create(key).value()->decrypt(transport, ciphertext, size);
                EXPECT_TRUE(again && equal(answer->view(), again->view())) << where << ", asked again";
            }
            ++out.run;
        }
    }
    std::cout << file.filename().string() << ": " << out.run << " run, " << out.skipped << " skipped\n";
    return out;
}

TEST(Wycheproof, RsaV15DecryptionThroughImplicitRejection)
{
    SCEPKIT_NEED_FIXTURE(folder, "wycheproof");
    auto const t = decrypt_all(folder / "rsa_pkcs1_2048_test.json", key_transport::kind::rsa_v1_5);
    EXPECT_EQ(t.run + t.skipped, 67u);
    EXPECT_LE(t.skipped, 3u);
    for(auto const& file : present(folder, {"rsa_pkcs1_3072_test.json", "rsa_pkcs1_4096_test.json"}))
        EXPECT_GE(decrypt_all(file, key_transport::kind::rsa_v1_5).run, 60u);
}

TEST(Wycheproof, OaepDecryptionThroughImplicitRejection)
{
    SCEPKIT_NEED_FIXTURE(folder, "wycheproof");
    for(auto const* const name : {"rsa_oaep_2048_sha1_mgf1sha1_test.json", "rsa_oaep_2048_sha256_mgf1sha1_test.json",
                                  "rsa_oaep_2048_sha256_mgf1sha256_test.json"}) {
        auto const t = decrypt_all(folder / name, key_transport::kind::rsa_oaep);
        EXPECT_GE(t.run, 20u);
        EXPECT_LE(t.skipped, 10u);
    }
    for(auto const& file :
        present(folder, {"rsa_oaep_2048_sha384_mgf1sha1_test.json", "rsa_oaep_2048_sha384_mgf1sha384_test.json",
                         "rsa_oaep_2048_sha512_mgf1sha512_test.json", "rsa_oaep_3072_sha256_mgf1sha256_test.json",
                         "rsa_oaep_4096_sha512_mgf1sha512_test.json"}))
        EXPECT_GE(decrypt_all(file, key_transport::kind::rsa_oaep).run, 15u);
}

} // namespace
} // namespace scepkit::inline v0::pki
