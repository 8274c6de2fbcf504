// SPDX-License-Identifier: BSL-1.0
#include <http/detail/retry_after.hpp>

#include <base/civil_time.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace scepkit::inline v0::http::detail {

namespace {

using std::chrono::seconds;

using scepkit::detail::read_digits;
using scepkit::detail::to_time_point;

constexpr seconds longest = std::chrono::hours{24 * 3650};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> days{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::string_view trimmed(std::string_view text) noexcept
{
    auto const first = text.find_first_not_of(" \t");
    if(first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

} // namespace

std::optional<time_point> read_http_date(std::string_view text)
{
    // Sun, 06 Nov 1994 08:49:37 GMT
    // 0    5  8   12   17 20 23 26
    if(text.size() != 29 || std::ranges::find(days, text.substr(0, 3)) == days.end() || text.substr(3, 2) != ", " ||
       text[7] != ' ' || text[11] != ' ' || text[16] != ' ' || text[19] != ':' || text[22] != ':' ||
       text.substr(25) != " GMT")
        return std::nullopt;
    auto const month = std::ranges::find(months, text.substr(8, 3));
    auto const day = read_digits(text.substr(5, 2));
    auto const year = read_digits(text.substr(12, 4));
    auto const hour = read_digits(text.substr(17, 2));
    auto const minute = read_digits(text.substr(20, 2));
    auto const second = read_digits(text.substr(23, 2));
    if(month == months.end() || !day || !year || !hour || !minute || !second)
        return std::nullopt;
    return to_time_point(
        {static_cast<int>(*year), static_cast<unsigned>(month - months.begin()) + 1, *day, *hour, *minute, *second});
}

std::optional<seconds> retry_after(fields const& answer)
{
    auto const text = trimmed(answer.first("Retry-After"));
    if(text.empty())
        return std::nullopt;
    if(std::all_of(text.begin(), text.end(), is_digit)) {
        std::int64_t value = 0;
        auto const [stop, bad] = std::from_chars(text.data(), text.data() + text.size(), value);
        return bad != std::errc{} ? longest : std::min(seconds{value}, longest);
    }
    auto const when = read_http_date(text);
    auto const sent = read_http_date(trimmed(answer.first("Date")));
    if(!when || !sent)
        return std::nullopt;
    return std::clamp(seconds{*when - *sent}, seconds{0}, longest);
}

} // namespace scepkit::inline v0::http::detail
