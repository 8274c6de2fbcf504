// SPDX-License-Identifier: BSL-1.0
#include <scep/detail/responder_queries.hpp>

#include <scep/detail/responder_envelopes.hpp>
#include <scep/detail/responder_renewals.hpp>

namespace scepkit::inline v0::scep::detail {

namespace {

refuse not_served() { return {fail_info::bad_request, "not served here", {}}; }
refuse not_found() { return {fail_info::bad_cert_id, {}, {}}; }

std::optional<refuse> check_policy(served_message const& c)
{
    switch(c.with.options.queries) {
    case query_policy::refuse: return not_served();
    case query_policy::certificate_holders: return check_holder(c.with, c.signer(), c.now);
    case query_policy::everybody: return std::nullopt;
    }
    return not_served();
}

bool is_wanted(pki::certificate const& c, issuer_and_serial const& wanted)
{
    return c.issuer() == wanted.issuer && equal(c.serial(), wanted.serial);
}

verdict certificate(served_message const& c, cms::opened const& envelope, issuer_and_serial const& wanted,
                    scep::ledger& transactions)
{
    for(auto const* own : {&c.with.options.ca_chain, &c.with.options.ra_certificates})
        for(auto const& one : *own)
            if(is_wanted(one, wanted))
                return plain_answer(envelope, {one});
    auto const found = transactions.find_certificate(wanted.serial);
    if(!found)
        return refuse{fail_info::bad_request, {}, {}};
    if(!*found || !is_wanted(**found, wanted))
        return not_found();
    return plain_answer(envelope, {**found});
}

verdict revocations(served_message const& c, cms::opened const& envelope, issuer_and_serial const& wanted)
{
    if(!(wanted.issuer == c.with.issuing_ca().subject()))
        return not_found();
    auto const list = c.with.options.crl(c.now);
    if(!list || !(list->issuer() == c.with.issuing_ca().subject()))
        return refuse{fail_info::bad_request, {}, {}};
    return plain_answer(envelope, {}, {to_bytes(list->der())});
}

} // namespace

verdict answer_query(served_message& c, scep::ledger& transactions)
{
    auto const wants_crl = c.message.attributes().message_type == message_type::get_crl;
    if(wants_crl && !c.with.options.crl)
        return not_served();
    // No challenge comes with a question, so an answer under it cannot be given.
    auto const route = route_to(c.signer(), c.tolerates());
    if(!route || *route == reply_route::password)
        return refuse{fail_info::bad_alg, {}, {}};
    if(auto refusal = check_policy(c))
        return *std::move(refusal);
    auto const envelope = open_request(c);
    if(!envelope)
        return badly_made();
    auto const wanted = issuer_and_serial::from_der(envelope->content.view());
    if(!wanted)
        return badly_made();
    c.tolerances.insert(envelope->tolerances);
    if(wants_crl)
        return revocations(c, *envelope, *wanted);
    return certificate(c, *envelope, *wanted, transactions);
}

} // namespace scepkit::inline v0::scep::detail
