// SPDX-License-Identifier: BSL-1.0
#include <scepkit/http/message.hpp>

#include <algorithm>
#include <scep/detail/html.hpp>

namespace scepkit::inline v0::http {

namespace {

bool same_name(std::string_view a, std::string_view b) noexcept
{
    constexpr auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

} // namespace

std::string_view fields::first(std::string_view name) const noexcept
{
    auto const found =
        std::find_if(list_.begin(), list_.end(), [&](auto const& f) { return same_name(f.first, name); });
    return found != list_.end() ? std::string_view(found->second) : std::string_view{};
}

bool fields::contains(std::string_view name) const noexcept
{
    return std::any_of(list_.begin(), list_.end(), [&](auto const& f) { return same_name(f.first, name); });
}

std::string media_type(response const& r) { return scep::detail::media_type_of(r.fields.first("Content-Type")); }

bool looks_like_html(bytes_view body) noexcept { return scep::detail::looks_like_html(body); }

} // namespace scepkit::inline v0::http
