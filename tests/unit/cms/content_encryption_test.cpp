// SPDX-License-Identifier: BSL-1.0
#include <cms/detail/content_encryption.hpp>

#include "people.hpp"

#include <boost/json.hpp>

using namespace scepkit;
using namespace scepkit::cms;
using namespace scepkit::cms::test;

namespace {

bytes hex_of(boost::json::object const& o, char const* key)
{
    return from_hex(std::string_view(o.at(key).as_string())).value();
}

std::optional<content_cipher> cipher_of(std::int64_t key_bits)
{
    switch(key_bits) {
    case 128: return content_cipher::aes128_cbc;
    case 192: return content_cipher::aes192_cbc;
    case 256: return content_cipher::aes256_cbc;
    }
    return std::nullopt;
}

} // namespace

TEST(ContentEncryption, AgreesWithWycheproof)
{
    SCEPKIT_NEED_FIXTURE(path, "wycheproof/aes_cbc_pkcs5_test.json");
    auto const& context = pki::crypto_context::default_context();
    auto const document = boost::json::parse(scepkit::test::read_text(path));
    std::size_t valid = 0;
    std::size_t invalid = 0;
    for(auto const& group : document.at("testGroups").as_array()) {
        auto const cipher = cipher_of(group.at("keySize").as_int64());
        ASSERT_TRUE(cipher);
        for(auto const& entry : group.at("tests").as_array()) {
            auto const& t = entry.as_object();
            auto const key = hex_of(t, "key");
            auto const iv = hex_of(t, "iv");
            auto const plain = hex_of(t, "msg");
            auto const encrypted = hex_of(t, "ct");
            auto const got = detail::decrypt_cbc(context, *cipher, key, iv, encrypted);
            if(t.at("result").as_string() == "valid") {
                ++valid;
                ASSERT_TRUE(got) << "tcId " << t.at("tcId").as_int64();
                EXPECT_EQ(to_bytes(got->view()), plain);
                auto const again = detail::encrypt_cbc(context, *cipher, key, iv, plain);
                ASSERT_TRUE(again) << again.error();
                EXPECT_EQ(*again, encrypted);
            } else {
                ++invalid;
                EXPECT_EQ(code_of(got), errc::decryption_failed) << "tcId " << t.at("tcId").as_int64();
            }
        }
    }
    EXPECT_EQ(static_cast<std::int64_t>(valid + invalid), document.at("numberOfTests").as_int64());
    EXPECT_GT(valid, 0u);
    EXPECT_GT(invalid, 0u);
}

TEST(ContentEncryption, AgreesWithWycheproofAboutGcm)
{
    SCEPKIT_NEED_FIXTURE(path, "wycheproof/aes_gcm_test.json");
    auto const& context = pki::crypto_context::default_context();
    auto const document = boost::json::parse(scepkit::test::read_text(path));
    std::size_t valid = 0;
    std::size_t invalid = 0;
    std::size_t other_nonces = 0;
    for(auto const& group : document.at("testGroups").as_array()) {
        auto const bits = group.at("keySize").as_int64();
        if(bits == 192)
            continue; // No such cipher here.
        auto const cipher = bits == 128 ? content_cipher::aes128_gcm : content_cipher::aes256_gcm;
        for(auto const& entry : group.at("tests").as_array()) {
            auto const& t = entry.as_object();
            auto const nonce = hex_of(t, "iv");
            auto const plain = hex_of(t, "msg");
            auto const got = detail::decrypt_gcm(context, cipher, hex_of(t, "key"), nonce, hex_of(t, "aad"),
                                                 hex_of(t, "ct"), hex_of(t, "tag"));
            if(nonce.size() != 12) {
                ++other_nonces;
                EXPECT_EQ(code_of(got), errc::decryption_failed) << "tcId " << t.at("tcId").as_int64();
            } else if(t.at("result").as_string() == "valid") {
                ++valid;
                ASSERT_TRUE(got) << "tcId " << t.at("tcId").as_int64();
                EXPECT_EQ(to_bytes(got->view()), plain);
                auto const again =
                    detail::encrypt_gcm(context, cipher, hex_of(t, "key"), nonce, hex_of(t, "aad"), plain);
                ASSERT_TRUE(again) << again.error();
                EXPECT_EQ(again->encrypted, hex_of(t, "ct"));
                EXPECT_EQ(again->tag, hex_of(t, "tag"));
            } else {
                ++invalid;
                EXPECT_EQ(code_of(got), errc::decryption_failed) << "tcId " << t.at("tcId").as_int64();
            }
        }
    }
    EXPECT_GT(valid, 50u);
    EXPECT_GT(invalid, 20u);
    EXPECT_GT(other_nonces, 20u);
}

TEST(ContentEncryption, AcceptsTheOnePaddingOfEachLength)
{
    auto const& context = pki::crypto_context::default_context();
    bytes const key(16, 0x11);
    bytes const iv(16, 0x22);
    for(unsigned last = 0; last != 256; ++last)
        for(unsigned wrong_at = 0; wrong_at <= 16; ++wrong_at) {
            // Chosen padding: the plaintext of the second block is what is encrypted without padding, so the block of
            // real padding behind it is cut off.
            bytes plain(32, 0xaa);
            for(unsigned i = 0; i != last && i != 16; ++i)
                plain[31 - i] = static_cast<std::uint8_t>(last);
            plain[31] = static_cast<std::uint8_t>(last);
            if(wrong_at != 0 && wrong_at < 16)
                plain[31 - wrong_at] ^= 0x80;
            auto encrypted = detail::encrypt_cbc(context, content_cipher::aes128_cbc, key, iv, plain).value();
            encrypted.resize(32);
            auto const got = detail::decrypt_cbc(context, content_cipher::aes128_cbc, key, iv, encrypted);
            bool const touched = wrong_at != 0 && wrong_at < 16 && wrong_at < last;
            bool const right = last >= 1 && last <= 16 && !touched;
            ASSERT_EQ(got.has_value(), right) << last << " " << wrong_at;
            if(got) {
                EXPECT_EQ(got->size(), 32 - last);
            }
        }
}

TEST(ContentEncryption, RefusesSizesThatDoNotFit)
{
    auto const& context = pki::crypto_context::default_context();
    auto const decrypt = [&](std::size_t key, std::size_t iv, std::size_t encrypted) {
        return code_of(
            detail::decrypt_cbc(context, content_cipher::aes128_cbc, bytes(key), bytes(iv), bytes(encrypted)));
    };
    EXPECT_EQ(decrypt(15, 16, 16), errc::decryption_failed);
    EXPECT_EQ(decrypt(32, 16, 16), errc::decryption_failed);
    EXPECT_EQ(decrypt(16, 15, 16), errc::decryption_failed);
    EXPECT_EQ(decrypt(16, 16, 0), errc::decryption_failed);
    EXPECT_EQ(decrypt(16, 16, 15), errc::decryption_failed);
    EXPECT_EQ(decrypt(16, 16, 17), errc::decryption_failed);
}
