// SPDX-License-Identifier: BSL-1.0
#include <scepkit/base/error.hpp>
#include <scepkit/base/result.hpp>

#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <set>
#include <sstream>
#include <support/files.hpp>

using namespace scepkit;

namespace {

// What docs/errors.md has to be, to the byte.
std::string expected_page()
{
    std::ostringstream out;
    out << "# Errors\n\n"
           "Every error has a code, which says what went wrong, and a condition, which follows from the code and says\n"
           "what can be done. Numbers and names are stable. Texts are for people: they can change, so compare "
           "codes.\n\n"
           "## Conditions\n\n"
           "| Number | Condition | What to do |\n|---:|---|---|\n";
    for(int number = 1; number <= 8; ++number) {
        auto const value = static_cast<condition>(number);
        out << "| " << number << " | `" << name_of(value) << "` | " << make_error_condition(value).message() << " |\n";
    }
    out << "\n## Codes\n\n| Number | Name | Condition | Text |\n|---:|---|---|---|\n";
    for(auto const code : all_errc())
        out << "| " << static_cast<int>(code) << " | `" << name_of(code) << "` | `" << name_of(condition_of(code))
            << "` | " << text_of(code) << " |\n";
    return out.str();
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
/// What a second copy of the library in the same process has: the same id at another address.
struct twin final : boost::system::error_category {
    twin() : boost::system::error_category(0x8c1f2b5e7a934d06u) {}
    char const* name() const noexcept override { return "twin"; }
    std::string message(int) const override { return {}; }
};
#pragma GCC diagnostic pop

result<int> fails() { return errc::truncated; }

} // namespace

TEST(Errc, HasNameTextAndConditionEach)
{
    std::set<std::string_view> names;
    std::set<std::string_view> texts;
    for(auto const code : all_errc()) {
        EXPECT_TRUE(names.insert(name_of(code)).second) << name_of(code) << " is doubled";
        EXPECT_TRUE(texts.insert(text_of(code)).second) << name_of(code) << " shares its text";
        EXPECT_NE(name_of(code), "unknown_error");
        EXPECT_FALSE(text_of(code).empty()) << name_of(code);
        EXPECT_EQ(text_of(code).back(), '.') << name_of(code);
        auto const number = static_cast<int>(condition_of(code));
        EXPECT_GE(number, 1) << name_of(code);
        EXPECT_LE(number, 8) << name_of(code);
        EXPECT_NE(name_of(condition_of(code)), "no_condition");
        EXPECT_EQ(make_error_code(code).message(), text_of(code));
    }
}

// The enumerators are read from the header: a code that was added there and forgotten in the table is found.
TEST(Errc, AllOfTheHeaderAreListed)
{
    auto const header = test::read_text(std::filesystem::path(SCEPKIT_SOURCE_DIR) / "include/scepkit/base/error.hpp");
    auto const begin = header.find("enum class errc : int {");
    ASSERT_NE(begin, std::string::npos);
    std::istringstream lines(header.substr(begin, header.find("};", begin) - begin));
    std::vector<std::string> found;
    for(std::string line; std::getline(lines, line);) {
        auto const equals = line.find(" = ");
        auto const name = line.find_first_not_of(' ');
        if(equals == std::string::npos || line.compare(name, 2, "//") == 0)
            continue;
        found.push_back(line.substr(name, equals - name));
        auto const number = std::stoi(line.substr(equals + 3));
        EXPECT_EQ(name_of(static_cast<errc>(number)), found.back());
    }
    EXPECT_EQ(found.size(), all_errc().size());
}

TEST(Errc, IsListedInTheDocumentation)
{
    auto const path = std::filesystem::path(SCEPKIT_SOURCE_DIR) / "docs/errors.md";
    if(std::getenv("SCEPKIT_UPDATE_DOCS") != nullptr)
        std::ofstream(path) << expected_page();
    EXPECT_EQ(test::read_text(path), expected_page())
        << "run this test once with SCEPKIT_UPDATE_DOCS=1 and commit docs/errors.md";
}

TEST(Errc, AnUnknownNumberIsNamedAsSuch)
{
    EXPECT_EQ(name_of(static_cast<errc>(9999)), "unknown_error");
    EXPECT_EQ(name_of(errc{}), "no_error");
    EXPECT_EQ(static_cast<int>(condition_of(static_cast<errc>(9999))), 0);
    EXPECT_FALSE(text_of(static_cast<errc>(9999)).empty());
}

TEST(ErrorCode, ComparesWithItsCondition)
{
    boost::system::error_code const code = errc::connection_refused;
    EXPECT_TRUE(code);
    EXPECT_EQ(code, errc::connection_refused);
    EXPECT_EQ(code, condition::transport);
    EXPECT_NE(code, condition::refused);
    EXPECT_STREQ(code.category().name(), "scepkit");
}

TEST(ErrorCategory, HasAFixedIdentity)
{
    EXPECT_EQ(scepkit_category(), twin{});
    EXPECT_NE(scepkit_category(), condition_category());
}

TEST(Error, FillsLayerAndOffsetOnce)
{
    error const inner(errc::bad_value, diagnostics{.message = "m", .offset = 3});
    auto const outer = inner.in("cms").in("scep").at(10);
    EXPECT_EQ(outer.code(), errc::bad_value);
    EXPECT_EQ(outer.details().layer, "cms");
    EXPECT_EQ(outer.details().offset, 13u);
    EXPECT_EQ(inner.details().layer, "");
    EXPECT_EQ(error(errc::truncated).at(5).details().offset, std::nullopt);
}

TEST(Error, WritesOneLineWithoutControls)
{
    error const e(errc::http_status, diagnostics{.message = "a\r\nb\x1b[31m\u202e",
                                                 .layer = "http",
                                                 .offset = 7,
                                                 .line = 2,
                                                 .index = 1,
                                                 .crypto = "c\td",
                                                 .http_status = 405,
                                                 .reference = "RFC 9110"});
    std::ostringstream out;
    out << e << ' ' << errc::truncated;
    auto const text = out.str();
    for(char const c : text)
        EXPECT_GE(static_cast<unsigned char>(c), 0x20) << text;
    EXPECT_EQ(text.find("\u202e"), std::string::npos);
    for(auto const* part : {"http_status", "[http]", "7", "2", "405", "RFC 9110", "truncated"})
        EXPECT_NE(text.find(part), std::string::npos) << part;
}

TEST(Error, WithoutDetailsHasTheTextOfItsCode)
{
    EXPECT_NE(error(errc::timed_out).to_string().find(text_of(errc::timed_out)), std::string::npos);
    EXPECT_EQ(error().code(), errc{});
}

TEST(Result, ThrowsTheErrorFromValue)
{
    auto const r = fails();
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error(), errc::truncated);
    try {
        static_cast<void>(r.value());
        FAIL() << "value() of a failure returned";
    } catch(exception const& e) {
        EXPECT_EQ(e.error().code(), errc::truncated);
        EXPECT_FALSE(std::string_view(e.what()).empty());
    }
    EXPECT_TRUE(success());
}
