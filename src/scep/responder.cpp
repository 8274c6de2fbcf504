// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/responder.hpp>

#include <base/try.hpp>
#include <pki/detail/openssl.hpp>
#include <scep/detail/failpoint.hpp>
#include <scep/detail/responder_enrolments.hpp>
#include <scep/detail/responder_queries.hpp>

#include <mutex>

namespace scepkit::inline v0::scep {

namespace {

constexpr std::size_t default_capacity = 10'000;

using detail::responder_snapshot;
using detail::served_message;

} // namespace

struct responder::state {
    state(std::shared_ptr<scep::ledger> l, std::shared_ptr<responder_snapshot const> s)
        : ledger(std::move(l)), enrolments(*ledger, locks, &responder::make_grant), current_(std::move(s))
    {
    }

    std::shared_ptr<responder_snapshot const> current() const
    {
        std::lock_guard const lock(mutex_);
        return current_;
    }
    void replace(std::shared_ptr<responder_snapshot const> next)
    {
        std::lock_guard const lock(mutex_);
        current_.swap(next); // The old one goes after the lock.
    }
    detail::verdict judge(served_message& c);

    std::shared_ptr<scep::ledger> const ledger;
    detail::transaction_locks locks;
    detail::enrolments enrolments;

private:
    mutable std::mutex mutex_;
    std::shared_ptr<responder_snapshot const> current_;
};

// What is not named here is refused; nothing is decided by an else.
detail::verdict responder::state::judge(served_message& c)
{
    auto const& attributes = c.message.attributes();
    // Plain in the message, so a refusal of its own tells nobody anything; the reply has to repeat it.
    if(!asn1::is_printable_string(attributes.transaction_id))
        return refuse{fail_info::bad_request, {}, {}};
    switch(attributes.message_type) {
    case message_type::pkcs_req:
    case message_type::renewal_req: return enrolments.request(c);
    case message_type::cert_poll: return enrolments.poll(c);
    case message_type::get_cert:
    case message_type::get_crl: return detail::answer_query(c, *ledger);
    case message_type::cert_rep:
    case message_type::update_req: break;
    }
    return refuse{fail_info::bad_request, "unsupported message type", {}};
}

responder::responder(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
responder::~responder() = default;

result<std::shared_ptr<responder>> responder::create(responder_options options)
{
    auto transactions = options.ledger;
    if(!transactions) {
        auto& random = options.random != nullptr ? *options.random : system_random();
        SCEPKIT_TRY(transactions, make_memory_ledger(default_capacity, random));
    }
    SCEPKIT_TRY(auto snapshot, responder_snapshot::make(std::move(options)));
    auto made = std::make_unique<state>(std::move(transactions), snapshot);
    SCEPKIT_CHECK(made->enrolments.finish(*snapshot));
    return std::shared_ptr<responder>(new responder(std::move(made)));
}

result<void> responder::reload(responder_options options)
{
    if(options.ledger && options.ledger != state_->ledger)
        return error(errc::invalid_argument,
                     diagnostics{.message = "a responder keeps its ledger for life", .layer = "scep"});
    SCEPKIT_TRY(auto snapshot, responder_snapshot::make(std::move(options)));
    state_->replace(std::move(snapshot));
    return success();
}

scep::profile responder::profile() const { return state_->current()->options.profile; }

responder::answer responder::get_ca_caps() const
{
    auto const text = state_->current()->options.offered.to_text();
    return {200, "text/plain", to_bytes(as_bytes(text)), {}};
}

responder::answer responder::get_ca_cert() const
{
    auto const snapshot = state_->current();
    return {200, snapshot->ca_certificates_type, snapshot->ca_certificates, {}};
}

responder::answer responder::get_next_ca_cert() const
{
    auto const snapshot = state_->current();
    if(snapshot->next_ca.empty())
        return {404, {}, {}, {}};
    return {200, "application/x-x509-next-ca-cert", snapshot->next_ca, {}};
}

grant responder::make_grant(pki::certificate_request request, std::string transaction_id, bytes serial, time_point now,
                            std::optional<pki::certificate> renewed)
{
    return {std::move(request), std::move(transaction_id), std::move(serial), now, std::move(renewed)};
}

responder::answer responder::pki_operation(bytes_view message, time_point now)
{
    pki::detail::queue_guard const guard;
    auto const snapshot = state_->current();
    auto const answer_status = [&](unsigned status, error const& why) {
        snapshot->trace("answer", std::to_string(status) + ' ' + std::string(name_of(why.code())));
        return answer{status, {}, {}, {}};
    };
    auto const failed = [&](error const& why) { return answer_status(500, why); };
    // What this side could not do is not the sender's fault: it may come again.
    auto const refuse_bytes = [&](error const& why) {
        return answer_status(why.condition() == condition::environment ? 500 : 400, why);
    };
    auto const& options = snapshot->options;
    auto parsed = parsed_message::parse(message, options.profile, options.bounds);
    if(!parsed)
        return refuse_bytes(parsed.error());
    if(parsed->attributes().message_type == message_type::cert_rep)
        return refuse_bytes(errc::unknown_message_type);
    auto const verified = verified_message::verify(*std::move(parsed), {}, options.profile);
    if(!verified)
        return refuse_bytes(verified.error());
    auto const drawn = detail::drawn_numbers::draw(snapshot->random());
    if(!drawn)
        return failed(drawn.error());
    served_message c{*snapshot, *verified, now, *drawn, verified->tolerances()};
    auto const said = state_->judge(c);
    detail::reach(detail::failpoint::before_reply);
    auto reply = detail::make_reply(c, said);
    if(!reply)
        return failed(reply.error());
    // A refusal tells no more than the message itself: how far its inside came is nobody's business.
    auto const tolerances = std::holds_alternative<refuse>(said) ? verified->tolerances() : c.tolerances;
    return {200, "application/x-pki-message", *std::move(reply), tolerances};
}

} // namespace scepkit::inline v0::scep
