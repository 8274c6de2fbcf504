// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/config.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace scepkit::inline v0::evidence::detail {

/// The columns of a W3C log that mean something here.
enum class column : std::uint8_t {
    date,
    time,
    s_ip,
    method,
    stem,
    query,
    port,
    username,
    c_ip,
    user_agent,
    host,
    forwarded_for, ///< A custom field with the address that a proxy saw.
    status,
    substatus,
    win32,
    time_taken,
};
inline constexpr std::size_t columns = 16;
/// More columns than any log has; a #Fields line with more is not obeyed.
inline constexpr std::size_t most_columns = 128;

/// Where each column stands, as the last #Fields line says.
struct field_map {
    std::array<std::int16_t, columns> at;
    std::size_t count = 0; ///< 0: no #Fields yet.

    field_map() { at.fill(-1); }
    bool has(column c) const noexcept { return at[static_cast<std::size_t>(c)] >= 0; }
};

/// Reads what follows "#Fields:". Nothing if there is no name or too many. A name that comes twice means its first
/// column.
std::optional<field_map> read_fields(std::string_view names);

/// Names of the columns that recognising faults needs and that `map` lacks.
std::vector<std::string> missing_fields(field_map const& map);

/// `lower` is in lower case.
inline bool equal_ignoring_case(std::string_view a, std::string_view lower) noexcept
{
    if(a.size() != lower.size())
        return false;
    char const* x = a.data();
    for(char const y : lower) {
        char const c = *x++;
        if(c != y && !(c >= 'A' && c <= 'Z' && (c | 0x20) == y))
            return false;
    }
    return true;
}
bool contains_ignoring_case(std::string_view text, std::string_view lower) noexcept;
std::string to_lower(std::string_view text);

} // namespace scepkit::inline v0::evidence::detail
