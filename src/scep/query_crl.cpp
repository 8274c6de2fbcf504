// SPDX-License-Identifier: BSL-1.0
#include <scep/detail/query_state.hpp>

#include <base/try.hpp>

namespace scepkit::inline v0::scep {

namespace {

using detail::scep_error;

result<query_outcome> find_crl(cms::certificate_bag const& bag, issuer_and_serial const& wanted, ca_identity const& ca,
                               limits const& bounds, time_point now, quirk_set needed)
{
    std::optional<error> last;
    for(auto const& der : bag.crls) {
        SCEPKIT_TRY(auto list, pki::crl::from_der(der, bounds));
        if(!(list.issuer() == wanted.issuer))
            continue;
        SCEPKIT_CHECK(list.verify(ca.issuing_ca));
        if(now < list.this_update())
            last = scep_error(errc::certificate_not_yet_valid, "the CRL is of a time to come: check the clocks");
        else if(list.next_update() && now > *list.next_update())
            last = scep_error(errc::certificate_expired, "the CRL is out of date");
        else
            return query_outcome{found_crl{std::move(list), needed}};
    }
    if(last)
        return *last;
    return scep_error(errc::content_missing, "the reply holds no CRL of the issuer that was asked for",
                      "RFC 8894, 4.6");
}

} // namespace

result<query> query::crl(issuer_and_serial subject, query_signer by, ca_trust trust, enrollment_options options)
{
    return state::create(state::kind::crl, find_crl, std::move(subject), std::move(by), std::move(trust),
                         std::move(options));
}

} // namespace scepkit::inline v0::scep
