// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/profile.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <support/files.hpp>

namespace scepkit::inline v0::scep {
namespace {

std::string profiles_with(quirk q)
{
    std::string names;
    for(auto const& p : profile::all())
        if(p.allows(q))
            names += (names.empty() ? "" : ", ") + p.name;
    return names;
}

struct page {
    std::string text;                ///< With the profiles' column as it has to be.
    std::vector<std::string> quirks; ///< Rows of the table, in order.
    std::vector<std::string> bad_rows;
};

// A row is | `name` | overlooked | seen | room | profiles |; the last cell is ours, the others are people's.
page with_profiles(std::string const& before)
{
    page after;
    std::istringstream lines(before);
    for(std::string line; std::getline(lines, line);) {
        if(line.starts_with("| `")) {
            auto const name = line.substr(3, line.find('`', 3) - 3);
            auto const which = cms::quirk_from_name(name);
            auto const last = line.find_last_of('|', line.size() - 2);
            after.quirks.push_back(name);
            if(!which || std::count(line.begin(), line.end(), '|') != 6 || line.back() != '|')
                after.bad_rows.push_back(line);
            else
                line = line.substr(0, last + 2) + profiles_with(*which) + " |";
        }
        after.text += line + "\n";
    }
    return after;
}

TEST(QuirksPage, NamesEveryQuirkAndItsProfiles)
{
    auto const path = std::string(SCEPKIT_SOURCE_DIR) + "/docs/quirks.md";
    auto const before = test::read_text(path);
    auto const wanted = with_profiles(before);
    if(std::getenv("SCEPKIT_UPDATE_DOCS") != nullptr)
        std::ofstream(path) << wanted.text;
    EXPECT_EQ(test::read_text(path), wanted.text)
        << "run this test once with SCEPKIT_UPDATE_DOCS=1 and commit docs/quirks.md";
    std::vector<std::string> all;
    for(auto const q : cms::all_quirks())
        all.emplace_back(cms::name_of(q));
    EXPECT_EQ(wanted.quirks, all) << "each quirk has one row, in the order of the enumeration";
    EXPECT_TRUE(wanted.bad_rows.empty()) << wanted.bad_rows.front();
}

} // namespace
} // namespace scepkit::inline v0::scep
