// SPDX-License-Identifier: BSL-1.0
#include <scepkit/cms/certificate_bag.hpp>

#include "people.hpp"

#include <algorithm>

using namespace scepkit;
using namespace scepkit::cms;
using namespace scepkit::cms::test;

namespace {

std::vector<pki::certificate> four()
{
    return {other().certificate, rsa().certificate, ec().certificate, certificate_of("weak")};
}

bytes with_change(bytes_view bag, std::function<void(der_node&)> const& change)
{
    auto tree = der_node::parse(bag);
    change(tree[1][0]);
    return tree.encode();
}

der_node context_zero(std::vector<der_node> children)
{
    return {.tag = 0xa0, .content = {}, .children = std::move(children)};
}

} // namespace

TEST(CertificateBag, ReadsWhatOpensslWrites)
{
    auto const bag = certificate_bag::parse(vector("bag_four.der"));
    ASSERT_TRUE(bag) << bag.error();
    EXPECT_EQ(bag->certificates, four());
    EXPECT_TRUE(bag->crls.empty());
    EXPECT_TRUE(bag->tolerances.empty());
}

TEST(CertificateBag, KeepsCrlsUnread)
{
    auto const bag = certificate_bag::parse(vector("bag_with_crl.der"));
    ASSERT_TRUE(bag) << bag.error();
    ASSERT_EQ(bag->crls.size(), 1u);
    EXPECT_EQ(bag->crls.front(), vector("crl.der"));
    EXPECT_EQ(bag->certificates.size(), 1u);
}

TEST(CertificateBag, ReadsBerAndSaysSo)
{
    auto const bag = certificate_bag::parse(vector("bag_ber.der"));
    ASSERT_TRUE(bag) << bag.error();
    EXPECT_EQ(bag->certificates, four());
    EXPECT_EQ(bag->tolerances, quirk_set{quirk::ber_encoding});
    EXPECT_FALSE(certificate_bag::parse(vector("bag_ber.der"), {}));
}

TEST(CertificateBag, WritesWhatItReadsInTheGivenOrder)
{
    auto certificates = four();
    std::vector<bytes> const crls{vector("crl.der")};
    do {
        auto const bag = certificate_bag::parse(certificate_bag::make(certificates, crls), {});
        ASSERT_TRUE(bag) << bag.error();
        EXPECT_EQ(bag->certificates, certificates);
        EXPECT_EQ(bag->crls, crls);
    } while(std::ranges::next_permutation(certificates, {}, [](auto const& c) { return to_hex(c.sha256()); }).found);
    EXPECT_TRUE(certificate_bag::parse(certificate_bag::make({}), {}));
}

TEST(CertificateBag, AcceptsAListedDigestAlgorithm)
{
    auto const message = with_change(vector("bag_one.der"), [](der_node& body) {
        der_node const sha256 = der_node::parse(vector("signed_sha256.der"))[1][0][1][0];
        body[1].children.push_back(sha256);
    });
    EXPECT_TRUE(certificate_bag::parse(message, {}));
}

TEST(CertificateBag, ContentIsALeniency)
{
    for(auto const& octets : {bytes{}, bytes{0}}) {
        auto const message = with_change(vector("bag_one.der"), [&](der_node& body) {
            body[2].children.push_back(context_zero({primitive(0x04, octets)}));
        });
        EXPECT_EQ(code_of(certificate_bag::parse(message)), errc::not_degenerate);
        auto const bag = certificate_bag::parse(message, {quirk::bag_with_content});
        ASSERT_TRUE(bag) << bag.error();
        EXPECT_EQ(bag->tolerances, quirk_set{quirk::bag_with_content});
    }
}

TEST(CertificateBag, NamesTheWrongContentType)
{
    EXPECT_EQ(code_of(certificate_bag::parse(vector("enveloped_aes128.der"))), errc::wrong_content_type);
    EXPECT_EQ(code_of(certificate_bag::parse(vector("data.der"))), errc::wrong_content_type);
    EXPECT_EQ(certificate_bag::parse(vector("data.der")).error().details().layer, "cms");
}

TEST(CertificateBag, AnAttributeCertificateIsNoCertificate)
{
    auto const message = with_change(vector("bag_four.der"), [](der_node& body) { body[3][2].tag = 0xa2; });
    auto const bag = certificate_bag::parse(message);
    ASSERT_EQ(code_of(bag), errc::bad_certificate);
    EXPECT_EQ(bag.error().details().index, 2u);
}

TEST(CertificateBag, SaysWhichCertificateIsBad)
{
    auto const message = with_change(vector("bag_four.der"), [](der_node& body) { body[3][1].children.pop_back(); });
    auto const bag = certificate_bag::parse(message);
    ASSERT_EQ(code_of(bag), errc::bad_certificate);
    EXPECT_EQ(bag.error().details().index, 1u);
    EXPECT_TRUE(bag.error().details().offset);
}

TEST(CertificateBag, OtherVersionsAreRefused)
{
    for(auto version : bytes{0, 2, 4, 5}) {
        auto const message = with_change(vector("bag_one.der"), [&](der_node& body) { body[0].content = {version}; });
        EXPECT_EQ(code_of(certificate_bag::parse(message)), errc::bad_value) << int{version};
    }
    auto const third = with_change(vector("bag_one.der"), [&](der_node& body) { body[0].content = {3}; });
    EXPECT_TRUE(certificate_bag::parse(third));
}

TEST(CertificateBag, NothingMayFollow)
{
    auto message = vector("bag_one.der");
    message.push_back(0);
    EXPECT_EQ(code_of(certificate_bag::parse(message)), errc::trailing_data);
}

TEST(CertificateBag, IsBounded)
{
    limits bounds;
    bounds.certificates = 3;
    EXPECT_EQ(code_of(certificate_bag::parse(vector("bag_four.der"), {}, bounds)), errc::too_many);
    bounds.certificates = 4;
    EXPECT_TRUE(certificate_bag::parse(vector("bag_four.der"), {}, bounds));
    bounds.message_size = vector("bag_four.der").size() - 1;
    EXPECT_EQ(code_of(certificate_bag::parse(vector("bag_four.der"), {}, bounds)), errc::too_large);
    std::vector<bytes> const crls(65, vector("crl.der"));
    EXPECT_EQ(code_of(certificate_bag::parse(certificate_bag::make({}, crls))), errc::too_many);
}
