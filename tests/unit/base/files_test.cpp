// SPDX-License-Identifier: BSL-1.0
#include <scepkit/base/bytes.hpp>

#include <csignal>
#include <fstream>
#include <gtest/gtest.h>
#include <support/files.hpp>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace scepkit;

namespace {

std::size_t entries(std::filesystem::path const& folder)
{
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
}

unsigned mode_of(std::string const& path)
{
    struct stat status {
    };
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 07777u;
}

/// Writes beyond `size` bytes fail with EFBIG while this lives: a disk that is full, without a disk.
class file_size_limit
{
public:
    explicit file_size_limit(rlim_t size)
    {
        previous_action_ = std::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &previous_);
        rlimit limited = previous_;
        limited.rlim_cur = size;
        ::setrlimit(RLIMIT_FSIZE, &limited);
    }
    ~file_size_limit()
    {
        ::setrlimit(RLIMIT_FSIZE, &previous_);
        std::signal(SIGXFSZ, previous_action_);
    }
    file_size_limit(file_size_limit const&) = delete;
    file_size_limit& operator=(file_size_limit const&) = delete;

private:
    rlimit previous_{};
    void (*previous_action_)(int) = nullptr;
};

} // namespace

TEST(Files, ReadsUpToTheMaximum)
{
    test::temporary_folder folder;
    auto const path = (folder.path() / "a").string();
    for(std::size_t const size : {0u, 1u, 65535u, 65536u, 65537u, 200000u}) {
        bytes const data(size, 0x5a);
        std::filesystem::remove(path);
        ASSERT_TRUE(write_new_file(path, data, 0600));
        auto const exact = read_file(path, size);
        ASSERT_TRUE(exact) << size;
        EXPECT_EQ(*exact, data);
        EXPECT_TRUE(read_file(path, size + 1));
        if(size != 0) {
            EXPECT_EQ(read_file(path, size - 1).error(), errc::too_large) << size;
        }
    }
}

TEST(Files, ReadsWhatHasNoSize)
{
    test::temporary_folder folder;
    auto const path = (folder.path() / "pipe").string();
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    std::thread writer([&] { std::ofstream(path) << std::string(300, 'x'); });
    auto const r = read_file(path, 1u << 20);
    writer.join();
    ASSERT_TRUE(r);
    EXPECT_EQ(r->size(), 300u);
    EXPECT_EQ(read_file("/dev/zero", 1000).error(), errc::too_large);
}

TEST(Files, SaysWhyAFileIsUnreadable)
{
    test::temporary_folder folder;
    EXPECT_EQ(read_file((folder.path() / "none").string(), 10).error(), errc::file_unreadable);
    auto const r = read_file(folder.path().string(), 10);
    EXPECT_EQ(r.error(), errc::file_unreadable);
    EXPECT_EQ(r.error().details().layer, "file");
}

TEST(Files, NeverOverwritesANewFile)
{
    test::temporary_folder folder;
    auto const path = (folder.path() / "key").string();
    ASSERT_TRUE(write_new_file(path, as_bytes("one"), 0600));
    EXPECT_EQ(mode_of(path), 0600u);
    EXPECT_EQ(write_new_file(path, as_bytes("two"), 0600).error(), errc::file_exists);
    EXPECT_EQ(test::read_text(path), "one");

    // A dangling link is somebody else's name for another place, not a free name.
    auto const link = folder.path() / "link";
    std::filesystem::create_symlink(folder.path() / "elsewhere", link);
    EXPECT_EQ(write_new_file(link.string(), as_bytes("two"), 0600).error(), errc::file_exists);
    EXPECT_EQ(write_new_file((folder.path() / "no/such").string(), as_bytes("x"), 0600).error(), errc::file_unwritable);
    EXPECT_EQ(entries(folder.path()), 2u);
}

TEST(Files, ReplacesWithTheModeGiven)
{
    test::temporary_folder folder;
    auto const path = (folder.path() / "state").string();
    ASSERT_TRUE(replace_file(path, as_bytes("one"), 0640));
    EXPECT_EQ(mode_of(path), 0640u);
    ASSERT_TRUE(replace_file(path, as_bytes("three"), 0600));
    EXPECT_EQ(mode_of(path), 0600u);
    EXPECT_EQ(test::read_text(path), "three");
    EXPECT_EQ(entries(folder.path()), 1u);
    EXPECT_EQ(replace_file((folder.path() / "no/such").string(), as_bytes("x"), 0600).error(), errc::file_unwritable);
}

TEST(Files, LeaveNothingBehindWhenWritingFails)
{
    test::temporary_folder folder;
    auto const fresh = (folder.path() / "fresh").string();
    auto const old = (folder.path() / "old").string();
    ASSERT_TRUE(write_new_file(old, as_bytes("old"), 0600));
    bytes const large(100000, 1);
    {
        file_size_limit const limit(50000);
        EXPECT_EQ(write_new_file(fresh, large, 0600).error(), errc::file_unwritable);
        EXPECT_EQ(replace_file(old, large, 0600).error(), errc::file_unwritable);
    }
    // A name that cannot be renamed over: the sibling goes as well.
    auto const taken = folder.path() / "taken";
    std::filesystem::create_directory(taken);
    EXPECT_EQ(replace_file(taken.string(), large, 0600).error(), errc::file_unwritable);
    EXPECT_EQ(test::read_text(old), "old");
    EXPECT_EQ(entries(folder.path()), 2u);
}
