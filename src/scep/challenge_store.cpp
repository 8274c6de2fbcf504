// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/authorizer.hpp>

#include <base/try.hpp>

#include <mutex>

namespace scepkit::inline v0::scep {

namespace {

constexpr std::size_t key_size = 32;

} // namespace

authorizer::~authorizer() = default;

// Only keyed hashes are kept, so the comparison tells nothing through its time and memory holds no challenge.
struct challenge_store::state {
    use kind;
    refuse answer;
    secret_bytes key;
    std::mutex mutex;
    std::vector<bytes> hashes;

    state(use u, refuse a) : kind(u), answer(std::move(a)), key(key_size) {}

    result<bytes> hash(bytes_view challenge) const
    {
        return pki::crypto_context::default_context().hmac(pki::digest_algorithm::sha256, key.view(), challenge);
    }
};

challenge_store::challenge_store(std::vector<secret_bytes> challenges, use u, refuse answer)
    : state_(std::make_unique<state>(u, std::move(answer)))
{
    // Without a key there are no hashes, and without hashes everything is refused.
    if(!system_random().fill({state_->key.data(), state_->key.size()}))
        return;
    for(auto const& challenge : challenges) {
        if(challenge.empty())
            continue;
        if(auto hash = state_->hash(challenge.view()))
            state_->hashes.push_back(*std::move(hash));
    }
}

challenge_store::~challenge_store() = default;

result<decision> challenge_store::decide(enrollment_claim const& claim)
{
    if(claim.challenge == nullptr || claim.challenge->empty())
        return decision{state_->answer};
    SCEPKIT_TRY(auto const given, state_->hash(claim.challenge->view()));
    std::lock_guard const lock(state_->mutex);
    // All are looked at, so that the time does not say which one it was.
    auto found = state_->hashes.size();
    for(std::size_t i = 0; i < state_->hashes.size(); ++i)
        if(equal_constant_time(state_->hashes[i], given))
            found = i;
    if(found == state_->hashes.size())
        return decision{state_->answer};
    if(state_->kind == use::once)
        state_->hashes.erase(state_->hashes.begin() + static_cast<std::ptrdiff_t>(found));
    return decision{accept{}};
}

} // namespace scepkit::inline v0::scep
