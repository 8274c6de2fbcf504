// SPDX-License-Identifier: BSL-1.0
#include <diagnosis/detail/look.hpp>

#include <base/civil_time.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace scepkit::inline v0::diagnosis::detail {

namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

constexpr std::string_view pkiclient = "/pkiclient.exe";

std::string_view without_suffix(std::string_view text, std::string_view suffix) noexcept
{
    return text.ends_with(suffix) ? text.substr(0, text.size() - suffix.size()) : text;
}

// Where sign-in pages of identity providers live.
bool is_login(place const& p)
{
    constexpr std::string_view hosts[] = {"login.microsoftonline.com", "login.microsoftonline.us",
                                          "login.windows.net",         "login.microsoft.com",
                                          "sts.windows.net",           "login.chinacloudapi.cn"};
    return std::ranges::find(hosts, p.host) != std::end(hosts) || p.host.ends_with(".b2clogin.com") ||
           p.host.ends_with(".ciamlogin.com") || p.path.starts_with("/adfs/ls") || contains(p.query, "samlrequest=");
}

} // namespace

bool is_same_text(std::string_view a, std::string_view b) noexcept
{
    return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

bool contains(std::string_view text, std::string_view lower_text) noexcept
{
    return lower_text.empty() || std::search(text.begin(), text.end(), lower_text.begin(), lower_text.end(),
                                             [](char x, char y) { return lower(x) == y; }) != text.end();
}

std::string lower_case(std::string_view text)
{
    std::string out(text);
    std::ranges::transform(out, out.begin(), lower);
    return out;
}

std::string counted(std::uint64_t count, std::string_view one)
{
    return std::to_string(count) + ' ' + std::string(one) + (count == 1 ? "" : "s");
}

std::string joined(std::vector<std::string> const& list, std::string_view separator)
{
    std::string out;
    for(auto const& one : list) {
        if(&one != &list.front())
            out += separator;
        out += one;
    }
    return out;
}

std::size_t index_of(rule_context const& c, http_exchange const& e) noexcept
{
    return static_cast<std::size_t>(&e - c.facts.exchanges.data());
}

http_exchange const* answered(rule_context const& c, question q) noexcept
{
    auto const* e = c.facts.find(q);
    return e != nullptr && e->status ? e : nullptr;
}

bool has_status(http_exchange const* e, std::int64_t status) noexcept { return e != nullptr && e->status == status; }

bool is_redirect(http_exchange const& e) noexcept
{
    return e.status && *e.status >= 300 && *e.status < 400 && *e.status != 304;
}

std::string_view header(http_exchange const& e, std::string_view name) noexcept
{
    for(auto const& h : e.headers)
        if(is_same_text(h.name, name))
            return h.value;
    return {};
}

bool has_marker(http_exchange const& e, std::string_view name) noexcept
{
    return std::ranges::find(e.html_markers, name) != e.html_markers.end();
}

bool is_operation(question q) noexcept { return q == question::get_ca_caps || q == question::get_ca_cert; }
bool is_post(question q) noexcept { return q == question::empty_post || q == question::empty_post_dll; }

std::string_view name_of(question q) noexcept
{
    switch(q) {
    case question::bare_get: return "the bare URL";
    case question::get_ca_caps: return "GetCACaps";
    case question::get_ca_cert: return "GetCACert";
    case question::empty_post: return "an empty PKIOperation";
    case question::empty_post_dll: return "an empty PKIOperation at /mscep.dll";
    case question::get_ca_caps_dll: return "GetCACaps at /mscep.dll";
    case question::admin_page: return "the mscep_admin page";
    case question::slash_get: return "GetCACaps with a slash added to the path";
    case question::long_query: return "GetCACaps with a long message";
    case question::https_variant: return "GetCACaps over https";
    }
    return "a question";
}

std::optional<place> read_place(http_exchange const& asked, std::string_view location)
{
    auto out = place_of(asked);
    if(location.empty())
        return std::nullopt;
    if(auto const scheme = location.find("://"); scheme != location.npos && scheme < location.find_first_of("/?#")) {
        out.scheme = lower_case(location.substr(0, scheme));
        location.remove_prefix(scheme + 1);
    }
    if(location.starts_with("//")) {
        auto const end = std::min(location.find_first_of("/?#", 2), location.size());
        auto authority = location.substr(2, end - 2);
        if(auto const at = authority.rfind('@'); at != authority.npos)
            authority.remove_prefix(at + 1);
        auto const colon = authority.find(':', authority.starts_with('[') ? authority.find(']') : 0);
        out.host = lower_case(authority.substr(0, colon));
        out.port = colon == authority.npos ? "" : authority.substr(colon + 1);
        location.remove_prefix(end);
    } else if(!location.starts_with('/')) {
        return std::nullopt; // Relative to the path: no server that matters here sends that.
    }
    location = location.substr(0, location.find('#'));
    auto const question_mark = location.find('?');
    out.path = location.substr(0, question_mark);
    out.query = question_mark == location.npos ? "" : location.substr(question_mark + 1);
    return out;
}

place place_of(http_exchange const& e)
{
    place out;
    std::string_view url = e.url;
    if(auto const scheme = url.find("://"); scheme != url.npos) {
        out.scheme = lower_case(url.substr(0, scheme));
        url.remove_prefix(scheme + 3);
    }
    auto const end = std::min(url.find_first_of("/?"), url.size());
    auto const authority = url.substr(0, end);
    auto const colon = authority.find(':', authority.starts_with('[') ? authority.find(']') : 0);
    out.host = lower_case(authority.substr(0, colon));
    out.port = colon == authority.npos ? "" : authority.substr(colon + 1);
    url.remove_prefix(end);
    auto const question_mark = url.find('?');
    out.path = url.substr(0, question_mark);
    out.query = question_mark == url.npos ? "" : url.substr(question_mark + 1);
    return out;
}

redirect_kind kind_of_redirect(http_exchange const& e)
{
    if(!is_redirect(e) || !e.location)
        return redirect_kind::none;
    auto const from = place_of(e);
    auto const to = read_place(e, *e.location);
    if(!to)
        return redirect_kind::elsewhere;
    if(is_login(*to))
        return redirect_kind::login;
    // A proxy in front often lets the server behind it write its own name and scheme: what counts is the added slash.
    if(!from.path.ends_with('/') && is_same_text(to->path, from.path + '/'))
        return redirect_kind::slash;
    if(to->host == from.host && from.scheme == "http" && to->scheme == "https")
        return redirect_kind::https;
    if(to->host != from.host)
        return redirect_kind::host;
    bool const same = to->scheme == from.scheme && to->port == from.port && to->path == from.path;
    return same ? redirect_kind::loop : redirect_kind::elsewhere;
}

bool from_iis(http_exchange const& e) noexcept { return header(e, "Server").starts_with("Microsoft-IIS"); }
bool from_httpsys(http_exchange const& e) noexcept { return header(e, "Server").starts_with("Microsoft-HTTPAPI"); }

bool is_ndes(rule_context const& c)
{
    auto const& f = c.facts;
    if(f.target && contains(f.target->path, "/certsrv"))
        return true;
    if(f.ca &&
       std::ranges::any_of(f.ca->certificates, [](auto const& one) { return contains(one.subject, "-mscep-ra"); }))
        return true;
    return std::ranges::any_of(f.exchanges, [](auto const& e) { return is_operation(e.question) && from_iis(e); });
}

bool capabilities_read(rule_context const& c) noexcept
{
    return c.facts.capabilities && !c.facts.capabilities->failure && !c.facts.capabilities->words.empty();
}

bool certificates_read(rule_context const& c) noexcept
{
    return c.facts.ca && !c.facts.ca->failure && !c.facts.ca->certificates.empty();
}

bool offers(rule_context const& c, std::string_view word) noexcept
{
    return c.facts.capabilities &&
           std::ranges::any_of(c.facts.capabilities->words, [&](auto const& w) { return is_same_text(w, word); });
}

bool offers_post(rule_context const& c) noexcept { return offers(c, "POSTPKIOperation") || offers(c, "SCEPStandard"); }

bool refuses_method(std::int64_t s) noexcept
{
    return (s >= 300 && s < 400) || s == 401 || s == 403 || s == 404 || s == 405 || s == 406 || s == 501;
}

bool takes_post(http_exchange const* e) noexcept
{
    return e != nullptr && e->status && !refuses_method(*e->status) && *e->status != 502 && *e->status != 503 &&
           *e->status != 504;
}

std::string target_path(rule_context const& c)
{
    return c.facts.target ? lower_case(c.facts.target->path) : std::string();
}

bool is_folder_path(std::string_view path) noexcept
{
    path = without_suffix(path, pkiclient);
    while(path.ends_with('/'))
        path.remove_suffix(1);
    return path.ends_with("/certsrv/mscep");
}

std::string with_dll(rule_context const& c)
{
    if(!c.facts.target)
        return "https://<host>/certsrv/mscep/mscep.dll";
    auto const& t = *c.facts.target;
    std::string_view path = t.path;
    if(path.size() >= pkiclient.size() && is_same_text(path.substr(path.size() - pkiclient.size()), pkiclient))
        path.remove_suffix(pkiclient.size());
    while(path.ends_with('/'))
        path.remove_suffix(1);
    bool const usual = t.port == 0 || t.port == (t.scheme == "http" ? 80 : 443);
    auto const host = t.host.find(':') != t.host.npos && !t.host.starts_with('[') ? '[' + t.host + ']' : t.host;
    return t.scheme + "://" + host + (usual ? std::string() : ':' + std::to_string(t.port)) + std::string(path) +
           "/mscep.dll";
}

bool is_address(std::string_view host) noexcept
{
    if(host.find(':') != host.npos)
        return true;
    return !host.empty() && std::ranges::count(host, '.') == 3 &&
           std::ranges::all_of(host, [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

// RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291.
bool is_private_address(std::string_view address) noexcept
{
    if(address.find(':') != address.npos) {
        auto const head = lower_case(address.substr(0, 4));
        return head.starts_with("fc") || head.starts_with("fd") || head.starts_with("fe8") || head.starts_with("fe9") ||
               head.starts_with("fea") || head.starts_with("feb");
    }
    auto const dot = address.find('.');
    if(dot == address.npos || !is_address(address))
        return false;
    auto const first = v0::detail::read_digits(address.substr(0, dot)).value_or(0);
    auto const rest = address.substr(dot + 1);
    auto const second = v0::detail::read_digits(rest.substr(0, rest.find('.'))).value_or(0);
    return first == 10 || (first == 172 && second >= 16 && second <= 31) || (first == 192 && second == 168) ||
           (first == 100 && second >= 64 && second <= 127) || (first == 169 && second == 254);
}

std::optional<time_point> read_http_date(std::string_view text)
{
    // "Thu, 26 Nov 2026 13:01:51 GMT" (RFC 9110, 5.6.7); the obsolete forms are not worth reading here.
    constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if(text.size() != 29 || text.substr(25) != " GMT" || text[3] != ',')
        return std::nullopt;
    auto const month = months.find(text.substr(8, 3));
    if(month == months.npos || month % 3 != 0)
        return std::nullopt;
    auto const iso = std::string(text.substr(12, 4)) + '-' +
                     v0::detail::padded(static_cast<unsigned>(month / 3 + 1), 2) + '-' +
                     std::string(text.substr(5, 2)) + 'T' + std::string(text.substr(17, 8)) + 'Z';
    auto const time = from_iso8601(iso);
    return time ? std::optional(*time) : std::nullopt;
}

std::string day_of(std::string_view iso) { return std::string(iso.substr(0, 10)); }

std::string span_of(std::string_view first, std::string_view last)
{
    if(first.empty())
        return "at times the log does not give";
    return first == last ? "at " + std::string(first) : "from " + std::string(first) + " to " + std::string(last);
}

std::vector<call_ref> calls(rule_context const& c)
{
    std::vector<call_ref> out;
    for(std::size_t log = 0; log < c.facts.iis_logs.size(); ++log)
        for(std::size_t i = 0; i < c.facts.iis_logs[log].calls.size(); ++i)
            out.push_back({&c.facts.iis_logs[log].calls[i], {fact_ref::kind::iis_call, i, log}});
    return out;
}

std::vector<attempt_ref> attempts(rule_context const& c)
{
    std::vector<attempt_ref> out;
    for(std::size_t log = 0; log < c.facts.iis_logs.size(); ++log)
        for(std::size_t i = 0; i < c.facts.iis_logs[log].attempts.size(); ++i)
            out.push_back({&c.facts.iis_logs[log].attempts[i], {fact_ref::kind::iis_attempt, i, log}});
    return out;
}

bool is_mscep(facts::iis_call_count const& call) noexcept
{
    return contains(call.cs_uri_stem, "/mscep") && !contains(call.cs_uri_stem, "mscep_admin");
}

bool is_at_dll(std::string_view stem) noexcept { return contains(stem, "/mscep.dll"); }
bool is_folder_base(std::string_view base) noexcept { return base.ends_with("/certsrv/mscep"); }
bool is_device(facts::iis_attempt_count const& a) noexcept { return a.client != "probe"; }

std::vector<std::pair<int, int>> statuses(facts::iis_attempt_count const& a, std::string_view operation)
{
    std::vector<std::pair<int, int>> out;
    std::string_view text = a.shape;
    for(std::size_t at = 0; at < text.size();) {
        auto const end = std::min(text.find(' ', at), text.size());
        auto part = text.substr(at, end - at);
        at = end + 1;
        if(!part.starts_with(operation) || part.size() <= operation.size() || part[operation.size()] != ':')
            continue;
        part.remove_prefix(operation.size() + 1);
        while(!part.empty()) {
            auto const comma = std::min(part.find(','), part.size());
            auto const call = part.substr(0, comma);
            part.remove_prefix(std::min(comma + 1, part.size()));
            auto const arrow = call.find('>');
            auto const number = [](std::string_view s) {
                return static_cast<int>(v0::detail::read_digits(s).value_or(0));
            };
            if(auto const first = number(call.substr(0, arrow)); first != 0)
                out.emplace_back(first, arrow == call.npos ? 0 : number(call.substr(arrow + 1)));
        }
    }
    return out;
}

int last_status(facts::iis_attempt_count const& a, std::string_view operation)
{
    auto const all = statuses(a, operation);
    if(all.empty())
        return 0;
    return all.back().second != 0 ? all.back().second : all.back().first;
}

when state_of(std::string_view last_bad, std::string_view last_good)
{
    constexpr auto close_by = std::chrono::minutes(10);
    if(last_good.empty() || last_bad.empty() || last_good <= last_bad)
        return when::now;
    auto const bad = from_iso8601(last_bad), good = from_iso8601(last_good);
    return bad && good && *good - *bad <= close_by ? when::now_and_then : when::mended;
}

} // namespace scepkit::inline v0::diagnosis::detail
