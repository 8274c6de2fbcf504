// SPDX-License-Identifier: BSL-1.0
#include <probe/page.hpp>

#include <scepkit/http/message.hpp>

#include <algorithm>
#include <array>

namespace scepkit::inline v0::probe {

namespace {

constexpr std::size_t looked_at = 64u << 10;
constexpr std::size_t title_bytes = 200;

struct marker {
    std::string_view name;
    std::string_view needle; ///< Lower case, as it stands in a page.
};

// Names, not excerpts: a report may repeat them without repeating what a stranger wrote.
constexpr std::array markers{
    marker{"form", "<form"},
    marker{"SAMLRequest", "samlrequest"},
    marker{"window.location", "window.location"},
    marker{"login.microsoftonline.com", "login.microsoftonline.com"},
    marker{"Network Device Enrollment Service", "network device enrollment service"},
    marker{"enrollment challenge password", "enrollment challenge password"},
    marker{"password cache is full", "password cache is full"},
    marker{"no permission to enroll", "sufficient permission to enroll"},
    marker{"Request Too Long", "request too long"},
    marker{"Request Header Too Long", "request header too long"},
    marker{"Header Field Too Long", "header field too long"},
    marker{"Invalid URL", "invalid url"},
    marker{"Invalid Hostname", "invalid hostname"},
    marker{"Service Unavailable", "service unavailable"},
    marker{"HTTP Error 503", "http error 503"},
    marker{"IIS start page", "iisstart"},
    marker{"corporate app can't be accessed", "corporate app can't be accessed"},
    marker{"ConnectorError", "connectorerror"},
};

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lowered(std::string_view text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

enum class utf16 { no, little, big };

utf16 encoding_of(bytes_view body) noexcept
{
    if(body.size() < 4)
        return utf16::no;
    if(body[0] == 0xff && body[1] == 0xfe)
        return utf16::little;
    if(body[0] == 0xfe && body[1] == 0xff)
        return utf16::big;
    // Without a mark: markup is ASCII, so one byte of each pair is zero and the other is not.
    auto const pairs = std::min<std::size_t>(body.size() / 2, 16);
    std::size_t little = 0;
    std::size_t big = 0;
    for(std::size_t i = 0; i < pairs; ++i) {
        auto const first = body[2 * i];
        auto const second = body[2 * i + 1];
        little += first != 0 && second == 0 ? 1u : 0u;
        big += first == 0 && second != 0 ? 1u : 0u;
    }
    return little == pairs ? utf16::little : big == pairs ? utf16::big : utf16::no;
}

void append_utf8(std::string& to, unsigned unit)
{
    auto const byte = [&](unsigned value) { to.push_back(static_cast<char>(static_cast<unsigned char>(value))); };
    if(unit < 0x80) {
        byte(unit);
    } else if(unit < 0x800) {
        byte(0xc0u | (unit >> 6));
        byte(0x80u | (unit & 0x3fu));
    } else if(unit >= 0xd800 && unit < 0xe000) {
        byte('?'); // Half of a pair: nothing that is searched for needs it.
    } else {
        byte(0xe0u | (unit >> 12));
        byte(0x80u | ((unit >> 6) & 0x3fu));
        byte(0x80u | (unit & 0x3fu));
    }
}

/// A definite-length SEQUENCE that fills the body, or an indefinite one.
bool looks_like_der(bytes_view body) noexcept
{
    if(body.size() < 2 || body[0] != 0x30)
        return false;
    if(body[1] == 0x80)
        return body.size() >= 4;
    if(body[1] < 0x80)
        return body.size() == std::size_t{2} + body[1];
    std::size_t const count = body[1] & 0x7fu;
    if(count > 4 || body.size() < 2 + count)
        return false;
    std::size_t length = 0;
    for(std::size_t i = 0; i < count; ++i)
        length = length << 8 | body[2 + i];
    return body.size() - 2 - count == length;
}

bool looks_like_text(std::string_view text) noexcept
{
    return std::none_of(text.begin(), text.end(), [](char c) {
        auto const byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t' && c != '\r' && c != '\n' && c != '\f') || byte == 0x7f;
    });
}

std::string title_of(std::string_view text, std::string_view lower_case)
{
    auto const open = lower_case.find("<title");
    if(open == std::string_view::npos)
        return {};
    auto const begin = lower_case.find('>', open);
    if(begin == std::string_view::npos)
        return {};
    auto end = lower_case.find("</title", begin);
    if(end == std::string_view::npos)
        end = text.size();
    // White space collapses, as in a browser's title bar.
    std::string out;
    for(auto c : text.substr(begin + 1, std::min(end - begin - 1, 4 * title_bytes))) {
        auto const blank = c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
        if(!blank)
            out.push_back(c);
        else if(!out.empty() && out.back() != ' ')
            out.push_back(' ');
    }
    if(!out.empty() && out.back() == ' ')
        out.pop_back();
    return bounded(out, title_bytes);
}

} // namespace

std::string bounded(std::string_view text, std::size_t maximum)
{
    auto const cut = text.size() > maximum;
    auto out = escape_controls(text.substr(0, maximum));
    if(!cut && out.size() <= maximum)
        return out;
    auto end = std::min(out.size(), maximum > 3 ? maximum - 3 : std::size_t{0});
    while(end > 0 && end < out.size() && (static_cast<unsigned char>(out[end]) & 0xc0u) == 0x80u)
        --end;
    out.resize(end);
    return out + "...";
}

std::string as_readable(bytes_view body, std::size_t maximum)
{
    auto const encoding = encoding_of(body);
    if(encoding == utf16::no)
        return std::string(as_text(body.first(std::min(body.size(), maximum))));
    std::string out;
    auto const used = std::min(body.size(), 2 * maximum);
    for(std::size_t i = 0; i + 1 < used; i += 2) {
        auto const low = encoding == utf16::little ? body[i] : body[i + 1];
        auto const high = encoding == utf16::little ? body[i + 1] : body[i];
        auto const unit = static_cast<unsigned>(high) << 8 | low;
        if(unit != 0xfeff)
            append_utf8(out, unit);
    }
    return out;
}

page look_at(bytes_view body)
{
    page p;
    if(body.empty())
        return p;
    if(looks_like_der(body)) {
        p.kind = facts::body_kind::der;
        return p;
    }
    auto const text = as_readable(body, looked_at);
    if(http::looks_like_html(as_bytes(text)))
        p.kind = facts::body_kind::html;
    else
        p.kind = looks_like_text(text) ? facts::body_kind::text : facts::body_kind::binary;
    if(p.kind == facts::body_kind::binary)
        return p;
    auto const lower_case = lowered(text);
    if(p.kind == facts::body_kind::html)
        p.title = title_of(text, lower_case);
    for(auto const& m : markers)
        if(lower_case.find(m.needle) != std::string::npos)
            p.markers.emplace_back(m.name);
    return p;
}

} // namespace scepkit::inline v0::probe
