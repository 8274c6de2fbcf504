// SPDX-License-Identifier: BSL-1.0
#include <scepkit/openssl.hpp>
#include <scepkit/pki/decrypter.hpp>

#include "raw_rsa.hpp"
#include "vectors.hpp"

#include <gtest/gtest.h>

namespace scepkit::inline v0::pki {
namespace {

using test::code_of;
using test::hex_of;
using test::key;
using test::raw_operation;

constexpr key_transport v1_5{};
constexpr key_transport oaep_sha1{key_transport::kind::rsa_oaep};
constexpr key_transport oaep_sha256{key_transport::kind::rsa_oaep, digest_algorithm::sha256, digest_algorithm::sha256};
constexpr key_transport oaep_mixed{key_transport::kind::rsa_oaep, digest_algorithm::sha256, digest_algorithm::sha1};
constexpr key_transport oaep_sha512{key_transport::kind::rsa_oaep, digest_algorithm::sha512, digest_algorithm::sha512};

secret_bytes secret(std::uint8_t fill = 1) { return secret_bytes(bytes(32, fill)); }

std::shared_ptr<decrypter const> raw(char const* name, std::uint8_t fill = 1)
{
    auto const k = key(name);
    return make_decrypter(k.public_key(), raw_operation(k), secret(fill)).value();
}

TEST(RawDecrypter, OpensWhatThePublicKeyEncrypts)
{
    auto const k = key("rsa-pkcs8");
    auto const decrypter = raw("rsa-pkcs8");
    for(auto const& transport : {v1_5, oaep_sha1, oaep_sha256, oaep_mixed, oaep_sha512})
        for(std::size_t const size : {1u, 16u, 24u, 32u, 126u}) {
            bytes content_key(size);
            for(std::size_t i = 0; i != size; ++i)
                content_key[i] = static_cast<std::uint8_t>(i);
            auto const ciphertext = k.public_key().encrypt(transport, content_key).value();
            EXPECT_EQ(hex_of(decrypter->decrypt(transport, ciphertext, size)), to_hex(content_key)) << size;
        }
}

// A number that the raw operation turns into `block`.
bytes sealed(private_key const& k, bytes_view block)
{
    EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new_from_pkey(nullptr, native_handle(k.public_key()), nullptr);
    bytes out(block.size());
    auto size = out.size();
    EXPECT_EQ(EVP_PKEY_encrypt_init(context), 1);
    EXPECT_EQ(EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING), 1);
    EXPECT_EQ(EVP_PKEY_encrypt(context, out.data(), &size, block.data(), block.size()), 1);
    EVP_PKEY_CTX_free(context);
    return out;
}

TEST(ThreatD1, EveryFlawOfAnOaepBlockLooksAlike)
{
    auto const k = key("rsa-pkcs8");
    auto const decrypter = raw("rsa-pkcs8");
    auto const good = k.public_key().encrypt(oaep_sha256, bytes(16, 7)).value();
    auto const block = raw_operation(k)(good).value();
    ASSERT_EQ(hex_of(decrypter->decrypt(oaep_sha256, sealed(k, block.view()), 16)), to_hex(bytes(16, 7)));
    // Every byte of the block but the leading zero stands for one way to fail: seed, hash of the label, padding,
    // separator, message. A changed byte of the message alone would open to another key; OAEP's masks do not let it.
    for(std::size_t at = 1; at != block.size(); at += 5) {
        auto changed = to_bytes(block.view());
        changed[at] ^= 0x10;
        auto const ciphertext = sealed(k, changed);
        auto const answer = decrypter->decrypt(oaep_sha256, ciphertext, 16);
        EXPECT_NE(hex_of(answer), to_hex(bytes(16, 7))) << at;
        EXPECT_EQ(hex_of(answer), hex_of(decrypter->decrypt(v1_5, ciphertext, 16)))
            << "the answer to what fails depends on secret, ciphertext and size alone: " << at;
    }
    for(std::size_t const size : {15u, 17u, 190u, 191u, 245u}) {
        auto const answer = decrypter->decrypt(oaep_sha256, good, size);
        ASSERT_TRUE(answer.has_value()) << size;
        EXPECT_EQ(answer->size(), size);
        EXPECT_EQ(hex_of(answer), hex_of(decrypter->decrypt(v1_5, good, size)));
    }
    auto const wrong_digest = decrypter->decrypt(oaep_sha1, good, 16);
    EXPECT_EQ(hex_of(wrong_digest), hex_of(decrypter->decrypt(oaep_sha512, good, 16)));
}

TEST(ThreatD1, ADecrypterWithAGivenSecretAnswersTheSameAfterARestart)
{
    auto const k = key("rsa-pkcs8");
    auto const first = software_decrypter::create(k, secret()).value();
    auto const restarted = software_decrypter::create(key("rsa-pkcs1"), secret()).value();
    auto const token = raw("rsa-pkcs8");
    auto const other_secret = raw("rsa-pkcs8", 2);
    auto const other_key = raw("rsa-exponent-33-bits");
    auto const derived = software_decrypter::create(k).value();
    for(auto const& ciphertext : {bytes(256, 1), bytes(256, 0xff), bytes(255, 1), bytes()})
        for(auto const& transport : {v1_5, oaep_sha256}) {
            auto const answer = hex_of(first->decrypt(transport, ciphertext, 24));
            EXPECT_EQ(answer.size(), 48u);
            EXPECT_EQ(answer, hex_of(first->decrypt(transport, ciphertext, 24)));
            EXPECT_EQ(answer, hex_of(restarted->decrypt(transport, ciphertext, 24)));
            EXPECT_EQ(answer, hex_of(token->decrypt(transport, ciphertext, 24)));
            EXPECT_NE(answer, hex_of(other_secret->decrypt(transport, ciphertext, 24)));
            EXPECT_NE(answer, hex_of(other_key->decrypt(transport, ciphertext, 24)));
            EXPECT_NE(answer, hex_of(derived->decrypt(transport, ciphertext, 24)));
        }
}

TEST(RawDecrypter, AFaultOfTheDeviceIsItsError)
{
    auto const k = key("rsa-pkcs8");
    auto const failing =
        make_decrypter(
            k.public_key(), [](bytes_view) -> result<secret_bytes> { return errc::timed_out; }, secret())
            .value();
    EXPECT_EQ(code_of(failing->decrypt(v1_5, bytes(256, 1), 16)), errc::timed_out);
    EXPECT_EQ(code_of(failing->decrypt(v1_5, bytes(255, 1), 16)), errc{}) << "out of range: the device is not asked";
    auto const short_of_one =
        make_decrypter(
            k.public_key(), [](bytes_view) -> result<secret_bytes> { return secret_bytes(255); }, secret())
            .value();
    EXPECT_EQ(code_of(short_of_one->decrypt(v1_5, bytes(256, 1), 16)), errc::crypto_failed);
    EXPECT_EQ(code_of(short_of_one->decrypt(v1_5, bytes(256, 1), 0)), errc::invalid_argument);
    EXPECT_EQ(code_of(short_of_one->decrypt(v1_5, bytes(256, 1), 246)), errc::invalid_argument);
    EXPECT_EQ(code_of(short_of_one->agree(k.public_key())), errc::unsupported);
    EXPECT_EQ(code_of(short_of_one->decapsulate({})), errc::unsupported);
}

TEST(RawDecrypter, NeedsARsaKeyAnOperationAndASecret)
{
    auto const k = key("rsa-pkcs8");
    EXPECT_EQ(code_of(make_decrypter(k.public_key(), nullptr, secret())), errc::invalid_argument);
    EXPECT_EQ(code_of(make_decrypter(k.public_key(), raw_operation(k), secret_bytes(31))), errc::invalid_argument);
    EXPECT_EQ(code_of(make_decrypter(k.public_key(), raw_operation(k), {})), errc::invalid_argument);
    EXPECT_EQ(code_of(make_decrypter(key("p256-pkcs8").public_key(), raw_operation(k), secret())),
              errc::key_not_allowed);
}

TEST(SoftwareDecrypter, AKeyWhoseExponentCannotBeReadNeedsAGivenSecret)
{
    // The public half alone stands for a key in a token: it does not tell its exponent.
    auto const half = adopt_private_key(native_handle(key("rsa-pkcs8").public_key())).value();
    EXPECT_EQ(code_of(software_decrypter::create(half)), errc::key_not_allowed);
    EXPECT_EQ(code_of(software_decrypter::create(half, secret_bytes(31))), errc::invalid_argument);
    EXPECT_EQ(code_of(software_decrypter::create(half, secret())), errc{});
    EXPECT_EQ(code_of(half.to_pem()), errc::key_not_allowed);
}

} // namespace
} // namespace scepkit::inline v0::pki
