// SPDX-License-Identifier: BSL-1.0
#include <scep/detail/responder_renewals.hpp>

#include <base/try.hpp>

#include <algorithm>
#include <array>

namespace scepkit::inline v0::scep::detail {

namespace {

constexpr asn1::oid cmc_registration_authority{"1.3.6.1.5.5.7.3.28"};

refuse no(std::string words) { return {fail_info::bad_request, std::move(words), {}}; }

// Who signs replies is known by these (ca_identity::choose): a device's certificate must not live on with one.
bool is_for_registration(asn1::oid const& purpose)
{
    static constexpr std::array purposes{asn1::oids::certificate_request_agent, asn1::oids::any_extended_key_usage,
                                         cmc_registration_authority};
    return std::ranges::find(purposes, purpose) != purposes.end();
}

bool contains(std::vector<asn1::oid> const& list, asn1::oid const& id)
{
    return std::ranges::find(list, id) != list.end();
}

// Nothing where the list says that it is good. Whatever keeps the list from saying so refuses.
std::optional<refuse> check_revocation(responder_snapshot const& with, pki::certificate const& c, time_point now)
{
    if(!with.options.crl)
        return std::nullopt;
    auto const list = with.options.crl(now);
    if(!list || !list->verify(with.issuing_ca()) || (list->next_update() && *list->next_update() < now))
        return no("revocation cannot be checked now");
    auto const* entry = list->find(c.serial());
    if(entry != nullptr && entry->reason != pki::revocation_reason::remove_from_crl)
        return no("the certificate is revoked");
    return std::nullopt;
}

std::vector<bytes> sorted_names(std::vector<pki::general_name> const& names)
{
    std::vector<bytes> out;
    out.reserve(names.size());
    for(auto const& n : names)
        out.push_back(n.der);
    std::ranges::sort(out);
    return out;
}

} // namespace

bool is_of_this_ca(responder_snapshot const& with, pki::certificate const& c)
{
    return c == with.issuing_ca() || c.is_issued_by(with.issuing_ca());
}

std::optional<refuse> check_holder(responder_snapshot const& with, pki::certificate const& c, time_point now)
{
    if(!is_of_this_ca(with, c) || !c.is_valid_at(now))
        return no("only for who has a certificate of this CA that is in force");
    return check_revocation(with, c, now);
}

std::optional<refuse> check_renewing(responder_snapshot const& with, pki::certificate const& old, time_point asked,
                                     time_point now)
{
    auto const& policy = with.options.renewals;
    if(!policy.allowed)
        return no("renewals are not allowed here");
    if(!is_of_this_ca(with, old))
        return no("the certificate is not of this CA");
    if(!old.is_valid_at(asked))
        return no("the certificate is not in force");
    if(old.is_ca() || with.is_own(old))
        return no("the certificate is not a device's");
    auto const& purposes = old.extensions().extended_key_usage;
    if(purposes && std::ranges::any_of(*purposes, is_for_registration))
        return no("the certificate is not a device's");
    if(purposes && !contains(*purposes, asn1::oids::client_auth))
        return no("the certificate is not for client authentication");
    if(!old.allows(pki::key_usage::digital_signature))
        return no("the certificate is not for signatures");
    if(policy.window.count() > 0 && asked < old.not_after() - policy.window)
        return no("it is too early to renew the certificate");
    return check_revocation(with, old, now);
}

result<void> check_renewed(renewal_policy const& policy, pki::certificate const& old,
                           pki::certificate_request const& request)
{
    auto const& wanted = request.extensions();
    auto const& had = old.extensions();
    if(!(request.subject() == old.subject()))
        return error(errc::name_mismatch, "a renewal keeps the subject");
    if(!wanted.subject_alt_names.empty() &&
       sorted_names(wanted.subject_alt_names) != sorted_names(had.subject_alt_names))
        return error(errc::name_mismatch, "a renewal keeps the alternative names");
    if(wanted.sid && wanted.sid != had.sid)
        return error(errc::name_mismatch, "a renewal keeps the SID");
    if(wanted.extended_key_usage && had.extended_key_usage &&
       !std::ranges::all_of(*wanted.extended_key_usage,
                            [&](auto const& id) { return contains(*had.extended_key_usage, id); }))
        return error(errc::usage_not_allowed, "a renewal adds no purpose");
    if(!policy.same_key_allowed && equal(request.key().value().spki(), old.spki()))
        return error(errc::key_not_allowed, "a renewal needs a new key here");
    return success();
}

} // namespace scepkit::inline v0::scep::detail
