// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/responder.hpp>

#include <gtest/gtest.h>
#include <support/scripted_ca.hpp>
#include <thread>

namespace scepkit::inline v0::scep {
namespace {

using use = challenge_store::use;

std::vector<secret_bytes> secrets(std::initializer_list<std::string_view> texts)
{
    std::vector<secret_bytes> out;
    for(auto text : texts)
        out.push_back(secret_bytes::from_text(text));
    return out;
}

bool accepts(challenge_store& store, std::optional<std::string_view> challenge)
{
    test::device const sender;
    auto const secret = secret_bytes::from_text(challenge.value_or(""));
    enrollment_claim const claim{
        message_type::pkcs_req,        "1",       sender.request(), sender.signer().certificate,
        challenge ? &secret : nullptr, test::noon};
    return std::holds_alternative<accept>(store.decide(claim).value());
}

TEST(ChallengeStore, AcceptsWhatItHoldsAndNothingElse)
{
    challenge_store store(secrets({"first", "second"}), use::reusable);
    EXPECT_TRUE(accepts(store, "first"));
    EXPECT_TRUE(accepts(store, "second"));
    EXPECT_TRUE(accepts(store, "first"));
    for(auto const* wrong : {"First", "firs", "first ", "firstsecond", "third"})
        EXPECT_FALSE(accepts(store, wrong)) << wrong;
    EXPECT_FALSE(accepts(store, std::string_view("first\0", 6)));
}

TEST(ThreatP4, AnEmptyStoreRefusesEverything)
{
    challenge_store none({}, use::reusable);
    challenge_store blank(secrets({"", ""}), use::reusable);
    for(auto* store : {&none, &blank}) {
        EXPECT_FALSE(accepts(*store, std::nullopt));
        EXPECT_FALSE(accepts(*store, ""));
        EXPECT_FALSE(accepts(*store, "anything"));
        EXPECT_FALSE(accepts(*store, std::string_view("\0", 1)));
    }
}

TEST(ThreatP4, AMissingChallengeIsNoChallenge)
{
    challenge_store store(secrets({"first", ""}), use::reusable);
    EXPECT_FALSE(accepts(store, std::nullopt));
    EXPECT_FALSE(accepts(store, ""));
}

TEST(ChallengeStore, AnswersWithTheGivenRefusal)
{
    challenge_store store({}, use::reusable, {fail_info::bad_request, "no", hresult{0x80070005}});
    test::device const sender;
    enrollment_claim const claim{message_type::pkcs_req,      "1",     sender.request(),
                                 sender.signer().certificate, nullptr, test::noon};
    auto const said = std::get<refuse>(store.decide(claim).value());
    EXPECT_EQ(said.fail_info, fail_info::bad_request);
    EXPECT_EQ(said.text, "no");
    EXPECT_EQ(said.microsoft_error, hresult{0x80070005});
}

// Spending is the ledger's, in one step with the grant: asking costs nothing.
TEST(ChallengeStore, SaysWhatAnAcceptanceSpends)
{
    challenge_store store(secrets({"once"}), use::once);
    challenge_store reusable(secrets({"once"}), use::reusable);
    test::device const sender;
    auto const secret = secret_bytes::from_text("once");
    enrollment_claim const claim{message_type::pkcs_req,      "1",     sender.request(),
                                 sender.signer().certificate, &secret, test::noon};
    for(int i = 0; i < 2; ++i) {
        auto const said = store.decide(claim).value();
        EXPECT_TRUE(equal(std::get<accept>(said).spends.view(), as_bytes("once")));
    }
    EXPECT_TRUE(std::get<accept>(reusable.decide(claim).value()).spends.empty());
}

TEST(ChallengeStore, TakesMoreWhileItRuns)
{
    challenge_store store({}, use::once);
    EXPECT_FALSE(accepts(store, "late"));
    store.add(secret_bytes::from_text("late"));
    store.add(secret_bytes{});
    EXPECT_TRUE(accepts(store, "late"));
    EXPECT_FALSE(accepts(store, ""));
}

TEST(ChallengeStore, ARenewalNeedsNoneAndSpendsNone)
{
    challenge_store store(secrets({"right"}), use::once);
    test::device const sender;
    auto const decide = [&](secret_bytes const* challenge) {
        auto said = store
                        .decide({message_type::renewal_req,
                                 "1",
                                 sender.request(),
                                 sender.signer().certificate,
                                 challenge,
                                 test::noon,
                                 true,
                                 {}})
                        .value();
        auto const* consent = std::get_if<accept>(&said);
        return consent != nullptr && consent->spends.empty();
    };
    auto const wrong = secret_bytes::from_text("wrong");
    auto const right = secret_bytes::from_text("right");
    EXPECT_TRUE(decide(nullptr));
    EXPECT_TRUE(decide(&wrong));
    EXPECT_TRUE(decide(&right));
    EXPECT_TRUE(accepts(store, "right"));
}

TEST(ThreatP3, OneOfManyThreadsWinsAOneTimeChallenge)
{
    test::scripted_ca const ca;
    auto options = ca.options();
    options.authorizer = std::make_shared<challenge_store>(secrets({"once", "other"}), use::once);
    auto const r = responder::create(std::move(options)).value();
    test::device const sender{.challenge = "once"};
    constexpr unsigned racers = 64;
    std::vector<bytes> messages;
    for(unsigned i = 0; i < racers; ++i)
        messages.push_back(make_message(ca, {.from = sender, .transaction_id = std::to_string(i)}));
    std::atomic<unsigned> won{0};
    std::atomic<unsigned> refused{0};
    std::vector<std::thread> threads;
    for(auto const& message : messages)
        threads.emplace_back([&] {
            auto const said = parsed_message::parse(r->pki_operation(message, test::noon).body, profile::strict())
                                  .value()
                                  .attributes();
            // A spent challenge is answered as a wrong one.
            won += said.pki_status == pki_status::success;
            refused += said.fail_info == fail_info::bad_message_check && !said.fail_info_text;
        });
    for(auto& t : threads)
        t.join();
    EXPECT_EQ(won, 1u);
    EXPECT_EQ(refused, racers - 1);
    EXPECT_EQ(ca.issuer->issued, 1u);
    auto const other = make_message(ca, {.from = {.challenge = "other"}, .transaction_id = "o"});
    EXPECT_EQ(parsed_message::parse(r->pki_operation(other, test::noon).body, profile::strict())
                  .value()
                  .attributes()
                  .pki_status,
              pki_status::success);
}

} // namespace
} // namespace scepkit::inline v0::scep
