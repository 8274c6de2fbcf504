// SPDX-License-Identifier: BSL-1.0
#include <scepkit/http/endpoint.hpp>

#include <algorithm>
#include <array>
#include <boost/url/host_type.hpp>
#include <boost/url/ipv4_address.hpp>
#include <boost/url/ipv6_address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

namespace scepkit::inline v0::http {

namespace {

constexpr std::size_t longest_url = 8192;
constexpr std::size_t longest_host = 253; // RFC 1035, 2.3.4, without the last dot

error bad(std::string message)
{
    return {errc::bad_url, diagnostics{.message = std::move(message), .layer = "http", .reference = "RFC 3986"}};
}

std::string lower(std::string_view text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
}

std::uint16_t default_port_of(std::string_view scheme) noexcept { return scheme == "https" ? 443 : 80; }

// Boost.URL's own string views are not std's in every version.
template <class Text>
std::string_view as_view(Text const& text) noexcept
{
    return {text.data(), text.size()};
}

bool is_host_name(std::string_view host) noexcept
{
    return !host.empty() && host.size() <= longest_host && std::all_of(host.begin(), host.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    });
}

} // namespace

result<endpoint> endpoint::parse(std::string_view text)
{
    if(text.size() > longest_url)
        return bad("the URL is too long");
    auto const parsed = boost::urls::parse_uri(text);
    if(!parsed)
        return bad("this is no URL of the form https://host/path; blanks and letters outside ASCII must be encoded");
    auto const& url = *parsed;
    endpoint out;
    out.scheme = lower(as_view(url.scheme()));
    if(out.scheme != "http" && out.scheme != "https")
        return bad("the scheme must be https or http");
    if(!url.has_authority() || url.encoded_host().empty())
        return bad("the URL names no host");
    if(url.has_userinfo())
        return bad("user name and password do not belong into a SCEP URL");
    if(url.has_fragment())
        return bad("a SCEP URL has no fragment (#…)");

    switch(url.host_type()) {
    case boost::urls::host_type::ipv4: out.host = url.host_ipv4_address().to_string(); break;
    case boost::urls::host_type::ipv6: out.host = url.host_ipv6_address().to_string(); break;
    case boost::urls::host_type::name:
        out.host = lower(as_view(url.encoded_host()));
        if(!is_host_name(out.host))
            return bad("the host name has characters that no host name has; write other alphabets as punycode (xn--…)");
        break;
    default: return bad("the host is neither a name nor an address");
    }

    out.port = default_port_of(out.scheme);
    if(url.has_port() && !url.port().empty()) {
        auto const digits = as_view(url.port());
        auto const [stop, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
        if(failed != std::errc{} || stop != digits.data() + digits.size() || out.port == 0)
            return bad("the port must be a number from 1 to 65535");
    }
    out.path = as_view(url.encoded_path());
    if(out.path.empty())
        out.path = "/";
    // Boost.URL 1.81 takes "host:8x/" for port 8 and a path "x/".
    if(out.path.front() != '/')
        return bad("the port must be a number from 1 to 65535");
    out.query = as_view(url.encoded_query());
    return out;
}

bool endpoint::has_default_port() const noexcept { return port == default_port_of(scheme); }

std::string endpoint::host_header() const
{
    auto text = host.find(':') == std::string::npos ? host : "[" + host + "]";
    if(!has_default_port())
        text += ":" + std::to_string(port);
    return text;
}

std::string endpoint::url() const
{
    auto text = url_with(path);
    if(!query.empty())
        text += "?" + query;
    return text;
}

std::string endpoint::url_with(std::string_view other_path) const
{
    auto text = scheme + "://" + host_header();
    if(!other_path.starts_with('/'))
        text += '/';
    return text.append(other_path);
}

bool endpoint::is_loopback() const noexcept
{
    if(host == "localhost" || host == "localhost.")
        return true;
    if(auto const v4 = boost::urls::parse_ipv4_address(host))
        return v4->is_loopback();
    if(auto const v6 = boost::urls::parse_ipv6_address(host))
        return v6->is_loopback();
    return false;
}

} // namespace scepkit::inline v0::http
