// SPDX-License-Identifier: BSL-1.0
#include "sweep.hpp"

#include <scepkit/scep/responder.hpp>

#include <support/files.hpp>
#include <support/scripted_ca.hpp>

#include <set>

using namespace scepkit;

namespace {

/// Issues, and keeps the serial numbers.
class counting_issuer final : public scep::issuer
{
public:
    counting_issuer(pki::certificate const& ca, pki::private_key const& key) : behind_(ca, key) {}
    result<pki::certificate> issue(scep::grant right) override
    {
        serials.insert(to_bytes(right.serial()));
        return behind_.issue(std::move(right));
    }
    std::set<bytes> serials;

private:
    scep::local_issuer behind_;
};

test::device named(std::string const& name) { return {.name = name}; }

bool succeeds(scep::responder::answer const& a)
{
    return a.http_status == 200 &&
           scep::parsed_message::parse(a.body, scep::profile::legacy()).value().attributes().pki_status ==
               scep::pki_status::success;
}

/// A responder with one challenge that is worth one certificate.
struct bench {
    explicit bench(test::scripted_ca const& ca, std::shared_ptr<scep::ledger> kept_in)
        : issuer(std::make_shared<counting_issuer>(ca.ca.certificate, ca.ca.key)), ledger(std::move(kept_in))
    {
        auto options = ca.options();
        std::vector<secret_bytes> challenges;
        challenges.push_back(secret_bytes::from_text(test::right_challenge));
        options.authorizer =
            std::make_shared<scep::challenge_store>(std::move(challenges), scep::challenge_store::use::once);
        options.issuer = issuer;
        options.ledger = ledger;
        server = scep::responder::create(std::move(options)).value();
    }
    bool issues(bytes_view message) { return succeeds(server->pki_operation(message, test::noon)); }

    std::shared_ptr<counting_issuer> issuer;
    std::shared_ptr<scep::ledger> ledger;
    std::shared_ptr<scep::responder> server;
};

/// Wherever memory runs out: the device that comes again gets its certificate, there is one, and nobody else gets one
/// for the same challenge.
void sweep_a_grant(std::function<std::shared_ptr<scep::ledger>()> const& make_ledger)
{
    test::scripted_ca const ca;
    auto const message = test::make_message(ca, {.from = named("device 1"), .transaction_id = "first"});
    auto const thief = test::make_message(ca, {.from = named("device 2"), .transaction_id = "second"});
    for(auto const& s : test::shortages) {
        bool failed = true;
        for(std::size_t n = 1; failed; ++n) {
            auto const where = [&] { return std::string(s.name) + ", allocation " + std::to_string(n); };
            ASSERT_LT(n, test::most_allocations);
            bench b(ca, make_ledger());
            auto const a = test::try_with(s, n, [&] { return b.server->pki_operation(message, test::noon); });
            failed = a.failed;
            if(!failed) {
                ASSERT_TRUE(a.result && succeeds(*a.result)) << where();
            }
            // OpenSSL's own keys may need up to 32 operations to recover (BN_BLINDING_update).
            bool issued = false;
            for(int tries = s.victim == test::failing_allocation::whose::openssl ? 40 : 1; tries != 0 && !issued;
                --tries)
                issued = b.issues(message);
            ASSERT_TRUE(issued) << where();
            ASSERT_EQ(b.issuer->serials.size(), 1u) << where();
            ASSERT_FALSE(b.issues(thief)) << where();
            ASSERT_EQ(b.issuer->serials.size(), 1u) << where();
            ASSERT_TRUE(b.ledger->unfinished().value().empty()) << where();
            auto const entry = b.ledger->find("first").value();
            ASSERT_TRUE(entry && entry->stage == scep::ledger_stage::issued) << where();
        }
    }
}

} // namespace

TEST(ThreatR9, GrantingWithALedgerInMemory)
{
    sweep_a_grant([] { return scep::make_memory_ledger().value(); });
}

TEST(ThreatR9, GrantingWithALedgerInAFile)
{
    using promise = scep::file_ledger_options::durability;
    for(auto const durability : {promise::process, promise::power}) {
        test::temporary_folder const folder;
        unsigned number = 0;
        auto const path = [&](unsigned which) { return (folder.path() / std::to_string(which)).string(); };
        sweep_a_grant([&] { return scep::file_ledger::open(path(++number), {.promise = durability}).value(); });
        // Each is a ledger like any other.
        for(auto which = 1u; which <= number; ++which) {
            auto const opened = scep::file_ledger::open(path(which));
            ASSERT_TRUE(opened) << opened.error();
            EXPECT_EQ((*opened)->repaired_bytes(), 0u);
            EXPECT_TRUE((*opened)->find("first").value());
        }
    }
}
