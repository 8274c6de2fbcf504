// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/profile.hpp>

#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <support/files.hpp>

namespace scepkit::inline v0::scep {
namespace {

// Whoever changes a tolerance changes this file, and a reader of the diff sees it.
TEST(Profile, TablesEqualTheCommittedOnes)
{
    std::string text;
    for(auto const& p : profile::all())
        text += "[" + p.name + "]\n" + p.dump();
    auto const file = std::string(SCEPKIT_SOURCE_DIR) + "/tests/unit/scep/profiles.txt";
    if(std::getenv("SCEPKIT_UPDATE_DOCS") != nullptr)
        std::ofstream(file) << text;
    EXPECT_EQ(text, test::read_text(file));
}

TEST(Profile, IsFoundByItsName)
{
    for(auto const& p : profile::all()) {
        auto const found = profile::named(p.name);
        ASSERT_TRUE(found);
        EXPECT_EQ(found->name, p.name);
        EXPECT_EQ(found->allowed, p.allowed);
    }
    EXPECT_EQ(profile::all().size(), 7u);
}

TEST(Profile, ItemsAreSwitchedBehindItsName)
{
    auto const mixed = profile::named("cisco-ios+key_agreement-single_des-md5_signature").value();
    EXPECT_EQ(mixed.name, "cisco-ios+key_agreement-single_des-md5_signature");
    auto expected = profile::cisco_ios().allowed;
    expected.insert(quirk::key_agreement);
    expected.erase(quirk::single_des);
    expected.erase(quirk::md5_signature);
    EXPECT_EQ(mixed.allowed, expected);
    EXPECT_EQ(profile::named("strict+ber_encoding")->allowed, quirk_set{quirk::ber_encoding});
    for(auto const* name : {"ndes+", "ndes+des", "ndes-sha1_signature+", "+ber_encoding", "ndes++ber_encoding"})
        EXPECT_EQ(profile::named(name).error(), errc::invalid_argument) << name;
}

TEST(Profile, UnknownNameIsRefused)
{
    for(auto const* name : {"", "NDES", "rfc8894 ", "cisco"})
        EXPECT_EQ(profile::named(name).error(), errc::invalid_argument);
}

TEST(Profile, StrictAllowsNothingAndLegacyEverything)
{
    EXPECT_TRUE(profile::strict().allowed.empty());
    for(auto q : cms::all_quirks())
        EXPECT_TRUE(profile::legacy().allows(q)) << cms::name_of(q);
}

TEST(Profile, WeakAlgorithmsAreOffByDefault)
{
    for(auto q : {quirk::sha1_signature, quirk::md5_signature, quirk::single_des, quirk::signer_key_differs})
        EXPECT_FALSE(profile::rfc8894().allows(q)) << cms::name_of(q);
    EXPECT_FALSE(profile::ndes().allows(quirk::single_des));
    EXPECT_FALSE(profile::ndes().allows(quirk::md5_signature));
}

} // namespace
} // namespace scepkit::inline v0::scep
