// SPDX-License-Identifier: BSL-1.0
#include "people.hpp"

#include <algorithm>

using namespace scepkit;
using namespace scepkit::cms;
using namespace scepkit::cms::test;

namespace {

/// A key of its own, so that what it does can be counted.
struct counted {
    person who = load_person("rsa");
    std::shared_ptr<pki::software_decrypter const> decrypter = pki::software_decrypter::create(who.key).value();
    std::uint64_t before = who.key.operations().decryptions;

    std::uint64_t decryptions() const { return who.key.operations().decryptions - before; }
    errc open(bytes_view message, quirk_set allowed = everything()) const
    {
        auto const parsed = enveloped_data::parse(message, allowed);
        if(!parsed)
            return parsed.error().code();
        return code_of(cms::open(*parsed, who.certificate, *decrypter, allowed));
    }
};

der_node& recipients_of(der_node& message) { return message[1][0][1]; }
der_node& content_info_of(der_node& message) { return message[1][0][2]; }

bytes with(std::string const& name, std::function<void(der_node&)> const& change)
{
    auto tree = der_node::parse(vector(name));
    change(tree);
    return tree.encode();
}

bytes with_cipher(asn1::oid const& id, std::size_t iv_size)
{
    return with("enveloped_aes128.der", [&](der_node& m) {
        content_info_of(m)[1][0].content = to_bytes(id.content());
        content_info_of(m)[1][1].content.assign(iv_size, 0x5a);
    });
}

} // namespace

TEST(ThreatD2, EnvelopesThatAreNotForUsOnceCostNoPrivateKeyOperation)
{
    counted key;
    auto const by_key_id = der_node::parse(vector("enveloped_key_id.der"));
    auto const genuine = der_node::parse(vector("enveloped_aes128.der"));
    auto const entry = genuine.children[1].children[0].children[1].children[0];
    auto const key_id_entry = by_key_id.children[1].children[0].children[1].children[0];

    EXPECT_EQ(key.open(with("enveloped_aes128.der", [](der_node& m) { recipients_of(m).children.clear(); })),
              errc::no_recipient);
    EXPECT_EQ(key.open(vector("enveloped_others.der")), errc::no_recipient);
    EXPECT_EQ(key.open(vector("enveloped_doubled.der")), errc::several_recipients);
    EXPECT_EQ(key.open(with("enveloped_doubled.der", [&](der_node& m) { recipients_of(m).children.push_back(entry); })),
              errc::several_recipients);
    // Named once by serial, once by key identifier.
    EXPECT_EQ(
        key.open(with("enveloped_aes128.der", [&](der_node& m) { recipients_of(m).children.push_back(key_id_entry); })),
        errc::several_recipients);
    EXPECT_EQ(key.open(vector("enveloped_agreement.der")), errc::recipient_unsupported);
    EXPECT_EQ(key.open(vector("enveloped_agreement_beside.der")), errc::recipient_unsupported);
    EXPECT_EQ(key.open(vector("enveloped_password.der")), errc::recipient_unsupported);
    EXPECT_EQ(key.open(vector("enveloped_password_beside.der")), errc::recipient_unsupported);
    EXPECT_EQ(key.open(vector("enveloped_secret_key_beside.der")), errc::recipient_unsupported);
    EXPECT_EQ(key.open(with("enveloped_aes128.der",
                            [&](der_node& m) {
                                for(int i = 0; i != 20; ++i)
                                    recipients_of(m).children.push_back(entry);
                            })),
              errc::too_many);
    EXPECT_EQ(key.open(vector("enveloped_oaep_default.der"), {}), errc::algorithm_not_allowed);
    EXPECT_EQ(key.open(vector("enveloped_oaep_label.der")), errc::algorithm_not_allowed);
    EXPECT_EQ(key.decryptions(), 0u);

    EXPECT_EQ(key.open(vector("enveloped_several.der")), errc{});
    EXPECT_EQ(key.decryptions(), 1u);
}

TEST(ThreatD3, AFlippedBitOfASignedEnvelopeIsNoticedBeforeAnyDecryption)
{
    counted key;
    auto const envelope = vector("enveloped_aes128.der");
    auto const message = signed_by(other(), envelope);
    auto const found = std::search(message.begin(), message.end(), envelope.begin(), envelope.end());
    ASSERT_NE(found, message.end());
    auto const start = static_cast<std::size_t>(found - message.begin());
    for(std::size_t i = start; i != start + envelope.size(); ++i)
        for(unsigned bit = 0; bit != 8; ++bit) {
            auto flipped = message;
            flipped[i] = static_cast<std::uint8_t>(flipped[i] ^ (1u << bit));
            ASSERT_EQ(code_of(verify(flipped)), errc::digest_mismatch) << "byte " << i - start << " bit " << bit;
        }
    EXPECT_EQ(key.decryptions(), 0u);
    auto const verified = verify(message, {});
    ASSERT_TRUE(verified) << verified.error();
    EXPECT_EQ(key.open(*verified->message().content()), errc{});
    EXPECT_EQ(key.decryptions(), 1u);
}

TEST(ThreatD3, EveryFailureAfterTheKeyIsOneFailure)
{
    counted key;
    std::vector<std::string> texts;
    auto const refuse = [&](bytes_view message) {
        auto const parsed = enveloped_data::parse(message, {});
        ASSERT_TRUE(parsed) << parsed.error();
        auto const got = cms::open(*parsed, key.who.certificate, *key.decrypter, {});
        if(!got) {
            EXPECT_EQ(got.error().code(), errc::decryption_failed);
            texts.push_back(got.error().to_string());
        }
    };
    // Padding: every last byte of the block before the last one, which flips the plaintext's last byte.
    for(unsigned value = 1; value != 256; ++value)
        refuse(with("enveloped_aes128.der", [&](der_node& m) {
            auto& encrypted = content_info_of(m)[2].content;
            auto& b = encrypted[encrypted.size() - 17];
            b = static_cast<std::uint8_t>(b ^ value);
        }));
    // Key: broken PKCS #1 padding, wrong sizes, nothing at all.
    auto const with_key = [&](std::function<void(bytes&)> const& change) {
        return with("enveloped_aes128.der", [&](der_node& m) { change(recipients_of(m)[0][3].content); });
    };
    refuse(with_key([](bytes& k) { k.back() ^= 1; }));
    refuse(with_key([](bytes& k) { k.front() ^= 0x40; }));
    refuse(with_key([](bytes& k) { k.pop_back(); }));
    refuse(with_key([](bytes& k) { k.push_back(0); }));
    refuse(with_key([](bytes& k) { k.clear(); }));
    refuse(with_key([](bytes& k) { std::ranges::fill(k, std::uint8_t{0xff}); }));
    // A key for another cipher inside.
    refuse(with("enveloped_aes128.der",
                [](der_node& m) { content_info_of(m)[1][0].content = to_bytes(asn1::oids::aes256_cbc.content()); }));
    ASSERT_GT(texts.size(), 200u);
    EXPECT_EQ(std::ranges::count(texts, texts.front()), static_cast<std::ptrdiff_t>(texts.size()));
}

TEST(ThreatD3, TheSameBrokenKeyGivesTheSameAnswer)
{
    // Implicit rejection: a wrong padding yields a key that depends on the ciphertext alone, so an answer repeated
    // tells nothing. 64 envelopes, some of which decrypt to garbage by chance, and each twice.
    counted key;
    for(std::uint8_t i = 0; i != 64; ++i) {
        auto const message =
            with("enveloped_aes128.der", [&](der_node& m) { recipients_of(m)[0][3].content[100] ^= i; });
        auto const parsed = enveloped_data::parse(message, {}).value();
        auto const first = cms::open(parsed, key.who.certificate, *key.decrypter, {});
        auto const again = pki::software_decrypter::create(load_person("rsa").key).value();
        auto const second = cms::open(parsed, key.who.certificate, *again, {});
        ASSERT_EQ(first.has_value(), second.has_value());
        if(first) {
            EXPECT_TRUE(equal(first->content.view(), second->content.view()));
        }
    }
}

TEST(ThreatD4, OtherContentTypesAreRefusedByName)
{
    counted key;
    EXPECT_EQ(key.open(vector("enveloped_auth_gcm.der"), {}), errc::wrong_content_type);
    EXPECT_EQ(key.open(vector("enveloped_auth_gcm.der"), everything_but(quirk::authenticated_envelope)),
              errc::wrong_content_type);
    EXPECT_EQ(key.open(vector("encrypted_data.der")), errc::wrong_content_type);
    EXPECT_EQ(key.decryptions(), 0u);
    EXPECT_EQ(key.open(vector("enveloped_auth_gcm.der"), {quirk::authenticated_envelope}), errc{});
}

TEST(ThreatD4, CiphersOutsideTheListAreRefused)
{
    counted key;
    for(auto const* name :
        {"enveloped_aes128_ofb.der", "enveloped_aes128_cfb.der", "enveloped_camellia.der", "enveloped_rc2.der"})
        EXPECT_EQ(key.open(vector(name)), errc::algorithm_not_allowed) << name;
    char const* const ids[] = {
        "2.16.840.1.101.3.4.1.1",     // AES-128-ECB
        "2.16.840.1.101.3.4.1.3",     // AES-128-OFB
        "2.16.840.1.101.3.4.1.4",     // AES-128-CFB
        "2.16.840.1.101.3.4.1.5",     // AES-128 key wrap
        "2.16.840.1.101.3.4.1.6",     // AES-128-GCM
        "2.16.840.1.101.3.4.1.7",     // AES-128-CCM
        "2.16.840.1.101.3.4.1.26",    // AES-192-GCM
        "2.16.840.1.101.3.4.1.46",    // AES-256-GCM
        "2.16.840.1.101.3.4.1.47",    // AES-256-CCM
        "1.2.840.113549.1.9.16.3.18", // ChaCha20-Poly1305
        "1.2.840.113549.3.2",         // RC2-CBC
        "1.2.840.113549.3.4",         // RC4
        "1.3.14.3.2.6",               // DES-ECB
        "1.3.14.3.2.9",               // DES-CFB
        "1.3.6.1.4.1.188.7.1.1.2",    // IDEA-CBC
    };
    for(auto const* id : ids)
        for(std::size_t iv : {std::size_t{8}, std::size_t{12}, std::size_t{16}})
            EXPECT_EQ(key.open(with_cipher(*asn1::oid::from_dotted(id), iv)), errc::algorithm_not_allowed) << id;
    EXPECT_EQ(key.decryptions(), 0u);
}

TEST(ThreatD4, AnIvHasTheSizeOfABlock)
{
    counted key;
    std::vector<std::size_t> sizes;
    for(std::size_t size = 0; size <= 300; ++size)
        sizes.push_back(size);
    for(std::size_t size = 512; size <= 64 * 1024; size *= 2)
        sizes.insert(sizes.end(), {size - 1, size, size + 1});
    for(auto size : sizes) {
        if(size != 16) {
            ASSERT_EQ(key.open(with_cipher(asn1::oids::aes128_cbc, size)), errc::algorithm_not_allowed) << size;
        }
        if(size != 8) {
            ASSERT_EQ(key.open(with_cipher(asn1::oids::des_ede3_cbc, size)), errc::algorithm_not_allowed) << size;
            ASSERT_EQ(key.open(with_cipher(asn1::oids::des_cbc, size)), errc::algorithm_not_allowed) << size;
        }
    }
    EXPECT_EQ(key.decryptions(), 0u);
}

TEST(ThreatD4, CipherParametersAreAnIvAndNothingElse)
{
    counted key;
    EXPECT_EQ(key.open(with("enveloped_aes128.der", [](der_node& m) { content_info_of(m)[1].children.pop_back(); })),
              errc::truncated);
    EXPECT_EQ(key.open(with("enveloped_aes128.der",
                            [](der_node& m) { content_info_of(m)[1].children.push_back(primitive(0x05, {})); })),
              errc::trailing_data);
    EXPECT_EQ(
        key.open(with("enveloped_aes128.der", [](der_node& m) { content_info_of(m)[1][1] = primitive(0x05, {}); })),
        errc::unexpected_tag);
    EXPECT_EQ(key.decryptions(), 0u);
}

TEST(ThreatD6, LegacyCiphersAreATypedRefusal)
{
    counted key;
    EXPECT_EQ(key.open(vector("enveloped_des.der"), {}), errc::algorithm_not_allowed);
    EXPECT_EQ(key.open(vector("enveloped_des.der"), everything_but(quirk::single_des)), errc::algorithm_not_allowed);
    EXPECT_EQ(key.open(vector("enveloped_des3.der"), {}), errc::algorithm_not_allowed);
    EXPECT_EQ(key.open(vector("enveloped_des3.der"), everything_but(quirk::triple_des)), errc::algorithm_not_allowed);
    EXPECT_EQ(key.open(vector("enveloped_rc2.der")), errc::algorithm_not_allowed);
    EXPECT_EQ(key.decryptions(), 0u);
    // The policy is ours, not a provider's: single DES opens although no legacy provider is loaded.
    EXPECT_EQ(key.open(vector("enveloped_des.der"), {quirk::single_des}), errc{});
}
