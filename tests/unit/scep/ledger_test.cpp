// SPDX-License-Identifier: BSL-1.0
#include "ledger_fixture.hpp"

#include <support/files.hpp>

#include <atomic>
#include <functional>
#include <gtest/gtest.h>
#include <thread>

namespace scepkit::inline v0::scep {
namespace {

using test::entry;
using test::hash_of;
using test::same;
using test::spending;
using stage = ledger_stage;

/// What every ledger promises.
struct kind {
    char const* name;
    std::function<std::shared_ptr<ledger>()> make;
};
void PrintTo(kind const& k, std::ostream* out) { *out << k.name; }

class Ledger : public ::testing::TestWithParam<kind>
{
protected:
    std::shared_ptr<ledger> const ledger_ = GetParam().make();

    bool has(std::string const& id, stage s)
    {
        auto const found = ledger_->find(id).value();
        return found && found->stage == s;
    }
};

TEST_P(Ledger, GivesBackEveryStageAsItWasPut)
{
    ledger_entry full = spending("full", stage::reserved, "a challenge");
    full.message_type = message_type::renewal_req;
    full.is_renewal = true;
    full.tolerances = {quirk::sha1_signature, quirk::signer_subject_differs};
    for(auto const* e : {&full}) {
        ASSERT_TRUE(ledger_->put(entry(e->transaction_id, stage::held)));
        ASSERT_TRUE(has(e->transaction_id, stage::held));
    }
    auto const issued = entry("done", stage::issued);
    ledger_entry copy = spending("full", stage::reserved, "a challenge");
    copy.message_type = full.message_type;
    copy.is_renewal = full.is_renewal;
    copy.tolerances = full.tolerances;
    ASSERT_TRUE(ledger_->put(std::move(copy)));
    ledger_entry done = entry("done", stage::issued);
    done.certificate = issued.certificate;
    ASSERT_TRUE(ledger_->put(std::move(done)));

    EXPECT_TRUE(same(*ledger_->find("full").value(), full));
    EXPECT_TRUE(same(*ledger_->find("done").value(), issued));
    EXPECT_FALSE(ledger_->find("other").value());
}

TEST_P(Ledger, RefusesAnEntryThatLacksWhatItsStageNeeds)
{
    auto nameless = entry("", stage::held);
    auto serialless = entry("1", stage::reserved);
    serialless.serial.clear();
    auto bare = entry("1", stage::issued);
    bare.certificate.reset();
    auto early = entry("1", stage::reserved);
    early.certificate = test::issued_certificate();
    auto odd = entry("1", stage::reserved);
    odd.spends = bytes(31);
    for(auto* e : {&nameless, &serialless, &bare, &early, &odd})
        EXPECT_EQ(ledger_->put(std::move(*e)).error().code(), errc::invalid_argument);
    EXPECT_FALSE(ledger_->find("1").value());
}

TEST_P(Ledger, FindsCertificatesBySerialNumber)
{
    auto const first = test::issued_certificate();
    auto const second = test::issued_certificate();
    auto one = entry("1", stage::issued);
    one.certificate = first;
    auto two = entry("2", stage::issued);
    two.certificate = second;
    ASSERT_TRUE(ledger_->put(std::move(one)));
    ASSERT_TRUE(ledger_->put(std::move(two)));
    EXPECT_EQ(ledger_->find_certificate(first.serial()).value(), first);
    EXPECT_EQ(ledger_->find_certificate(second.serial()).value(), second);
    EXPECT_EQ(ledger_->find_certificate(bytes{0x01}).value(), std::nullopt);
}

TEST_P(Ledger, ListsWhatIsUnfinishedOldestFirst)
{
    for(auto const* id : {"c", "a", "b", "d", "e"})
        ASSERT_TRUE(ledger_->put(entry(id, stage::reserved)));
    ASSERT_TRUE(ledger_->put(entry("held", stage::held)));
    ASSERT_TRUE(ledger_->put(entry("a", stage::issued)));
    ASSERT_TRUE(ledger_->put(entry("d", stage::released)));
    ASSERT_TRUE(ledger_->find("c").value()); // Use does not make it younger.
    std::string order;
    for(auto const& e : ledger_->unfinished().value()) {
        order += e.transaction_id;
        EXPECT_EQ(e.stage, stage::reserved);
        EXPECT_FALSE(e.request.empty());
    }
    EXPECT_EQ(order, "cbe");
}

TEST_P(Ledger, SpendsAThingOnce)
{
    ASSERT_TRUE(ledger_->put(spending("1", stage::reserved, "x")));
    EXPECT_EQ(ledger_->put(spending("2", stage::reserved, "x")).error().code(), errc::already_spent);
    EXPECT_FALSE(ledger_->find("2").value()) << "a refused entry is not kept";
    EXPECT_TRUE(ledger_->put(spending("2", stage::reserved, "y")));
    ASSERT_TRUE(ledger_->put(spending("1", stage::issued, "x")));
    EXPECT_EQ(ledger_->put(spending("3", stage::reserved, "x")).error().code(), errc::already_spent);
    // A refused reservation leaves what the transaction had.
    ASSERT_TRUE(ledger_->put(entry("4", stage::held)));
    EXPECT_EQ(ledger_->put(spending("4", stage::reserved, "y")).error().code(), errc::already_spent);
    EXPECT_TRUE(has("4", stage::held));
}

TEST_P(Ledger, WritesTheSameReservationAgainAndNoOther)
{
    ASSERT_TRUE(ledger_->put(spending("1", stage::reserved, "x")));
    EXPECT_TRUE(ledger_->put(spending("1", stage::reserved, "x")));
    // Another serial number would be another certificate for the same challenge.
    auto other = spending("1", stage::reserved, "x");
    other.serial = bytes(16, 0x43);
    EXPECT_EQ(ledger_->put(std::move(other)).error().code(), errc::already_spent);
    ASSERT_TRUE(ledger_->put(spending("1", stage::issued, "x")));
    EXPECT_EQ(ledger_->put(spending("1", stage::reserved, "x")).error().code(), errc::already_spent);
}

TEST_P(Ledger, FreesWhatAReleasedReservationHeld)
{
    ASSERT_TRUE(ledger_->put(spending("1", stage::reserved, "x")));
    ASSERT_TRUE(ledger_->put(spending("1", stage::released, "x")));
    ASSERT_TRUE(ledger_->put(spending("2", stage::reserved, "x")));
    EXPECT_EQ(ledger_->put(spending("1", stage::reserved, "x")).error().code(), errc::already_spent);
    // Released again, it is not the second's reservation that ends.
    ASSERT_TRUE(ledger_->put(spending("1", stage::released, "x")));
    EXPECT_EQ(ledger_->put(spending("3", stage::reserved, "x")).error().code(), errc::already_spent);
    // What was issued stays spent, whatever is written afterwards.
    ASSERT_TRUE(ledger_->put(spending("2", stage::issued, "x")));
    ASSERT_TRUE(ledger_->put(spending("2", stage::released, "x")));
    EXPECT_EQ(ledger_->put(spending("3", stage::reserved, "x")).error().code(), errc::already_spent);
}

TEST_P(Ledger, ChecksAndSpendsInOneStep)
{
    constexpr unsigned threads = 16;
    constexpr unsigned rounds = 50;
    std::vector<std::atomic<unsigned>> winners(rounds);
    std::atomic<unsigned> refused{0};
    std::vector<std::thread> crowd;
    for(unsigned t = 0; t < threads; ++t)
        crowd.emplace_back([&, t] {
            for(unsigned round = 0; round < rounds; ++round) {
                auto const name = std::to_string(t) + "/" + std::to_string(round);
                auto const put = ledger_->put(spending(name, stage::reserved, "x" + std::to_string(round)));
                if(put)
                    ++winners[round];
                else if(put.error().code() == errc::already_spent)
                    ++refused;
            }
        });
    for(auto& thread : crowd)
        thread.join();
    for(unsigned round = 0; round < rounds; ++round)
        EXPECT_EQ(winners[round], 1u) << round;
    EXPECT_EQ(refused, (threads - 1) * rounds);
    EXPECT_EQ(ledger_->unfinished().value().size(), rounds);
}

TEST_P(Ledger, HasASecretOfItsOwn)
{
    auto const other = GetParam().make();
    EXPECT_EQ(ledger_->secret().size(), 32u);
    EXPECT_FALSE(equal(ledger_->secret(), other->secret()));
    EXPECT_FALSE(equal(ledger_->secret(), bytes(32)));
}

/// A file ledger in a folder that goes with the process.
std::shared_ptr<ledger> new_file_ledger(file_ledger_options::durability promise)
{
    static test::temporary_folder const folder;
    static std::atomic<unsigned> count{0};
    auto const directory = folder.path() / std::to_string(++count);
    return file_ledger::open(directory.string(), {.promise = promise}).value();
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, Ledger,
    ::testing::Values(kind{"memory", [] { return make_memory_ledger().value(); }},
                      kind{"file", [] { return new_file_ledger(file_ledger_options::durability::process); }},
                      kind{"file_safe_from_power_cuts",
                           [] { return new_file_ledger(file_ledger_options::durability::power); }}),
    [](auto const& which) { return which.param.name; });

TEST(MemoryLedger, RemembersNoMoreThanItMay)
{
    auto const three = make_memory_ledger(3).value();
    for(auto const* id : {"1", "2", "3"})
        ASSERT_TRUE(three->put(entry(id, stage::issued)));
    auto const lost = three->find("2").value()->certificate->serial();
    auto const serial = to_bytes(lost);
    ASSERT_TRUE(three->find("1").value());
    ASSERT_TRUE(three->find("3").value());
    ASSERT_TRUE(three->put(entry("4", stage::issued)));
    EXPECT_FALSE(three->find("2").value()) << "the least recently used goes";
    EXPECT_EQ(three->find_certificate(serial).value(), std::nullopt);
    for(auto const* id : {"1", "3", "4"})
        EXPECT_TRUE(three->find(id).value()) << id;
}

TEST(MemoryLedger, ForgetsWhatIsFinishedFirstAndReservationsLast)
{
    auto const three = make_memory_ledger(3).value();
    ASSERT_TRUE(three->put(entry("reserved", stage::reserved)));
    ASSERT_TRUE(three->put(entry("held", stage::held)));
    ASSERT_TRUE(three->put(entry("issued", stage::issued)));
    ASSERT_TRUE(three->put(entry("1", stage::reserved)));
    EXPECT_FALSE(three->find("issued").value());
    ASSERT_TRUE(three->put(entry("2", stage::reserved)));
    EXPECT_FALSE(three->find("held").value());
    EXPECT_TRUE(three->find("reserved").value());
    ASSERT_TRUE(three->find("1").value());
    ASSERT_TRUE(three->find("reserved").value());
    // Nothing but reservations is left: what was just put stays.
    ASSERT_TRUE(three->put(entry("3", stage::issued)));
    EXPECT_TRUE(three->find("3").value());
    EXPECT_FALSE(three->find("2").value());
    EXPECT_EQ(three->unfinished().value().size(), 2u);
}

TEST(MemoryLedger, NeverForgetsWhatWasSpent)
{
    auto const one = make_memory_ledger(1).value();
    ASSERT_TRUE(one->put(spending("1", stage::reserved, "x")));
    ASSERT_TRUE(one->put(spending("1", stage::issued, "x")));
    ASSERT_TRUE(one->put(spending("2", stage::reserved, "y")));
    EXPECT_FALSE(one->find("1").value());
    EXPECT_EQ(one->put(spending("3", stage::reserved, "x")).error().code(), errc::already_spent);
    // Nor may the forgotten transaction itself: its certificate could not be given again.
    EXPECT_EQ(one->put(spending("1", stage::reserved, "x")).error().code(), errc::already_spent);
}

TEST(MemoryLedger, HoldsAtLeastOneTransaction)
{
    EXPECT_EQ(make_memory_ledger(0).error().code(), errc::invalid_argument);
}

} // namespace
} // namespace scepkit::inline v0::scep
