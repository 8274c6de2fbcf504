// SPDX-License-Identifier: BSL-1.0
#include "ledger_fixture.hpp"

#include <scep/detail/append_file.hpp>
#include <support/files.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace scepkit::inline v0::scep {
namespace {

using test::entry;
using test::hash_of;
using test::same;
using test::spending;
using stage = ledger_stage;
using durability = file_ledger_options::durability;

/// In place: a file that is cut to nothing first is flushed by some file systems, thousands of times here.
void write_bytes(std::filesystem::path const& path, bytes_view data)
{
    std::ofstream(path, std::ios::app).close();
    std::fstream out(path, std::ios::binary | std::ios::in | std::ios::out);
    out.write(reinterpret_cast<char const*>(data.data()), static_cast<std::streamsize>(data.size()));
    ASSERT_TRUE(out.flush());
    std::filesystem::resize_file(path, data.size());
}

class FileLedger : public ::testing::Test
{
protected:
    test::temporary_folder const folder_;
    std::string const directory_ = (folder_.path() / "state").string();
    std::filesystem::path const file_ = folder_.path() / "state" / "ledger";

    result<std::shared_ptr<file_ledger>> open(durability promise = durability::process) const
    {
        return file_ledger::open(directory_, {.promise = promise});
    }
    std::uintmax_t size() const { return std::filesystem::file_size(file_); }
    /// One record of every kind; the sizes of the file after the title and after each of them.
    std::vector<std::uintmax_t> fill(file_ledger& to) const
    {
        std::vector<std::uintmax_t> ends{size()};
        auto const put = [&](ledger_entry e) {
            EXPECT_TRUE(to.put(std::move(e)));
            ends.push_back(size());
        };
        put(entry("held", stage::held));
        put(spending("released", stage::reserved, "x"));
        put(entry("released", stage::released));
        put(spending("issued", stage::reserved, "x"));
        put(spending("issued", stage::issued, "x"));
        put(spending("reserved", stage::reserved, "y"));
        return ends;
    }
};

TEST_F(FileLedger, IsTheSameAfterOpeningAgain)
{
    auto first = open().value();
    fill(*first);
    auto const secret = to_bytes(first->secret());
    auto const issued = first->find("issued").value();
    auto const before = first->history().value();
    first.reset();

    auto const again = open().value();
    EXPECT_EQ(again->repaired_bytes(), 0u);
    EXPECT_EQ(again->size(), 4u);
    EXPECT_TRUE(equal(again->secret(), secret));
    EXPECT_EQ(again->find("held").value()->stage, stage::held);
    EXPECT_EQ(again->find("released").value()->stage, stage::released);
    EXPECT_TRUE(same(*again->find("issued").value(), *issued));
    EXPECT_TRUE(same(*again->find("reserved").value(), spending("reserved", stage::reserved, "y")));
    EXPECT_EQ(again->find_certificate(issued->certificate->serial()).value(), issued->certificate);
    ASSERT_EQ(again->unfinished().value().size(), 1u);
    EXPECT_EQ(again->unfinished().value()[0].transaction_id, "reserved");
    EXPECT_EQ(again->put(spending("z", stage::reserved, "x")).error().code(), errc::already_spent);
    EXPECT_EQ(again->put(spending("z", stage::reserved, "y")).error().code(), errc::already_spent);

    auto const after = again->history().value();
    ASSERT_EQ(after.size(), before.size());
    EXPECT_TRUE(std::ranges::equal(after, before, same));
}

TEST_F(FileLedger, TellsEveryStageInItsHistory)
{
    auto const ledger = open().value();
    fill(*ledger);
    std::vector<std::pair<std::string, stage>> seen;
    for(auto const& e : ledger->history().value())
        seen.emplace_back(e.transaction_id, e.stage);
    EXPECT_EQ(seen, (std::vector<std::pair<std::string, stage>>{{"held", stage::held},
                                                                {"released", stage::reserved},
                                                                {"released", stage::released},
                                                                {"issued", stage::reserved},
                                                                {"issued", stage::issued},
                                                                {"reserved", stage::reserved}}));
}

TEST_F(FileLedger, FreesAReleasedReservationAcrossOpenings)
{
    {
        auto const first = open().value();
        ASSERT_TRUE(first->put(spending("1", stage::reserved, "x")));
        // The entry need not say again what its reservation spent.
        ASSERT_TRUE(first->put(entry("1", stage::released)));
    }
    auto const again = open().value();
    EXPECT_TRUE(again->put(spending("2", stage::reserved, "x")));
}

// Wherever a crash stops the last write, all records before it are there, and the next one fits behind them.
TEST_F(FileLedger, LosesAtMostTheRecordThatWasCutShort)
{
    auto first = open().value();
    auto const ends = fill(*first);
    first.reset();
    auto const whole = test::read_bytes(file_);
    ASSERT_EQ(whole.size(), ends.back());

    for(std::size_t cut = 0; cut <= whole.size(); ++cut) {
        write_bytes(file_, bytes_view(whole).first(cut));
        auto opened = open();
        ASSERT_TRUE(opened) << cut << ": " << opened.error();
        auto const kept = std::ranges::count_if(ends, [&](auto end) { return end <= cut; });
        auto const boundary = kept == 0 ? 0 : ends[static_cast<std::size_t>(kept - 1)];
        ASSERT_EQ((*opened)->repaired_bytes(), cut - boundary) << cut;
        ASSERT_EQ((*opened)->history().value().size(), static_cast<std::size_t>(kept == 0 ? 0 : kept - 1)) << cut;
        ASSERT_TRUE((*opened)->put(entry("next", stage::held))) << cut;
        opened->reset();
        opened = open();
        ASSERT_TRUE(opened) << cut << ": " << opened.error();
        ASSERT_EQ((*opened)->repaired_bytes(), 0u) << cut;
        ASSERT_TRUE((*opened)->find("next").value()) << cut;
    }
}

// A whole record that is not what was written is never taken for one that was cut short, the last one included.
TEST_F(FileLedger, OpensNothingWhereAByteWasChanged)
{
    auto first = open().value();
    auto const ends = fill(*first);
    first.reset();
    auto const whole = test::read_bytes(file_);
    for(std::size_t at = 0; at != whole.size(); ++at)
        for(auto const mask : {0x01, 0x80, 0xff}) {
            auto changed = whole;
            changed[at] = static_cast<std::uint8_t>(changed[at] ^ mask);
            write_bytes(file_, changed);
            auto const opened = open();
            ASSERT_FALSE(opened) << at;
            ASSERT_EQ(opened.error().code(), errc::bad_value) << at << ": " << opened.error();
            // It names the record, and leaves the file to those who have to look at it.
            auto const record = std::ranges::upper_bound(ends, at);
            auto const begin = record == ends.begin() ? 0 : *std::prev(record);
            ASSERT_EQ(opened.error().details().offset, begin) << at;
            ASSERT_EQ(test::read_bytes(file_), changed) << at;
        }
}

TEST_F(FileLedger, OpensNothingWhereRecordsWereMovedDoubledOrTakenOut)
{
    auto first = open().value();
    auto const ends = fill(*first);
    first.reset();
    auto const whole = test::read_bytes(file_);
    auto const piece = [&](std::size_t i) {
        return to_bytes(bytes_view(whole).subspan(ends[i], ends[i + 1] - ends[i]));
    };
    auto const glue = [&](std::initializer_list<std::size_t> order) {
        auto out = to_bytes(bytes_view(whole).first(ends[0]));
        for(auto const i : order) {
            auto const next = piece(i);
            out.insert(out.end(), next.begin(), next.end());
        }
        return out;
    };
    ASSERT_EQ(glue({0, 1, 2, 3, 4, 5}), whole);
    for(auto const& changed : {glue({0, 1, 2, 4, 3, 5}), glue({0, 1, 1, 2}), glue({0, 2, 3}), glue({1}),
                               to_bytes(bytes_view(whole).subspan(ends[0]))}) {
        write_bytes(file_, changed);
        EXPECT_EQ(open().error().code(), errc::bad_value);
    }
}

TEST_F(FileLedger, DropsZerosThatAPowerCutLeft)
{
    auto first = open().value();
    fill(*first);
    first.reset();
    auto const whole = test::read_bytes(file_);
    for(std::size_t zeros : {1u, 14u, 15u, 4096u, 3u << 20}) {
        auto longer = whole;
        longer.resize(whole.size() + zeros);
        write_bytes(file_, longer);
        auto opened = open();
        ASSERT_TRUE(opened) << zeros;
        EXPECT_EQ((*opened)->repaired_bytes(), zeros);
        EXPECT_EQ(size(), whole.size());
        opened->reset();
        longer.back() = 1;
        write_bytes(file_, longer);
        EXPECT_EQ(open().error().code(), errc::bad_value) << zeros;
    }
}

TEST_F(FileLedger, BelongsToOneAtATime)
{
    auto first = open().value();
    EXPECT_EQ(open().error().code(), errc::file_exists);
    EXPECT_TRUE(first->put(entry("1", stage::held)));
    first.reset();
    EXPECT_TRUE(open());
}

TEST_F(FileLedger, IsReadableByItsOwnerOnly)
{
    auto const before = ::umask(0);
    auto const ledger = open().value();
    ::umask(before);
    auto const mode_of = [](std::filesystem::path const& path) {
        struct stat status {
        };
        EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
        return status.st_mode & 07777u;
    };
    EXPECT_EQ(mode_of(directory_), 0700u);
    EXPECT_EQ(mode_of(file_), 0600u);
    EXPECT_EQ(mode_of(file_.parent_path() / "secret"), 0600u);
}

TEST_F(FileLedger, WantsItsOwnSecret)
{
    open().value()->put(entry("1", stage::held)).value();
    auto const secret_path = file_.parent_path() / "secret";
    auto const secret = test::read_bytes(secret_path);
    auto other = secret;
    other[31] ^= 1;
    for(auto const& wrong : {other, bytes(), bytes(31), bytes(33)}) {
        write_bytes(secret_path, wrong);
        auto const opened = open();
        ASSERT_FALSE(opened);
        EXPECT_TRUE(opened.error().code() == errc::bad_value || opened.error().code() == errc::too_large);
    }
    std::filesystem::remove(secret_path);
    EXPECT_EQ(open().error().code(), errc::file_unreadable);
    // The other way round is worse: a new ledger would know nothing of what was issued.
    write_bytes(secret_path, secret);
    std::filesystem::rename(file_, folder_.path() / "away");
    EXPECT_EQ(open().error().code(), errc::bad_value);
    std::filesystem::rename(folder_.path() / "away", file_);
    EXPECT_TRUE(open());
}

TEST_F(FileLedger, CannotBeWhereAFileIs)
{
    write_bytes(folder_.path() / "state", bytes{1});
    EXPECT_EQ(open().error().code(), errc::file_unwritable);
    EXPECT_EQ(file_ledger::open((folder_.path() / "no" / "such").string()).error().code(), errc::file_unwritable);
}

TEST(ThreatP9, TheLedgersFileHoldsNoChallenge)
{
    test::temporary_folder const folder;
    auto const directory = (folder.path() / "state").string();
    auto const ledger = file_ledger::open(directory).value();
    ASSERT_TRUE(ledger->put(entry("1", stage::held)));
    ASSERT_TRUE(ledger->put(spending("2", stage::reserved, "open-sesame-2")));
    auto const on_disk = test::read_text(folder.path() / "state" / "ledger");
    EXPECT_EQ(on_disk.find("open-sesame"), std::string::npos);
    EXPECT_EQ(on_disk.find(as_text(ledger->secret())), std::string::npos);
    EXPECT_NE(on_disk.find("a signer's certificate"), std::string::npos) << "the search finds what is in clear";
    // The same request twice is not the same on the disk.
    EXPECT_EQ(as_text(ledger->find("1").value()->request.view()).find("a request with the challenge"), 0u);
}

TEST_F(FileLedger, NoticesThatItWasChangedWhileInUse)
{
    auto const ledger = open().value();
    auto const ends = fill(*ledger);
    auto const whole = test::read_bytes(file_);
    auto changed = whole;
    changed[ends[0] + 60] ^= 1; // In the first entry.
    write_bytes(file_, changed);
    EXPECT_EQ(ledger->find("held").error().code(), errc::bad_value);
    EXPECT_EQ(ledger->find("held").error().details().offset, ends[0]);
    EXPECT_TRUE(ledger->find("issued").value());
    EXPECT_EQ(ledger->history().error().code(), errc::bad_value);
    write_bytes(file_, bytes_view(whole).first(ends.back() - 1));
    EXPECT_EQ(ledger->find("reserved").error().code(), errc::io_failed);
    EXPECT_EQ(ledger->unfinished().error().code(), errc::io_failed);
    EXPECT_EQ(ledger->put(entry("next", stage::held)).error().code(), errc::io_failed);
    write_bytes(file_, whole);
    EXPECT_TRUE(ledger->put(entry("next", stage::held)));
}

/// Files of this process may not grow beyond a size, as on a full disk.
class full_disk
{
public:
    explicit full_disk(rlim_t size) : handler_(std::signal(SIGXFSZ, SIG_IGN))
    {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        rlimit const limited{size, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limited);
    }
    ~full_disk()
    {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }
    full_disk(full_disk const&) = delete;
    full_disk& operator=(full_disk const&) = delete;

private:
    rlimit before_{};
    void (*handler_)(int);
};

TEST_F(FileLedger, SurvivesAFullDisk)
{
    auto ledger = open(durability::power).value();
    auto const ends = fill(*ledger);
    for(auto const room : {0u, 1u, 100u}) {
        full_disk const full(ends.back() + room);
        auto const put = ledger->put(spending("held", stage::reserved, "z"));
        ASSERT_EQ(put.error().code(), errc::io_failed) << room;
        EXPECT_NE(put.error().details().message.find(file_.string()), std::string::npos) << put.error();
        EXPECT_EQ(size(), ends.back());
        EXPECT_EQ(ledger->find("held").value()->stage, stage::held) << "the index is as it was";
    }
    // Nothing of it counts as spent, and there is room again.
    EXPECT_TRUE(ledger->put(spending("other", stage::reserved, "z")));
    EXPECT_TRUE(ledger->put(entry("next", stage::issued)));
    ledger.reset();
    ledger = open().value();
    EXPECT_EQ(ledger->repaired_bytes(), 0u);
    EXPECT_TRUE(ledger->find("next").value());
    EXPECT_EQ(ledger->history().value().size(), ends.size() - 1 + 2);
}

/// System calls that do what a test says.
struct scripted_calls {
    static inline std::atomic<unsigned> writes, syncs, truncates;
    static inline std::atomic<unsigned> failing_writes, failing_syncs, failing_truncates;
    static inline std::atomic<unsigned> writes_before_a_sync_ends;

    static bool take(std::atomic<unsigned>& from)
    {
        auto const left = from.load();
        if(left != 0)
            from = left - 1;
        return left != 0;
    }
    static ssize_t write(int file, void const* data, std::size_t size, off_t at)
    {
        ++writes;
        writes.notify_all();
        if(!take(failing_writes))
            return ::pwrite(file, data, size, at);
        // Half of it, and then no more.
        if(size > 1)
            return failing_writes = 1, ::pwrite(file, data, size / 2, at);
        errno = ENOSPC;
        return -1;
    }
    static int sync(int file)
    {
        ++syncs;
        for(auto seen = writes.load(); seen < writes_before_a_sync_ends; seen = writes.load())
            writes.wait(seen);
        if(!take(failing_syncs))
            return ::fdatasync(file);
        errno = EIO;
        return -1;
    }
    static int truncate(int file, off_t size)
    {
        ++truncates;
        if(!take(failing_truncates))
            return ::ftruncate(file, size);
        errno = EIO;
        return -1;
    }
    static constexpr detail::file_calls table{write, sync, truncate};

    scripted_calls()
    {
        for(auto* counter : {&writes, &syncs, &truncates, &failing_writes, &failing_syncs, &failing_truncates,
                             &writes_before_a_sync_ends})
            *counter = 0;
        detail::at_file_calls = &table;
    }
    ~scripted_calls() { detail::at_file_calls = nullptr; }
    scripted_calls(scripted_calls const&) = delete;
    scripted_calls& operator=(scripted_calls const&) = delete;
};

TEST_F(FileLedger, CutsAwayWhatAFailedWriteLeftEvenLater)
{
    auto ledger = open().value();
    auto const ends = fill(*ledger);
    scripted_calls const script;
    script.failing_truncates = 2;
    script.failing_writes = 20; // Halves of halves: one byte at last.
    EXPECT_EQ(ledger->put(entry("1", stage::held)).error().code(), errc::io_failed);
    script.failing_writes = 0;
    EXPECT_GT(size(), ends.back()) << "the tail could not be cut yet";
    EXPECT_TRUE(ledger->find("held").value()) << "and reading goes on";
    EXPECT_EQ(ledger->put(entry("2", stage::held)).error().code(), errc::io_failed);
    EXPECT_TRUE(ledger->put(entry("3", stage::held)));
    ledger.reset();
    ledger = open().value();
    EXPECT_EQ(ledger->repaired_bytes(), 0u);
    EXPECT_TRUE(ledger->find("3").value());
    EXPECT_FALSE(ledger->find("1").value());
}

TEST_F(FileLedger, TakesBackWhatCouldNotBeMadeSafe)
{
    auto ledger = open(durability::power).value();
    auto const ends = fill(*ledger);
    {
        scripted_calls const script;
        auto const issued = entry("reserved", stage::issued);
        auto const serial = to_bytes(issued.certificate->serial());
        for(auto next : {stage::held, stage::released, stage::issued}) {
            script.failing_syncs = 1;
            auto e = entry("reserved", next);
            if(next == stage::issued)
                e.certificate = issued.certificate;
            ASSERT_EQ(ledger->put(std::move(e)).error().code(), errc::io_failed);
            EXPECT_EQ(size(), ends.back());
            EXPECT_EQ(ledger->find("reserved").value()->stage, stage::reserved);
            EXPECT_EQ(ledger->unfinished().value().size(), 1u);
            EXPECT_EQ(ledger->find_certificate(serial).value(), std::nullopt);
            EXPECT_EQ(ledger->put(spending("1", stage::reserved, "y")).error().code(), errc::already_spent);
        }
        script.failing_syncs = 1;
        EXPECT_EQ(ledger->put(spending("1", stage::reserved, "z")).error().code(), errc::io_failed);
        EXPECT_FALSE(ledger->find("1").value());
        EXPECT_TRUE(ledger->put(spending("2", stage::reserved, "z")));
    }
    ledger.reset();
    ledger = open().value();
    EXPECT_EQ(ledger->repaired_bytes(), 0u);
    EXPECT_EQ(ledger->size(), 5u);
    EXPECT_EQ(ledger->find("2").value()->stage, stage::reserved);
}

class GroupCommit : public FileLedger
{
protected:
    static constexpr unsigned threads = 8;
    std::shared_ptr<file_ledger> const ledger_ = open(durability::power).value();
    std::atomic<unsigned> safe_{0};
    std::atomic<unsigned> failed_{0};

    /// Eight writers, while the first synchronisation does not end before all have written.
    void write_all_at_once()
    {
        std::vector<std::thread> crowd;
        for(unsigned t = 0; t < threads; ++t)
            crowd.emplace_back([&, t] {
                auto const put = ledger_->put(spending("t" + std::to_string(t), stage::reserved, std::to_string(t)));
                if(put)
                    ++safe_;
                else if(put.error().code() == errc::io_failed)
                    ++failed_;
            });
        for(auto& thread : crowd)
            thread.join();
    }
};

TEST_F(GroupCommit, SynchronisesOnceForAllThatWait)
{
    scripted_calls const script;
    script.writes_before_a_sync_ends = threads;
    write_all_at_once();
    EXPECT_EQ(safe_, threads);
    EXPECT_EQ(script.writes, threads) << "one call a record";
    // The first for itself (and for who was faster), the second for all the others.
    EXPECT_LE(script.syncs, 2u);
    EXPECT_EQ(ledger_->size(), threads);
}

TEST_F(GroupCommit, TellsAllThatWaitWhenItFails)
{
    {
        scripted_calls const script;
        script.writes_before_a_sync_ends = threads;
        script.failing_syncs = 1;
        write_all_at_once();
        EXPECT_EQ(failed_, threads);
        EXPECT_EQ(ledger_->size(), 0u);
    }
    failed_ = 0;
    write_all_at_once();
    EXPECT_EQ(safe_, threads);
    EXPECT_EQ(ledger_->history().value().size(), threads);
}

} // namespace
} // namespace scepkit::inline v0::scep
