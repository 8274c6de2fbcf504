// SPDX-License-Identifier: BSL-1.0
#include <scepkit/cms/quirks.hpp>

#include <gtest/gtest.h>
#include <set>
#include <string>

using namespace scepkit::cms;

TEST(Quirks, HaveNamesThatLeadBack)
{
    std::set<std::string_view> names;
    for(auto q : all_quirks()) {
        EXPECT_EQ(quirk_from_name(name_of(q)), q) << name_of(q);
        names.insert(name_of(q));
    }
    EXPECT_EQ(names.size(), all_quirks().size());
    EXPECT_EQ(name_of(quirk::sha1_signature), "sha1_signature");
}

TEST(Quirks, AreListedFromTheFirstToTheLast)
{
    // The list is written by hand: a value that is missing from it would be a leniency nobody can switch off.
    std::size_t value = 0;
    for(auto q : all_quirks())
        EXPECT_EQ(static_cast<std::size_t>(q), value++);
    EXPECT_EQ(all_quirks().back(), quirk::signer_subject_differs);
}

TEST(Quirks, UnknownNamesAreNone)
{
    EXPECT_FALSE(quirk_from_name(""));
    EXPECT_FALSE(quirk_from_name("sha1"));
    EXPECT_FALSE(quirk_from_name("sha1_signature "));
}

TEST(QuirkSet, HoldsWhatWasPutIn)
{
    quirk_set set{quirk::ber_encoding, quirk::signer_subject_differs};
    EXPECT_TRUE(set.contains(quirk::ber_encoding));
    EXPECT_FALSE(set.contains(quirk::triple_des));
    set.insert(quirk::triple_des);
    set.erase(quirk::ber_encoding);
    EXPECT_EQ(set.list(), (std::vector{quirk::triple_des, quirk::signer_subject_differs}));
    EXPECT_EQ(set, (quirk_set{quirk::signer_subject_differs, quirk::triple_des}));
    EXPECT_TRUE(quirk_set{}.empty());
    quirk_set joined;
    joined.insert(set);
    EXPECT_EQ(joined, set);
}
