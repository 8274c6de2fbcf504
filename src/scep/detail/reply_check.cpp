// SPDX-License-Identifier: BSL-1.0
#include <scep/detail/reply_check.hpp>

#include <base/try.hpp>

#include <algorithm>

namespace scepkit::inline v0::scep::detail {

namespace {

error wrong(std::string message)
{
    return {errc::issued_certificate_wrong,
            diagnostics{.message = std::move(message), .layer = "scep", .reference = "RFC 8894, 3.3.2.1"}};
}

bool contains(std::vector<pki::certificate> const& list, pki::certificate const& c)
{
    return std::find(list.begin(), list.end(), c) != list.end();
}

// The CAs of the reply and of GetCACert: the leaf's issuers in order, then the others.
std::vector<pki::certificate> chain_above(pki::certificate const& leaf, std::vector<pki::certificate> const& reply,
                                          ca_identity const& ca)
{
    std::vector<pki::certificate> pool;
    for(auto const* list : {&reply, &ca.all})
        for(auto const& c : *list)
            if((c.is_ca() || c == ca.issuing_ca) && !(c == leaf) && !(c == ca.issuing_ca) && !contains(pool, c))
                pool.push_back(c);
    std::vector<pki::certificate> chain{ca.issuing_ca};
    while(!chain.back().is_self_issued()) {
        auto const next =
            std::find_if(pool.begin(), pool.end(), [&](auto const& c) { return chain.back().is_issued_by(c); });
        if(next == pool.end())
            break;
        chain.push_back(*next);
        pool.erase(next);
    }
    chain.insert(chain.end(), pool.begin(), pool.end());
    return chain;
}

} // namespace

result<issued> check_issued(bytes_view opened_content, pki::public_key const& requested, ca_identity const& ca,
                            profile const& tolerances, limits const& bounds, time_point now)
{
    SCEPKIT_TRY(auto const bag, cms::certificate_bag::parse(opened_content, tolerances.allowed, bounds,
                                                            pki::crypto_context::default_context(), ca.all));
    pki::certificate const* leaf = nullptr;
    for(auto const& c : bag.certificates) {
        auto const is_requested = c.key() && *c.key() == requested;
        if(!is_requested || (leaf != nullptr && *leaf == c))
            continue;
        if(leaf != nullptr)
            return wrong("the reply holds two certificates for the requested key");
        leaf = &c;
    }
    if(leaf == nullptr)
        return wrong("the reply holds no certificate for the requested key");
    if(leaf->is_ca())
        return wrong("the issued certificate is a CA's");
    for(auto const& c : bag.certificates)
        if(!(c == *leaf) && !c.is_ca() && !contains(ca.all, c))
            return wrong("the reply holds another end-entity certificate beside the issued one");
    if(!leaf->is_issued_by(ca.issuing_ca))
        return wrong("the issued certificate is not signed by the CA that GetCACert named");
    if(!leaf->is_valid_at(now))
        return wrong("the issued certificate is expired or not yet valid: check the clocks");
    issued outcome{*leaf, chain_above(*leaf, bag.certificates, ca), std::nullopt, bag.tolerances};
    return outcome;
}

} // namespace scepkit::inline v0::scep::detail
