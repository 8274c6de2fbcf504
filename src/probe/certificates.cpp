// SPDX-License-Identifier: BSL-1.0
#include <probe/certificates.hpp>
#include <probe/page.hpp>

#include <scepkit/probe/probe.hpp>

#include <gsl/narrow>

namespace scepkit::inline v0::probe {

namespace {

constexpr std::size_t name_bytes = 500;
constexpr std::size_t listed_names = 100;

std::string key_text(pki::certificate const& c)
{
    auto const& key = c.key();
    if(!key)
        return std::string(name_of(key.error().code()));
    auto text = std::string(name_of(key->kind()));
    return key->is_rsa() ? text + " " + std::to_string(key->bits()) : text;
}

std::string signature_text(pki::certificate const& c)
{
    auto const* algorithm = c.signed_with();
    if(algorithm == nullptr)
        return "unknown";
    std::string text;
    switch(algorithm->scheme) {
    case pki::signature_scheme::rsa_pkcs1_v1_5: text = "RSA"; break;
    case pki::signature_scheme::rsa_pss: text = "RSASSA-PSS"; break;
    case pki::signature_scheme::ecdsa: text = "ECDSA"; break;
    case pki::signature_scheme::ml_dsa: text = "ML-DSA"; break;
    }
    if(algorithm->digest)
        text.append(" ").append(name_of(*algorithm->digest));
    return text;
}

facts::certificate_summary describe(pki::certificate const& c)
{
    facts::certificate_summary s;
    s.subject = bounded(c.subject().to_string(), name_bytes);
    s.issuer = bounded(c.issuer().to_string(), name_bytes);
    s.serial = to_hex(c.serial());
    s.sha256 = to_hex(c.sha256());
    s.not_before = to_iso8601(c.not_before());
    s.not_after = to_iso8601(c.not_after());
    s.key = key_text(c);
    s.signature = signature_text(c);
    s.is_ca = c.is_ca();
    s.self_issued = c.is_self_issued();
    auto const& extensions = c.extensions();
    if(extensions.key_usage)
        s.key_usage = pki::to_string(*extensions.key_usage);
    if(extensions.extended_key_usage)
        for(auto const& id : *extensions.extended_key_usage)
            s.extended_key_usage.push_back(id.to_dotted());
    for(auto const& name : extensions.subject_alt_names)
        if(name.type == pki::general_name::kind::dns && s.dns_names.size() < listed_names)
            s.dns_names.push_back(bounded(name.text, name_bytes));
    return s;
}

/// Names say who claims to have signed; the key says who did. After a CA renewal with a new key they differ.
std::optional<std::size_t> signer_of(pki::certificate const& c, std::vector<pki::certificate> const& all)
{
    for(std::size_t i = 0; i < all.size(); ++i)
        if(c.is_issued_by(all[i]))
            return i;
    for(std::size_t i = 0; i < all.size(); ++i)
        if(all[i].subject() == c.issuer() && all[i].key() && c.verify_signature(*all[i].key()))
            return i;
    return std::nullopt;
}

} // namespace

std::vector<facts::certificate_summary> summarise(std::vector<pki::certificate> const& certificates)
{
    std::vector<facts::certificate_summary> list;
    list.reserve(certificates.size());
    for(auto const& c : certificates) {
        auto s = describe(c);
        if(auto const signer = signer_of(c, certificates))
            s.issued_by = gsl::narrow<std::int64_t>(*signer);
        for(auto const& other : certificates)
            s.issuer_name_in_list = s.issuer_name_in_list || other.subject() == c.issuer();
        list.push_back(std::move(s));
    }
    return list;
}

std::vector<facts::certificate_summary> summarise_chain(std::vector<bytes> const& sent)
{
    // Most servers send four at most; a server that sends hundreds is not worth hundreds of signature checks.
    constexpr std::size_t looked_at = 16;
    std::vector<pki::certificate> readable;
    std::vector<std::size_t> place; // readable[i] is list[place[i]]
    std::vector<facts::certificate_summary> list;
    for(auto const& der : sent) {
        if(list.size() == looked_at)
            break;
        facts::certificate_summary s;
        if(auto c = pki::certificate::from_der(der)) {
            place.push_back(list.size());
            readable.push_back(*std::move(c));
        } else {
            s.key = name_of(c.error().code());
        }
        list.push_back(std::move(s));
    }
    auto summaries = summarise(readable);
    for(std::size_t i = 0; i < summaries.size(); ++i) {
        auto& issued_by = summaries[i].issued_by;
        if(issued_by)
            issued_by = gsl::narrow<std::int64_t>(place[gsl::narrow<std::size_t>(*issued_by)]);
        list[place[i]] = std::move(summaries[i]);
    }
    return list;
}

} // namespace scepkit::inline v0::probe
