// SPDX-License-Identifier: BSL-1.0
#include <scep/detail/next_ca_check.hpp>

#include <algorithm>

namespace scepkit::inline v0::scep::detail {

namespace {

using certificates = std::vector<pki::certificate>;

error fail(errc code, std::string message)
{
    return {code, diagnostics{.message = std::move(message), .layer = "scep", .reference = "RFC 8894, 4.7"}};
}

bool is_authority(pki::certificate const& c) { return c.is_ca() && c.allows(pki::key_usage::key_cert_sign); }

bool issued_one_of(pki::certificate const& ca, certificates const& list)
{
    return std::ranges::any_of(
        list, [&](auto const& c) { return !(c == ca) && !(c.subject() == ca.subject()) && c.is_issued_by(ca); });
}

// Authorities that are not today's and have no other authority of the bag below them; of several those with an RA.
certificates candidates(cms::certificate_bag const& bag, ca_identity const& today)
{
    certificates authorities;
    certificates others;
    for(auto const& c : bag.certificates)
        (is_authority(c) ? authorities : others).push_back(c);
    certificates found;
    for(auto const& c : authorities)
        if(std::ranges::find(today.all, c) == today.all.end() && !issued_one_of(c, authorities))
            found.push_back(c);
    certificates with_ra;
    for(auto const& c : found)
        if(issued_one_of(c, others))
            with_ra.push_back(c);
    return with_ra.empty() ? found : with_ra;
}

} // namespace

result<next_ca> check_next_ca(cms::certificate_bag const& bag, ca_identity const& today, time_point now)
{
    auto const possible = candidates(bag, today);
    if(possible.empty())
        return fail(errc::issued_certificate_wrong, "the answer holds no CA certificate beside today's");
    auto const newest =
        *std::ranges::max_element(possible, {}, [](pki::certificate const& c) { return c.not_before(); });
    if(!newest.key())
        return newest.key().error();
    if(equal(newest.spki(), today.issuing_ca.spki()))
        return fail(errc::issued_certificate_wrong, "the next CA has the key of today's: nothing is rolled over");
    if(newest.not_before() < today.issuing_ca.not_before())
        return fail(errc::issued_certificate_wrong, "the next CA is older than today's");
    if(newest.not_after() < now)
        return fail(errc::certificate_expired, "the next CA certificate is expired");
    return next_ca{newest, bag.certificates, newest.not_before(), bag.tolerances};
}

} // namespace scepkit::inline v0::scep::detail
