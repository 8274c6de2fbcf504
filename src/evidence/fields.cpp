// SPDX-License-Identifier: BSL-1.0
#include <evidence/detail/fields.hpp>

#include <algorithm>

namespace scepkit::inline v0::evidence::detail {

namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

struct named_column {
    std::string_view name; // Lower case.
    column meaning;
};
// Microsoft's page writes cs(Referrer) where files have cs(Referer); neither is needed here, nor are cookies and sizes.
constexpr named_column names[] = {
    {"date", column::date},
    {"time", column::time},
    {"s-ip", column::s_ip},
    {"cs-method", column::method},
    {"cs-uri-stem", column::stem},
    {"cs-uri-query", column::query},
    {"s-port", column::port},
    {"cs-username", column::username},
    {"c-ip", column::c_ip},
    {"cs(user-agent)", column::user_agent},
    {"cs-host", column::host},
    {"cs(host)", column::host},
    {"sc-status", column::status},
    {"sc-substatus", column::substatus},
    {"sc-win32-status", column::win32},
    {"time-taken", column::time_taken},
};

// Administrators choose the names of custom fields; these are the ones that proxies' documentation suggests.
bool is_forwarded_for(std::string_view name)
{
    for(std::string_view const part : {"forwarded-for", "forwardedfor", "x-original-for", "originalip", "original-ip",
                                       "real-ip", "client-ip", "clientip", "connecting-ip"})
        if(contains_ignoring_case(name, part))
            return true;
    return false;
}

std::optional<column> meaning_of(std::string_view name)
{
    for(auto const& known : names)
        if(equal_ignoring_case(name, known.name))
            return known.meaning;
    if(is_forwarded_for(name))
        return column::forwarded_for;
    return std::nullopt;
}

} // namespace

bool contains_ignoring_case(std::string_view text, std::string_view lower_case) noexcept
{
    return std::search(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                       [](char x, char y) { return lower(x) == y; }) != text.end();
}

std::string to_lower(std::string_view text)
{
    std::string out(text);
    std::ranges::transform(out, out.begin(), lower);
    return out;
}

std::optional<field_map> read_fields(std::string_view text)
{
    field_map map;
    for(std::size_t at = 0; at < text.size();) {
        auto const end = std::min(text.find_first_of(" \t", at), text.size());
        if(end > at) {
            if(map.count == most_columns)
                return std::nullopt;
            if(auto const meaning = meaning_of(text.substr(at, end - at))) {
                auto& column = map.at[static_cast<std::size_t>(*meaning)];
                if(column < 0)
                    column = static_cast<std::int16_t>(map.count);
            }
            ++map.count;
        }
        at = end + 1;
    }
    return map.count == 0 ? std::nullopt : std::optional(map);
}

std::vector<std::string> missing_fields(field_map const& map)
{
    constexpr column needed[] = {column::date,  column::time,       column::c_ip,   column::method,    column::stem,
                                 column::query, column::user_agent, column::status, column::substatus, column::win32};
    std::vector<std::string> out;
    for(auto const& known : names)
        if(std::ranges::find(needed, known.meaning) != std::end(needed) && !map.has(known.meaning))
            out.emplace_back(known.meaning == column::user_agent ? "cs(User-Agent)" : known.name);
    return out;
}

} // namespace scepkit::inline v0::evidence::detail
