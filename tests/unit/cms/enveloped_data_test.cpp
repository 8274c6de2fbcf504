// SPDX-License-Identifier: BSL-1.0
#include <scepkit/cms/enveloped_data.hpp>

#include "people.hpp"

#include <gmock/gmock.h>

using namespace scepkit;
using namespace scepkit::cms;
using namespace scepkit::cms::test;
using pki::digest_algorithm;
using pki::key_transport;

namespace {

struct vector_case {
    char const* name;
    content_cipher cipher;
    key_transport transport;
    quirk_set needs;
};
void PrintTo(vector_case const& c, std::ostream* out) { *out << c.name; }

constexpr key_transport v15{};
constexpr key_transport oaep(digest_algorithm digest, digest_algorithm mgf1)
{
    return {.scheme = key_transport::kind::rsa_oaep, .oaep_digest = digest, .mgf1_digest = mgf1};
}

class EnvelopedDataVectors : public testing::TestWithParam<vector_case>
{
};

} // namespace

TEST_P(EnvelopedDataVectors, OpenWithExactlyTheNamedLeniencies)
{
    auto const& c = GetParam();
    auto const message = vector(std::string("enveloped_") + c.name + ".der");
    auto const got = open_with(rsa(), message, c.needs);
    ASSERT_TRUE(got) << got.error();
    EXPECT_EQ(to_bytes(got->content.view()), content());
    EXPECT_EQ(got->cipher, c.cipher);
    EXPECT_EQ(got->transport, c.transport);
    EXPECT_EQ(got->tolerances, c.needs);
    for(auto q : c.needs.list())
        EXPECT_FALSE(open_with(rsa(), message, everything_but(q))) << name_of(q);
}

INSTANTIATE_TEST_SUITE_P(Openssl, EnvelopedDataVectors,
                         testing::Values(vector_case{"aes128", content_cipher::aes128_cbc, v15, {}},
                                         vector_case{"aes192", content_cipher::aes192_cbc, v15, {}},
                                         vector_case{"aes256", content_cipher::aes256_cbc, v15, {}},
                                         vector_case{"des3", content_cipher::des_ede3_cbc, v15, {quirk::triple_des}},
                                         vector_case{"des", content_cipher::des_cbc, v15, {quirk::single_des}},
                                         vector_case{"oaep_default",
                                                     content_cipher::aes128_cbc,
                                                     oaep(digest_algorithm::sha1, digest_algorithm::sha1),
                                                     {quirk::oaep_key_transport, quirk::oaep_empty_parameters}},
                                         vector_case{"oaep_sha256",
                                                     content_cipher::aes128_cbc,
                                                     oaep(digest_algorithm::sha256, digest_algorithm::sha256),
                                                     {quirk::oaep_key_transport}},
                                         vector_case{"oaep_sha256_mgf1_sha1",
                                                     content_cipher::aes128_cbc,
                                                     oaep(digest_algorithm::sha256, digest_algorithm::sha1),
                                                     {quirk::oaep_key_transport}},
                                         vector_case{"several", content_cipher::aes128_cbc, v15, {}},
                                         vector_case{"key_id", content_cipher::aes128_cbc, v15, {}},
                                         vector_case{
                                             "streamed", content_cipher::aes128_cbc, v15, {quirk::ber_encoding}},
                                         vector_case{"ber", content_cipher::aes128_cbc, v15, {quirk::ber_encoding}}),
                         [](auto const& given) { return std::string(given.param.name); });

TEST(EnvelopedData, OpensEmptyContent)
{
    auto const got = open_with(rsa(), vector("enveloped_empty.der"), {});
    ASSERT_TRUE(got) << got.error();
    EXPECT_TRUE(got->content.empty());
}

TEST(EnvelopedData, KeepsOtherKindsOfRecipientByName)
{
    using kind = recipient::kind;
    struct row {
        char const* name;
        std::vector<kind> kinds;
    } const rows[] = {{"enveloped_agreement.der", {kind::key_agreement}},
                      {"enveloped_agreement_two.der", {kind::key_agreement, kind::key_agreement}},
                      {"enveloped_agreement_beside.der", {kind::key_transport, kind::key_agreement}},
                      {"enveloped_password.der", {kind::password}},
                      {"enveloped_password_beside.der", {kind::key_transport, kind::password}},
                      {"enveloped_secret_key_beside.der", {kind::key_transport, kind::key_encryption}}};
    for(auto const& r : rows) {
        auto const parsed = enveloped_data::parse(vector(r.name), {});
        ASSERT_TRUE(parsed) << r.name << ": " << parsed.error();
        std::vector<kind> kinds;
        for(auto const& one : parsed->recipients())
            kinds.push_back(one.type);
        EXPECT_THAT(kinds, testing::UnorderedElementsAreArray(r.kinds)) << r.name;
    }
}

TEST(EnvelopedData, AnEntryWithALabelCannotBeRead)
{
    auto const parsed = enveloped_data::parse(vector("enveloped_oaep_label.der"), {});
    ASSERT_TRUE(parsed) << parsed.error();
    EXPECT_FALSE(parsed->recipients().front().transport);
    EXPECT_EQ(code_of(open_with(rsa(), vector("enveloped_oaep_label.der"), everything())), errc::algorithm_not_allowed);
}

TEST(EnvelopedData, SomebodyElsesStrangeEntryIsIgnored)
{
    auto tree = der_node::parse(vector("enveloped_several.der"));
    for(auto& entry : tree[1][0][1].children)
        if(entry[1][1].content == to_bytes(other().certificate.serial()))
            entry[2][0].content = {0x2a, 0x03};
    EXPECT_TRUE(open_with(rsa(), tree.encode(), {}));
    EXPECT_EQ(code_of(open_with(other(), tree.encode(), everything())), errc::algorithm_not_allowed);
}

TEST(EnvelopedData, SealsWhatItOpens)
{
    auto const body = content();
    std::vector const recipients{other().certificate, rsa().certificate};
    counting_random random;
    for(auto cipher : {content_cipher::aes128_cbc, content_cipher::aes192_cbc, content_cipher::aes256_cbc,
                       content_cipher::des_ede3_cbc, content_cipher::des_cbc})
        for(auto const& transport : {v15, oaep(digest_algorithm::sha1, digest_algorithm::sha1),
                                     oaep(digest_algorithm::sha256, digest_algorithm::sha256),
                                     oaep(digest_algorithm::sha512, digest_algorithm::sha1)})
            for(std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{15}, std::size_t{16}, body.size()}) {
                auto const plain = bytes_view(body).first(size);
                auto const message = seal(plain, recipients, {.cipher = cipher, .transport = transport}, random);
                ASSERT_TRUE(message) << message.error();
                for(auto const* by : {&rsa(), &other()}) {
                    auto const got = open_with(*by, *message, everything());
                    ASSERT_TRUE(got) << got.error();
                    EXPECT_EQ(to_bytes(got->content.view()), to_bytes(plain));
                    EXPECT_EQ(got->cipher, cipher);
                    EXPECT_EQ(got->transport, transport);
                    EXPECT_FALSE(got->tolerances.contains(quirk::oaep_empty_parameters));
                }
            }
}

TEST(EnvelopedData, SealsWithEmptyParametersAsNdesDoes)
{
    counting_random random;
    auto const sha1 = oaep(digest_algorithm::sha1, digest_algorithm::sha1);
    auto const message =
        seal(content(), std::span(&rsa().certificate, 1), {.transport = sha1, .oaep_empty_parameters = true}, random);
    ASSERT_TRUE(message) << message.error();
    auto const got = open_with(rsa(), *message, everything());
    ASSERT_TRUE(got) << got.error();
    EXPECT_EQ(got->tolerances, (quirk_set{quirk::oaep_key_transport, quirk::oaep_empty_parameters}));
    EXPECT_EQ(code_of(seal(content(), std::span(&rsa().certificate, 1),
                           {.transport = v15, .oaep_empty_parameters = true}, random)),
              errc::invalid_argument);
    auto const sha256 = oaep(digest_algorithm::sha256, digest_algorithm::sha256);
    EXPECT_EQ(code_of(seal(content(), std::span(&rsa().certificate, 1),
                           {.transport = sha256, .oaep_empty_parameters = true}, random)),
              errc::invalid_argument);
}

TEST(EnvelopedData, AbsentOaepParametersAreTheDefaultsToo)
{
    auto tree = der_node::parse(vector("enveloped_oaep_default.der"));
    tree[1][0][1][0][2].children.pop_back();
    auto const got = open_with(rsa(), tree.encode(), everything());
    ASSERT_TRUE(got) << got.error();
    EXPECT_TRUE(got->tolerances.contains(quirk::oaep_empty_parameters));
}

TEST(EnvelopedData, SealsForSomebodyWhoseKeyIsAllowed)
{
    counting_random random;
    EXPECT_EQ(code_of(seal(content(), {}, {}, random)), errc::invalid_argument);
    auto const weak = certificate_of("weak");
    EXPECT_EQ(code_of(seal(content(), std::span(&weak, 1), {}, random)), errc::key_not_allowed);
}

TEST(EnvelopedData, KeyAndIvComeFromTheGivenSource)
{
    counting_random random;
    auto const message = seal(content(), std::span(&rsa().certificate, 1), {}, random).value();
    auto const parsed = enveloped_data::parse(message, {}).value();
    bytes expected;
    for(std::uint8_t b = 17; b != 33; ++b)
        expected.push_back(b);
    EXPECT_EQ(to_bytes(parsed.iv()), expected);
}

TEST(EnvelopedData, NamesTheWrongContentType)
{
    for(auto const* name : {"data.der", "signed_sha256.der", "encrypted_data.der", "digested_data.der", "bag_one.der"})
        EXPECT_EQ(code_of(enveloped_data::parse(vector(name), everything())), errc::wrong_content_type) << name;
}

TEST(EnvelopedData, OtherVersionsAndOriginatorsAreRefused)
{
    auto const genuine = vector("enveloped_aes128.der");
    for(auto version : bytes{1, 4, 5}) {
        auto tree = der_node::parse(genuine);
        tree[1][0][0].content = {version};
        EXPECT_EQ(code_of(enveloped_data::parse(tree.encode(), everything())), errc::bad_value);
    }
    for(auto version : bytes{0, 2, 3}) {
        auto tree = der_node::parse(genuine);
        tree[1][0][0].content = {version};
        EXPECT_TRUE(open_with(rsa(), tree.encode(), {}));
    }
    auto tree = der_node::parse(genuine);
    auto& fields = tree[1][0].children;
    fields.insert(fields.begin() + 1, der_node{.tag = 0xa0, .content = {}, .children = {}});
    EXPECT_EQ(code_of(enveloped_data::parse(tree.encode(), everything())), errc::unexpected_tag);

    // A key agreement may bring its originator's certificates; nothing here reads them.
    auto agreement = der_node::parse(vector("enveloped_agreement.der"));
    auto& all = agreement[1][0].children;
    all.insert(all.begin() + 1, der_node{.tag = 0xa0, .content = {}, .children = {}});
    EXPECT_TRUE(open_with(ec(), agreement.encode(), {quirk::key_agreement}));

    auto authenticated = der_node::parse(vector("enveloped_auth_gcm.der"));
    EXPECT_TRUE(open_with(rsa(), authenticated.encode(), {quirk::authenticated_envelope}));
    authenticated[1][0][0].content = {2};
    EXPECT_EQ(code_of(enveloped_data::parse(authenticated.encode(), everything())), errc::bad_value);
}

TEST(EnvelopedData, ContentMustBeThereInWholeBlocks)
{
    auto const genuine = vector("enveloped_aes128.der");
    auto const with = [&](std::function<void(der_node&)> const& change) {
        auto tree = der_node::parse(genuine);
        change(tree[1][0][2]);
        return code_of(enveloped_data::parse(tree.encode(), everything()));
    };
    EXPECT_EQ(with([](der_node& info) { info.children.pop_back(); }), errc::content_missing);
    EXPECT_EQ(with([](der_node& info) { info[2].content.clear(); }), errc::bad_length);
    EXPECT_EQ(with([](der_node& info) { info[2].content.pop_back(); }), errc::bad_length);
    EXPECT_EQ(with([](der_node& info) { info[2] = primitive(0x04, info[2].content); }), errc::unexpected_tag);
}

TEST(EnvelopedData, IsBounded)
{
    limits bounds;
    bounds.recipients = 1;
    EXPECT_EQ(code_of(enveloped_data::parse(vector("enveloped_several.der"), {}, bounds)), errc::too_many);
    bounds = {};
    bounds.message_size = 100;
    EXPECT_EQ(code_of(enveloped_data::parse(vector("enveloped_several.der"), {}, bounds)), errc::too_large);
}

TEST(ContentCipher, KnowsItsSizes)
{
    EXPECT_EQ(name_of(content_cipher::aes128_cbc), "AES-128-CBC");
    EXPECT_EQ(key_size_of(content_cipher::aes256_cbc), 32u);
    EXPECT_EQ(block_size_of(content_cipher::aes256_cbc), 16u);
    EXPECT_EQ(name_of(content_cipher::des_cbc), "DES-CBC");
    EXPECT_EQ(key_size_of(content_cipher::des_cbc), 8u);
    EXPECT_EQ(key_size_of(content_cipher::des_ede3_cbc), 24u);
    EXPECT_EQ(block_size_of(content_cipher::des_ede3_cbc), 8u);
    EXPECT_EQ(name_of(content_cipher::aes256_gcm), "AES-256-GCM");
    EXPECT_EQ(key_size_of(content_cipher::aes256_gcm), 32u);
    EXPECT_TRUE(is_authenticated(content_cipher::aes128_gcm));
}
