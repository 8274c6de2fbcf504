// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/pki/request.hpp>
#include <scepkit/scep/message.hpp>

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace scepkit::inline v0::scep {

/// What the authorizer sees of a request: everything is verified (signature, proof of possession, and for a renewal the
/// old certificate) except that it may.
struct enrollment_claim {
    scep::message_type message_type{};
    std::string transaction_id;
    pki::certificate_request request;
    pki::certificate signer;
    secret_bytes const* challenge = nullptr; ///< Null: none was sent.
    time_point now;
    /// Set: `signer` is a certificate of this CA, in force, that the responder's renewal_policy lets renew itself.
    bool is_renewal = false;
    quirk_set tolerances; ///< What had to be overlooked so far (signer_key_differs …).
};

struct refuse {
    scep::fail_info fail_info = scep::fail_info::bad_request;
    std::string text;                       ///< failInfoText; fixed words, never the peer's.
    std::optional<hresult> microsoft_error; ///< Simulator only.
};
/// `spends`: what this consent uses up (a one-time challenge, a ticket). It is reserved together with the grant, in one
/// step: of any number of requests that spend the same, in any number of threads and across crashes, one transaction
/// gets a certificate. The ledger keeps a keyed hash of it. Empty: nothing.
struct accept {
    secret_bytes spends;
};
struct hold {
}; ///< PENDING
using decision = std::variant<refuse, accept, hold>;

/// Says who may have a certificate. Called for every message type that could end in one, and only then. Thread-safe.
class SCEPKIT_API authorizer
{
public:
    virtual ~authorizer();
    virtual result<decision> decide(enrollment_claim const& claim) = 0;
};

/// A function as an authorizer.
SCEPKIT_API std::shared_ptr<authorizer> make_authorizer(std::function<result<decision>(enrollment_claim const&)> rule);

/// Challenges compared in constant time over hashes. An empty store refuses every first enrolment (fail closed).
///
/// `once`: each challenge is worth one certificate; it is spent by the grant, so a request that is refused later does
/// not cost it. A renewal is accepted whatever challenge it brings, and costs none: the responder has checked the old
/// certificate by then.
class SCEPKIT_API challenge_store final : public authorizer
{
public:
    enum class use { reusable, once };
    challenge_store(std::vector<secret_bytes> challenges, use u,
                    refuse answer = {fail_info::bad_message_check, "", {}});
    ~challenge_store() override;
    void add(secret_bytes challenge); ///< Thread-safe.
    result<decision> decide(enrollment_claim const& claim) override;

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace scepkit::inline v0::scep
