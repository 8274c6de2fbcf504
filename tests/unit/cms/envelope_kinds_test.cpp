// SPDX-License-Identifier: BSL-1.0
// Every kind of recipient with every cipher, and the leniencies each of them needs.
#include <cms/detail/content_encryption.hpp>
#include <cms/detail/key_derivation.hpp>
#include <cms/detail/key_wrap.hpp>

#include "people.hpp"

#include <array>

using namespace scepkit;
using namespace scepkit::cms;
using namespace scepkit::cms::test;
using pki::digest_algorithm;
using kind = recipient::kind;

namespace {

constexpr std::array ciphers{content_cipher::aes128_cbc,   content_cipher::aes192_cbc, content_cipher::aes256_cbc,
                             content_cipher::des_ede3_cbc, content_cipher::des_cbc,    content_cipher::aes128_gcm,
                             content_cipher::aes256_gcm};

quirk_set needs(content_cipher c)
{
    quirk_set set;
    if(is_authenticated(c))
        set.insert(quirk::authenticated_envelope);
    if(c == content_cipher::des_ede3_cbc)
        set.insert(quirk::triple_des);
    if(c == content_cipher::des_cbc)
        set.insert(quirk::single_des);
    return set;
}

/// Opens with exactly the named leniencies, and not without one of them.
template <class Key>
void expect_opens(Key const& key, bytes_view message, quirk_set needed, bytes_view plain)
{
    auto const got = open_with(key, message, needed);
    ASSERT_TRUE(got) << got.error();
    EXPECT_EQ(to_bytes(got->content.view()), to_bytes(plain));
    EXPECT_EQ(got->tolerances, needed);
    for(auto q : needed.list()) {
        auto const code = code_of(open_with(key, message, everything_but(q)));
        EXPECT_EQ(code, q == quirk::authenticated_envelope ? errc::wrong_content_type : errc::algorithm_not_allowed)
            << name_of(q);
    }
}

void round_trips(person const& to, kind expected, quirk_set of_kind)
{
    auto const body = content();
    for(auto cipher : ciphers) {
        seal_options const options{.cipher = cipher};
        if(cipher == content_cipher::des_cbc && expected != kind::key_transport) {
            EXPECT_EQ(code_of(seal(body, std::span(&to.certificate, 1), options, system_random())), errc::unsupported);
            continue;
        }
        auto needed = needs(cipher);
        needed.insert(of_kind);
        for(std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{16}, body.size()}) {
            auto const plain = bytes_view(body).first(size);
            auto const message = seal(plain, std::span(&to.certificate, 1), options, system_random());
            ASSERT_TRUE(message) << message.error();
            expect_opens(to, *message, needed, plain);
            auto const got = open_with(to, *message, needed);
            EXPECT_EQ(got->by, expected);
            EXPECT_EQ(got->cipher, cipher);
        }
    }
}

} // namespace

TEST(EnvelopeKinds, KeyTransportCarriesEveryCipher) { round_trips(rsa(), kind::key_transport, {}); }

TEST(EnvelopeKinds, KeyAgreementCarriesEveryCipherOverEveryCurve)
{
    for(auto const* name : {"ec", "ec384", "ec521"})
        round_trips(load_person(name), kind::key_agreement, {quirk::key_agreement});
}

TEST(EnvelopeKinds, KemCarriesEveryCipherWhereOpensslHasIt)
{
    for(auto k : {pki::key_kind::ml_kem_512, pki::key_kind::ml_kem_768, pki::key_kind::ml_kem_1024}) {
        if(!pki::is_available(k)) {
            EXPECT_EQ(code_of(pki::private_key::generate(k)), errc::unsupported);
            continue;
        }
        round_trips(make_person(k), kind::kem, {quirk::kem_recipient});
    }
}

TEST(EnvelopeKinds, PasswordCarriesEveryCipher)
{
    auto const body = content();
    auto const password = secret_bytes::from_text("a challenge");
    for(auto cipher : ciphers) {
        auto needed = needs(cipher);
        needed.insert(quirk::password_recipient);
        // What a wrong password gives passes for padded content once in 256 times; with these numbers it does not.
        counting_random random;
        auto const message = seal_with_password(body, password, {.cipher = cipher, .password_iterations = 100}, random);
        ASSERT_TRUE(message) << message.error();
        expect_opens(std::string_view("a challenge"), *message, needed, body);
        EXPECT_EQ(open_with(std::string_view("a challenge"), *message, needed)->by, kind::password);
        EXPECT_EQ(code_of(open_with(std::string_view("another"), *message, needed)), errc::decryption_failed);
    }
}

TEST(EnvelopeKinds, PasswordKeyIvAndSaltComeFromTheGivenSource)
{
    auto const password = secret_bytes::from_text("a challenge");
    counting_random one;
    counting_random two;
    auto const options = seal_options{.password_iterations = 1};
    EXPECT_EQ(seal_with_password(content(), password, options, one).value(),
              seal_with_password(content(), password, options, two).value());
    EXPECT_EQ(code_of(seal_with_password(content(), {}, options, one)), errc::invalid_argument);
    EXPECT_EQ(code_of(seal_with_password(content(), password, {.password_iterations = 0}, one)),
              errc::invalid_argument);
}

TEST(EnvelopeKinds, AgreementUsesEachDigest)
{
    for(auto digest :
        {digest_algorithm::sha1, digest_algorithm::sha256, digest_algorithm::sha384, digest_algorithm::sha512}) {
        auto const message =
            seal(content(), std::span(&ec().certificate, 1), {.agreement_digest = digest}, system_random()).value();
        EXPECT_EQ(enveloped_data::parse(message, {}).value().recipients().front().key_agreement->kdf_digest, digest);
        expect_opens(ec(), message, {quirk::key_agreement}, content());
    }
    EXPECT_EQ(code_of(seal(content(), std::span(&ec().certificate, 1), {.agreement_digest = digest_algorithm::md5},
                           system_random())),
              errc::invalid_argument);
}

TEST(EnvelopeKinds, AgreementWithoutACurveIsThatOfNdes)
{
    for(auto const* name : {"ec", "ec384", "ec521"}) {
        auto const to = load_person(name);
        seal_options const options{.agreement_digest = digest_algorithm::sha1, .agreement_null_curve = true};
        auto const message = seal(content(), std::span(&to.certificate, 1), options, system_random()).value();
        auto tree = der_node::parse(message);
        EXPECT_EQ(recipients_of(tree)[0][1][0][0][1].tag, 0x05);
        expect_opens(to, message, {quirk::key_agreement, quirk::key_agreement_null_curve}, content());
        // With nothing at all, as OpenSSL and RFC 5753 have it, no leniency is needed.
        recipients_of(tree)[0][1][0][0].children.pop_back();
        expect_opens(to, tree.encode(), {quirk::key_agreement}, content());
    }
    // OpenSSL's message with NULL instead.
    auto tree = der_node::parse(vector("enveloped_agreement.der"));
    recipients_of(tree)[0][1][0][0].children.push_back(primitive(0x05, {}));
    expect_opens(ec(), tree.encode(), {quirk::key_agreement, quirk::key_agreement_null_curve}, content());
}

TEST(EnvelopeKinds, TheWrapIsHashedAsItWasReceived)
{
    // Bouncy Castle writes NULL behind the identifier of AES key wrap, and derives the key from that.
    auto const& context = pki::crypto_context::default_context();
    bytes const content_key(16, 0x21);
    auto tree = der_node::parse(vector("enveloped_agreement.der"));
    auto& entry = recipients_of(tree)[0];
    entry[2][1].children.push_back(primitive(0x05, {}));
    der_node const size{.tag = 0xa2, .content = {}, .children = {primitive(0x04, bytes{0, 0, 0, 128})}};
    der_node const info{.tag = 0x30, .content = {}, .children = {entry[2][1], size}};
    auto const ephemeral = pki::private_key::generate(pki::key_kind::ec_p256).value();
    auto const secret = ephemeral.agree(ec().key.public_key()).value();
    auto const kek = detail::x963(context, digest_algorithm::sha1, secret.view(), info.encode(), 16).value();
    entry.children.back()[0][1].content = detail::wrap_key(context, key_wrap::aes128, kek.view(), content_key).value();
    entry[1][0][1] = der_node::parse(ephemeral.public_key().spki())[1];
    auto& encrypted = content_info_of(tree);
    encrypted[2].content =
        detail::encrypt_cbc(context, content_cipher::aes128_cbc, content_key, encrypted[1][1].content, content())
            .value();
    expect_opens(ec(), tree.encode(), {quirk::key_agreement}, content());
}

TEST(EnvelopeKinds, SeveralRecipientsOfOneKindEachOpenTheirOwn)
{
    auto const large = load_person("ec521");
    std::vector const both{ec().certificate, large.certificate};
    auto const message = seal(content(), both, {}, system_random()).value();
    expect_opens(ec(), message, {quirk::key_agreement}, content());
    expect_opens(large, message, {quirk::key_agreement}, content());
    expect_opens(ec(), vector("enveloped_agreement_two.der"), {quirk::key_agreement}, content());
    expect_opens(large, vector("enveloped_agreement_two.der"), {quirk::key_agreement}, content());
    EXPECT_EQ(code_of(open_with(load_person("ec384"), message, everything())), errc::no_recipient);
}

TEST(EnvelopeKinds, OneAgreementMayHoldSeveralRecipients)
{
    // Both entries of RecipientEncryptedKeys share the originator's key; the second one is for somebody else.
    auto tree = der_node::parse(vector("enveloped_agreement.der"));
    auto& keys = recipients_of(tree)[0].children.back();
    auto stranger = keys[0];
    stranger[0][1].content = {0x77};
    keys.children.insert(keys.children.begin(), stranger);
    auto const message = tree.encode();
    EXPECT_EQ(enveloped_data::parse(message, {}).value().recipients().size(), 2u);
    expect_opens(ec(), message, {quirk::key_agreement}, content());
    recipients_of(tree)[0].children.back().children.push_back(keys[1]);
    EXPECT_EQ(code_of(open_with(ec(), tree.encode(), everything())), errc::several_recipients);
}

TEST(EnvelopeKinds, MixedKindsAreWrittenAndRefused)
{
    std::vector const both{rsa().certificate, ec().certificate};
    auto const message = seal(content(), both, {}, system_random()).value();
    EXPECT_EQ(code_of(open_with(rsa(), message, everything())), errc::recipient_unsupported);
    EXPECT_EQ(code_of(open_with(ec(), message, everything())), errc::recipient_unsupported);
    EXPECT_EQ(code_of(open_with(std::string_view("secret"), message, everything())), errc::recipient_unsupported);
}

TEST(EnvelopeKinds, VersionsFollowTheRecipients)
{
    auto const version = [](bytes const& message) {
        auto tree = der_node::parse(message);
        return tree[1][0][0].content;
    };
    auto const sealed = [](person const& to, content_cipher cipher) {
        return seal(content(), std::span(&to.certificate, 1), {.cipher = cipher}, system_random()).value();
    };
    EXPECT_EQ(version(sealed(rsa(), content_cipher::aes128_cbc)), bytes{0});
    EXPECT_EQ(version(sealed(ec(), content_cipher::aes128_cbc)), bytes{2});
    EXPECT_EQ(version(sealed(ec(), content_cipher::aes128_gcm)), bytes{0});
    EXPECT_EQ(
        version(seal_with_password(content(), secret_bytes::from_text("x"), {.password_iterations = 1}, system_random())
                    .value()),
        bytes{3});
}

TEST(EnvelopeKinds, KeysThatOnlySignReceiveNothing)
{
    if(!pki::is_available(pki::key_kind::ml_dsa_44))
        GTEST_SKIP() << "ML-DSA needs OpenSSL 3.5";
    auto const key = make_person(pki::key_kind::ml_dsa_44);
    EXPECT_EQ(code_of(seal(content(), std::span(&key.certificate, 1), {}, system_random())), errc::key_not_allowed);
    auto const parsed = enveloped_data::parse(vector("enveloped_aes128.der"), {}).value();
    auto const decrypter = pki::software_decrypter::create(rsa().key).value();
    EXPECT_EQ(code_of(open(parsed, key.certificate, *decrypter, everything())), errc::key_not_allowed);
}
