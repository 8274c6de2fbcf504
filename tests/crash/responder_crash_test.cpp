// SPDX-License-Identifier: BSL-1.0
// A responder is killed (SIGKILL) at every place where that could matter, and another begins with what it left. What
// must hold each time: one certificate for one challenge; what the issuer signed is in the ledger; who comes back gets
// the certificate that was made for him.
#include <support/files.hpp>
#include <support/process.hpp>
#include <support/scripted_ca.hpp>

#include <csignal>
#include <fstream>
#include <gtest/gtest.h>

namespace scepkit::inline v0::scep {
namespace {

using namespace scepkit::test;

struct crash {
    char const* place;
    bool is_reserved; ///< Whether the grant survives: then nobody else gets the challenge.
};
void PrintTo(crash const& c, std::ostream* out) { *out << c.place; }

// The ledger's first write is its title, its first sync that of opening; then come the reservation and the certificate.
constexpr crash crashes[] = {{"write_1", false},     {"sync_1", false},     {"after_authorize", false},
                             {"write_2", false},     {"sync_2", true},      {"after_reserve", true},
                             {"after_sign", true},   {"write_3", true},     {"sync_3", true},
                             {"after_record", true}, {"before_reply", true}};

class ThreatP3 : public ::testing::TestWithParam<crash>
{
protected:
    test::temporary_folder const folder_;
    scripted_ca const ca_{scripted_ca::layout::lone_ca};
    device const first_{.name = "first"};
    device const second_{.name = "second"};
    bytes const message_of_first_ = message(first_, "transaction of the first");
    bytes const message_of_second_ = message(second_, "transaction of the second");

    ThreatP3()
    {
        write("ca.pem", as_bytes(ca_.ca.certificate.to_pem()));
        auto const key = ca_.ca.key.to_pem().value();
        write("ca.key", key.view());
        write("challenge", as_bytes(right_challenge));
    }

    bytes message(device const& from, std::string id) const
    {
        return make_message(ca_, {.from = from, .transaction_id = std::move(id)});
    }
    void write(char const* name, bytes_view data) const
    {
        std::ofstream out(folder_.path() / name, std::ios::binary);
        out.write(reinterpret_cast<char const*>(data.data()), static_cast<std::streamsize>(data.size()));
    }

    /// Starts the program with some messages. Gives its replies and how it ended.
    process_result responder(std::string const& place, std::vector<bytes> const& messages) const
    {
        bytes input;
        for(auto const& m : messages) {
            for(auto const shift : {24, 16, 8, 0})
                input.push_back(static_cast<std::uint8_t>(m.size() >> shift));
            input.insert(input.end(), m.begin(), m.end());
        }
        return test::run({RESPONDER_PROCESS, folder_.path().string(), place}, input);
    }
    /// One message to a responder that lives: the certificate, or nothing where it refuses.
    std::optional<pki::certificate> ask(device const& who, bytes const& message) const
    {
        auto const done = responder("none", {message});
        EXPECT_EQ(done.exit_code, 0) << done.err;
        if(done.out.size() <= 4) {
            ADD_FAILURE() << "no reply";
            return {};
        }
        auto const tolerances = profile::rfc8894();
        auto const parsed = parsed_message::parse(bytes_view(done.out).subspan(4), tolerances).value();
        auto const reply = verified_message::verify(parsed, {}, tolerances).value();
        if(reply.attributes().pki_status == pki_status::failure)
            return {};
        EXPECT_EQ(reply.attributes().pki_status, pki_status::success);
        auto const key = pki::software_decrypter::create(who.key()).value();
        auto const content =
            reply
                .open(parsed_message::parse(message, tolerances).value().signed_data().certificates().at(0), *key,
                      tolerances)
                .value();
        auto certificate = cms::certificate_bag::parse(content.content.view()).value().certificates.at(0);
        EXPECT_EQ(*certificate.key(), who.key().public_key());
        return certificate;
    }
    void crash_with_the_first() const
    {
        auto const killed = responder(GetParam().place, {message_of_first_});
        ASSERT_EQ(killed.exit_code, 128 + SIGKILL) << "the place was not reached: " << killed.err;
        ASSERT_TRUE(killed.out.empty()) << "nothing was promised to anybody";
    }
    /// What the issuer signed.
    std::vector<pki::certificate> issued() const
    {
        auto const kept = read_file((folder_.path() / "issued.pem").string(), 1u << 20);
        return kept ? pki::certificate::all_from_pem(*kept).value() : std::vector<pki::certificate>();
    }
    /// After all is over: one certificate, and the ledger knows it and has nothing open.
    void expect_one(std::optional<pki::certificate> const& given) const
    {
        auto const all = issued();
        ASSERT_EQ(all.size(), 1u) << "certificates for one challenge";
        EXPECT_EQ(all[0], given);
        auto const ledger = file_ledger::open((folder_.path() / "state").string()).value();
        EXPECT_EQ(ledger->find_certificate(all[0].serial()).value(), all[0]);
        EXPECT_TRUE(ledger->unfinished().value().empty());
    }
};

TEST_P(ThreatP3, AfterACrashTheSameClientComesBack)
{
    crash_with_the_first();
    auto const given = ask(first_, message_of_first_);
    ASSERT_TRUE(given);
    EXPECT_EQ(ask(first_, message_of_first_), given);
    EXPECT_EQ(ask(second_, message_of_second_), std::nullopt);
    expect_one(given);
}

TEST_P(ThreatP3, AfterACrashAnotherTriesTheSameChallenge)
{
    crash_with_the_first();
    auto const second = ask(second_, message_of_second_);
    EXPECT_EQ(second.has_value(), !GetParam().is_reserved);
    auto const first = ask(first_, message_of_first_);
    EXPECT_EQ(first.has_value(), GetParam().is_reserved);
    expect_one(first ? first : second);
}

TEST_P(ThreatP3, AfterACrashNobodyComesBack)
{
    crash_with_the_first();
    auto const restarted = responder("none", {});
    EXPECT_EQ(restarted.exit_code, 0) << restarted.err;
    ASSERT_EQ(issued().size(), GetParam().is_reserved ? 1u : 0u);
    {
        auto const ledger = file_ledger::open((folder_.path() / "state").string()).value();
        EXPECT_TRUE(ledger->unfinished().value().empty()) << "the restart has finished it";
        for(auto const& certificate : issued())
            EXPECT_EQ(ledger->find_certificate(certificate.serial()).value(), certificate);
    }
    // Much later.
    auto const given = ask(first_, message_of_first_);
    ASSERT_TRUE(given);
    expect_one(given);
}

INSTANTIATE_TEST_SUITE_P(KilledAt, ThreatP3, ::testing::ValuesIn(crashes),
                         [](auto const& which) { return which.param.place; });

/// A crash while the restart finishes what another crash left. Nothing is authorized or reserved again, and the
/// ledger's first write is the certificate.
class ThreatP3InRestart : public ThreatP3
{
};

TEST_P(ThreatP3InRestart, LosesNothing)
{
    ASSERT_EQ(responder("after_reserve", {message_of_first_}).exit_code, 128 + SIGKILL);
    EXPECT_TRUE(issued().empty());
    for(int i = 0; i != 3; ++i)
        ASSERT_EQ(responder(GetParam().place, {}).exit_code, 128 + SIGKILL) << "the place was not reached";
    auto const given = ask(first_, message_of_first_);
    ASSERT_TRUE(given);
    expect_one(given);
}

INSTANTIATE_TEST_SUITE_P(KilledAt, ThreatP3InRestart,
                         ::testing::Values(crash{"sync_1", true}, crash{"after_sign", true}, crash{"write_1", true}),
                         [](auto const& which) { return which.param.place; });

} // namespace
} // namespace scepkit::inline v0::scep
