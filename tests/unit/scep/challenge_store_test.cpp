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

TEST(ThreatP3, OneOfManyThreadsWinsAOneTimeChallenge)
{
    challenge_store store(secrets({"once", "other"}), use::once);
    test::device const sender;
    auto const secret = secret_bytes::from_text("once");
    enrollment_claim const claim{message_type::pkcs_req,      "1",     sender.request(),
                                 sender.signer().certificate, &secret, test::noon};
    std::atomic<int> won{0};
    std::vector<std::thread> racers;
    for(int i = 0; i < 64; ++i)
        racers.emplace_back([&] {
            if(std::holds_alternative<accept>(store.decide(claim).value()))
                ++won;
        });
    for(auto& racer : racers)
        racer.join();
    EXPECT_EQ(won, 1);
    EXPECT_TRUE(accepts(store, "other"));
    EXPECT_FALSE(accepts(store, "other"));
}

} // namespace
} // namespace scepkit::inline v0::scep
