// SPDX-License-Identifier: BSL-1.0
#include <scepkit/cms/signed_data.hpp>

#include "people.hpp"

#include <tuple>

using namespace scepkit;
using namespace scepkit::cms;
using namespace scepkit::cms::test;
using pki::digest_algorithm;
using pki::signature_scheme;

namespace {

struct vector_case {
    char const* name;
    digest_algorithm digest;
    signature_scheme scheme;
    quirk_set needs;
};
void PrintTo(vector_case const& c, std::ostream* out) { *out << c.name; }

class SignedDataVectors : public testing::TestWithParam<vector_case>
{
};

attribute text(std::string_view value) { return make_text_attribute(asn1::oids::message_type, value); }

} // namespace

TEST_P(SignedDataVectors, VerifyWithExactlyTheNamedLeniencies)
{
    auto const& c = GetParam();
    auto const message = vector(std::string("signed_") + c.name + ".der");
    auto const verified = verify(message, c.needs);
    ASSERT_TRUE(verified) << verified.error();
    EXPECT_EQ(verified->tolerances(), c.needs);
    EXPECT_EQ(verified->message().digest(), c.digest);
    EXPECT_EQ(verified->message().signed_with().scheme, c.scheme);
    ASSERT_TRUE(verified->message().content());
    EXPECT_EQ(to_bytes(*verified->message().content()), content());
    EXPECT_EQ(verified->message().content_type(), asn1::oids::data);
    EXPECT_TRUE(verified->message().signer().names(verified->signer()));
    EXPECT_NE(verified->message().find(asn1::oids::signing_time), nullptr);
    for(auto q : c.needs.list()) {
        auto fewer = everything_but(q);
        EXPECT_FALSE(verify(message, fewer)) << name_of(q);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Openssl, SignedDataVectors,
    testing::Values(
        vector_case{"sha256", digest_algorithm::sha256, signature_scheme::rsa_pkcs1_v1_5, {}},
        vector_case{"sha384", digest_algorithm::sha384, signature_scheme::rsa_pkcs1_v1_5, {}},
        vector_case{"sha512", digest_algorithm::sha512, signature_scheme::rsa_pkcs1_v1_5, {}},
        vector_case{"sha1", digest_algorithm::sha1, signature_scheme::rsa_pkcs1_v1_5, {quirk::sha1_signature}},
        vector_case{"md5", digest_algorithm::md5, signature_scheme::rsa_pkcs1_v1_5, {quirk::md5_signature}},
        vector_case{"pss", digest_algorithm::sha256, signature_scheme::rsa_pss, {}},
        vector_case{"key_id", digest_algorithm::sha256, signature_scheme::rsa_pkcs1_v1_5, {}},
        vector_case{"ec_sha256", digest_algorithm::sha256, signature_scheme::ecdsa, {}},
        vector_case{"ec521_sha512", digest_algorithm::sha512, signature_scheme::ecdsa, {}},
        vector_case{"streamed", digest_algorithm::sha256, signature_scheme::rsa_pkcs1_v1_5, {quirk::ber_encoding}},
        vector_case{"ber", digest_algorithm::sha256, signature_scheme::rsa_pkcs1_v1_5, {quirk::ber_encoding}}),
    [](auto const& given) { return std::string(given.param.name); });

TEST(SignedData, AKnownCertificateIsTakenAndNotReadAgain)
{
    auto const message = vector("signed_sha256.der");
    auto const first = signed_data::parse(message, {}).value();
    auto const& mine = first.certificates().front();
    std::array const known{mine};
    auto const again = signed_data::parse(message, {}, {}, pki::crypto_context::default_context(), known).value();
    EXPECT_EQ(again.certificates().front().der().data(), mine.der().data());
    EXPECT_TRUE(verified_signed_data::verify(again, {}, {}));

    // Its key belongs to another OpenSSL.
    auto const other = pki::crypto_context::create().value();
    auto const elsewhere = signed_data::parse(message, {}, {}, other, known).value();
    EXPECT_NE(elsewhere.certificates().front().der().data(), mine.der().data());
    EXPECT_EQ(elsewhere.certificates().front(), mine);
}

TEST(SignedData, EmptyContentIsNotAbsentContent)
{
    auto const empty = verify(vector("signed_empty.der"), {});
    ASSERT_TRUE(empty) << empty.error();
    ASSERT_TRUE(empty->message().content());
    EXPECT_TRUE(empty->message().content()->empty());

    auto const absent = verify(signed_by(rsa(), std::nullopt), {});
    ASSERT_TRUE(absent) << absent.error();
    EXPECT_FALSE(absent->message().content());
}

TEST(SignedData, DetachedContentIsNotGuessed)
{
    auto const parsed = signed_data::parse(vector("signed_detached.der"), {});
    ASSERT_TRUE(parsed) << parsed.error();
    EXPECT_FALSE(parsed->content());
    EXPECT_EQ(code_of(verified_signed_data::verify(*parsed, {}, {})), errc::digest_mismatch);
}

TEST(SignedData, KeepsAnotherContentType)
{
    auto const verified = verify(vector("signed_other_type.der"), {});
    ASSERT_TRUE(verified) << verified.error();
    EXPECT_EQ(verified->message().content_type(), asn1::oids::enveloped_data);
}

TEST(SignedData, FindsTheSignerOutsideOnlyWhereThatIsAllowed)
{
    auto const message = vector("signed_without_certificates.der");
    auto const others = std::vector{other().certificate, rsa().certificate};
    EXPECT_EQ(code_of(verify(message, {})), errc::signer_certificate_missing);
    EXPECT_EQ(code_of(verify(message, everything_but(quirk::signer_certificate_outside), others)),
              errc::signer_certificate_missing);
    auto const verified = verify(message, {quirk::signer_certificate_outside}, others);
    ASSERT_TRUE(verified) << verified.error();
    EXPECT_EQ(verified->tolerances(), quirk_set{quirk::signer_certificate_outside});
    EXPECT_EQ(verified->signer(), rsa().certificate);
}

TEST(SignedData, ACertificateInsideAndOutsideIsOne)
{
    auto const others = std::vector{rsa().certificate, rsa().certificate};
    auto const verified = verify(vector("signed_sha256.der"), {}, others);
    ASSERT_TRUE(verified) << verified.error();
    EXPECT_TRUE(verified->tolerances().empty());
}

TEST(SignedData, SignsWhatItVerifies)
{
    auto const body = content();
    for(auto const* by : {&rsa(), &ec()}) {
        for(auto digest :
            {digest_algorithm::sha1, digest_algorithm::sha256, digest_algorithm::sha384, digest_algorithm::sha512}) {
            std::vector const chain{other().certificate, by->certificate};
            signing_input const input{.content = bytes_view(body),
                                      .attributes = {text("19"), make_octet_attribute(asn1::oids::sender_nonce, body)},
                                      .digest = digest,
                                      .certificates = chain};
            auto const message = sign(input, by->certificate, by->key);
            ASSERT_TRUE(message) << message.error();
            auto const verified = verify(*message, {quirk::sha1_signature});
            ASSERT_TRUE(verified) << verified.error();
            EXPECT_EQ(verified->message().certificates(), chain);
            EXPECT_EQ(verified->message().digest(), digest);
            EXPECT_EQ(verified->message().signed_attributes().size(), 4u);
            auto const* type = verified->message().find(asn1::oids::message_type);
            ASSERT_NE(type, nullptr);
            EXPECT_EQ(type->values, text("19").values);
            EXPECT_EQ(verified->message().find(asn1::oids::signing_time), nullptr);
        }
    }
}

TEST(SignedData, SigningRefusesCallersMistakes)
{
    signing_input const plain{.content = {}};
    EXPECT_EQ(code_of(sign(plain, rsa().certificate, other().key)), errc::invalid_argument);
    auto doubled = plain;
    doubled.attributes = {text("19"), text("3")};
    EXPECT_EQ(code_of(sign(doubled, rsa().certificate, rsa().key)), errc::invalid_argument);
    auto own_digest = plain;
    own_digest.attributes = {make_octet_attribute(asn1::oids::message_digest, {})};
    EXPECT_EQ(code_of(sign(own_digest, rsa().certificate, rsa().key)), errc::invalid_argument);
    auto valueless = plain;
    valueless.attributes = {attribute{.type = asn1::oids::message_type, .values = {}}};
    EXPECT_EQ(code_of(sign(valueless, rsa().certificate, rsa().key)), errc::invalid_argument);
    auto weak = plain;
    weak.digest = digest_algorithm::md5;
    EXPECT_EQ(code_of(sign(weak, rsa().certificate, rsa().key)), errc::algorithm_not_allowed);
    auto misfit = plain;
    misfit.scheme = signature_scheme::ecdsa;
    EXPECT_EQ(code_of(sign(misfit, rsa().certificate, rsa().key)), errc::invalid_argument);
    misfit.scheme = signature_scheme::rsa_pss;
    EXPECT_EQ(code_of(sign(misfit, ec().certificate, ec().key)), errc::invalid_argument);
}

TEST(SignedData, PssIsSignedAndHeldToItsSalt)
{
    auto const body = content();
    for(auto digest :
        {digest_algorithm::sha1, digest_algorithm::sha256, digest_algorithm::sha384, digest_algorithm::sha512}) {
        signing_input const input{.content = bytes_view(body),
                                  .attributes = {},
                                  .digest = digest,
                                  .scheme = signature_scheme::rsa_pss,
                                  .certificates = std::span(&rsa().certificate, 1)};
        auto const message = sign(input, rsa().certificate, rsa().key);
        ASSERT_TRUE(message) << message.error();
        auto const verified = verify(*message, {quirk::sha1_signature});
        ASSERT_TRUE(verified) << verified.error();
        EXPECT_EQ(verified->message().signed_with().scheme, signature_scheme::rsa_pss);
        EXPECT_EQ(verified->message().signed_with().pss_salt_length, static_cast<int>(pki::size_of(digest)));
        if(digest == digest_algorithm::sha1)
            continue; // All defaults, so nothing that could be changed.
        auto tree = der_node::parse(*message);
        auto& parameters = signer_of(tree)[4][1];
        parameters[2][0].content.back() -= 1;
        EXPECT_EQ(code_of(verify(tree.encode())), errc::signature_invalid);
    }
}

TEST(SignedData, SortsTheAttributesItWrites)
{
    std::vector<attribute> attributes;
    for(char c = 'z'; c >= 'a'; --c)
        attributes.push_back(make_text_attribute(*asn1::oid::from_dotted("1.2.3." + std::to_string(c * 7 % 100)),
                                                 std::string(std::size_t(c - 'a') * 5 + 1, c)));
    auto const message = signed_by(rsa(), content(), attributes);
    EXPECT_TRUE(verify(message, everything_but(quirk::attributes_unsorted)));
    // Whatever DER says about a SET OF, taken from the encoding itself.
    auto tree = der_node::parse(message);
    auto const& written = attributes_of(tree).children;
    EXPECT_TRUE(std::ranges::is_sorted(written, {}, [](der_node const& n) { return n.encode(); }));
}

TEST(SignedData, UnsortedAttributesAreALeniencyAndHashedAsReceived)
{
    auto const message = changed(rsa(), [](der_node& m) { std::ranges::reverse(attributes_of(m).children); });
    EXPECT_EQ(code_of(signed_data::parse(message, everything_but(quirk::attributes_unsorted))), errc::not_der);
    auto const verified = verify(message, {quirk::attributes_unsorted});
    ASSERT_TRUE(verified) << verified.error();
    EXPECT_EQ(verified->tolerances(), quirk_set{quirk::attributes_unsorted});
    // A signature over the sorted form does not fit what was received.
    auto tree = der_node::parse(signed_by(rsa(), content()));
    std::ranges::reverse(attributes_of(tree).children);
    EXPECT_EQ(code_of(verify(tree.encode())), errc::signature_invalid);
}

TEST(SignedData, UnsignedAttributesDoNotCount)
{
    auto tree = der_node::parse(signed_by(rsa(), content(), {text("19")}));
    auto unsigned_attributes = attributes_of(tree);
    unsigned_attributes.tag = 0xa1;
    signer_of(tree).children.push_back(unsigned_attributes);
    EXPECT_TRUE(verify(tree.encode(), {}));

    auto moved = der_node::parse(signed_by(rsa(), content()));
    auto const attribute_node = find_attribute(tree, asn1::oids::message_type);
    signer_of(moved).children.push_back({.tag = 0xa1, .content = {}, .children = {attribute_node}});
    auto const verified = verify(moved.encode(), {});
    ASSERT_TRUE(verified) << verified.error();
    EXPECT_EQ(verified->message().find(asn1::oids::message_type), nullptr);
}

TEST(SignedData, CopiesShareAndOutliveTheMessage)
{
    std::optional<signed_data> kept;
    {
        auto message = vector("signed_sha256.der");
        kept = signed_data::parse(message, {}).value();
        std::ranges::fill(message, std::uint8_t{0});
    }
    auto const copy = *kept;
    kept.reset();
    EXPECT_EQ(to_bytes(*copy.content()), content());
    EXPECT_TRUE(verified_signed_data::verify(copy, {}, {}));
}

TEST(SignedData, OtherVersionsAreRefused)
{
    for(auto version : bytes{0, 2, 4, 5}) {
        auto tree = der_node::parse(vector("signed_sha256.der"));
        tree[1][0][0].content = {version};
        EXPECT_EQ(code_of(signed_data::parse(tree.encode(), everything())), errc::bad_value);
        tree = der_node::parse(vector("signed_sha256.der"));
        signer_of(tree)[0].content = {version};
        EXPECT_EQ(code_of(signed_data::parse(tree.encode(), everything())), errc::bad_value);
    }
}

TEST(SignedData, RejectsUnknownAlgorithms)
{
    auto digest = der_node::parse(vector("signed_sha256.der"));
    signer_of(digest)[2][0].content.back() = 0x7f;
    EXPECT_EQ(code_of(signed_data::parse(digest.encode(), everything())), errc::algorithm_not_allowed);
    auto signature = der_node::parse(vector("signed_sha256.der"));
    signer_of(signature)[4][0].content.back() = 0x7f;
    EXPECT_EQ(code_of(signed_data::parse(signature.encode(), everything())), errc::algorithm_not_allowed);
}

TEST(SignedData, DigestAndSignatureAlgorithmMustAgree)
{
    auto tree = der_node::parse(vector("signed_sha256.der"));
    signer_of(tree)[4][0].content = to_bytes(asn1::oids::sha512_with_rsa.content());
    EXPECT_EQ(code_of(signed_data::parse(tree.encode(), everything())), errc::algorithm_not_allowed);
    signer_of(tree)[4][0].content = to_bytes(asn1::oids::sha256_with_rsa.content());
    EXPECT_TRUE(verify(tree.encode(), {}));
}

TEST(SignedData, TheAlgorithmMustFitTheKey)
{
    auto tree = der_node::parse(vector("signed_ec_sha256.der"));
    signer_of(tree)[4] = signer_of(*std::make_unique<der_node>(der_node::parse(vector("signed_sha256.der"))))[4];
    EXPECT_EQ(code_of(verify(tree.encode())), errc::algorithm_not_allowed);
}

TEST(SignedData, ContentOfAnotherTypeIsRefused)
{
    auto tree = der_node::parse(vector("signed_sha256.der"));
    encapsulated_of(tree)[1][0] = {.tag = 0x30, .content = {}, .children = {primitive(0x02, bytes{1})}};
    EXPECT_EQ(code_of(signed_data::parse(tree.encode(), everything())), errc::unexpected_tag);
}

TEST(SignedData, IsBounded)
{
    auto const message = vector("signed_with_twin.der");
    limits bounds;
    bounds.certificates = 1;
    EXPECT_EQ(code_of(signed_data::parse(message, {}, bounds)), errc::too_many);
    bounds = {};
    bounds.attributes = 3;
    EXPECT_EQ(code_of(signed_data::parse(message, {}, bounds)), errc::too_many);
    bounds = {};
    bounds.message_size = message.size() - 1;
    EXPECT_EQ(code_of(signed_data::parse(message, {}, bounds)), errc::too_large);
}

TEST(CertificateIdentifier, NamesByKeyIdentifierOrByIssuerAndSerial)
{
    auto const by_serial = certificate_identifier::of(rsa().certificate);
    EXPECT_TRUE(by_serial.names(rsa().certificate));
    EXPECT_TRUE(by_serial.names(twin().certificate));
    EXPECT_FALSE(by_serial.names(other().certificate));
    certificate_identifier const by_key{
        .issuer = {}, .serial = {}, .key_id = rsa().certificate.extensions().subject_key_id};
    ASSERT_TRUE(by_key.key_id);
    EXPECT_TRUE(by_key.names(rsa().certificate));
    EXPECT_FALSE(by_key.names(twin().certificate));
    EXPECT_NE(by_key.to_string(), by_serial.to_string());
}
