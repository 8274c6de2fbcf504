// SPDX-License-Identifier: BSL-1.0
#include <scepkit/base/time.hpp>

#include <base/civil_time.hpp>

#include <cstdlib>
#include <utility>

namespace scepkit::inline v0 {

time_point current_time() noexcept
{
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::string to_iso8601(time_point time)
{
    auto const t = detail::to_civil(time);
    std::string out;
    if(t.year < 0)
        out += '-';
    out += detail::padded(static_cast<unsigned>(std::abs(t.year)), 4);
    for(auto const& [before, value] :
        {std::pair{'-', t.month}, {'-', t.day}, {'T', t.hour}, {':', t.minute}, {':', t.second}}) {
        out += before;
        out += detail::padded(value, 2);
    }
    out += 'Z';
    return out;
}

result<time_point> from_iso8601(std::string_view text)
{
    error const bad(errc::bad_value, "not a time of the form 2026-11-26T13:01:51Z");
    bool const blank = text.size() > 10 && text[10] == ' ';
    if(text.size() == 20 && text[19] == 'Z')
        text.remove_suffix(1);
    else if(!blank)
        return bad;
    if(text.size() != 19 || text[4] != '-' || text[7] != '-' || (text[10] != 'T' && !blank) || text[13] != ':' ||
       text[16] != ':')
        return bad;
    auto const number = [&](std::size_t at, std::size_t size) { return detail::read_digits(text.substr(at, size)); };
    auto const year = number(0, 4), month = number(5, 2), day = number(8, 2);
    auto const hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
    if(!year || !month || !day || !hour || !minute || !second)
        return bad;
    auto const time = detail::to_time_point({static_cast<int>(*year), *month, *day, *hour, *minute, *second});
    if(!time)
        return bad;
    return *time;
}

} // namespace scepkit::inline v0
