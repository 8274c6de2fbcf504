// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/capabilities.hpp>

#include <gtest/gtest.h>

namespace scepkit::inline v0::scep {
namespace {

capabilities parsed(std::string_view text) { return capabilities::parse(as_bytes(text)).value(); }

TEST(Capabilities, ReadsTheListOfIis10)
{
    auto const c = parsed("POSTPKIOperation\nRenewal\nSHA-512\nSHA-256\nSHA-1\nDES3\n");
    EXPECT_TRUE(c.post_pki_operation && c.renewal && c.sha512 && c.sha256 && c.sha1 && c.des3);
    EXPECT_FALSE(c.aes || c.scep_standard || c.get_next_ca_cert);
    EXPECT_FALSE(c.supports_aes());
    EXPECT_TRUE(c.unknown.empty());
}

TEST(Capabilities, ScepStandardImpliesAesPostAndSha256)
{
    auto const c = parsed("SCEPStandard");
    EXPECT_TRUE(c.supports_aes() && c.supports_post() && c.supports_sha256());
    EXPECT_FALSE(c.aes || c.post_pki_operation || c.sha256);
}

TEST(Capabilities, IgnoresCaseLineEndsBlanksAndByteOrderMark)
{
    for(auto const* text : {"aes\r\nsha-256\r\n", "AES\rSHA-256", "  AES \t\n\n SHA-256",
                            "\xef\xbb\xbf"
                            "AES\nSHA-256"}) {
        auto const c = parsed(text);
        EXPECT_TRUE(c.aes && c.sha256) << text;
        EXPECT_TRUE(c.unknown.empty()) << text;
    }
}

TEST(Capabilities, KeepsUnknownWords)
{
    auto const c = parsed("AES\nSHA2 hashes\nfoo");
    EXPECT_EQ(c.unknown, (std::vector<std::string>{"SHA2 hashes", "foo"}));
    EXPECT_EQ(c.to_text(), "AES\nSHA2 hashes\nfoo\n");
}

TEST(Capabilities, EmptyMeansNone)
{
    auto const c = parsed("");
    EXPECT_FALSE(c.supports_aes() || c.supports_post() || c.supports_sha256() || c.des3 || c.sha1 || c.sha512);
}

TEST(Capabilities, TextGoesThereAndBack)
{
    auto const text = "AES\nDES3\nGetNextCACert\nPOSTPKIOperation\nRenewal\nSHA-1\nSHA-256\nSHA-512\nSCEPStandard\n";
    EXPECT_EQ(parsed(text).to_text(), text);
}

TEST(Capabilities, AWebPageIsNoList)
{
    EXPECT_EQ(capabilities::parse(as_bytes("\r\n <!DOCTYPE html><html></html>")).error(), errc::html_instead_of_scep);
}

TEST(Capabilities, LimitsHold)
{
    EXPECT_EQ(capabilities::parse(bytes(1u << 20, 'A')).error(), errc::too_large);
    std::string many;
    for(int i = 0; i < 100; ++i)
        many += "word\n";
    EXPECT_EQ(capabilities::parse(as_bytes(many)).error(), errc::too_many);
}

TEST(Negotiation, TakesTheStrongestBothHave)
{
    auto const n = negotiate(parsed("SCEPStandard\nSHA-512\nDES3\nSHA-1"), {}).value();
    EXPECT_EQ(n.digest, pki::digest_algorithm::sha256);
    EXPECT_EQ(n.cipher, cms::content_cipher::aes128_cbc);
    EXPECT_TRUE(n.use_post);
    EXPECT_EQ(negotiate(parsed("AES\nSHA-512\nSHA-1"), {}).value().digest, pki::digest_algorithm::sha512);
    EXPECT_FALSE(negotiate(parsed("AES\nSHA-512"), {}).value().use_post);
}

TEST(Negotiation, UsesTripleDesWithNdes)
{
    auto const n = negotiate(parsed("POSTPKIOperation\nRenewal\nSHA-512\nSHA-256\nSHA-1\nDES3"), {}).value();
    EXPECT_EQ(n.cipher, cms::content_cipher::des_ede3_cbc);
    EXPECT_EQ(n.digest, pki::digest_algorithm::sha256);
}

TEST(ThreatP7, AShortenedListNeverGetsBelowTheFloor)
{
    std::string const garbage("\x00\xff\x01 garbage", 11);
    for(std::string const& list :
        {std::string{}, garbage, std::string("SHA-1\nDES3"), std::string("POSTPKIOperation\nDES3")})
        EXPECT_EQ(negotiate(parsed(list), {}).error(), errc::capability_floor) << list;
    EXPECT_EQ(negotiate(parsed("SHA-256\nDES3"), {.allow_triple_des = false}).error(), errc::capability_floor);
    EXPECT_EQ(negotiate(parsed("AES\nSHA-256\nPOSTPKIOperation"), {.require_scep_standard = true}).error(),
              errc::capability_floor);
    EXPECT_TRUE(negotiate(parsed("SCEPStandard"), {.require_scep_standard = true}));
}

TEST(Negotiation, AnOldServerIsReachedOnlyOnPurpose)
{
    auto const n = negotiate(parsed(""), {.allow_sha1 = true}).value();
    EXPECT_EQ(n.digest, pki::digest_algorithm::sha1);
    EXPECT_EQ(n.cipher, cms::content_cipher::des_ede3_cbc);
    EXPECT_FALSE(n.use_post);
    EXPECT_EQ(
        negotiate(parsed(""), {.allow_sha1 = true, .allow_triple_des = false, .allow_single_des = true}).value().cipher,
        cms::content_cipher::des_cbc);
}

} // namespace
} // namespace scepkit::inline v0::scep
