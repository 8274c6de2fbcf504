// SPDX-License-Identifier: BSL-1.0
#include <probe/places.hpp>

#include <boost/url/parse.hpp>

#include <algorithm>
#include <gsl/narrow>

namespace scepkit::inline v0::probe {

namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lowered(std::string_view text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

/// Offset of `lower_case` in `text` from `from` on, whatever the case there; npos if there is none.
std::size_t find_word(std::string_view text, std::string_view lower_case, std::size_t from = 0) noexcept
{
    if(from >= text.size())
        return std::string_view::npos;
    auto const rest = text.substr(from);
    auto const found = std::search(rest.begin(), rest.end(), lower_case.begin(), lower_case.end(),
                                   [](char a, char b) { return lower(a) == b; });
    return found == rest.end() ? std::string_view::npos : from + static_cast<std::size_t>(found - rest.begin());
}

bool ends_with(std::string_view text, std::string_view lower_case_end) noexcept
{
    return text.size() >= lower_case_end.size() &&
           std::equal(lower_case_end.rbegin(), lower_case_end.rend(), text.rbegin(),
                      [](char a, char b) { return a == lower(b); });
}

bool same(std::string_view a, std::string_view b) noexcept
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view without_slash(std::string_view path) noexcept
{
    while(path.ends_with('/'))
        path.remove_suffix(1);
    return path;
}

/// Windows asks at URL + "/pkiclient.exe", and some profiles carry that already.
std::string_view folder_of(std::string_view path) noexcept
{
    path = without_slash(path);
    if(ends_with(path, "/pkiclient.exe"))
        path.remove_suffix(std::string_view("/pkiclient.exe").size());
    return without_slash(path);
}

/// Offset of "/mscep" as a whole segment, or of "/mscep_admin"; npos if there is none.
std::size_t find_mscep(std::string_view path) noexcept
{
    for(auto at = find_word(path, "/mscep"); at != std::string_view::npos; at = find_word(path, "/mscep", at + 1)) {
        auto const rest = path.substr(at + 6);
        if(rest.empty() || rest.front() == '/' || find_word(rest, "_admin") == 0)
            return at;
    }
    return std::string_view::npos;
}

} // namespace

bool ends_at_folder(std::string_view path) noexcept { return ends_with(folder_of(path), "/certsrv/mscep"); }

std::string with_dll(std::string_view path) { return std::string(folder_of(path)) + "/mscep.dll"; }

std::string with_slash(std::string_view path) { return std::string(without_slash(path)) + "/"; }

bool looks_like_ndes(std::string_view path) noexcept
{
    return find_mscep(path) != std::string_view::npos || find_word(path, "/certsrv") != std::string_view::npos;
}

bool is_admin(std::string_view path) noexcept { return find_word(path, "/mscep_admin") != std::string_view::npos; }

std::string admin_path(std::string_view path)
{
    if(auto const at = find_mscep(path); at != std::string_view::npos)
        return std::string(path.substr(0, at)) + "/mscep_admin/";
    if(auto const at = find_word(path, "/certsrv"); at != std::string_view::npos)
        return std::string(path.substr(0, at)) + "/certsrv/mscep_admin/";
    return {};
}

std::optional<redirect> read_redirect(net::exchange const& seen)
{
    auto const location = seen.redirect();
    if(!location)
        return std::nullopt;
    auto const target = boost::urls::parse_uri_reference(*location);
    if(!target)
        return redirect{};
    auto const& asked = seen.server;
    auto const asked_path = std::string_view(seen.request.target).substr(0, seen.request.target.find('?'));
    std::string const path(target->encoded_path());
    auto const host = target->has_authority() ? std::string(target->host_address()) : asked.host;
    auto const scheme = target->has_scheme() ? lowered(std::string(target->scheme())) : asked.scheme;

    // A proxy in front often lets the server behind it write its own name and scheme: what counts is the added slash.
    if(!asked_path.ends_with('/') && same(path, std::string(asked_path) + "/"))
        return redirect{.type = redirect::kind::adds_slash};
    if(scheme == "https" && !asked.is_tls() && same(host, asked.host)) {
        auto https = asked;
        https.scheme = "https";
        https.port = target->has_port() && target->port_number() != 0 ? target->port_number() : std::uint16_t{443};
        return redirect{.type = redirect::kind::to_https, .https = std::move(https)};
    }
    return redirect{};
}

} // namespace scepkit::inline v0::probe
