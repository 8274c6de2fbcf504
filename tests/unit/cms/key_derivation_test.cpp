// SPDX-License-Identifier: BSL-1.0
// Derivations and wraps against the vectors of the documents that define them, and against OpenSSL's command line.
#include <cms/detail/key_derivation.hpp>
#include <cms/detail/key_wrap.hpp>
#include <cms/detail/password.hpp>

#include "people.hpp"

#include <support/process.hpp>

#include <algorithm>

using namespace scepkit;
using namespace scepkit::cms;
using namespace scepkit::cms::test;
using pki::digest_algorithm;

namespace {

pki::crypto_context const& context() { return pki::crypto_context::default_context(); }
bytes hex(std::string_view text) { return from_hex(text).value(); }
std::string hex_of(result<secret_bytes> const& r) { return r ? to_hex(r->view()) : r.error().to_string(); }

struct digest_name {
    digest_algorithm digest;
    char const* openssl;
};
constexpr digest_name digests[] = {{digest_algorithm::sha1, "SHA1"},
                                   {digest_algorithm::sha256, "SHA256"},
                                   {digest_algorithm::sha384, "SHA384"},
                                   {digest_algorithm::sha512, "SHA512"}};

/// What `openssl kdf` derives.
std::string openssl(std::string const& name, std::size_t size, std::vector<std::string> const& options)
{
    std::vector<std::string> arguments{"openssl", "kdf", "-binary", "-keylen", std::to_string(size)};
    for(auto const& o : options)
        arguments.insert(arguments.end(), {"-kdfopt", o});
    arguments.push_back(name);
    auto const got = scepkit::test::run(arguments);
    EXPECT_EQ(got.exit_code, 0) << got.err;
    return to_hex(got.out);
}

} // namespace

TEST(KeyDerivation, Pbkdf2IsThatOfRfc6070)
{
    auto const derive = [](std::string_view password, std::string_view salt, std::uint32_t iterations,
                           std::size_t size) {
        return hex_of(
            detail::pbkdf2(context(), digest_algorithm::sha1, as_bytes(password), as_bytes(salt), iterations, size));
    };
    EXPECT_EQ(derive("password", "salt", 1, 20), "0c60c80f961f0e71f3a9b524af6012062fe037a6");
    EXPECT_EQ(derive("password", "salt", 4096, 20), "4b007901b765489abead49d926f721d065a429c1");
    EXPECT_EQ(derive("passwordPASSWORDpassword", "saltSALTsaltSALTsaltSALTsaltSALTsalt", 4096, 25),
              "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038");
    EXPECT_EQ(derive({"pass\0word", 9}, {"sa\0lt", 5}, 4096, 16), "56fa6aa75548099dcc37d7f03425e0c3");
}

TEST(KeyDerivation, IsThatOfOpensslForEveryDigestAndAroundEveryBlock)
{
    auto const secret = hex("7bdc035a2f0c1e1d9d0f5d1d6b6a1d2e3f");
    auto const info = hex("0a0b0c");
    for(auto const& d : digests)
        for(std::size_t size : {16u, 24u, 32u, 64u, 65u, 130u}) {
            auto const digest = std::string("digest:") + d.openssl;
            EXPECT_EQ(hex_of(detail::x963(context(), d.digest, secret, info, size)),
                      openssl("X963KDF", size, {digest, "hexsecret:" + to_hex(secret), "hexinfo:" + to_hex(info)}))
                << d.openssl << size;
            EXPECT_EQ(hex_of(detail::pbkdf2(context(), d.digest, as_bytes("secret"), info, 3, size)),
                      openssl("PBKDF2", size, {digest, "pass:secret", "hexsalt:" + to_hex(info), "iter:3"}))
                << d.openssl << size;
            if(d.digest == digest_algorithm::sha256) {
                EXPECT_EQ(hex_of(detail::hkdf_sha256(context(), secret, info, size)),
                          openssl("HKDF", size, {digest, "hexkey:" + to_hex(secret), "hexinfo:" + to_hex(info)}))
                    << size;
            }
        }
}

TEST(KeyDerivation, X963AndHkdfAreThoseOfTheirDocuments)
{
    // NIST's validation suite for ANS X9.63; RFC 5869, A.3.
    EXPECT_EQ(hex_of(detail::x963(context(), digest_algorithm::sha1,
                                  hex("1c7d7b5f0597b03d06a018466ed1a93e30ed4b04dc64ccdd"), {}, 16)),
              "bf71dffd8f4d99223936beb46fee8ccc");
    EXPECT_EQ(hex_of(detail::x963(context(), digest_algorithm::sha256,
                                  hex("96c05619d56c328ab95fe84b18264b08725b85e33fd34f08"), {}, 16)),
              "443024c3dae66b95e6f5670601558f71");
    EXPECT_EQ(hex_of(detail::hkdf_sha256(context(), bytes(22, 0x0b), {}, 42)),
              "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(KeyWrap, IsThatOfRfc3394)
{
    struct row {
        key_wrap wrap;
        char const* kek;
        char const* key;
        char const* wrapped;
    } const rows[] = {
        {key_wrap::aes128, "000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff",
         "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5"},
        {key_wrap::aes192, "000102030405060708090a0b0c0d0e0f1011121314151617", "00112233445566778899aabbccddeeff",
         "96778b25ae6ca435f92b5b97c050aed2468ab8a17ad84e5d"},
        {key_wrap::aes256, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
         "00112233445566778899aabbccddeeff", "64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7"},
        {key_wrap::aes256, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
         "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f",
         "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21"},
    };
    for(auto const& r : rows) {
        auto const kek = hex(r.kek);
        auto const key = hex(r.key);
        auto const wrapped = hex(r.wrapped);
        EXPECT_EQ(to_hex(detail::wrap_key(context(), r.wrap, kek, key).value()), r.wrapped);
        EXPECT_EQ(hex_of(detail::unwrap_key(context(), r.wrap, kek, wrapped, key.size())), r.key);
        for(std::size_t i = 0; i != wrapped.size(); ++i) {
            auto damaged = wrapped;
            damaged[i] ^= 0x40;
            EXPECT_EQ(code_of(detail::unwrap_key(context(), r.wrap, kek, damaged, key.size())),
                      errc::decryption_failed);
        }
    }
}

TEST(KeyWrap, TakesOneSizeOnly)
{
    for(auto wrap : {key_wrap::aes128, key_wrap::aes192, key_wrap::aes256, key_wrap::des_ede3}) {
        bytes const kek(detail::kek_size_of(wrap), 0x31);
        auto const size = detail::kek_size_of(wrap);
        auto const wrapped = detail::wrap_key(context(), wrap, kek, bytes(size, 0x42)).value();
        EXPECT_EQ(hex_of(detail::unwrap_key(context(), wrap, kek, wrapped, size)), to_hex(bytes(size, 0x42)));
        for(std::size_t other = 0; other != 80; ++other)
            if(other != wrapped.size()) {
                EXPECT_EQ(code_of(detail::unwrap_key(context(), wrap, kek, bytes(other), size)),
                          errc::decryption_failed)
                    << other;
            }
        for(std::size_t other : {0u, 8u, 15u, 40u})
            EXPECT_EQ(code_of(detail::unwrap_key(context(), wrap, kek, wrapped, other)), errc::decryption_failed);
        EXPECT_EQ(code_of(detail::unwrap_key(context(), wrap, bytes(kek.size() - 1), wrapped, size)),
                  errc::decryption_failed);
    }
}

TEST(KeyWrap, IsChosenAsStrongAsTheCipher)
{
    EXPECT_EQ(detail::wrap_for(content_cipher::aes128_gcm).value(), key_wrap::aes128);
    EXPECT_EQ(detail::wrap_for(content_cipher::aes192_cbc).value(), key_wrap::aes192);
    EXPECT_EQ(detail::wrap_for(content_cipher::aes256_cbc).value(), key_wrap::aes256);
    EXPECT_EQ(detail::wrap_for(content_cipher::des_ede3_cbc).value(), key_wrap::des_ede3);
    EXPECT_EQ(code_of(detail::wrap_for(content_cipher::des_cbc)), errc::unsupported);
}

TEST(PasswordWrap, IsThatOfRfc3211)
{
    // RFC 3211, 3, second test case: a 32-byte key under triple DES.
    recipient entry;
    entry.type = recipient::kind::password;
    entry.encrypted_key = hex("c03c514abdb9e2c5aac038572b5e24553876b377aafb82eca5a9d73f8ab143d9ec74e6cad7db260c");
    entry.password = recipient::password_info{.salt = hex("1234567878563412"),
                                              .iterations = 500,
                                              .prf = digest_algorithm::sha1,
                                              .kek_cipher = content_cipher::des_ede3_cbc,
                                              .kek_iv = hex("baf1ca7931213c4e")};
    std::string_view const password = "All n-entities must communicate with other n-entities via n-1 "
                                      "entiteeheehees";
    EXPECT_EQ(hex_of(detail::open_password(entry, as_bytes(password), 32, context())),
              "8c637d887223a2f965b566eb014b0fa5d52300a3f7ea40fffc577203c71baf3b");
    // A wrong password is not noticed here: some key comes out, the same one each time.
    auto const wrong = hex_of(detail::open_password(entry, as_bytes("other"), 32, context()));
    EXPECT_EQ(wrong.size(), 64u);
    EXPECT_EQ(hex_of(detail::open_password(entry, as_bytes("other"), 32, context())), wrong);
    // Nor is a key of another size, which the length byte would have told.
    auto const shorter = hex_of(detail::open_password(entry, as_bytes(password), 24, context()));
    EXPECT_EQ(shorter.size(), 48u);
    EXPECT_NE(shorter, "8c637d887223a2f965b566eb014b0fa5d52300a3f7ea40ff");
}
