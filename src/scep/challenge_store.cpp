// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/authorizer.hpp>

#include <base/try.hpp>

#include <gsl/assert>
#include <mutex>

namespace scepkit::inline v0::scep {

namespace {

constexpr std::size_t key_size = 32;

} // namespace

authorizer::~authorizer() = default;

std::shared_ptr<authorizer> make_authorizer(std::function<result<decision>(enrollment_claim const&)> rule)
{
    class as_authorizer final : public authorizer
    {
    public:
        explicit as_authorizer(std::function<result<decision>(enrollment_claim const&)> r) : rule_(std::move(r)) {}
        result<decision> decide(enrollment_claim const& claim) override { return rule_(claim); }

    private:
        std::function<result<decision>(enrollment_claim const&)> rule_;
    };
    Expects(rule);
    return std::make_shared<as_authorizer>(std::move(rule));
}

// Only keyed hashes are kept, so the comparison tells nothing through its time and memory holds no challenge.
struct challenge_store::state {
    use kind;
    refuse answer;
    secret_bytes key; ///< Empty: none could be drawn.
    std::mutex mutex;
    std::vector<bytes> hashes;

    state(use u, refuse a) : kind(u), answer(std::move(a)) {}

    result<bytes> hash(bytes_view challenge) const
    {
        return pki::crypto_context::default_context().hmac(pki::digest_algorithm::sha256, key.view(), challenge);
    }
};

challenge_store::challenge_store(std::vector<secret_bytes> challenges, use u, refuse answer)
    : state_(std::make_unique<state>(u, std::move(answer)))
{
    // Without a key there are no hashes, and without hashes everything is refused.
    secret_bytes drawn(key_size);
    if(!system_random().fill({drawn.data(), drawn.size()}))
        return;
    state_->key = std::move(drawn);
    for(auto& challenge : challenges)
        add(std::move(challenge));
}

challenge_store::~challenge_store() = default;

void challenge_store::add(secret_bytes challenge)
{
    if(challenge.empty() || state_->key.empty())
        return;
    auto hash = state_->hash(challenge.view());
    if(!hash)
        return;
    std::lock_guard const lock(state_->mutex);
    state_->hashes.push_back(*std::move(hash));
}

result<decision> challenge_store::decide(enrollment_claim const& claim)
{
    // The old certificate is the reason. Clients that send their first challenge once more (certmonger) mean no harm.
    if(claim.is_renewal)
        return decision{accept{}};
    if(claim.challenge == nullptr || claim.challenge->empty() || state_->key.empty())
        return decision{state_->answer};
    SCEPKIT_TRY(auto const given, state_->hash(claim.challenge->view()));
    auto found = false;
    {
        std::lock_guard const lock(state_->mutex);
        // All are looked at, so that the time does not say which one it was.
        for(auto const& hash : state_->hashes)
            found |= equal_constant_time(hash, given);
    }
    if(!found)
        return decision{state_->answer};
    // Spent with the grant, not here: a request that comes to nothing costs no challenge.
    if(state_->kind == use::once)
        return decision{accept{claim.challenge->clone()}};
    return decision{accept{}};
}

} // namespace scepkit::inline v0::scep
