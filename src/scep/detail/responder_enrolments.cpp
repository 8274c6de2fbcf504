// SPDX-License-Identifier: BSL-1.0
#include <scep/detail/responder_enrolments.hpp>

#include <base/try.hpp>
#include <scep/detail/failpoint.hpp>
#include <scep/detail/ledger_record.hpp>
#include <scep/detail/responder_envelopes.hpp>
#include <scep/detail/responder_renewals.hpp>

namespace scepkit::inline v0::scep::detail {

namespace {

using stage = ledger_stage;

refuse refused() { return {fail_info::bad_request, {}, {}}; }

result<bytes> sha256(bytes_view data)
{
    return pki::crypto_context::default_context().digest(pki::digest_algorithm::sha256, data);
}

// issuer::issue documents which errors say so.
bool says_that_nothing_was_issued(error const& why)
{
    switch(why.condition()) {
    case condition::api_misuse:
    case condition::peer_misbehaved:
    case condition::peer_unsupported:
    case condition::refused: return true;
    case condition::not_trusted:
    case condition::transport:
    case condition::limit_exceeded:
    case condition::environment: return false;
    }
    return false;
}

struct opened_request {
    pki::certificate_request request;
    quirk_set tolerances;
};

result<opened_request> read_request(served_message const& c, bytes_view der, bool is_renewal)
{
    SCEPKIT_TRY(auto request, pki::certificate_request::from_der(der, c.with.options.bounds));
    auto const& key = request.key();
    if(!key)
        return key.error();
    auto const& signer_key = c.signer().key(); // Has verified the message.
    bool const same_key = signer_key && *signer_key == *key;
    SCEPKIT_CHECK(same_key ? request.verify(*signer_key) : request.verify());
    opened_request out{std::move(request), {}};
    if(is_renewal) {
        SCEPKIT_CHECK(check_renewed(c.with.options.renewals, c.signer(), out.request));
        return out;
    }
    if(!same_key) {
        if(!c.tolerates().allows(quirk::signer_key_differs))
            return error(errc::key_not_allowed, "the message is signed by a key that is not the request's");
        out.tolerances.insert(quirk::signer_key_differs);
    }
    if(c.signer().is_self_issued() && !(c.signer().subject() == out.request.subject())) {
        if(!c.tolerates().allows(quirk::signer_subject_differs))
            return error(errc::name_mismatch, "the message is signed under another name than the request's");
        out.tolerances.insert(quirk::signer_subject_differs);
    }
    return out;
}

bool is_empty(secret_bytes const* challenge) { return challenge == nullptr || challenge->empty(); }

} // namespace

/// A transaction for which the authorizer is to be asked.
struct enrolments::asked {
    ledger_entry entry; ///< Without request; stage, serial and time come with the decision.
    scep::message_type message_type{};
    pki::certificate_request request;
    pki::certificate signer;
    cms::opened const& envelope;
};

verdict enrolments::request(served_message& c)
{
    auto const& options = c.with.options;
    auto const& signer = c.signer();
    auto const type = c.message.attributes().message_type;
    auto is_renewal = type == message_type::renewal_req;
    auto tolerated = c.tolerances;
    if(type == message_type::pkcs_req && options.renewals.allowed &&
       options.profile.allows(quirk::renewal_as_pkcs_req) && is_of_this_ca(c.with, signer)) {
        is_renewal = true;
        tolerated.insert(quirk::renewal_as_pkcs_req);
    }
    // All of this is plain in the message, so a refusal of its own tells nobody anything.
    auto const route = route_to(signer, options.profile);
    if(!route)
        return refuse{fail_info::bad_alg, {}, {}};
    if(is_renewal)
        if(auto refusal = check_renewing(c.with, signer, c.now, c.now))
            return *std::move(refusal);
    auto owner = sha256(signer.spki());
    if(!owner)
        return refused();

    auto const envelope = open_request(c);
    if(!envelope)
        return badly_made();
    auto const opened = read_request(c, envelope->content.view(), is_renewal);
    if(!opened)
        return badly_made();
    auto const& request = opened->request;
    auto const* challenge = request.challenge_password();
    if(*route == reply_route::password && is_empty(challenge))
        return badly_made();
    auto digest = sha256(request.der());
    if(!digest)
        return badly_made();
    tolerated.insert(envelope->tolerances);
    tolerated.insert(opened->tolerances);
    c.tolerances = tolerated;

    auto const& id = c.message.attributes().transaction_id;
    auto const place = locks_.take(id);
    auto const found = ledger_.find(id);
    if(!found)
        return refused();
    if(auto const& known = *found) {
        if(!equal(known->owner, *owner))
            return refused();
        // A certificate that asks for its successor with the very request it came from is no repetition.
        auto const same =
            equal(known->request_digest, *digest) && !(known->certificate && *known->certificate == signer);
        if(same && known->certificate && c.now <= known->certificate->not_after())
            return certificate_answer(c, *envelope, *known->certificate, challenge);
        if(known->stage == stage::reserved) {
            auto made = complete(c.with, *known, c.now);
            if(same && made)
                return certificate_answer(c, *envelope, *std::move(made), challenge);
            // Another request of the same device is a transaction of its own, once this one's fate is known.
            if(!made && (same || !says_that_nothing_was_issued(made.error())))
                return refused();
        }
    }
    ledger_entry entry;
    entry.transaction_id = id;
    entry.message_type = type;
    entry.owner = *std::move(owner);
    entry.request_digest = *std::move(digest);
    entry.is_renewal = is_renewal;
    entry.tolerances = c.tolerances;
    return ask(c, {std::move(entry), type, request, signer, *envelope});
}

verdict enrolments::poll(served_message& c)
{
    auto const nobodys = refuse{fail_info::bad_cert_id, {}, {}};
    auto const route = route_to(c.signer(), c.tolerates());
    if(!route)
        return refuse{fail_info::bad_alg, {}, {}};
    auto const owner = sha256(c.signer().spki());
    if(!owner)
        return refused();
    auto const envelope = open_request(c);
    if(!envelope)
        return badly_made();
    auto const names = issuer_and_subject::from_der(envelope->content.view());
    if(!names)
        return badly_made();
    c.tolerances.insert(envelope->tolerances);

    auto const& id = c.message.attributes().transaction_id;
    auto const place = locks_.take(id);
    auto const found = ledger_.find(id);
    if(!found)
        return refused();
    // An unknown transaction, somebody else's and one of another subject look alike.
    if(!*found || !equal((*found)->owner, *owner))
        return nobodys;
    auto const& known = **found;
    if(known.stage == stage::released)
        return nobodys;
    if(known.stage == stage::issued) {
        if(!known.certificate || c.now > known.certificate->not_after())
            return nobodys;
        // The challenge went with the request. Who sends that again gets his answer.
        if(*route == reply_route::password)
            return refuse{fail_info::bad_alg, "the challenge is forgotten: send the request again", {}};
        c.tolerances.insert(known.tolerances);
        return certificate_answer(c, *envelope, *known.certificate, nullptr);
    }
    auto request = pki::certificate_request::from_der(known.request.view(), c.with.options.bounds);
    auto signer = pki::certificate::from_der(known.signer, c.with.options.bounds);
    if(!request || !signer)
        return refused();
    if(!(request->subject() == names->subject))
        return nobodys;
    auto const* challenge = request->challenge_password();
    if(*route == reply_route::password && is_empty(challenge))
        return refuse{fail_info::bad_alg, {}, {}};
    c.tolerances.insert(known.tolerances);
    if(known.stage == stage::reserved) {
        auto made = complete(c.with, known, c.now);
        if(!made)
            return refused();
        return certificate_answer(c, *envelope, *std::move(made), challenge);
    }
    if(known.is_renewal)
        if(auto refusal = check_renewing(c.with, *signer, known.at, c.now))
            return *std::move(refusal);
    return ask(c, {without_request(known, stage::held, known.at), message_type::cert_poll, *std::move(request),
                   *std::move(signer), *envelope});
}

verdict enrolments::ask(served_message const& c, asked what)
{
    auto const& options = c.with.options;
    auto& entry = what.entry;
    auto const* challenge = what.request.challenge_password();
    auto said = options.authorizer->decide({what.message_type, entry.transaction_id, what.request, what.signer,
                                            challenge, c.now, entry.is_renewal, entry.tolerances});
    reach(failpoint::after_authorize);
    if(!said)
        return refused();
    if(auto* refusal = std::get_if<refuse>(&*said))
        return std::move(*refusal);
    auto const with_request = [&](ledger_entry e) {
        e.request = secret_bytes(what.request.der());
        e.signer = to_bytes(what.signer.der());
        return e;
    };
    if(std::holds_alternative<hold>(*said)) {
        // A transaction that was held keeps the time at which it was asked for.
        auto const since = what.message_type == message_type::cert_poll ? entry.at : c.now;
        if(!ledger_.put(with_request(without_request(entry, stage::held, since))))
            return refused();
        return hold{};
    }
    auto spends = name_of_spent(std::get<accept>(*said));
    if(!spends)
        return refused();
    entry.spends = *std::move(spends);
    entry.serial.assign(c.drawn.serial.begin(), c.drawn.serial.end());
    entry.at = c.now;
    if(auto const reserved = ledger_.put(with_request(without_request(entry, stage::reserved, c.now))); !reserved)
        return reserved.error() == errc::already_spent ? badly_made() : refused();
    reach(failpoint::after_reserve);
    auto made = issue(c.with, entry, what.request, entry.is_renewal ? std::optional(what.signer) : std::nullopt, c.now);
    if(!made)
        return refused();
    return certificate_answer(c, what.envelope, *std::move(made), challenge);
}

result<bytes> enrolments::name_of_spent(accept const& consent) const
{
    if(consent.spends.empty())
        return bytes{};
    return pki::crypto_context::default_context().hmac(pki::digest_algorithm::sha256, ledger_.secret(),
                                                       consent.spends.view());
}

result<pki::certificate> enrolments::issue(responder_snapshot const& with, ledger_entry const& reserved,
                                           pki::certificate_request const& request,
                                           std::optional<pki::certificate> const& renewed, time_point now)
{
    auto made = with.options.issuer->issue(
        make_grant_(request, reserved.transaction_id, reserved.serial, reserved.at, renewed));
    reach(failpoint::after_sign);
    if(!made) {
        if(says_that_nothing_was_issued(made.error()))
            SCEPKIT_CHECK(ledger_.put(without_request(reserved, stage::released, now)));
        return made.error();
    }
    // A certificate for somebody else is no answer to this grant; nobody knows what became of it.
    if(!request.key() || !equal(made->spki(), request.key()->spki()))
        return errc::wrong_signer;
    auto entry = without_request(reserved, stage::issued, now);
    entry.certificate = *made;
    SCEPKIT_CHECK(ledger_.put(std::move(entry)));
    reach(failpoint::after_record);
    return made;
}

result<pki::certificate> enrolments::complete(responder_snapshot const& with, ledger_entry const& reserved,
                                              time_point now)
{
    SCEPKIT_TRY(auto const request, pki::certificate_request::from_der(reserved.request.view(), with.options.bounds));
    std::optional<pki::certificate> renewed;
    if(reserved.is_renewal) {
        SCEPKIT_TRY(renewed, pki::certificate::from_der(reserved.signer, with.options.bounds));
    }
    return issue(with, reserved, request, renewed, now);
}

result<void> enrolments::finish(responder_snapshot const& with)
{
    SCEPKIT_TRY(auto const left, ledger_.unfinished());
    for(auto const& entry : left) {
        auto const place = locks_.take(entry.transaction_id);
        auto const made = complete(with, entry, entry.at);
        with.trace("unfinished", made ? "issued" : std::string(name_of(made.error().code())));
    }
    return success();
}

} // namespace scepkit::inline v0::scep::detail
