// SPDX-License-Identifier: BSL-1.0
#include "people.hpp"

#include <support/process.hpp>

using namespace scepkit;
using namespace scepkit::cms;
using namespace scepkit::cms::test;
using pki::digest_algorithm;

namespace {

/// ForgedAttributes (ePrint 2023/1801): the signed attributes of `message` become content without attributes.
bytes forged(bytes_view message)
{
    auto tree = der_node::parse(message);
    auto attributes = attributes_of(tree);
    attributes.tag = 0x31;
    encapsulated_of(tree)[1][0] = primitive(0x04, attributes.encode());
    auto& fields = signer_of(tree).children;
    fields.erase(fields.begin() + 3);
    return tree.encode();
}

bool openssl_verifies(bytes_view message)
{
    scepkit::test::temporary_folder folder;
    auto const out = (folder.path() / "content").string();
    auto const result = scepkit::test::run(
        {"openssl", "cms", "-verify", "-binary", "-noverify", "-inform", "DER", "-out", out}, to_bytes(message));
    return result.exit_code == 0;
}

bytes two_signers(person const& first, person const& second)
{
    auto tree = der_node::parse(signed_by(first, content()));
    auto beside = der_node::parse(signed_by(second, content()));
    auto& signers = tree[1][0].children.back().children;
    signers.push_back(signer_of(beside));
    return tree.encode();
}

using change = std::function<void(der_node&)>;

struct mutation {
    char const* name;
    change apply; ///< To the attribute.
    errc content_type;
    errc message_digest;
};

} // namespace

TEST(ThreatS1, ForgedAttributesAreRefusedWhereOpensslAcceptsThem)
{
    auto const genuine = vector("signed_sha256.der");
    ASSERT_TRUE(verify(genuine, {}));
    auto const forgery = forged(genuine);
    // The difference is what this test is about: should OpenSSL refuse one day, drop it.
    EXPECT_TRUE(openssl_verifies(forgery));
    EXPECT_EQ(code_of(verify(forgery)), errc::attribute_missing);
}

TEST(ThreatS1, MissingSignedAttributesAreRefusedWhateverTheProfile)
{
    EXPECT_TRUE(openssl_verifies(vector("signed_without_attributes.der")));
    EXPECT_EQ(code_of(verify(vector("signed_without_attributes.der"), everything())), errc::attribute_missing);
}

TEST(ThreatS1, ContentThatIsASetOfAttributesIsRefusedThoughProperlySigned)
{
    auto tree = der_node::parse(vector("signed_sha256.der"));
    auto attributes = attributes_of(tree);
    attributes.tag = 0x31;
    auto const message = signed_by(rsa(), attributes.encode());
    EXPECT_TRUE(openssl_verifies(message));
    EXPECT_EQ(code_of(verify(message)), errc::attribute_malformed);
    // Something that only begins like it is content like any other.
    auto const other_set = attributes.encode();
    EXPECT_TRUE(verify(signed_by(rsa(), bytes_view(other_set).first(other_set.size() - 1)), {}));
    EXPECT_TRUE(verify(signed_by(rsa(), bytes{0x31, 0x03, 0x02, 0x01, 0x05}), {}));
}

TEST(ThreatS2, ZeroSignersAreNoSignedMessage)
{
    for(auto const* name : {"bag_one.der", "bag_four.der", "bag_with_crl.der", "bag_ber.der"})
        EXPECT_EQ(code_of(signed_data::parse(vector(name), everything())), errc::no_signer) << name;
    auto with_content = der_node::parse(vector("signed_sha256.der"));
    with_content[1][0].children.back().children.clear();
    EXPECT_EQ(code_of(signed_data::parse(with_content.encode(), everything())), errc::no_signer);
    auto without_digests = with_content;
    without_digests[1][0][1].children.clear();
    EXPECT_EQ(code_of(signed_data::parse(without_digests.encode(), everything())), errc::no_signer);
}

TEST(ThreatS2, ASignedMessageIsNoBag)
{
    for(auto const* name : {"signed_sha256.der", "signed_detached.der", "signed_empty.der",
                            "signed_without_certificates.der", "signed_two_signers.der", "signed_ber.der"})
        EXPECT_EQ(code_of(certificate_bag::parse(vector(name), everything())), errc::not_degenerate) << name;
}

TEST(ThreatS3, TwoSignersAreRefused)
{
    EXPECT_TRUE(openssl_verifies(vector("signed_two_signers.der")));
    EXPECT_EQ(code_of(verify(vector("signed_two_signers.der"))), errc::several_signers);
    EXPECT_EQ(code_of(verify(two_signers(rsa(), rsa()))), errc::several_signers);
    EXPECT_EQ(code_of(verify(two_signers(rsa(), ec()))), errc::several_signers);
}

TEST(ThreatS3, TwoCertificatesOfOneNameAndSerialAreRefused)
{
    auto const message = vector("signed_with_twin.der");
    EXPECT_EQ(code_of(verify(message)), errc::several_signers);
    // Wherever the second one comes from.
    auto const others = std::vector{twin().certificate};
    EXPECT_EQ(code_of(verify(vector("signed_sha256.der"), everything(), others)), errc::several_signers);
    auto const both = std::vector{twin().certificate, rsa().certificate};
    EXPECT_EQ(code_of(verify(vector("signed_without_certificates.der"), everything(), both)), errc::several_signers);
    // By key identifier the two are told apart.
    EXPECT_TRUE(verify(vector("signed_key_id.der"), {}, others));
}

TEST(ThreatS3, TheWrongTwinDoesNotVerify)
{
    auto const others = std::vector{twin().certificate};
    EXPECT_EQ(code_of(verify(vector("signed_without_certificates.der"), everything(), others)),
              errc::signature_invalid);
}

TEST(ThreatS3, AttributesOfOneSignerUnderTheNameOfAnother)
{
    auto tree = der_node::parse(signed_by(rsa(), content()));
    auto beside = der_node::parse(signed_by(other(), content()));
    signer_of(tree)[1] = signer_of(beside)[1];
    EXPECT_EQ(code_of(verify(tree.encode())), errc::signer_certificate_missing);
    auto const others = std::vector{other().certificate};
    EXPECT_EQ(code_of(verify(tree.encode(), everything(), others)), errc::signature_invalid);
}

TEST(ThreatS3, ContentOfOneMessageInAnother)
{
    auto tree = der_node::parse(signed_by(rsa(), content()));
    encapsulated_of(tree)[1][0].content.front() ^= 1;
    EXPECT_EQ(code_of(verify(tree.encode())), errc::digest_mismatch);
    encapsulated_of(tree).children.pop_back();
    EXPECT_EQ(code_of(verify(tree.encode())), errc::digest_mismatch);
}

TEST(ThreatS3, EveryFlippedBitOfSignerInfoIsNoticed)
{
    auto const message = signed_by(rsa(), content());
    auto tree = der_node::parse(message);
    auto const signer = signer_of(tree).encode();
    ASSERT_TRUE(verify(message, {}));
    for(std::size_t i = message.size() - signer.size(); i != message.size(); ++i)
        for(unsigned bit = 0; bit != 8; ++bit) {
            auto flipped = message;
            flipped[i] = static_cast<std::uint8_t>(flipped[i] ^ (1u << bit));
            auto const verified = verify(flipped, {});
            // The version may become 3, which says nothing about the message; anything else must be refused.
            auto const version = message.size() - signer.size() + 6;
            EXPECT_TRUE(!verified || i == version) << "byte " << i << " bit " << bit;
        }
}

TEST(ThreatS4, EveryMutationOfContentTypeAndMessageDigestIsRefused)
{
    auto const oid_value = primitive(0x06, asn1::oids::data.content());
    mutation const mutations[] = {
        {"absent", {}, errc::attribute_missing, errc::attribute_missing},
        {"doubled", {}, errc::attribute_doubled, errc::attribute_doubled},
        {"two values", [](der_node& a) { a[1].children.push_back(a[1][0]); }, errc::attribute_doubled,
         errc::attribute_doubled},
        {"no value", [](der_node& a) { a[1].children.clear(); }, errc::attribute_malformed, errc::attribute_malformed},
        {"wrong type", [](der_node& a) { a[1][0].tag = 0x0c; }, errc::attribute_malformed, errc::attribute_malformed},
        {"empty", [](der_node& a) { a[1][0].content.clear(); }, errc::attribute_malformed, errc::digest_mismatch},
        {"64 KiB", [](der_node& a) { a[1][0].content.assign(65536, 0x2a); }, errc::attribute_malformed,
         errc::digest_mismatch},
        {"unsigned", {}, errc::attribute_missing, errc::attribute_missing},
        {"another value", [](der_node& a) { a[1][0].content.back() ^= 3; }, errc::attribute_malformed,
         errc::digest_mismatch},
        {"not in a SET", [](der_node& a) { a[1].tag = 0x30; }, errc::unexpected_tag, errc::unexpected_tag},
    };
    for(auto const& m : mutations)
        for(auto const& type : {asn1::oids::content_type, asn1::oids::message_digest}) {
            auto const message = changed(rsa(), [&](der_node& tree) {
                auto& found = find_attribute(tree, type);
                auto& all = attributes_of(tree).children;
                std::string_view const name = m.name;
                if(m.apply)
                    m.apply(found);
                else if(name == "doubled")
                    all.push_back(der_node(found));
                else {
                    if(name == "unsigned")
                        signer_of(tree).children.push_back({.tag = 0xa1, .content = {}, .children = {found}});
                    auto& now = attributes_of(tree).children;
                    std::erase_if(now, [&](der_node const& a) { return equal(a.children[0].content, type.content()); });
                }
            });
            auto const allowed = everything_but(quirk::content_type_attribute_missing);
            EXPECT_EQ(code_of(verify(message, allowed)),
                      type == asn1::oids::content_type ? m.content_type : m.message_digest)
                << m.name << " " << type.to_dotted();
        }
}

TEST(ThreatS4, AMissingContentTypeIsALeniencyThatIsNoted)
{
    auto const message = changed(rsa(), [](der_node& tree) {
        std::erase_if(attributes_of(tree).children, [](der_node const& a) {
            return equal(a.children[0].content, asn1::oids::content_type.content());
        });
    });
    auto const verified = verify(message, {quirk::content_type_attribute_missing});
    ASSERT_TRUE(verified) << verified.error();
    EXPECT_EQ(verified->tolerances(), quirk_set{quirk::content_type_attribute_missing});
}

TEST(ThreatS4, AnyAttributeDoubledIsRefused)
{
    auto const message = changed(rsa(), [](der_node& tree) {
        auto const nonce = der_node::parse(asn1::encode([](asn1::writer& w) {
            w.sequence([&] {
                w.oid(asn1::oids::sender_nonce);
                w.set([&] { w.octet_string(bytes(16)); });
            });
        }));
        attributes_of(tree).children.push_back(nonce);
        attributes_of(tree).children.push_back(nonce);
    });
    EXPECT_EQ(code_of(verify(message)), errc::attribute_doubled);
}

TEST(ThreatS4, TooManyAttributesAreRefused)
{
    auto const with = [](std::size_t count) {
        std::vector<attribute> attributes;
        for(std::size_t i = 0; i != count; ++i)
            attributes.push_back(make_text_attribute(*asn1::oid::from_dotted("1.2.3." + std::to_string(i)), "x"));
        return signed_by(rsa(), content(), attributes);
    };
    EXPECT_TRUE(verify(with(30), {}));
    EXPECT_EQ(code_of(verify(with(31))), errc::too_many);
}

TEST(ThreatS5, WeakDigestsNeedTheirName)
{
    struct row {
        char const* name;
        quirk_set needs;
    } const rows[] = {{"signed_md5.der", {quirk::md5_signature}},
                      {"signed_sha1.der", {quirk::sha1_signature}},
                      {"signed_sha256.der", {}},
                      {"signed_sha384.der", {}},
                      {"signed_sha512.der", {}}};
    quirk_set const choices[] = {{}, {quirk::md5_signature}, {quirk::sha1_signature}, everything()};
    for(auto const& r : rows)
        for(auto const& allowed : choices) {
            bool const enough = r.needs.empty() || allowed.contains(r.needs.list().front());
            EXPECT_EQ(code_of(verify(vector(r.name), allowed)), enough ? errc{} : errc::algorithm_not_allowed)
                << r.name;
        }
}

TEST(ThreatS5, AWeakKeyIsRefusedWhateverTheProfile)
{
    EXPECT_TRUE(openssl_verifies(vector("signed_weak_key.der")));
    EXPECT_EQ(code_of(verify(vector("signed_weak_key.der"))), errc::key_not_allowed);
    // It parses, so that a doctor can say what is wrong with it.
    EXPECT_TRUE(signed_data::parse(vector("signed_weak_key.der"), {}));
}
