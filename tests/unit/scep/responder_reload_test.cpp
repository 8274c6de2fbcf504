// SPDX-License-Identifier: BSL-1.0
#include "replies.hpp"

#include <set>
#include <thread>

namespace scepkit::inline v0::scep {
namespace {

using namespace scepkit::test;

/// A second pair of RA certificates of the same CA.
struct next_ras {
    explicit next_ras(scripted_ca const& ca)
        : signing{ca.ca.issue({.subject = "CN=RA 2",
                               .usage = pki::key_usage::digital_signature,
                               .extended_usage = {asn1::oids::certificate_request_agent}},
                              rsa_key("signing ra 2").public_key()),
                  rsa_key("signing ra 2")},
          encryption{ca.ca.issue({.subject = "CN=RA 2",
                                  .usage = pki::key_usage::key_encipherment,
                                  .extended_usage = {asn1::oids::certificate_request_agent}},
                                 rsa_key("encryption ra 2").public_key()),
                     rsa_key("encryption ra 2")}
    {
    }
    /// The options of `ca` after the roll-over.
    responder_options options(scripted_ca const& ca) const
    {
        auto o = ca.options();
        o.signing = {signing.certificate, signing.key};
        o.decryption_certificate = encryption.certificate;
        o.decryption = pki::software_decrypter::create(encryption.key).value();
        o.ra_certificates = {signing.certificate, encryption.certificate};
        o.former_recipients = {{ca.recipient().certificate, ca.decrypter}};
        return o;
    }
    authority signing;
    authority encryption;
};

TEST(Reload, NewMessagesMeetTheNewCertificates)
{
    scripted_ca const ca;
    next_ras const next(ca);
    auto const r = responder::create(ca.options()).value();
    ASSERT_TRUE(r->reload(next.options(ca)));
    auto const bag = parse_ca_certificates(r->get_ca_cert().body, profile::strict()).value();
    EXPECT_EQ(bag.certificates,
              (std::vector{ca.ca.certificate, next.signing.certificate, next.encryption.certificate}));
    // Whoever has not noticed encrypts to the former one.
    for(auto const& to : {ca.recipient().certificate, next.encryption.certificate}) {
        auto const a =
            r->pki_operation(make_message(ca, {.transaction_id = to_hex(to.serial()), .recipient = to}), noon);
        EXPECT_TRUE(succeeds(a));
        EXPECT_EQ(verified(a).signer(), next.signing.certificate);
    }
    EXPECT_EQ(ca.decrypter->decrypted, 1u);
}

TEST(ThreatD2, OneEntryForTodaysKeyAndOneForAFormerIsRefusedBeforeEither)
{
    scripted_ca const ca;
    next_ras const next(ca);
    auto options = next.options(ca);
    auto const today = std::make_shared<counting_decrypter>(next.encryption.key);
    options.decryption = today;
    auto const r = responder::create(std::move(options)).value();
    std::vector const both{next.encryption.certificate, ca.recipient().certificate};
    auto const envelope = cms::seal(device{}.request().der(), both, {}, system_random()).value();
    EXPECT_TRUE(
        fails_with(fail_info::bad_message_check, r->pki_operation(make_message(ca, {.envelope = envelope}), noon)));
    EXPECT_EQ(ca.decrypter->decrypted, 0u);
    EXPECT_EQ(today->decrypted, 0u);
    EXPECT_EQ(ca.authorizer->asked, 0u);
}

TEST(Reload, KeepsTransactionsAndWhatWasSpent)
{
    scripted_ca const ca;
    auto options = ca.options();
    options.authorizer = make_authorizer(
        [](enrollment_claim const& claim) -> result<decision> { return decision{accept{claim.challenge->clone()}}; });
    auto const r = responder::create(options).value();
    auto const signer = device{}.signer();
    auto const message = make_message(ca, {.signer = signer});
    auto const first = leaf_in(r->pki_operation(message, noon), signer);
    ASSERT_TRUE(r->reload(options));
    EXPECT_EQ(leaf_in(r->pki_operation(message, noon), signer), first);
    EXPECT_TRUE(
        fails_with(fail_info::bad_message_check,
                   r->pki_operation(make_message(ca, {.from = {.name = "device 2"}, .transaction_id = "2"}), noon)));
    EXPECT_EQ(ca.issuer->issued, 1u);
}

TEST(Reload, RefusesAnotherLedgerAndWhatCreateRefuses)
{
    scripted_ca const ca;
    auto options = ca.options();
    options.ledger = make_memory_ledger().value();
    auto const r = responder::create(options).value();
    EXPECT_TRUE(r->reload(options));
    options.ledger = make_memory_ledger().value();
    EXPECT_EQ(r->reload(options).error(), errc::invalid_argument);
    options = ca.options();
    options.signing.key = rsa_key("evil");
    EXPECT_EQ(r->reload(options).error(), errc::invalid_argument);
    EXPECT_TRUE(succeeds(r->pki_operation(make_message(ca, {}), noon)));
}

TEST(Reload, SixtyFourThreadsMeetOldOrNewAndNothingBetween)
{
    scripted_ca const ca;
    next_ras const next(ca);
    constexpr unsigned threads = 64;
    constexpr unsigned challenges = 16; // Each wanted by four.
    std::vector<secret_bytes> secrets;
    for(unsigned i = 0; i < challenges; ++i)
        secrets.push_back(secret_bytes::from_text("challenge " + std::to_string(i)));
    auto const store = std::make_shared<challenge_store>(std::move(secrets), challenge_store::use::once);
    auto old_options = ca.options();
    old_options.authorizer = store;
    auto new_options = next.options(ca);
    new_options.authorizer = store;
    auto const r = responder::create(old_options).value();

    struct racer {
        authority signer;
        bytes message;
        std::vector<responder::answer> answers;
    };
    std::vector<racer> racers;
    for(unsigned i = 0; i < threads; ++i) {
        device const from{.name = "device " + std::to_string(i % 4),
                          .challenge = "challenge " + std::to_string(i % challenges)};
        auto signer = from.signer();
        auto message = make_message(ca, {.from = from, .transaction_id = std::to_string(i), .signer = signer});
        racers.push_back({std::move(signer), std::move(message), {}});
    }
    std::atomic<bool> done{false};
    std::thread reloader([&] {
        for(unsigned i = 0; !done; ++i)
            EXPECT_TRUE(r->reload(i % 2 == 0 ? new_options : old_options));
    });
    std::vector<std::thread> running;
    for(auto& one : racers)
        running.emplace_back([&] {
            for(int again = 0; again < 3; ++again)
                one.answers.push_back(r->pki_operation(one.message, noon));
        });
    for(auto& t : running)
        t.join();
    done = true;
    reloader.join();

    std::set<bytes> serials;
    std::map<unsigned, unsigned> winners;
    for(unsigned i = 0; i < threads; ++i) {
        std::set<bytes> leaves;
        for(auto const& a : racers[i].answers) {
            auto const reply = verified(a);
            EXPECT_TRUE(reply.signer() == ca.signer().certificate || reply.signer() == next.signing.certificate);
            if(reply.attributes().pki_status == pki_status::success)
                leaves.insert(to_bytes(leaf_in(a, racers[i].signer).serial()));
            else
                EXPECT_TRUE(fails_with(fail_info::bad_message_check, a));
        }
        EXPECT_LE(leaves.size(), 1u);
        for(auto const& serial : leaves) {
            EXPECT_TRUE(serials.insert(serial).second);
            ++winners[i % challenges];
        }
    }
    EXPECT_EQ(serials.size(), challenges);
    EXPECT_EQ(winners.size(), challenges);
    EXPECT_EQ(ca.issuer->issued, challenges);
}

} // namespace
} // namespace scepkit::inline v0::scep
