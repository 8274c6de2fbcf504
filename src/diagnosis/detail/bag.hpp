// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <diagnosis/detail/look.hpp>

#include <algorithm>

// The certificates of GetCACert by what they are for.

namespace scepkit::inline v0::diagnosis::detail {

using facts::certificate_summary;

inline bool has_usage(certificate_summary const& one, std::string_view bit)
{
    return one.key_usage && contains(*one.key_usage, bit);
}
inline bool encrypts(certificate_summary const& one) { return !one.key_usage || has_usage(one, "keyencipherment"); }
inline bool signs(certificate_summary const& one) { return !one.key_usage || has_usage(one, "digitalsignature"); }

inline std::optional<time_point> time_of(std::string const& iso)
{
    auto const time = from_iso8601(iso);
    return time ? std::optional(*time) : std::nullopt;
}
inline bool is_over(certificate_summary const& one, time_point now)
{
    auto const end = time_of(one.not_after);
    return end && *end < now;
}
inline bool is_early(certificate_summary const& one, time_point now)
{
    auto const begin = time_of(one.not_before);
    return begin && *begin > now;
}
// Names no CA of the bag, or is signed by none though its signature could be checked.
inline bool is_strangers(certificate_summary const& one)
{
    if(one.self_issued || one.issued_by)
        return false;
    return !one.issuer_name_in_list || one.signature != "unknown";
}
inline bool is_good(certificate_summary const& one, time_point now)
{
    return !is_over(one, now) && !is_early(one, now) && !is_strangers(one);
}

// The certificates of a bag by what they are for.
struct bag {
    facts::ca_certificates const& facts;
    std::vector<std::size_t> ca, ra;

    explicit bag(facts::ca_certificates const& f) : facts(f)
    {
        for(std::size_t i = 0; i < f.certificates.size(); ++i)
            (f.certificates[i].is_ca ? ca : ra).push_back(i);
    }
    certificate_summary const& at(std::size_t i) const { return facts.certificates[i]; }
    /// A usable pair is there: what else lies in the bag is left over.
    bool has_good_pair(time_point now) const
    {
        auto const any = [&](auto purpose) {
            return std::ranges::any_of(ra, [&](auto i) { return purpose(at(i)) && is_good(at(i), now); });
        };
        return any(encrypts) && any(signs);
    }
};

inline std::optional<bag> read_bag(rule_context const& c)
{
    return certificates_read(c) ? std::optional<bag>(std::in_place, *c.facts.ca) : std::nullopt;
}

} // namespace scepkit::inline v0::diagnosis::detail
