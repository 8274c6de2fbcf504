// SPDX-License-Identifier: BSL-1.0
#include <scep/detail/enrollment_state.hpp>

#include <base/try.hpp>
#include <scep/detail/saved_enrollment.hpp>

namespace scepkit::inline v0::scep {

using detail::scep_error;

result<bytes> enrollment::state::save() const
{
    // Only the CA's PENDING makes a transaction that another process can ask for.
    if(!is_pending)
        return scep_error(errc::state_misuse, "only an enrolment that is pending can be saved");
    return detail::saved_enrollment{ca.transaction_id, requested,          subject,
                                    *signer,           ca.identity->all,   ca.offered,
                                    ca.tolerances,     schedule.backoff(), schedule.since()}
        .to_der();
}

result<bytes> enrollment::save() const
{
    if(!state_)
        return scep_error(errc::state_misuse, "this enrolment was moved from");
    return state_->save();
}

result<enrollment> enrollment::resume(bytes_view saved, resume_keys keys, ca_trust trust, enrollment_options options,
                                      time_point now)
{
    SCEPKIT_TRY(auto known, detail::saved_enrollment::from_der(saved, options.bounds));
    SCEPKIT_CHECK(detail::poll_schedule::check(options.polling));
    auto const& signing = keys.signer_key ? *keys.signer_key : keys.key;
    SCEPKIT_CHECK(detail::conversation::check(options, signing.kind()));
    if(known.requested != keys.key.public_key())
        return scep_error(errc::invalid_argument, "the enrolment was saved for another key");
    if(!known.signer.key() || *known.signer.key() != signing.public_key())
        return scep_error(errc::invalid_argument, "the enrolment was saved with another signer's key");
    auto challenge = keys.challenge.clone();
    SCEPKIT_TRY(auto opener, detail::reply_opener::create(signing, std::move(keys.decrypter), std::move(keys.challenge),
                                                          options.profile));
    auto s = std::make_unique<state>(std::move(known.requested), std::move(known.subject), signing, std::move(opener),
                                     std::move(trust), std::move(options));
    auto& ca = s->ca;
    cms::certificate_bag bag;
    bag.certificates = std::move(known.ca_certificates);
    SCEPKIT_CHECK(ca.resume(std::move(known.capabilities), bag, now));
    ca.transaction_id = std::move(known.transaction_id);
    ca.challenge = std::move(challenge);
    ca.tolerances.insert(known.tolerances);
    s->signer = std::move(known.signer);
    s->schedule.restore(known.since, known.backoff);
    s->poll_first();
    return enrollment(std::move(s));
}

} // namespace scepkit::inline v0::scep
