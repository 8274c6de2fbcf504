// SPDX-License-Identifier: BSL-1.0
#include "site.hpp"

#include "pages.hpp"

#include <scepkit/http/scep_mapping.hpp>

#include <algorithm>

namespace scepkit::inline v0::simulator::detail {

namespace {

constexpr std::string_view application_path = "/certsrv/mscep";
constexpr std::string_view admin_path = "/certsrv/mscep_admin";
constexpr std::string_view extension_path = "/certsrv/mscep/mscep.dll";

constexpr std::uint32_t error_file_not_found = 2;
constexpr std::uint32_t error_access_denied = 5;
constexpr std::uint32_t error_bad_impersonation_level = 1346;

std::string lower(std::string_view text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
}

/// `path` itself or something below it; both in lower case.
bool is_below(std::string_view path, std::string_view root) noexcept
{
    return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}

/// The value of operation= in a query, in lower case; empty if there is none.
std::string operation_of(std::string_view query)
{
    while(!query.empty()) {
        auto const end = query.find('&');
        auto const one = query.substr(0, end);
        query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
        auto const equals = one.find('=');
        if(equals == std::string_view::npos || lower(one.substr(0, equals)) != "operation")
            continue;
        auto const value = http::percent_decode(one.substr(equals + 1));
        return value ? lower(*value) : std::string();
    }
    return {};
}

} // namespace

struct site::split_request {
    http::request const& request;
    bool post;
    bool get; ///< GET or HEAD: a HEAD is answered alike, the server sends no body then.
    std::string encoded_path;
    std::string path; ///< Decoded, as it is logged.
    std::string key;  ///< The path in lower case: IIS does not tell the cases apart.
    std::string query;
    bool has_query;
    bool readable = true; ///< The path could be decoded.

    explicit split_request(http::request const& r)
        : request(r), post(r.method == "POST"), get(r.method == "GET" || r.method == "HEAD")
    {
        std::string_view target = r.target;
        auto const question = target.find('?');
        has_query = question != std::string_view::npos;
        encoded_path = target.substr(0, question);
        query = has_query ? target.substr(question + 1) : std::string_view{};
        auto decoded = http::percent_decode(encoded_path);
        readable = decoded.has_value() && encoded_path.starts_with('/');
        path = decoded ? *std::move(decoded) : encoded_path;
        key = lower(path);
    }
};

struct site::answered {
    http::response response;
    unsigned substatus = 0;
    std::uint32_t win32 = 0;
};

net::server_answer site::handle(http::request const& request, net::peer const& peer) const
{
    auto const started = std::chrono::steady_clock::now();
    split_request const r(request);
    if(auto early = before_iis(r))
        return *std::move(early);
    auto out = by_iis(r);
    if(parts_.log) {
        auto const taken = std::chrono::steady_clock::now() - started;
        parts_.log->write({.sent = parts_.now(),
                           .server_address = peer.local_address,
                           .method = request.method,
                           .stem = r.path,
                           .query = r.query,
                           .server_port = peer.local_port,
                           .client_address = peer.address,
                           .user_agent = std::string(request.fields.first("User-Agent")),
                           .referer = std::string(request.fields.first("Referer")),
                           .status = out.response.status,
                           .substatus = out.substatus,
                           .win32 = out.win32,
                           .taken = std::chrono::duration_cast<std::chrono::milliseconds>(taken)});
    }
    return std::move(out.response);
}

net::server_answer site::malformed(unsigned status) const
{
    auto const now = parts_.now();
    switch(status) {
    case 431: return httpsys_error(400, "Request Too Long", "The size of the request headers is too long.", now);
    case 413: return httpsys_error(413, "", "The request entity is too large.", now);
    default: return httpsys_error(400, "Invalid URL", "The request URL is invalid.", now);
    }
}

std::optional<net::server_answer> site::before_iis(split_request const& r) const
{
    auto const now = parts_.now();
    switch(parts_.knobs.front) {
    case behaviour::gate::open: break;
    case behaviour::gate::login_redirect: {
        auto response = foreign_response(302, "", now);
        response.fields.add("Location", "https://login.microsoftonline.com/common/oauth2/authorize?response_type=code");
        return response;
    }
    case behaviour::gate::post_blocked:
        if(r.post)
            return foreign_response(403, waf_page(), now);
        break;
    case behaviour::gate::closes: return net::drop_connection{};
    case behaviour::gate::closes_on_caps:
        if(operation_of(r.query) == "getcacaps")
            return net::drop_connection{};
        break;
    }
    if(!r.readable)
        return malformed(400);
    // Both applications of NDES live in the pool "SCEP"; the rest of the site has its own.
    if(parts_.knobs.pool == behaviour::pool_state::stopped &&
       (is_below(r.key, application_path) || is_below(r.key, admin_path)))
        return httpsys_error(503, "", "The service is unavailable.", now);
    return std::nullopt;
}

site::answered site::by_iis(split_request const& r) const
{
    if(auto stopped = filter(r))
        return *std::move(stopped);
    if(is_below(r.key, application_path) && parts_.knobs.application != behaviour::application_state::missing)
        return application(r);
    if(is_below(r.key, admin_path))
        return logon_required();
    if(r.key == "/certsrv" || r.key == "/certsrv/")
        return logon_required();
    if(r.key == "/")
        return r.get ? page(welcome_page()) : verb_refused();
    return error(404, 0, error_file_not_found);
}

/// Rules of the site and request filtering, which come before any path is looked at.
site::step site::filter(split_request const& r) const
{
    if(parts_.knobs.site == behaviour::site_rule::addresses_refused)
        return error(403, 6);
    if(r.query.size() > parts_.knobs.query_limit)
        return error(404, 15);
    // allowDoubleEscaping is off by default: what decodes to an escape again, or a plus sign in the path.
    if(r.path.find('%') != std::string::npos || r.path.find('+') != std::string::npos)
        return error(404, 11);
    if(parts_.knobs.site == behaviour::site_rule::https_redirect && !parts_.tls)
        return moved(301, "https", r, r.encoded_path);
    return std::nullopt;
}

site::answered site::application(split_request const& r) const
{
    if(parts_.knobs.application == behaviour::application_state::anonymous_off)
        return logon_required();
    if(is_below(r.key, extension_path))
        return extension(r);
    // A directory. For GET there is the redirect that adds the slash, and behind it the default document, mscep.dll; a
    // POST ends at the handler for static files, which does not take it (Microsoft: "HTTP Error 405.0 when you visit a
    // Web site that is hosted on a server that is running IIS").
    auto const directory = r.key == application_path || r.key.size() == application_path.size() + 1;
    if(!directory)
        return error(404, 0, error_file_not_found);
    if(!r.get)
        return verb_refused();
    if(r.key == application_path)
        return moved(301, parts_.tls ? "https" : "http", r, r.encoded_path + "/");
    return extension(r);
}

/// mscep.dll, whatever stands behind it in the path ("/pkiclient.exe").
site::answered site::extension(split_request const& r) const
{
    switch(parts_.knobs.service) {
    case behaviour::service_state::running: break;
    case behaviour::service_state::start_failed: return error(500);
    case behaviour::service_state::impersonation_missing: return error(500, 0, error_bad_impersonation_level);
    }
    if(r.post)
        return pki_operation(r);
    if(r.query.empty()) {
        auto const guarded =
            parts_.product == product::ndes_intune && parts_.knobs.bare == behaviour::bare_answer::by_product;
        return guarded ? error(403) : page(ndes_page());
    }
    return operation(r);
}

site::answered site::operation(split_request const& r) const
{
    auto const name = operation_of(r.query);
    if(name == "getcacaps") {
        switch(parts_.knobs.caps) {
        // Exactly these, in this order: Server 2016 to 2022 (never AES, which it takes all the same).
        case behaviour::caps_answer::list:
            return binary("text/plain",
                          to_bytes(as_bytes("POSTPKIOperation\nRenewal\nSHA-512\nSHA-256\nSHA-1\nDES3\n")));
        case behaviour::caps_answer::empty: return binary("text/plain", {});
        case behaviour::caps_answer::html: break;
        }
        return page(ndes_page());
    }
    if(name == "getcacert") {
        switch(parts_.knobs.bag) {
        case behaviour::bag_answer::full: {
            auto answer = parts_.responder->get_ca_cert();
            return binary(std::move(answer.content_type), std::move(answer.body));
        }
        case behaviour::bag_answer::ca_only: return binary("application/x-x509-ca-cert", to_bytes(parts_.ca.der()));
        case behaviour::bag_answer::html: break;
        }
        return page(ndes_page());
    }
    if(name == "pkioperation")
        return pki_operation(r);
    return page(ndes_page());
}

site::answered site::pki_operation(split_request const& r) const
{
    // What NDES says to bytes that are no message is not known beyond its status: 200, seen by Microsoft's
    // Validate-NDESUrl.ps1 with junk. Nothing is the least that can be said.
    auto const nothing = [&] { return binary({}, {}); };
    if(r.post && r.request.body.empty())
        return nothing();
    auto incoming = http::read_request(r.request);
    if(!incoming || incoming->operation != scep::operation::pki_operation)
        return nothing();
    auto answer = parts_.responder->pki_operation(incoming->body, parts_.now());
    if(answer.http_status >= 500)
        return error(500);
    if(answer.http_status != 200)
        return nothing();
    return binary(std::move(answer.content_type), std::move(answer.body));
}

site::answered site::error(unsigned status, unsigned substatus, std::uint32_t win32) const
{
    return {iis_error(status, parts_.now()), substatus, win32};
}

site::answered site::page(std::string_view html) const { return {iis_response(200, "text/html", html, parts_.now())}; }

site::answered site::binary(std::string type, bytes body) const
{
    answered out{iis_response(200, std::move(type), {}, parts_.now())};
    out.response.body = std::move(body);
    return out;
}

site::answered site::logon_required() const
{
    auto out = error(401, 2, error_access_denied);
    out.response.fields.add("WWW-Authenticate", "Negotiate");
    out.response.fields.add("WWW-Authenticate", "NTLM");
    return out;
}

site::answered site::verb_refused() const
{
    auto out = error(405);
    out.response.fields.add("Allow", "GET, HEAD, OPTIONS, TRACE");
    return out;
}

site::answered site::moved(unsigned status, std::string_view scheme, split_request const& r,
                           std::string_view path) const
{
    auto location = std::string(scheme) + "://";
    location += r.request.fields.first("Host");
    location += path;
    if(r.has_query)
        location += "?" + r.query;
    return {iis_moved(status, location, parts_.now())};
}

} // namespace scepkit::inline v0::simulator::detail
