// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/decrypter.hpp>

#include "vectors.hpp"

#include <gtest/gtest.h>
#include <map>
#include <sstream>

namespace scepkit::inline v0::pki {
namespace {

using test::code_of;
using test::hex_of;
using test::key;

constexpr key_transport v1_5{};
constexpr key_transport oaep_sha256{key_transport::kind::rsa_oaep, digest_algorithm::sha256, digest_algorithm::sha256};

struct row {
    std::string kind;
    std::size_t size = 0;
    bytes ciphertext, answer;
};

// Computed by make.py with Python's own arithmetic, padding and HMAC.
std::vector<row> rows()
{
    std::istringstream in(scepkit::test::read_text(scepkit::test::vector_path("pki/keys/rejection.txt")));
    std::vector<row> out;
    for(std::string line; std::getline(in, line);) {
        if(line.starts_with('#'))
            continue;
        std::istringstream words(line);
        std::string ciphertext, answer;
        row r;
        words >> r.kind >> r.size >> ciphertext >> answer;
        if(ciphertext != "-")
            r.ciphertext = from_hex(ciphertext).value();
        r.answer = from_hex(answer).value();
        out.push_back(std::move(r));
    }
    return out;
}

std::shared_ptr<software_decrypter const> decrypter_of(char const* file)
{
    return software_decrypter::create(key(file)).value();
}

TEST(ThreatD1, EveryClassOfPaddingIsAnsweredWithAKeyOfTheRightSize)
{
    auto const decrypter = decrypter_of("rsa-pkcs8");
    std::map<std::string, int> seen;
    for(auto const& r : rows()) {
        auto const answer = decrypter->decrypt(v1_5, r.ciphertext, r.size);
        ASSERT_TRUE(answer.has_value()) << r.kind;
        EXPECT_EQ(answer->size(), r.size) << r.kind;
        EXPECT_EQ(to_hex(answer->view()), to_hex(r.answer)) << r.kind << ' ' << r.size;
        ++seen[r.kind];
    }
    for(auto const* const kind :
        {"valid", "bad-first-byte", "bad-block-type", "block-type-0", "no-separator", "early-separator",
         "short-padding", "padding-of-one", "key-one-shorter", "key-one-longer", "empty-key", "all-zero", "empty",
         "one-byte-short", "one-byte-long", "the-modulus", "all-ones"})
        EXPECT_EQ(seen[kind], 5) << kind;
}

TEST(ThreatD1, TheSameBytesGetTheSameAnswerAfterARestart)
{
    auto const first = decrypter_of("rsa-pkcs8");
    auto const restarted = decrypter_of("rsa-pkcs1"); // The same key from another file.
    for(auto const& r : rows())
        for(int i = 0; i != 2; ++i)
            EXPECT_EQ(hex_of(first->decrypt(v1_5, r.ciphertext, r.size)),
                      hex_of(restarted->decrypt(v1_5, r.ciphertext, r.size)));
}

TEST(ThreatD1, OtherKeysAndOtherSizesGetOtherAnswers)
{
    auto const first = decrypter_of("rsa-pkcs8");
    auto const other = decrypter_of("rsa-exponent-33-bits");
    bytes const garbage(256, 1);
    auto const a = first->decrypt(v1_5, garbage, 16).value();
    auto const b = other->decrypt(v1_5, garbage, 16).value();
    auto const c = first->decrypt(v1_5, garbage, 24).value();
    EXPECT_FALSE(equal(a.view(), b.view()));
    EXPECT_FALSE(equal(a.view(), c.view().first(16)));
}

TEST(ThreatD1, BrokenOaepIsAnsweredLikeBrokenV15)
{
    auto const decrypter = decrypter_of("rsa-pkcs8");
    auto ciphertext = key("rsa-pkcs8").public_key().encrypt(oaep_sha256, bytes(16, 7)).value();
    auto const good = decrypter->decrypt(oaep_sha256, ciphertext, 16).value();
    EXPECT_TRUE(equal(good.view(), bytes(16, 7)));
    // The wrong digest, the wrong size, a changed byte.
    auto const wrong_digest = decrypter->decrypt({key_transport::kind::rsa_oaep}, ciphertext, 16);
    auto const wrong_size = decrypter->decrypt(oaep_sha256, ciphertext, 24);
    ciphertext[100] ^= 1;
    auto const changed = decrypter->decrypt(oaep_sha256, ciphertext, 16);
    ASSERT_TRUE(wrong_digest && wrong_size && changed);
    EXPECT_EQ(wrong_digest->size(), 16u);
    EXPECT_EQ(wrong_size->size(), 24u);
    EXPECT_FALSE(equal(wrong_digest->view(), good.view()));
    EXPECT_FALSE(equal(changed->view(), good.view()));
    EXPECT_EQ(hex_of(changed), hex_of(decrypter->decrypt(oaep_sha256, ciphertext, 16)));
    EXPECT_EQ(hex_of(changed), hex_of(decrypter->decrypt(v1_5, ciphertext, 16)))
        << "the answer to what fails depends on key, ciphertext and size alone";
}

TEST(SoftwareDecrypter, OpensWhatThePublicKeyEncrypts)
{
    auto const k = key("rsa-pkcs8");
    auto const decrypter = software_decrypter::create(k).value();
    for(auto const& transport :
        {v1_5, oaep_sha256, key_transport{key_transport::kind::rsa_oaep},
         key_transport{key_transport::kind::rsa_oaep, digest_algorithm::sha256, digest_algorithm::sha1},
         key_transport{key_transport::kind::rsa_oaep, digest_algorithm::sha512, digest_algorithm::sha512}})
        for(std::size_t const size : {8u, 16u, 24u, 32u}) {
            bytes content_key(size);
            for(std::size_t i = 0; i != size; ++i)
                content_key[i] = static_cast<std::uint8_t>(i);
            auto const ciphertext = k.public_key().encrypt(transport, content_key).value();
            EXPECT_EQ(ciphertext.size(), 256u);
            EXPECT_EQ(hex_of(decrypter->decrypt(transport, ciphertext, size)), to_hex(content_key));
        }
}

TEST(SoftwareDecrypter, CountsPrivateOperationsOnly)
{
    auto const k = key("rsa-pkcs8");
    auto const decrypter = software_decrypter::create(k).value();
    ASSERT_TRUE(decrypter->decrypt(v1_5, bytes(256, 1), 16).has_value());
    EXPECT_EQ(k.operations().decryptions, 1u);
    ASSERT_TRUE(decrypter->decrypt(v1_5, bytes(255, 1), 16).has_value());
    ASSERT_TRUE(decrypter->decrypt(v1_5, bytes(256, 0xff), 16).has_value());
    EXPECT_EQ(k.operations().decryptions, 1u);
    EXPECT_EQ(k.operations().signatures, 0u);
}

TEST(SoftwareDecrypter, AgreesWithAnEcKeyAndDoesNothingElseWithIt)
{
    auto const k = key("p256-sec1");
    auto const decrypter = software_decrypter::create(k).value();
    auto const peer = private_key::generate(key_kind::ec_p256).value();
    auto const ours = decrypter->agree(peer.public_key());
    ASSERT_TRUE(ours.has_value());
    EXPECT_EQ(hex_of(ours), hex_of(peer.agree(k.public_key())));
    EXPECT_EQ(k.operations().decryptions, 1u);
    EXPECT_EQ(code_of(decrypter->decrypt(v1_5, bytes(256, 1), 16)), errc::key_not_allowed);
    EXPECT_EQ(code_of(decrypter->decapsulate(bytes(1088))), errc::key_not_allowed);
    EXPECT_EQ(k.operations().decryptions, 1u);
}

TEST(SoftwareDecrypter, RefusesImpossibleSizes)
{
    auto const decrypter = decrypter_of("rsa-pkcs8");
    EXPECT_EQ(code_of(decrypter->decrypt(v1_5, bytes(256, 1), 0)), errc::invalid_argument);
    EXPECT_EQ(code_of(decrypter->decrypt(v1_5, bytes(256, 1), 246)), errc::invalid_argument);
    EXPECT_EQ(code_of(decrypter->decrypt(v1_5, bytes(256, 1), static_cast<std::size_t>(-1))), errc::invalid_argument);
    EXPECT_EQ(decrypter->decrypt(v1_5, bytes(256, 1), 245).value().size(), 245u);
}

TEST(PublicKey, RefusesAContentKeyThatDoesNotFit)
{
    EXPECT_EQ(code_of(key("rsa-pkcs8").public_key().encrypt(v1_5, bytes(246))), errc::crypto_failed);
    EXPECT_EQ(code_of(key("rsa-pkcs8").public_key().encrypt(oaep_sha256, bytes(191))), errc::crypto_failed);
}

} // namespace
} // namespace scepkit::inline v0::pki
