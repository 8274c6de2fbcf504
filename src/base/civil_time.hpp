// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/time.hpp>

#include <optional>
#include <string_view>

namespace scepkit::inline v0::detail {

struct civil_time {
    int year = 0;
    unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

/// Decimal digits and nothing else; nothing where there is another character or no digit at all.
constexpr std::optional<unsigned> read_digits(std::string_view text) noexcept
{
    unsigned value = 0;
    for(char const c : text) {
        if(c < '0' || c > '9')
            return std::nullopt;
        value = value * 10 + static_cast<unsigned>(c - '0');
    }
    return text.empty() || text.size() > 9 ? std::nullopt : std::optional(value);
}

/// Nothing for a day or time of day that does not exist; leap seconds do not.
constexpr std::optional<time_point> to_time_point(civil_time const& t) noexcept
{
    using namespace std::chrono;
    year_month_day const date{year{t.year}, month{t.month}, day{t.day}};
    if(!date.ok() || t.hour > 23 || t.minute > 59 || t.second > 59)
        return std::nullopt;
    return sys_days{date} + hours{t.hour} + minutes{t.minute} + seconds{t.second};
}

constexpr civil_time to_civil(time_point time) noexcept
{
    using namespace std::chrono;
    auto const midnight = floor<days>(time);
    year_month_day const date{midnight};
    hh_mm_ss const clock{time - midnight};
    return {static_cast<int>(date.year()),
            static_cast<unsigned>(date.month()),
            static_cast<unsigned>(date.day()),
            static_cast<unsigned>(clock.hours().count()),
            static_cast<unsigned>(clock.minutes().count()),
            static_cast<unsigned>(clock.seconds().count())};
}

/// `value` with leading zeros, at least `width` digits.
inline std::string padded(unsigned value, std::size_t width)
{
    auto text = std::to_string(value);
    return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

} // namespace scepkit::inline v0::detail
