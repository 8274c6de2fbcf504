// SPDX-License-Identifier: BSL-1.0
#include <cms/detail/content_encryption.hpp>

#include "people.hpp"

#include <algorithm>
#include <openssl/err.h>

using namespace scepkit;
using namespace scepkit::cms;
using namespace scepkit::cms::test;

namespace {

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

TEST(ThreatD2, OtherKindsOfKeyAreHeldToTheSame)
{
    counted key("ec");
    EXPECT_EQ(key.open(vector("enveloped_aes128.der")), errc::recipient_unsupported);
    EXPECT_EQ(key.open(vector("enveloped_agreement_beside.der")), errc::recipient_unsupported);
    EXPECT_EQ(key.open(vector("enveloped_password.der")), errc::recipient_unsupported);
    EXPECT_EQ(key.open(vector("enveloped_agreement.der"), {}), errc::algorithm_not_allowed);
    EXPECT_EQ(key.open(vector("enveloped_agreement.der"), everything_but(quirk::key_agreement)),
              errc::algorithm_not_allowed);
    // A foreign entry of each other kind beside ours: key transport, secret key, password, other.
    auto const entry_of = [](std::string const& name) {
        auto tree = der_node::parse(vector(name));
        return recipients_of(tree)[0];
    };
    der_node const strange{.tag = 0xa4, .content = {}, .children = {primitive(0x06, bytes{0x2a, 0x03})}};
    for(auto const& foreign : {entry_of("enveloped_others.der"), entry_of("enveloped_password.der"), strange})
        for(bool in_front : {false, true})
            EXPECT_EQ(key.open(with("enveloped_agreement.der",
                                    [&](der_node& m) {
                                        auto& all = recipients_of(m).children;
                                        all.insert(in_front ? all.begin() : all.end(), foreign);
                                    })),
                      errc::recipient_unsupported);
    // Twice, in one agreement and in two; for others; for twenty.
    auto const entry = entry_of("enveloped_agreement.der");
    EXPECT_EQ(
        key.open(with("enveloped_agreement.der", [&](der_node& m) { recipients_of(m).children.push_back(entry); })),
        errc::several_recipients);
    EXPECT_EQ(key.open(with("enveloped_agreement.der",
                            [](der_node& m) {
                                auto& keys = recipients_of(m)[0].children.back().children;
                                keys.push_back(der_node(keys.front()));
                            })),
              errc::several_recipients);
    EXPECT_EQ(key.open(with("enveloped_agreement.der",
                            [](der_node& m) { recipients_of(m)[0].children.back()[0][0][1].content = {0x55}; })),
              errc::no_recipient);
    EXPECT_EQ(key.open(with("enveloped_agreement.der",
                            [](der_node& m) {
                                auto& keys = recipients_of(m)[0].children.back().children;
                                keys.resize(20, der_node(keys.front()));
                            })),
              errc::too_many);
    EXPECT_EQ(key.decryptions(), 0u);
    EXPECT_EQ(key.open(vector("enveloped_agreement.der"), {quirk::key_agreement}), errc{});
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

TEST(ThreatD4, AuthenticatedEnvelopesHoldGcmAndNothingElse)
{
    counted key;
    auto const with_id = [](asn1::oid const& id) {
        return with("enveloped_auth_gcm.der",
                    [&](der_node& m) { content_info_of(m)[1][0].content = to_bytes(id.content()); });
    };
    char const* const ids[] = {
        "2.16.840.1.101.3.4.1.2",     // AES-128-CBC
        "2.16.840.1.101.3.4.1.42",    // AES-256-CBC
        "1.2.840.113549.3.7",         // DES-EDE3-CBC
        "2.16.840.1.101.3.4.1.3",     // AES-128-OFB
        "2.16.840.1.101.3.4.1.7",     // AES-128-CCM
        "2.16.840.1.101.3.4.1.26",    // AES-192-GCM
        "2.16.840.1.101.3.4.1.47",    // AES-256-CCM
        "1.2.840.113549.1.9.16.3.18", // ChaCha20-Poly1305
    };
    for(auto const* id : ids)
        EXPECT_EQ(key.open(with_id(*asn1::oid::from_dotted(id))), errc::algorithm_not_allowed) << id;
    // The parameters of CBC behind the name of CBC, too.
    EXPECT_EQ(key.open(with("enveloped_auth_gcm.der",
                            [](der_node& m) {
                                content_info_of(m)[1][0].content = to_bytes(asn1::oids::aes128_cbc.content());
                                content_info_of(m)[1][1] = primitive(0x04, bytes(16));
                            })),
              errc::algorithm_not_allowed);
    // The cipher of the one in the envelope of the other: nobody would check the tag.
    EXPECT_EQ(key.open(with("enveloped_auth_gcm.der",
                            [](der_node& m) {
                                m[0].content = to_bytes(asn1::oids::enveloped_data.content());
                                m[1][0].children.pop_back();
                            })),
              errc::algorithm_not_allowed);
    EXPECT_EQ(key.decryptions(), 0u);
}

TEST(ThreatD4, NoncesAndTagsHaveTheirSizes)
{
    counted key;
    auto const gcm = [&](std::size_t nonce, std::optional<std::int64_t> stated, std::size_t tag) {
        return key.open(with("enveloped_auth_gcm.der", [&](der_node& m) {
            auto& parameters = content_info_of(m)[1][1];
            parameters[0].content.resize(nonce, 0x5a);
            parameters.children.resize(1);
            if(stated)
                parameters.children.push_back(der_node::parse(asn1::encode([&](auto& w) { w.integer(*stated); })));
            m[1][0].children.back().content.resize(tag, 0x5a);
        }));
    };
    EXPECT_EQ(gcm(12, 16, 16), errc{});
    auto const before = key.decryptions();
    for(std::size_t nonce = 0; nonce <= 300; ++nonce)
        if(nonce != 12) {
            ASSERT_EQ(gcm(nonce, 16, 16), errc::algorithm_not_allowed) << nonce;
        }
    for(std::size_t nonce : {1023u, 1024u, 65535u, 65536u})
        EXPECT_EQ(gcm(nonce, 16, 16), errc::algorithm_not_allowed) << nonce;
    for(std::int64_t stated : {-1, 0, 1, 4, 8, 11, 17, 32, 128, 1 << 20})
        for(std::size_t tag :
            {std::size_t{0}, std::size_t{1}, std::size_t{16}, static_cast<std::size_t>(stated & 0xff)})
            EXPECT_EQ(gcm(12, stated, tag), errc::algorithm_not_allowed) << stated << " " << tag;
    // As many bytes as stated, and 12 where nothing is stated.
    for(std::size_t tag = 0; tag <= 20; ++tag)
        for(std::int64_t stated = 12; stated <= 16; ++stated)
            if(tag != static_cast<std::size_t>(stated)) {
                EXPECT_EQ(gcm(12, stated, tag), errc::algorithm_not_allowed) << stated << " " << tag;
            }
    EXPECT_EQ(gcm(12, {}, 16), errc::algorithm_not_allowed);
    EXPECT_EQ(key.decryptions(), before);
    // The front of a tag is the tag of that length (RFC 5084; NIST SP 800-38D).
    EXPECT_EQ(gcm(12, {}, 12), errc{});
    for(std::size_t tag = 12; tag <= 16; ++tag)
        EXPECT_EQ(gcm(12, static_cast<std::int64_t>(tag), tag), errc{});
}

TEST(ThreatD4, EveryFlippedBitOfAnAuthenticatedEnvelopeIsNoticedAlike)
{
    counted key;
    std::vector<std::string> texts;
    auto const refuse = [&](std::function<void(der_node&)> const& change) {
        auto const parsed = enveloped_data::parse(with("enveloped_auth_gcm.der", change), everything());
        ASSERT_TRUE(parsed) << parsed.error();
        auto const got = cms::open(*parsed, key.who.certificate, *key.decrypter, everything());
        ASSERT_EQ(code_of(got), errc::decryption_failed);
        texts.push_back(got.error().to_string());
    };
    auto const flip = [&](std::function<bytes&(der_node&)> const& where) {
        auto tree = der_node::parse(vector("enveloped_auth_gcm.der"));
        auto const size = where(tree).size();
        for(std::size_t i = 0; i != size; ++i)
            refuse([&](der_node& m) { where(m)[i] ^= static_cast<std::uint8_t>(1u << (i % 8)); });
    };
    flip([](der_node& m) -> bytes& { return content_info_of(m)[1][1][0].content; });
    flip([](der_node& m) -> bytes& { return content_info_of(m)[2].content; });
    flip([](der_node& m) -> bytes& { return m[1][0].children.back().content; });
    refuse([](der_node& m) { content_info_of(m)[2].content.clear(); });
    refuse([](der_node& m) { content_info_of(m)[2].content.push_back(0); });
    refuse([](der_node& m) { recipients_of(m)[0][3].content.back() ^= 1; });
    refuse([](der_node& m) {
        content_info_of(m)[1][0].content = to_bytes(asn1::oid::from_dotted("2.16.840.1.101.3.4.1.46")->content());
    });
    // Attributes that the tag does not cover.
    der_node const type{
        .tag = 0x30,
        .content = {},
        .children = {primitive(0x06, asn1::oids::content_type.content()),
                     {.tag = 0x31, .content = {}, .children = {primitive(0x06, asn1::oids::data.content())}}}};
    refuse([&](der_node& m) {
        auto& parts = m[1][0].children;
        parts.insert(parts.end() - 1, der_node{.tag = 0xa1, .content = {}, .children = {type}});
    });
    ASSERT_GT(texts.size(), 100u);
    EXPECT_EQ(std::ranges::count(texts, texts.front()), static_cast<std::ptrdiff_t>(texts.size()));
    // Unauthenticated attributes are nobody's business.
    EXPECT_EQ(
        key.open(with("enveloped_auth_gcm.der",
                      [](der_node& m) { m[1][0].children.push_back({.tag = 0xa2, .content = {}, .children = {}}); })),
        errc{});
}

TEST(ThreatD4, AuthenticatedAttributesAreHashedAsASetAndMustFit)
{
    // Made here: a tag over attributes, which neither this library nor OpenSSL 3.0 writes.
    counted key;
    auto const& context = pki::crypto_context::default_context();
    bytes const content_key(16, 0x21);
    bytes const nonce(12, 0x43);
    auto const wrapped = key.who.key.public_key().encrypt({}, content_key).value();
    auto const attribute_of = [](asn1::oid const& type, bytes_view value) {
        return asn1::encode([&](asn1::writer& w) {
            w.sequence([&] {
                w.oid(type);
                w.set([&] { w.raw(value); });
            });
        });
    };
    auto const type_is = [&](asn1::oid const& type) {
        return attribute_of(asn1::oids::content_type, asn1::encode([&](asn1::writer& w) { w.oid(type); }));
    };
    auto const message = [&](asn1::oid const& type, std::vector<bytes> const& attributes) {
        auto const set = asn1::encode([&](asn1::writer& w) {
            w.set([&] {
                for(auto const& a : attributes)
                    w.raw(a);
            });
        });
        auto const hashed = attributes.empty() ? bytes{} : set;
        auto const made =
            detail::encrypt_gcm(context, content_cipher::aes128_gcm, content_key, nonce, hashed, content()).value();
        auto tree = der_node::parse(vector("enveloped_auth_gcm.der"));
        recipients_of(tree)[0][3].content = wrapped;
        content_info_of(tree)[0].content = to_bytes(type.content());
        content_info_of(tree)[1][1][0].content = nonce;
        content_info_of(tree)[2].content = made.encrypted;
        auto& parts = tree[1][0].children;
        parts.back().content = made.tag;
        if(!attributes.empty()) {
            auto implicit = der_node::parse(set);
            implicit.tag = 0xa1;
            parts.insert(parts.end() - 1, implicit);
        }
        return tree.encode();
    };
    auto const other = attribute_of(asn1::oids::signing_time, bytes{0x05, 0x00});
    EXPECT_EQ(key.open(message(asn1::oids::data, {})), errc{});
    EXPECT_EQ(key.open(message(asn1::oids::data, {type_is(asn1::oids::data)})), errc{});
    EXPECT_EQ(key.open(message(asn1::oids::data, {other})), errc{});
    EXPECT_EQ(key.open(message(asn1::oids::signed_data, {type_is(asn1::oids::signed_data)})), errc{});
    auto const before = key.decryptions();
    EXPECT_EQ(key.open(message(asn1::oids::signed_data, {})), errc::attribute_missing);
    EXPECT_EQ(key.open(message(asn1::oids::signed_data, {other})), errc::attribute_missing);
    EXPECT_EQ(key.open(message(asn1::oids::data, {type_is(asn1::oids::signed_data)})), errc::attribute_malformed);
    EXPECT_EQ(key.open(message(asn1::oids::data, {attribute_of(asn1::oids::content_type, bytes{0x05, 0x00})})),
              errc::attribute_malformed);
    EXPECT_EQ(key.open(message(asn1::oids::data, {other, other})), errc::attribute_doubled);
    std::vector<bytes> both{type_is(asn1::oids::data), other};
    std::ranges::sort(both);
    EXPECT_EQ(key.open(message(asn1::oids::data, {both[1], both[0]})), errc::not_der);
    EXPECT_EQ(key.decryptions(), before);
    EXPECT_EQ(key.open(message(asn1::oids::data, both)), errc{});
    std::vector<bytes> many;
    for(std::uint8_t i = 0; i != 40; ++i)
        many.push_back(attribute_of(*asn1::oid::from_content(bytes{0x2a, i}), bytes{0x05, 0x00}));
    EXPECT_EQ(key.open(message(asn1::oids::data, many)), errc::too_many);
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

TEST(ThreatD8, NoAnswerDependsOnOpensslsQueue)
{
    counted key;
    // A stale entry blames nobody, and a refusal needs none.
    ERR_raise(ERR_LIB_USER, 1);
    EXPECT_EQ(key.open(vector("enveloped_aes128.der")), errc{});
    EXPECT_EQ(ERR_peek_error(), 0u);
    EXPECT_EQ(key.open(vector("enveloped_others.der")), errc::no_recipient);
    EXPECT_EQ(ERR_peek_error(), 0u);
    auto const broken = with("enveloped_aes128.der", [](der_node& m) { content_info_of(m)[2].content.back() ^= 1; });
    auto const broken_tag =
        with("enveloped_auth_gcm.der", [](der_node& m) { m[1][0].children.back().content.back() ^= 1; });
    for(bool stale : {false, true}) {
        if(stale)
            ERR_raise(ERR_LIB_USER, 1);
        EXPECT_EQ(key.open(broken), errc::decryption_failed);
        EXPECT_EQ(ERR_peek_error(), 0u);
        if(stale)
            ERR_raise(ERR_LIB_USER, 1);
        EXPECT_EQ(key.open(broken_tag), errc::decryption_failed);
        EXPECT_EQ(ERR_peek_error(), 0u);
    }
}
