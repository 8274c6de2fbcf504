// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/chain.hpp>

#include "vectors.hpp"

#include <gtest/gtest.h>

namespace scepkit::inline v0::pki {
namespace {

using test::cert;
using test::code_of;

std::vector<certificate> certs(std::initializer_list<char const*> names)
{
    std::vector<certificate> out;
    for(auto const* const n : names)
        out.push_back(cert(n));
    return out;
}

struct outcome {
    errc code{};
    std::optional<std::size_t> index;
    std::size_t length = 0;
    friend bool operator==(outcome const&, outcome const&) = default;
    friend void PrintTo(outcome const& o, std::ostream* out)
    {
        *out << (o.code == errc{} ? "good" : name_of(o.code)) << " at " << (o.index ? static_cast<int>(*o.index) : -1)
             << " length " << o.length;
    }
};
outcome good(std::size_t length) { return {errc{}, std::nullopt, length}; }
outcome bad(errc code, std::size_t index) { return {code, index, 0}; }

outcome verify(char const* leaf, std::initializer_list<char const*> intermediates,
               std::initializer_list<char const*> anchors, chain_options options = {})
{
    if(options.now == time_point{})
        options.now = test::today();
    auto const r = verify_chain(cert(leaf), certs(intermediates), certs(anchors), options);
    if(r) {
        EXPECT_EQ(r->front(), cert(leaf));
        for(std::size_t i = 0; i + 1 < r->size(); ++i)
            EXPECT_TRUE((*r)[i].is_issued_by((*r)[i + 1]));
        return good(r->size());
    }
    return {r.error().code(), r.error().details().index, 0};
}

TEST(VerifyChain, BuildsThePathWhateverTheOrder)
{
    EXPECT_EQ(verify("leaf", {"intermediate"}, {"root"}), good(3));
    EXPECT_EQ(verify("leaf-ec", {"other-root", "root", "intermediate", "leaf"}, {"other-root", "root"}), good(3));
    EXPECT_EQ(verify("intermediate", {}, {"root"}), good(2));
    EXPECT_EQ(verify("leaf-without-key-id", {"intermediate"}, {"root"}), good(3));
}

TEST(VerifyChain, EndsAtTheFirstAnchor)
{
    EXPECT_EQ(verify("leaf", {}, {"intermediate"}), good(2));
    EXPECT_EQ(verify("leaf", {"intermediate"}, {"intermediate", "root"}), good(2));
    EXPECT_EQ(verify("leaf", {}, {"leaf"}), good(1)) << "a pinned certificate is trusted as it is";
    EXPECT_EQ(verify("leaf-expired", {}, {"leaf-expired"}), good(1));
}

TEST(VerifyChain, FindsTheWayAroundABranchThatFails)
{
    EXPECT_EQ(verify("leaf", {"intermediate-expired", "intermediate-other-key", "intermediate-cross", "intermediate"},
                     {"root"}),
              good(3));
    EXPECT_EQ(verify("leaf", {"intermediate", "intermediate-cross"}, {"other-root"}), good(3));
}

TEST(VerifyChain, SaysThatAnIntermediateIsMissing)
{
    EXPECT_EQ(verify("leaf", {}, {"root"}), bad(errc::issuer_not_found, 0));
    EXPECT_EQ(verify("leaf-below-sub", {"sub"}, {"root"}), bad(errc::issuer_not_found, 1));
    EXPECT_EQ(verify("leaf", {"intermediate"}, {}), bad(errc::issuer_not_found, 1));
}

TEST(VerifyChain, SaysThatTheRootIsNotTrusted)
{
    EXPECT_EQ(verify("leaf", {"intermediate", "root"}, {"other-root"}), bad(errc::not_trusted, 2));
    EXPECT_EQ(verify("root", {}, {"other-root"}), bad(errc::not_trusted, 0));
}

TEST(VerifyChain, SaysWhichCertificateIsOutsideItsDates)
{
    EXPECT_EQ(verify("leaf-expired", {"intermediate"}, {"root"}), bad(errc::certificate_expired, 0));
    EXPECT_EQ(verify("leaf-not-yet", {"intermediate"}, {"root"}), bad(errc::certificate_not_yet_valid, 0));
    EXPECT_EQ(verify("leaf", {"intermediate-expired"}, {"root"}), bad(errc::certificate_expired, 1));
    EXPECT_EQ(verify("leaf-expired", {"intermediate-expired"}, {"root"}, {.ignore_validity = true}), good(3));
    auto const ends = cert("leaf").not_after();
    EXPECT_EQ(verify("leaf", {"intermediate"}, {"root"}, {.now = ends}), good(3));
    EXPECT_EQ(verify("leaf", {"intermediate"}, {"root"}, {.now = ends + std::chrono::seconds(1)}),
              bad(errc::certificate_expired, 0));
}

TEST(VerifyChain, AnAnchorMayBeExpired) { EXPECT_EQ(verify("leaf", {}, {"intermediate-expired"}), good(2)); }

TEST(VerifyChain, RefusesIssuersThatMayNotIssue)
{
    EXPECT_EQ(verify("leaf", {"intermediate-not-ca"}, {"root"}), bad(errc::usage_not_allowed, 1));
    EXPECT_EQ(verify("leaf", {"intermediate-without-cert-sign"}, {"root"}), bad(errc::usage_not_allowed, 1));
    EXPECT_EQ(verify("leaf", {}, {"intermediate-not-ca"}), bad(errc::usage_not_allowed, 1))
        << "an anchor that says itself that it is no CA issues nothing";
}

TEST(VerifyChain, HoldsThePathLength)
{
    // The intermediate allows no CA below itself.
    EXPECT_EQ(verify("leaf-below-sub", {"sub", "intermediate"}, {"root"}), bad(errc::usage_not_allowed, 2));
    EXPECT_EQ(verify("leaf-below-sub", {"sub", "intermediate-cross"}, {"other-root"}), good(4));
    EXPECT_EQ(verify("sub", {"intermediate"}, {"root"}), good(3)) << "the end of a path does not count";
}

TEST(VerifyChain, RefusesCriticalExtensionsItDoesNotProcess)
{
    EXPECT_EQ(verify("leaf-unknown-critical", {"intermediate"}, {"root"}), bad(errc::usage_not_allowed, 0));
    EXPECT_EQ(verify("leaf", {"intermediate-name-constraints"}, {"root"}), bad(errc::usage_not_allowed, 1));
}

TEST(VerifyChain, RefusesSignaturesThatDoNotVerify)
{
    // The name fits, there is no key identifier to tell them apart, the key is another one.
    EXPECT_EQ(verify("leaf-without-key-id", {"intermediate-other-key"}, {"root"}), bad(errc::signature_invalid, 0));
    // Here the key identifier would fit if there were one on the CA; the signature decides.
    EXPECT_EQ(verify("leaf", {"intermediate-other-key"}, {"root"}), bad(errc::signature_invalid, 0));
    EXPECT_EQ(verify("unknown-algorithm", {}, {"v1"}), bad(errc::algorithm_not_allowed, 0));
}

TEST(VerifyChain, TakesSha1OnlyWhenToldTo)
{
    EXPECT_EQ(verify("leaf-sha1", {"intermediate"}, {"root"}), bad(errc::algorithm_not_allowed, 0));
    EXPECT_EQ(verify("leaf", {"intermediate-sha1"}, {"root"}), bad(errc::algorithm_not_allowed, 1));
    EXPECT_EQ(verify("leaf-sha1", {"intermediate-sha1"}, {"root"}, {.allow_sha1 = true}), good(3));
    EXPECT_EQ(verify("leaf", {}, {"intermediate-sha1"}), good(2)) << "nobody looks at an anchor's own signature";
}

TEST(VerifyChain, IsBoundedInDepth)
{
    EXPECT_EQ(verify("leaf", {"intermediate"}, {"root"}, {.maximum_depth = 3}), good(3));
    EXPECT_EQ(verify("leaf", {"intermediate"}, {"root"}, {.maximum_depth = 2}), bad(errc::too_many, 1));
}

TEST(VerifyChain, IsBoundedInSignatureChecks)
{
    EXPECT_EQ(verify("leaf", {"intermediate"}, {"root"}, {.maximum_signature_checks = 2}), good(3));
    EXPECT_EQ(verify("leaf", {"intermediate"}, {"root"}, {.maximum_signature_checks = 1}), bad(errc::too_many, 1));
}

// Certificates of one name that all verify each other: without bounds every order of them is a path.
TEST(VerifyChain, SurvivesACliqueOfCasThatSignEachOther)
{
    auto const key = private_key::generate(key_kind::ec_p256).value();
    certificate_template content{.subject = name::parse("CN=clique").value(),
                                 .not_before = test::today() - std::chrono::hours(1),
                                 .not_after = test::today() + std::chrono::hours(1),
                                 .extensions = {make_basic_constraints({.ca = true})}};
    std::vector<certificate> clique;
    for(std::uint8_t i = 1; i != 40; ++i) {
        content.serial = {i};
        clique.push_back(make_certificate(content, key.public_key(), content.subject, key).value());
    }
    auto const r = verify_chain(clique.front(), clique, certs({"root"}), {.now = test::today()});
    EXPECT_EQ(code_of(r), errc::too_many);
}

TEST(MatchesHost, FollowsRfc6125)
{
    auto const leaf = cert("leaf");
    for(auto const* const host :
        {"ndes.contoso.example", "NDES.Contoso.Example", "ndes.contoso.example.", "a.devices.contoso.example",
         "192.0.2.10", "2001:db8::10", "[2001:db8::10]", "2001:DB8:0:0::10"})
        EXPECT_TRUE(matches_host(leaf, host)) << host;
    for(auto const* const host : {"", ".", "contoso.example", "x.ndes.contoso.example", "devices.contoso.example",
                                  "a.b.devices.contoso.example", ".devices.contoso.example", "foo.example",
                                  "192.0.2.11", "device 7", "2001:db8::11", "*.devices.contoso.example.x"})
        EXPECT_FALSE(matches_host(leaf, host)) << host;
    EXPECT_FALSE(matches_host(cert("v1"), "by hand")) << "the common name does not count";
}

} // namespace
} // namespace scepkit::inline v0::pki
