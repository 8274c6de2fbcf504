// SPDX-License-Identifier: BSL-1.0
#include <scep/detail/html.hpp>

#include <boost/container/static_vector.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace scepkit::inline v0::scep::detail {

namespace {

constexpr std::size_t looked_at = 1024;

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f'; }

// The start of the body as lower-case ASCII, without a byte order mark. mscep_admin writes UTF-16LE.
boost::container::static_vector<char, looked_at> beginning_of(bytes_view body) noexcept
{
    auto const at = [&](std::size_t i) { return i < body.size() ? body[i] : std::uint8_t{0}; };
    std::size_t start = 0;
    std::size_t step = 1;
    std::size_t low = 0;
    if(at(0) == 0xff && at(1) == 0xfe) {
        start = 2;
        step = 2;
    } else if(at(0) == 0xfe && at(1) == 0xff) {
        start = 2;
        step = 2;
        low = 1;
    } else if(at(0) == 0xef && at(1) == 0xbb && at(2) == 0xbf) {
        start = 3;
    } else if(at(0) == '<' && at(1) == 0) {
        step = 2;
    }
    boost::container::static_vector<char, looked_at> text;
    for(auto i = start + low; i < body.size() && text.size() < looked_at; i += step)
        text.push_back(lower(static_cast<char>(body[i])));
    return text;
}

} // namespace

bool looks_like_html(bytes_view body) noexcept
{
    // DER never begins with '<' or a byte order mark, so the common case ends here.
    if(body.empty() || body[0] == 0x30)
        return false;
    auto const begin = beginning_of(body);
    std::string_view text(begin.data(), begin.size());
    while(true) {
        while(!text.empty() && is_blank(text.front()))
            text.remove_prefix(1);
        if(!text.starts_with("<!--"))
            break;
        auto const end = text.find("-->");
        if(end == std::string_view::npos)
            return true;
        text.remove_prefix(end + 3);
    }
    static constexpr std::array<std::string_view, 13> starts{"<!doctype html", "<html",   "<head", "<body", "<form",
                                                             "<title",         "<script", "<meta", "<h1",   "<div",
                                                             "<center",        "<p>",     "<table"};
    if(std::any_of(starts.begin(), starts.end(), [&](auto s) { return text.starts_with(s); }))
        return true;
    // XHTML, and doctypes with more in them.
    return (text.starts_with("<?xml") || text.starts_with("<!doctype")) && text.find("html") != std::string_view::npos;
}

std::string media_type_of(std::string_view content_type)
{
    auto text = content_type.substr(0, content_type.find(';'));
    while(!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
    while(!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

} // namespace scepkit::inline v0::scep::detail
