// SPDX-License-Identifier: BSL-1.0
#include <scep/detail/enrollment_state.hpp>

#include <base/try.hpp>
#include <scep/detail/reply_check.hpp>

namespace scepkit::inline v0::scep {

namespace {

using detail::scep_error;

constexpr std::size_t serial_size = 16;
// A throw-away signer outlives any sensible wait for an administrator, and begins early enough for a slow clock.
constexpr std::chrono::hours signer_backdate{24};
constexpr std::chrono::hours signer_lifetime{24 * 90};

pki::key_usage usage_of(pki::key_kind kind) noexcept
{
    using pki::key_usage;
    if(kind == pki::key_kind::rsa)
        return key_usage::digital_signature | key_usage::key_encipherment;
    return pki::is_ec(kind) ? key_usage::digital_signature | key_usage::key_agreement : key_usage::digital_signature;
}

result<void> check(enrollment_request const& request, enrollment_options const& options)
{
    auto const misuse = [](std::string message) { return scep_error(errc::invalid_argument, std::move(message)); };
    auto const& requested = request.request.key();
    if(!requested)
        return requested.error();
    if(*requested != request.key.public_key())
        return misuse("the request is for another key");
    if(auto const verified = request.request.verify(request.key.public_key()); !verified)
        return verified.error() == errc::signature_invalid ? misuse("the request is not signed by its own key")
                                                           : verified.error();
    if(request.signer.has_value() != request.signer_key.has_value())
        return misuse("a signer is a certificate and its key");
    if(request.signer && (!request.signer->key() || *request.signer->key() != request.signer_key->public_key()))
        return misuse("the signer's certificate is for another key");
    if(options.renewal != renewal_style::none && !request.signer)
        return misuse("a renewal is signed by the certificate to be renewed");
    return detail::poll_schedule::check(options.polling);
}

} // namespace

enrollment::enrollment(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
enrollment::enrollment(enrollment&&) noexcept = default;
enrollment& enrollment::operator=(enrollment&&) noexcept = default;
enrollment::~enrollment() = default;

result<enrollment> enrollment::create(enrollment_request request, ca_trust trust, enrollment_options options)
{
    SCEPKIT_CHECK(check(request, options));
    auto const& signing = request.signer_key ? *request.signer_key : request.key;
    SCEPKIT_CHECK(detail::conversation::check(options, signing.kind()));
    auto const* challenge = request.request.challenge_password();
    SCEPKIT_TRY(auto opener, detail::reply_opener::create(signing, std::move(request.decrypter),
                                                          challenge != nullptr ? challenge->clone() : secret_bytes(),
                                                          options.profile));
    auto id = options.transaction_id;
    if(!id) {
        SCEPKIT_TRY(id, transaction_id_for(request.key.public_key(), options.id_form));
    }
    auto s = std::make_unique<state>(request.key.public_key(), request.request.subject(), signing, std::move(opener),
                                     std::move(trust), std::move(options));
    s->ca.transaction_id = *std::move(id);
    if(challenge != nullptr)
        s->ca.challenge = challenge->clone();
    s->request = std::move(request.request);
    s->signer = std::move(request.signer);
    return enrollment(std::move(s));
}

result<enrollment::step> enrollment::start()
{
    if(!state_)
        return scep_error(errc::state_misuse, "this enrolment was moved from");
    return state_->start();
}

result<enrollment::step> enrollment::on_reply(scep::reply const& r, time_point now)
{
    if(!state_)
        return scep_error(errc::state_misuse, "this enrolment was moved from");
    return state_->on_reply(r, now);
}

result<enrollment::step> enrollment::on_timer()
{
    if(!state_)
        return scep_error(errc::state_misuse, "this enrolment was moved from");
    return state_->on_timer();
}

result<enrollment::step> enrollment::on_no_reply(error const& why, time_point)
{
    if(!state_)
        return scep_error(errc::state_misuse, "this enrolment was moved from");
    return state_->on_no_reply(why);
}

result<enrollment::step> enrollment::state::first()
{
    if(resumed)
        return poll();
    return talk::first();
}

result<message_type> enrollment::state::choose_type()
{
    auto const& profile = ca.options.profile;
    switch(ca.options.renewal) {
    case renewal_style::none: return message_type::pkcs_req;
    case renewal_style::pkcs_req: break;
    case renewal_style::automatic:
        if(ca.offered.renewal && !profile.allows(quirk::renewal_as_pkcs_req))
            return message_type::renewal_req;
        if(profile.allows(quirk::renewal_as_pkcs_req))
            break;
        [[fallthrough]];
    case renewal_style::renewal_req:
        if(ca.offered.renewal)
            return message_type::renewal_req;
        if(!profile.allows(quirk::renewal_unadvertised))
            return scep_error(errc::capability_floor, "the server does not list Renewal", "RFC 8894, 3.5.2");
        ca.tolerances.insert(quirk::renewal_unadvertised);
        return message_type::renewal_req;
    }
    ca.tolerances.insert(quirk::renewal_as_pkcs_req);
    return message_type::pkcs_req;
}

result<enrollment::step> enrollment::state::on_trusted(time_point now)
{
    SCEPKIT_TRY(auto const type, choose_type());
    SCEPKIT_CHECK(make_signer(now));
    SCEPKIT_TRY(auto message, ca.say(type, request->der(), *signer, signing_key));
    return step{std::move(message)};
}

result<void> enrollment::state::make_signer(time_point now)
{
    if(signer)
        return success();
    pki::certificate_template content;
    content.subject = subject;
    content.not_before = now - signer_backdate;
    content.not_after = now + signer_lifetime;
    SCEPKIT_TRY(content.serial, detail::draw(ca.random(), serial_size));
    content.serial.front() = static_cast<std::uint8_t>((content.serial.front() & 0x3f) | 0x40);
    content.extensions.push_back(pki::make_key_usage(usage_of(signing_key.kind())));
    content.digest = ca.agreed.digest;
    SCEPKIT_TRY(signer, pki::make_certificate(content, requested, content.subject, signing_key));
    return success();
}

result<enrollment::step> enrollment::state::on_answer(reply const& r, time_point now)
{
    SCEPKIT_TRY(auto const message, ca.hear(r));
    auto const& attributes = message.attributes();
    is_pending = *attributes.pki_status == pki_status::pending;
    if(is_pending)
        return on_pending(r, now);
    if(*attributes.pki_status == pki_status::failure)
        return step{enrollment_outcome{ca.refusal(attributes)}};
    SCEPKIT_TRY(auto outcome, on_success(message, now));
    return step{std::move(outcome)};
}

result<enrollment_outcome> enrollment::state::on_success(verified_message const& message, time_point now)
{
    auto const& options = ca.options;
    SCEPKIT_TRY(auto const opened, opens.open(message, *signer, options.profile, options.bounds));
    SCEPKIT_TRY(auto outcome, detail::check_issued(opened.content.view(), requested, *ca.identity, options.profile,
                                                   options.bounds, now));
    if(outcome.certificate == *signer) {
        if(!options.profile.allows(quirk::existing_certificate_returned))
            return scep_error(errc::issued_certificate_wrong, "the CA answered with the certificate to be renewed");
        outcome.tolerances.insert(quirk::existing_certificate_returned);
    }
    outcome.microsoft_disposition = message.attributes().microsoft_disposition;
    outcome.tolerances.insert(ca.tolerances);
    outcome.tolerances.insert(opened.tolerances);
    return enrollment_outcome{std::move(outcome)};
}

result<enrollment::step> enrollment::state::on_pending(reply const& r, time_point now)
{
    schedule.begin(now);
    if(!schedule.enabled())
        return step{enrollment_outcome{pending{ca.transaction_id, ca.tolerances}}};
    SCEPKIT_TRY(auto const delay, schedule.next(now, r.retry_after, ca.random()));
    at = place::waiting;
    return step{wait{delay}};
}

result<std::optional<enrollment::step>> enrollment::state::on_busy(reply const& r, time_point now)
{
    if(!schedule.enabled())
        return std::optional<step>{};
    SCEPKIT_TRY(auto const delay, schedule.next(now, r.retry_after, ca.random()));
    ca.trace("busy", "503, again in " + std::to_string(delay.count()) + " s");
    busy_at = std::exchange(at, place::waiting);
    return std::optional(step{wait{delay}});
}

result<enrollment::step> enrollment::state::after_wait()
{
    if(!busy_at)
        return poll();
    at = *std::exchange(busy_at, std::nullopt);
    return step{ca.again()};
}

result<enrollment::step> enrollment::state::poll()
{
    at = place::asking;
    auto const names = make_issuer_and_subject(ca.identity->issuing_ca.subject(), subject);
    SCEPKIT_TRY(auto message, ca.say(message_type::cert_poll, names, *signer, signing_key));
    return step{std::move(message)};
}

} // namespace scepkit::inline v0::scep
