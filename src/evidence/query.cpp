// SPDX-License-Identifier: BSL-1.0
#include <evidence/detail/log_reader.hpp>

namespace scepkit::inline v0::evidence::detail {

std::optional<parameter> find_parameter(std::string_view query, std::string_view name) noexcept
{
    for(std::size_t at = 0; at < query.size();) {
        auto const end = std::min(query.find('&', at), query.size());
        auto const part = query.substr(at, end - at);
        if(part.size() > name.size() && equal_ignoring_case(part.substr(0, name.size()), name)) {
            auto const rest = part.substr(name.size());
            std::size_t const sign = rest[0] == '=' ? 1 : equal_ignoring_case(rest.substr(0, 3), "%3d") ? 3 : 0;
            if(sign != 0)
                return parameter{at + name.size() + sign, part.size() - name.size() - sign};
        }
        at = end + 1;
    }
    return std::nullopt;
}

asked read_operation(std::string_view query) noexcept
{
    constexpr std::string_view usual = "operation=";
    std::string_view value;
    if(query.starts_with(usual)) {
        value = query.substr(usual.size(), query.find('&', usual.size()) - usual.size());
    } else if(auto const found = find_parameter(query, "operation")) {
        value = query.substr(found->value, found->size);
    } else {
        return {};
    }
    if(equal_ignoring_case(value, "getcacaps"))
        return {operation::ca_caps, true};
    if(equal_ignoring_case(value, "getcacert"))
        return {operation::ca_cert, true};
    if(equal_ignoring_case(value, "pkioperation"))
        return {operation::pki, true};
    // GetNextCACert, GetCACertChain, and the GetCACerts of a well-known script.
    return {operation::other,
            equal_ignoring_case(value.substr(0, 5), "getca") || equal_ignoring_case(value.substr(0, 9), "getnextca")};
}

} // namespace scepkit::inline v0::evidence::detail
