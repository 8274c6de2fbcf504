// SPDX-License-Identifier: BSL-1.0
#include <diagnosis/detail/make.hpp>

#include <algorithm>
#include <functional>

namespace scepkit::inline v0::diagnosis::detail {

namespace {

using outcome = std::optional<finding>;
using kind = catalogue_entry::kind;

// GetCACaps and GetCACert at the URL as given, as far as `wanted` holds.
picks operations(rule_context const& c, std::function<bool(http_exchange const&)> const& wanted)
{
    picks out;
    for(auto const& e : c.facts.exchanges)
        if(is_operation(e.question) && wanted(e))
            out.push_back(&e);
    return out;
}

picks operations_with(rule_context const& c, std::int64_t status)
{
    return operations(c, [=](auto const& e) { return e.status == status; });
}

// The same of everything that was asked at the URL as given.
picks asked_with(rule_context const& c, std::int64_t status)
{
    picks out;
    for(auto const& e : c.facts.exchanges)
        if((is_operation(e.question) || e.question == question::bare_get || e.question == question::empty_post) &&
           e.status == status)
            out.push_back(&e);
    return out;
}

// The operations do not work here, whatever the bare URL says.
bool blocks(rule_context const& c, picks const& list)
{
    return !list.empty() && (!capabilities_read(c) || !certificates_read(c));
}

outcome httpsys_503(rule_context const& c, catalogue_entry const& entry)
{
    auto all = asked_with(c, 503);
    std::erase_if(all, [](auto const* e) { return !from_httpsys(*e); });
    if(all.empty())
        return std::nullopt;
    auto f = on_all(entry, c, all);
    return f
        .saw(list_of(all) + " got 503 from HTTP.sys itself (Server: " + std::string(header(*all.front(), "Server")) +
             ").")
        .predict_silence(c);
}

outcome other_503(rule_context const& c, catalogue_entry const& entry)
{
    auto all = asked_with(c, 503);
    std::erase_if(all, [](auto const* e) { return from_httpsys(*e); });
    if(all.empty() || !blocks(c, all))
        return std::nullopt;
    auto const server = header(*all.front(), "Server");
    return on_all(entry, c, all)
        .is(confidence::likely)
        .saw(list_of(all) + " got 503" +
             (server.empty() ? " from a server without a name" : " from " + std::string(server)) + ".");
}

outcome bad_gateway(rule_context const& c, catalogue_entry const& entry)
{
    auto const all = asked_with(c, 502);
    if(all.empty())
        return std::nullopt;
    return on_all(entry, c, all)
        .saw(list_of(all) + " got 502: a proxy answers, the server behind it does not.")
        .predict_silence(c);
}

outcome gateway_timeout(rule_context const& c, catalogue_entry const& entry)
{
    auto const all = asked_with(c, 504);
    if(all.empty())
        return std::nullopt;
    return on_all(entry, c, all)
        .saw(list_of(all) + " got 504 after " + std::to_string(all.front()->milliseconds) + " ms.")
        .predict_silence(c);
}

outcome user_not_assigned(rule_context const& c, catalogue_entry const& entry)
{
    picks all;
    for(auto const& e : c.facts.exchanges)
        if(e.status == 403 && has_marker(e, "corporate app can't be accessed"))
            all.push_back(&e);
    if(all.empty())
        return std::nullopt;
    return on_all(entry, c, all)
        .saw("The 403 is the page of Microsoft Entra application proxy.")
        .predict_http(c)
        .predict_silence(c);
}

outcome connector_unauthorized(rule_context const& c, catalogue_entry const& entry)
{
    picks all;
    for(auto const& e : c.facts.exchanges)
        if(e.status && *e.status >= 500 && has_marker(e, "ConnectorError"))
            all.push_back(&e);
    if(all.empty())
        return std::nullopt;
    return on_all(entry, c, all)
        .is(confidence::likely)
        .saw("The page of the " + std::to_string(*all.front()->status) + " speaks of a ConnectorError.")
        .predict_http(c)
        .predict_silence(c);
}

outcome unauthorized(rule_context const& c, catalogue_entry const& entry)
{
    auto const all = operations_with(c, 401);
    if(all.empty())
        return std::nullopt;
    auto const asks = header(*all.front(), "WWW-Authenticate");
    return on_all(entry, c, all)
        .saw(list_of(all) + " got 401" + (asks.empty() ? "." : ", WWW-Authenticate: " + std::string(asks) + "."));
}

outcome healthy_403(rule_context const& c, catalogue_entry const& entry)
{
    auto const* bare = answered(c, question::bare_get);
    if(!has_status(bare, 403) || !capabilities_read(c) || !certificates_read(c))
        return std::nullopt;
    return make(entry).saw("The bare URL answers 403, GetCACaps and GetCACert answer as they should.").on(c, *bare);
}

outcome blocked_403(rule_context const& c, catalogue_entry const& entry)
{
    auto const all = operations_with(c, 403);
    if(all.empty())
        return std::nullopt;
    auto const& first = *all.front();
    auto const server = header(first, "Server");
    auto f = on_all(entry, c, all);
    f.is(from_iis(first) ? confidence::likely : confidence::certain);
    f.saw(list_of(all) + " got 403" +
          (server.empty() ? std::string(" from a server without a name") : " from " + std::string(server)) +
          (first.html_title.empty() ? std::string() : ", page \"" + first.html_title + "\"") + ".");
    if(has_status(answered(c, question::bare_get), 403))
        f.on(c, answered(c, question::bare_get));
    return f;
}

outcome not_found(rule_context const& c, catalogue_entry const& entry)
{
    auto const all = operations_with(c, 404);
    auto const logged = devices(
        c, [](auto const& a) { return last_status(a, "caps") == 404 || last_status(a, "cert") == 404; },
        [](auto const& a) { return last_status(a, "caps") == 200 || last_status(a, "cert") == 200; });
    bool const live = blocks(c, all);
    if(!live && logged.bad.empty())
        return std::nullopt;
    auto f = on_all(entry, c, live ? all : picks());
    if(live) {
        f.saw(list_of(all) + " got 404" + (from_iis(*all.front()) ? " from IIS." : "."));
    } else {
        // Some wrong paths among calls that work are another product's clients, a typing error or a scanner.
        if(logged.good_count != 0)
            f.is(logged.count >= 2 ? severity::warning : severity::info);
        f.is(state_of(logged.last, logged.last_good));
        f.is(logged.good_count == 0 && logged.count >= 2 ? confidence::likely : confidence::possible);
        f.saw(counted(logged.count, "attempt") + " in the log got 404, for example at " +
              logged.bad.front().attempt->base_stem + ".");
    }
    for(auto const& a : logged.bad)
        f.on(a);
    return f;
}

outcome start_500(rule_context const& c, catalogue_entry const& entry)
{
    auto const all = operations(c, [](auto const& e) {
        return e.status && *e.status >= 500 && *e.status != 502 && *e.status != 503 && *e.status != 504;
    });
    if(!blocks(c, all))
        return std::nullopt;
    return on_all(entry, c, all)
        .is(from_iis(*all.front()) ? confidence::certain : confidence::possible)
        .saw(list_of(all) + " got " + std::to_string(*all.front()->status) +
             (from_iis(*all.front()) ? " from IIS." : "."));
}

outcome httpsys_400(rule_context const& c, catalogue_entry const& entry)
{
    auto all = operations_with(c, 400);
    std::erase_if(all, [](auto const* e) { return !from_httpsys(*e); });
    if(all.empty())
        return std::nullopt;
    bool const host = has_marker(*all.front(), "Invalid Hostname");
    auto f = on_all(entry, c, all);
    if(host)
        f.fix_first("Add a binding for this host name to the site: IIS Manager > Default Web Site > Bindings.");
    return f.saw(list_of(all) + " got 400 from HTTP.sys itself" + (host ? ": no site takes this host name." : "."));
}

outcome app_400(rule_context const& c, catalogue_entry const& entry)
{
    auto all = operations_with(c, 400);
    std::erase_if(all, [](auto const* e) { return from_httpsys(*e); });
    if(!blocks(c, all))
        return std::nullopt;
    return on_all(entry, c, all).is(confidence::likely).saw(list_of(all) + " got 400.");
}

outcome too_many(rule_context const& c, catalogue_entry const& entry)
{
    auto const all = asked_with(c, 429);
    if(all.empty())
        return std::nullopt;
    return on_all(entry, c, all).saw(list_of(all) + " got 429.");
}

outcome unexpected(rule_context const& c, catalogue_entry const& entry)
{
    auto const all = operations(c, [](auto const& e) {
        if(!e.status || *e.status == 200 || *e.status >= 500 || (is_redirect(e) && e.location))
            return false;
        auto const s = *e.status;
        return s != 400 && s != 401 && s != 403 && s != 404 && s != 429;
    });
    if(!blocks(c, all))
        return std::nullopt;
    return on_all(entry, c, all).saw(list_of(all) + " got " + std::to_string(*all.front()->status) + ".");
}

constexpr std::string_view device_to_ndes = "Microsoft Learn: Troubleshooting device to NDES server communication for "
                                            "SCEP certificate profiles in Microsoft Intune";
constexpr std::string_view iis_codes = "Microsoft Learn: HTTP status code overview";
constexpr std::string_view app_proxy_errors = "Microsoft Learn: Troubleshoot Application Proxy";
constexpr std::string_view pool_fix[] = {
    "IIS Manager > Application Pools > SCEP: start the pool, then request the URL again. If it stops at once, its "
    "identity cannot log on: check the service account (locked, password expired or changed, \"Log on as a batch "
    "job\", member of IIS_IUSRS).",
    "If it stops after a request, look in the Application log for event 1000 of w3wp.exe, and check in this order: "
    "intermediate CA certificates in the Trusted Root store of the computer (move them to Intermediate Certification "
    "Authorities); reachability of the CRLs of the connector's certificates; the certificate of the policy module "
    "(expired, wrong thumbprint, without Client Authentication).",
    "The reason HTTP.sys gives (AppOffline, Disabled, N/A) is in "
    "%SystemRoot%\\System32\\LogFiles\\HTTPERR\\httperr*.log."};
constexpr std::string_view other503_fix[] = {"Look into the proxy or load balancer in front: it has no healthy server "
                                             "behind it, or it waited in vain (30 seconds at Azure Front Door).",
                                             "Ask the NDES server directly, from inside, to see whether it is well."};
constexpr std::string_view gateway_fix[] = {
    "Microsoft Entra application proxy: check the app's internal URL, that the connector's server resolves and reaches "
    "the NDES server, and that it trusts the certificate there.",
    "Other proxies: check the address of the server behind them and its health check."};
constexpr std::string_view timeout_fix[] = {
    "Microsoft Entra application proxy: start the service \"Microsoft Entra private network connector\" (before: "
    "\"Microsoft Entra application proxy connector\") on the connector's server; check its outbound ports 80 and 443.",
    "If the connector runs, find out why NDES is slow; Backend Application Timeout set to Long allows 180 seconds "
    "instead of 85."};
constexpr std::string_view assigned_fix[] = {
    "Set Pre Authentication of the app to Passthrough: devices cannot sign in, so nobody needs to be assigned."};
constexpr std::string_view connector_fix[] = {"Exempt the connector's outbound traffic from TLS inspection."};
constexpr std::string_view anonymous_fix[] = {
    "IIS Manager > Default Web Site > CertSrv > mscep > Authentication: enable Anonymous Authentication.",
    "If the URL in the profile is that of mscep_admin, correct it to /certsrv/mscep/mscep.dll."};
constexpr std::string_view blocked_fix[] = {
    "See who answers: another Server header or another page than that of IIS means a firewall or proxy; allow "
    "/certsrv/mscep there for all clients.",
    "With IIS, read sc-substatus in its log: 4 SSL required, 6 address refused, 7 client certificate required, 14 no "
    "default document, 1 and 2 handler permissions, 501 to 504 Dynamic IP Restrictions.",
    "Then change that setting for the application CertSrv/mscep."};
constexpr std::string_view found_fix[] = {
    "Compare the path with https://<host>/certsrv/mscep/mscep.dll.",
    "Check that the role service Network Device Enrollment Service is installed and configured on that server.",
    "Behind a reverse proxy check that it passes /certsrv/mscep on unchanged, upper and lower case included."};
constexpr std::string_view start_fix[] = {
    "Read the Application log of the server, source NetworkDeviceEnrollmentService (events 2 and 10 name the reason), "
    "and sc-win32-status in the IIS log: 1346 is the missing right \"Impersonate a client after authentication\" for "
    "IIS_IUSRS.",
    "Check that both RA certificates (issuer as configured, CEP Encryption and Exchange Enrollment Agent) are valid "
    "and that the account of the SCEP pool can read their private keys.",
    "Check that the account of the pool is not locked and its password is right, that the CA can be reached (RPC) and "
    "its CRL is not expired.",
    "Restart the server: after installing the connector iisreset is not enough."};
constexpr std::string_view httpsys400_fix[] = {
    "HKLM\\SYSTEM\\CurrentControlSet\\Services\\HTTP\\Parameters: set MaxFieldLength and MaxRequestBytes (DWORD) to "
    "65534 and restart the server.",
    "The reason is in %SystemRoot%\\System32\\LogFiles\\HTTPERR\\httperr*.log."};
constexpr std::string_view app400_fix[] = {
    "Compare the path with the product's documentation (EJBCA: …/scep/<alias>/pkiclient.exe).",
    "Some servers want a CA identifier in the message parameter."};
constexpr std::string_view many_fix[] = {"Exempt the address of this check or of the devices' proxy from the rate "
                                         "limit; behind a proxy all devices share one address."};
constexpr std::string_view other_fix[] = {"Find out which server or proxy answers (Server and Via headers) and why."};
constexpr std::string_view device_refs[] = {device_to_ndes};
constexpr std::string_view codes_refs[] = {device_to_ndes, iis_codes};
constexpr std::string_view proxy_refs[] = {app_proxy_errors, device_to_ndes};
constexpr std::string_view httpsys_refs[] = {"Microsoft Learn: Http.sys registry settings for Windows",
                                             "Microsoft Learn: Troubleshooting HTTP 400 Errors in IIS"};

rule const table[] = {
    {{"http-503-httpsys", kind::cause, severity::error, "The SCEP application pool does not run",
      "HTTP.sys answers 503 in the place of IIS when the application pool is stopped or was stopped after repeated "
      "crashes. The request never reaches IIS, and its log stays empty.",
      pool_fix, device_refs},
     httpsys_503},
    {{"http-504", kind::cause, severity::error, "A proxy waits in vain for the server",
      "The proxy in front got no answer in time. With Microsoft Entra application proxy that mostly means that no "
      "connector runs.",
      timeout_fix, proxy_refs},
     gateway_timeout},
    {{"http-502", kind::cause, severity::error, "A proxy cannot reach the server",
      "The proxy in front is well; its way to the NDES server is not.", gateway_fix, proxy_refs},
     bad_gateway},
    {{"approxy-user-not-assigned", kind::cause, severity::error, "Microsoft Entra application proxy refuses access",
      "Pre-authentication is on, and the caller is not assigned to the app. Devices cannot sign in.", assigned_fix,
      proxy_refs},
     user_not_assigned},
    {{"approxy-connector-unauthorized", kind::cause, severity::error,
      "The application proxy connector cannot sign in to its service",
      "Something on the way inspects the connector's TLS connections.", connector_fix, proxy_refs},
     connector_unauthorized},
    {{"http-503-other", kind::cause, severity::error, "A proxy has no server to give requests to",
      "The 503 does not come from the NDES server itself.", other503_fix, device_refs},
     other_503},
    {{"http-401", kind::cause, severity::error, "The SCEP service asks for a logon",
      "Devices have no account there: the challenge in the request is what lets them in. Anonymous authentication must "
      "be on.",
      anonymous_fix, codes_refs},
     unauthorized},
    {{"http-500-start", kind::cause, severity::error, "NDES cannot start",
      "IIS runs, and mscep.dll fails as it loads: it cannot use its RA certificates, its account, its registry values "
      "or the CA. It fails for every request alike.",
      start_fix, codes_refs},
     start_500},
    {{"http-403-blocked", kind::cause, severity::error, "SCEP calls are refused with 403",
      "A 403 for the bare URL alone is healthy with Intune's policy module; a 403 for GetCACaps and GetCACert means "
      "that something keeps everybody out.",
      blocked_fix, codes_refs},
     blocked_403},
    {{"http-404", kind::cause, severity::error, "There is no SCEP service at this path",
      "The server is up, and the path of the URL leads to nothing on it.", found_fix, codes_refs},
     not_found},
    {{"http-400-httpsys", kind::cause, severity::error, "HTTP.sys refuses requests with 400",
      "HTTP.sys answers before IIS sees the request: a header or the URL is too long for its settings, or no site "
      "takes the host name.",
      httpsys400_fix, httpsys_refs},
     httpsys_400},
    {{"http-400-app",
      kind::cause,
      severity::error,
      "The server finds the SCEP calls malformed",
      "The application behind the URL answers 400 to calls that others understand: mostly the path is not quite right.",
      app400_fix,
      {}},
     app_400},
    {{"http-429",
      kind::cause,
      severity::warning,
      "The server limits the rate of requests",
      "Devices that come at the same time, or behind one address, are turned away.",
      many_fix,
      {}},
     too_many},
    {{"http-status-unexpected",
      kind::cause,
      severity::error,
      "SCEP calls get an unexpected status",
      "Clients need 200 for GetCACaps and GetCACert.",
      other_fix,
      {}},
     unexpected},
    {{"http-403-healthy",
      kind::symptom,
      severity::info,
      "The bare URL answers 403: the policy module is loaded",
      "With the Intune policy module NDES refuses requests without an operation. That is the sign of a working "
      "installation, not a fault.",
      {},
      device_refs},
     healthy_403},
};

} // namespace

std::span<rule const> http_rules() { return table; }

} // namespace scepkit::inline v0::diagnosis::detail
