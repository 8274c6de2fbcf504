// SPDX-License-Identifier: BSL-1.0
// ML-KEM recipients and ML-DSA signers, with messages by python3-cryptography and by the authors of RFC 9936. Where
// OpenSSL is older than 3.5 the same messages end in errc::unsupported, and in nothing worse.
#include "people.hpp"

#include <algorithm>

using namespace scepkit;
using namespace scepkit::cms;
using namespace scepkit::cms::test;
using pki::digest_algorithm;
using pki::key_kind;
using pki::signature_scheme;
using scepkit::test::read_bytes;

namespace {

bool has_post_quantum() { return pki::is_available(key_kind::ml_kem_768); }

person ml_dsa_65()
{
    auto const path = [](char const* file) {
        return scepkit::test::vector_path(std::string("pki/post-quantum/ml-dsa-65.") + file);
    };
    return {pki::certificate::from_der(read_bytes(path("certificate.der"))).value(),
            pki::private_key::from_pem(read_bytes(path("pem"))).value()};
}

} // namespace

TEST(PostQuantumMessages, KemEnvelopesOfPythonOpen)
{
    auto const own = certificate_of("kem768");
    for(auto const* name : {"enveloped_kem.der", "enveloped_kem_ukm.der"}) {
        auto const parsed = enveloped_data::parse(vector(name), {});
        ASSERT_TRUE(parsed) << parsed.error();
        auto const& entry = parsed->recipients().front();
        EXPECT_EQ(entry.type, recipient::kind::kem);
        ASSERT_TRUE(entry.kem);
        EXPECT_EQ(entry.kem->kem, key_kind::ml_kem_768);
        EXPECT_TRUE(entry.identifier.names(own));
        if(!has_post_quantum()) {
            auto const any = pki::software_decrypter::create(rsa().key).value();
            EXPECT_EQ(code_of(open(*parsed, own, *any, everything())), errc::unsupported);
            continue;
        }
        auto const to = load_person("kem768");
        auto const got = open_with(to, vector(name), {quirk::kem_recipient});
        ASSERT_TRUE(got) << got.error();
        EXPECT_EQ(to_bytes(got->content.view()), content());
        EXPECT_EQ(got->by, recipient::kind::kem);
        EXPECT_EQ(code_of(open_with(to, vector(name), everything_but(quirk::kem_recipient))),
                  errc::algorithm_not_allowed);
    }
}

TEST(PostQuantumMessages, TheExampleOfRfc9936Opens)
{
    auto const pem = vector("rfc9936_envelope.pem");
    auto const text = as_text(pem);
    auto const begin = text.find('\n');
    auto const message = from_base64(text.substr(begin, text.rfind("-----END") - begin)).value();
    auto const parsed = enveloped_data::parse(message, {quirk::authenticated_envelope});
    ASSERT_TRUE(parsed) << parsed.error();
    EXPECT_EQ(parsed->cipher(), content_cipher::aes128_gcm);
    ASSERT_TRUE(parsed->recipients().front().kem);
    EXPECT_EQ(parsed->recipients().front().kem->kem, key_kind::ml_kem_512);
    if(!has_post_quantum())
        GTEST_SKIP() << "ML-KEM needs OpenSSL 3.5";
    person const to{pki::certificate::from_pem(vector("rfc9936_certificate.pem")).value(),
                    pki::private_key::from_pem(vector("rfc9936_key.pem")).value()};
    auto const got = open_with(to, message, {quirk::authenticated_envelope, quirk::kem_recipient});
    ASSERT_TRUE(got) << got.error();
    EXPECT_EQ(as_text(got->content.view()), "Hello, world!");
}

TEST(PostQuantumMessages, DamagedCapsulesFailAlikeAfterOneOperation)
{
    if(!has_post_quantum())
        GTEST_SKIP() << "ML-KEM needs OpenSSL 3.5";
    counted key("kem768");
    std::vector<std::string> texts;
    auto const refuse = [&](std::function<void(der_node&)> const& change) {
        auto const parsed =
            enveloped_data::parse(with("enveloped_kem.der", [&](der_node& m) { change(recipients_of(m)[0][1]); }), {});
        ASSERT_TRUE(parsed) << parsed.error();
        auto const got = cms::open(*parsed, key.who.certificate, *key.decrypter, everything());
        ASSERT_EQ(code_of(got), errc::decryption_failed);
        texts.push_back(got.error().to_string());
    };
    for(std::size_t i = 0; i < 1088; i += 64)
        refuse([&](der_node& kem) { kem[3].content[i] ^= 0x10; });
    for(std::size_t size : {0u, 1u, 768u, 1087u, 1089u, 1568u})
        refuse([&](der_node& kem) { kem[3].content.resize(size); });
    for(std::size_t size = 0; size != 64; ++size)
        refuse([&](der_node& kem) { kem.children.back().content.assign(size, 0x21); });
    EXPECT_EQ(std::ranges::count(texts, texts.front()), static_cast<std::ptrdiff_t>(texts.size()));
    // The others' KEM is refused before the key is asked.
    auto const before = key.decryptions();
    EXPECT_EQ(key.open(with("enveloped_kem.der", [](der_node& m) { recipients_of(m)[0][1][2][0].content.back() = 3; })),
              errc::algorithm_not_allowed);
    EXPECT_EQ(key.open(vector("enveloped_aes128.der")), errc::recipient_unsupported);
    EXPECT_EQ(key.decryptions(), before);
}

TEST(PostQuantumMessages, MlDsaSignaturesOfPythonVerify)
{
    auto const verified = verify(vector("signed_ml_dsa65_sha512.der"), {});
    if(!has_post_quantum()) {
        EXPECT_EQ(code_of(verified), errc::unsupported);
        return;
    }
    ASSERT_TRUE(verified) << verified.error();
    EXPECT_EQ(verified->message().signed_with().scheme, signature_scheme::ml_dsa);
    EXPECT_EQ(verified->message().digest(), digest_algorithm::sha512);
    EXPECT_EQ(to_bytes(*verified->message().content()), content());
    // A weak digest over the content would undo what the signature is for; no leniency allows it.
    EXPECT_EQ(code_of(verify(vector("signed_ml_dsa65_sha1.der"), everything())), errc::algorithm_not_allowed);
    auto tree = der_node::parse(vector("signed_ml_dsa65_sha512.der"));
    signer_of(tree)[5].content[100] ^= 1;
    EXPECT_EQ(code_of(verify(tree.encode())), errc::signature_invalid);
    // Another parameter set than the key's.
    tree = der_node::parse(vector("signed_ml_dsa65_sha512.der"));
    signer_of(tree)[4][0].content.back() = 17;
    EXPECT_EQ(code_of(verify(tree.encode())), errc::algorithm_not_allowed);
}

TEST(PostQuantumMessages, MlDsaSignsWhatItVerifies)
{
    if(!has_post_quantum())
        GTEST_SKIP() << "ML-DSA needs OpenSSL 3.5";
    auto const by = ml_dsa_65();
    auto const body = content();
    signing_input input{.content = bytes_view(body),
                        .attributes = {make_text_attribute(asn1::oids::message_type, "19")},
                        .digest = digest_algorithm::sha512,
                        .scheme = {},
                        .certificates = std::span(&by.certificate, 1)};
    auto const message = sign(input, by.certificate, by.key);
    ASSERT_TRUE(message) << message.error();
    auto const verified = verify(*message, {});
    ASSERT_TRUE(verified) << verified.error();
    EXPECT_EQ(verified->message().signed_with().kind, key_kind::ml_dsa_65);
    input.digest = digest_algorithm::sha1;
    EXPECT_EQ(code_of(sign(input, by.certificate, by.key)), errc::algorithm_not_allowed);
    input.digest = digest_algorithm::sha512;
    input.scheme = signature_scheme::ecdsa;
    EXPECT_EQ(code_of(sign(input, by.certificate, by.key)), errc::invalid_argument);
}
