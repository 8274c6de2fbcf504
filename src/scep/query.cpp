// SPDX-License-Identifier: BSL-1.0
#include <scep/detail/query_state.hpp>

#include <base/try.hpp>
#include <scep/detail/next_ca_check.hpp>

namespace scepkit::inline v0::scep {

namespace {

using detail::scep_error;

constexpr std::size_t transaction_id_size = 16;

error wrong(std::string message)
{
    return scep_error(errc::issued_certificate_wrong, std::move(message), "RFC 8894, 4.5");
}

error moved() { return scep_error(errc::state_misuse, "this query was moved from"); }

result<query_outcome> find_certificate(cms::certificate_bag const& bag, issuer_and_serial const& wanted,
                                       ca_identity const& ca, limits const&, time_point, quirk_set needed)
{
    pki::certificate const* found = nullptr;
    for(auto const& c : bag.certificates) {
        if(!(c.issuer() == wanted.issuer) || !equal(c.serial(), wanted.serial) || (found != nullptr && *found == c))
            continue;
        if(found != nullptr)
            return wrong("the reply holds two certificates of the same issuer and serial number");
        found = &c;
    }
    if(found == nullptr)
        return wrong("the reply does not hold the certificate that was asked for");
    if(!found->is_issued_by(ca.issuing_ca))
        return wrong("the certificate is not signed by the CA that GetCACert named");
    return query_outcome{found_certificate{*found, needed}};
}

} // namespace

result<query> query::state::create(kind k, ca_trust trust, enrollment_options options)
{
    SCEPKIT_CHECK(detail::conversation::check(options, std::nullopt));
    return query(std::make_unique<state>(k, std::move(trust), std::move(options)));
}

result<query> query::state::create(kind k, reader read, issuer_and_serial wanted, query_signer by, ca_trust trust,
                                   enrollment_options options)
{
    SCEPKIT_CHECK(detail::conversation::check(options, by.key.kind()));
    if(wanted.serial.empty())
        return scep_error(errc::invalid_argument, "a certificate is asked for by its serial number");
    if(!by.certificate.key() || *by.certificate.key() != by.key.public_key())
        return scep_error(errc::invalid_argument, "the signer's certificate is for another key");
    SCEPKIT_TRY(auto opener, detail::reply_opener::create(by.key, std::move(by.decrypter), {}, options.profile));
    auto s = std::make_unique<state>(k, std::move(trust), std::move(options));
    s->read = read;
    s->wanted = std::move(wanted);
    s->by = asker{std::move(by.certificate), std::move(by.key), std::move(opener)};
    return query(std::move(s));
}

result<query::step> query::state::on_trusted(time_point)
{
    switch(about) {
    case kind::ca: {
        auto known = *ca.identity;
        known.tolerances.insert(ca.tolerances);
        return step{query_outcome{ca_description{ca.offered, std::move(known)}}};
    }
    case kind::next_ca:
        if(!ca.offered.get_next_ca_cert)
            return scep_error(errc::capability_floor, "the server does not list GetNextCACert", "RFC 8894, 3.5.2");
        return step{ca.ask_next_ca()};
    case kind::certificate:
    case kind::crl: return ask();
    }
    return misuse("no such query");
}

// A question is a transaction of its own: made of the key, its id would be that of the signer's enrolment.
result<query::step> query::state::ask()
{
    if(ca.options.transaction_id) {
        ca.transaction_id = *ca.options.transaction_id;
    } else {
        SCEPKIT_TRY(auto const drawn, detail::draw(ca.random(), transaction_id_size));
        ca.transaction_id = to_hex(drawn);
    }
    auto const type = about == kind::crl ? message_type::get_crl : message_type::get_cert;
    SCEPKIT_TRY(auto message, ca.say(type, wanted->to_der(), by->certificate, by->key));
    return step{std::move(message)};
}

result<query::step> query::state::on_answer(reply const& r, time_point now)
{
    if(about == kind::next_ca) {
        SCEPKIT_TRY(auto outcome, on_next_ca(r, now));
        return step{std::move(outcome)};
    }
    SCEPKIT_TRY(auto const message, ca.hear(r));
    switch(*message.attributes().pki_status) {
    case pki_status::failure: return step{query_outcome{ca.refusal(message.attributes())}};
    case pki_status::pending:
        return scep_error(errc::bad_value, "PENDING is no answer to a question", "RFC 8894, 3.3.2.3");
    case pki_status::success: break;
    }
    SCEPKIT_TRY(auto outcome, on_success(message, now));
    return step{std::move(outcome)};
}

result<query_outcome> query::state::on_next_ca(reply const& r, time_point now)
{
    auto const& options = ca.options;
    SCEPKIT_CHECK(ca.check_http(r, operation::get_next_ca_cert));
    SCEPKIT_TRY(auto const bag, open_next_ca_message(r.body, ca.identity->issuing_ca, options.profile, options.bounds));
    SCEPKIT_CHECK(ca.check_media_type(r, {"application/x-x509-next-ca-cert"}));
    SCEPKIT_TRY(auto found, detail::check_next_ca(bag, *ca.identity, now));
    found.tolerances.insert(ca.tolerances);
    return query_outcome{std::move(found)};
}

result<query_outcome> query::state::on_success(verified_message const& message, time_point now)
{
    auto const& options = ca.options;
    SCEPKIT_TRY(auto const opened, by->opens.open(message, by->certificate, options.profile, options.bounds));
    SCEPKIT_TRY(auto const bag,
                cms::certificate_bag::parse(opened.content.view(), options.profile.allowed, options.bounds));
    auto needed = ca.tolerances;
    needed.insert(opened.tolerances);
    needed.insert(bag.tolerances);
    return read(bag, *wanted, *ca.identity, options.bounds, now, needed);
}

query::query(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
query::query(query&&) noexcept = default;
query& query::operator=(query&&) noexcept = default;
query::~query() = default;

result<query> query::ca(ca_trust trust, enrollment_options options)
{
    return state::create(state::kind::ca, std::move(trust), std::move(options));
}

result<query> query::certificate(issuer_and_serial wanted, query_signer by, ca_trust trust, enrollment_options options)
{
    return state::create(state::kind::certificate, find_certificate, std::move(wanted), std::move(by), std::move(trust),
                         std::move(options));
}

result<query> query::next_ca(ca_trust trust, enrollment_options options)
{
    return state::create(state::kind::next_ca, std::move(trust), std::move(options));
}

result<query::step> query::start() { return state_ ? state_->start() : moved(); }

result<query::step> query::on_reply(scep::reply const& r, time_point now)
{
    return state_ ? state_->on_reply(r, now) : moved();
}

result<query::step> query::on_timer() { return state_ ? state_->on_timer() : moved(); }

result<query::step> query::on_no_reply(error const& why, time_point)
{
    return state_ ? state_->on_no_reply(why) : moved();
}

} // namespace scepkit::inline v0::scep
