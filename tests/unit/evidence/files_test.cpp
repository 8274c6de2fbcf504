// SPDX-License-Identifier: BSL-1.0
#include "logs.hpp"

#include <support/files.hpp>

#include <filesystem>
#include <fstream>

namespace {

using namespace scepkit;
namespace fs = std::filesystem;

std::string write(fs::path const& path, std::string const& text)
{
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
}

std::string some_log(std::string_view client = "10.1.5.31")
{
    return std::string(test::head) + test::good_attempt(client);
}

TEST(IisLogFiles, AreReadInBlocks)
{
    test::temporary_folder folder;
    std::string text(test::head);
    for(int i = 0; i < 4000; ++i)
        text += test::good_attempt("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250));
    auto const s = evidence::read_iis_log(write(folder.path() / "u_ex261120.log", text));
    ASSERT_TRUE(s.has_value()) << s.error();
    EXPECT_EQ(s->entries, 12000u);
    ASSERT_EQ(s->attempts.size(), 1u);
    EXPECT_EQ(s->attempts[0].count, 4000u);
}

TEST(IisLogFiles, AreTakenInTheOrderOfTheirNumbers)
{
    test::temporary_folder folder;
    // The attempt begins in the ninth file and ends in the tenth.
    auto const lines = test::good_attempt();
    auto const cut = lines.rfind("2026");
    auto const nine = write(folder.path() / "u_extend9.log", std::string(test::head) + lines.substr(0, cut));
    auto const ten = write(folder.path() / "u_extend10.log", std::string(test::head) + lines.substr(cut));
    auto const s = evidence::read_iis_logs({ten, nine});
    ASSERT_TRUE(s.has_value()) << s.error();
    ASSERT_EQ(s->attempts.size(), 1u);
    EXPECT_EQ(s->attempts[0].shape, "caps:200 cert:200 pki:200");
}

TEST(IisLogFiles, ThatCannotBeReadGiveATypedError)
{
    test::temporary_folder folder;
    EXPECT_EQ(evidence::read_iis_log((folder.path() / "none.log").string()).error().code(), errc::file_unreadable);
    EXPECT_EQ(evidence::read_iis_log(folder.path().string()).error().code(), errc::file_unreadable);
    auto const text = write(folder.path() / "text.log", "hello\n");
    EXPECT_EQ(evidence::read_iis_log(text).error().code(), errc::no_fields_directive);
    EXPECT_EQ(evidence::read_iis_logs({write(folder.path() / "a.log", some_log()), text}).error().code(),
              errc::no_fields_directive);
}

TEST(IisLogFiles, AreLeftWhereTheyStandWhenReadingIsInterrupted)
{
    test::temporary_folder folder;
    std::string text(test::head);
    for(int i = 0; i < 4000; ++i)
        text += test::good_attempt("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250));
    auto const path = write(folder.path() / "u_ex261120.log", text);
    std::atomic<bool> const stop{true};
    auto const some = evidence::read_iis_log(path, {.cancel = &stop});
    ASSERT_TRUE(some.has_value()) << some.error();
    EXPECT_GT(some->entries, 0u);
    EXPECT_LT(some->entries, 12000u);
    auto const collected = evidence::collect({folder.path().string()}, {.cancel = &stop});
    ASSERT_EQ(collected.iis_logs.size(), 1u);
    EXPECT_EQ(collected.iis_logs[0].entries, some->entries);
    std::atomic<bool> const go_on{false};
    EXPECT_EQ(evidence::read_iis_log(path, {.cancel = &go_on}).value().entries, 12000u);
}

TEST(Collect, SortsFoldersAndListsWhatItCannotUse)
{
    test::temporary_folder one, two;
    write(one.path() / "u_ex261120.log", some_log());
    write(one.path() / "u_ex261121.log", some_log("10.9.9.9"));
    write(one.path() / "notes.txt", "buy milk");
    write(one.path() / "empty.log", "");
    fs::create_directory(one.path() / "deeper");
    write(one.path() / "deeper" / "u_ex261122.log", some_log());
    auto const other = write(two.path() / "u_ex261120.log", some_log());
    auto const missing = (two.path() / "none").string();

    auto const all = evidence::collect({one.path().string(), other, other, missing});
    ASSERT_EQ(all.iis_logs.size(), 2u);
    EXPECT_EQ(all.iis_logs[0].entries + all.iis_logs[1].entries, 9u); // The same file twice counts once.
    ASSERT_EQ(all.unreadable.size(), 3u);
    for(auto const& [source, e] : all.unreadable)
        EXPECT_EQ(e.code(), source == missing ? errc::file_unreadable : errc::unknown_evidence) << source;
}

TEST(Collect, SaysSoOfAnEmptyFolder)
{
    test::temporary_folder folder;
    auto const all = evidence::collect({folder.path().string()});
    EXPECT_TRUE(all.iis_logs.empty());
    ASSERT_EQ(all.unreadable.size(), 1u);
    EXPECT_EQ(all.unreadable[0].second.code(), errc::unknown_evidence);
}

TEST(Collect, KeepsGoodFilesBesideAnUtf16One)
{
    test::temporary_folder folder;
    write(folder.path() / "a.log", some_log());
    std::string wide = "\xff\xfe";
    for(char const c : some_log())
        (wide += c) += '\0';
    auto const path = write(folder.path() / "b.log", wide);
    auto const all = evidence::collect({folder.path().string()});
    ASSERT_EQ(all.iis_logs.size(), 1u);
    EXPECT_EQ(all.iis_logs[0].entries, 3u);
    ASSERT_EQ(all.unreadable.size(), 1u);
    EXPECT_EQ(all.unreadable[0].first, path);
    EXPECT_EQ(all.unreadable[0].second.code(), errc::unsupported);
}

} // namespace
