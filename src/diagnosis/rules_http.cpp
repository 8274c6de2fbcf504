// SPDX-License-Identifier: BSL-1.0
#include <diagnosis/detail/make.hpp>

#include <algorithm>
#include <functional>

namespace scepkit::inline v0::diagnosis::detail {

namespace {

using outcome = std::optional<finding>;
using kind = catalogue_entry::kind;
using picks = std::vector<http_exchange const*>;

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

make on_all(catalogue_entry const& entry, rule_context const& c, picks const& list)
{
    make f(entry);
    for(auto const* e : list)
        f.on(c, *e);
    return f;
}

std::string list_of(picks const& list)
{
    std::vector<std::string> names;
    for(auto const* e : list)
        if(std::string name(name_of(e->question)); std::ranges::find(names, name) == names.end())
            names.push_back(std::move(name));
    return joined(names, " and ");
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
    std::vector<call_ref> logged;
    std::uint64_t count = 0;
    std::string last, good;
    for(auto const& call : calls(c)) {
        auto const& one = *call.call;
        if(!is_mscep(one) || one.operation.empty() || one.operation == "other")
            continue;
        if(one.sc_status == 404 && one.sc_substatus <= 0) {
            logged.push_back(call);
            count += one.count;
            last = std::max(last, one.last);
        } else if(one.sc_status == 200) {
            good = std::max(good, one.last);
        }
    }
    bool const live = blocks(c, all);
    if(!live && logged.empty())
        return std::nullopt;
    make f(entry);
    if(live) {
        f = on_all(entry, c, all);
        f.saw(list_of(all) + " got 404" + (from_iis(*all.front()) ? " from IIS." : "."));
    } else {
        // A few wrong paths among calls that work are somebody's typing or a scanner.
        f.is(state_of(last, good)).is(confidence::possible);
        f.saw(counted(count, "SCEP call") + " in the log got 404, for example at " + logged.front().call->cs_uri_stem +
              ".");
    }
    for(auto const& call : logged)
        f.on(call);
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

// --- POST --------------------------------------------------------------------------------------------------------

bool refused_as_method(http_exchange const* e)
{
    return has_status(e, 403) || has_status(e, 405) || has_status(e, 406) || has_status(e, 501);
}

outcome method_405(rule_context const& c, catalogue_entry const& entry)
{
    make f(entry);
    auto const* post = answered(c, question::empty_post);
    bool const wants_post = is_ndes(c) || offers_post(c) || !capabilities_read(c);
    bool const live = has_status(post, 405) && wants_post;
    std::uint64_t count = 0;
    std::string last, good;
    std::vector<call_ref> logged;
    for(auto const& call : calls(c)) {
        auto const& one = *call.call;
        if(one.operation != "PKIOperation" || contains(one.cs_uri_stem, "mscep_admin"))
            continue;
        if(one.sc_status == 405) {
            logged.push_back(call);
            count += one.count;
            last = std::max(last, one.last);
        } else if(one.sc_status == 200 && one.cs_method == "POST") {
            good = std::max(good, one.last);
        }
    }
    if(!live && logged.empty())
        return std::nullopt;
    std::string saw;
    if(live) {
        auto const allow = header(*post, "Allow");
        saw = "POST got 405" + (allow.empty() ? std::string(".") : "; allowed are " + std::string(allow) + ".");
        f.on(c, *post);
    } else {
        f.is(state_of(last, good)).is(count >= 2 ? confidence::certain : confidence::likely);
    }
    if(!logged.empty())
        saw += (saw.empty() ? "" : " ") + counted(count, "PKIOperation") + " in the log got 405.";
    for(auto const& call : logged)
        f.on(call);
    return f.saw(saw);
}

outcome post_block(rule_context const& c, catalogue_entry const& entry)
{
    auto const* caps = answered(c, question::get_ca_caps);
    auto const* post = answered(c, question::empty_post);
    if(is_folder_path(target_path(c))) {
        post = answered(c, question::empty_post_dll);
        caps = answered(c, question::get_ca_caps_dll);
    }
    if(!refused_as_method(post) || !has_status(caps, 200) || caps->body == facts::body_kind::html ||
       !(is_ndes(c) || offers_post(c)))
        return std::nullopt;
    bool const other_server = header(*post, "Server") != header(*caps, "Server");
    if(from_iis(*post) && !other_server && *post->status == 405)
        return std::nullopt; // IIS itself refuses the verb: iis-verb-denied.
    return make(entry)
        .is(other_server ? confidence::certain : confidence::likely)
        .saw("GETs are answered; POST got " + std::to_string(*post->status) +
             (other_server ? ", and another server says so (Server: " + std::string(header(*post, "Server")) + ")."
                           : "."))
        .on(c, *post)
        .on(c, *caps)
        .predict(c, *post);
}

outcome verb_denied(rule_context const& c, catalogue_entry const& entry)
{
    make f(entry);
    std::string saw, last, good;
    auto const* post = answered(c, is_folder_path(target_path(c)) ? question::empty_post_dll : question::empty_post);
    bool const live = has_status(post, 405) && from_iis(*post) && contains(post->url, "/mscep.dll");
    if(live) {
        f.on(c, *post).predict(c, *post);
        saw = "IIS refuses POST at mscep.dll with 405.";
    }
    std::uint64_t count = 0;
    std::vector<call_ref> logged;
    for(auto const& call : calls(c)) {
        auto const& one = *call.call;
        if(!is_at_dll(one.cs_uri_stem) || one.operation != "PKIOperation")
            continue;
        if(one.sc_status == 405 || (one.sc_status == 404 && one.sc_substatus == 6)) {
            logged.push_back(call);
            count += one.count;
            last = std::max(last, one.last);
        } else if(one.sc_status == 200 && one.cs_method == "POST") {
            good = std::max(good, one.last);
        }
    }
    if(!live && logged.empty())
        return std::nullopt;
    if(!live)
        f.is(takes_post(post) ? when::mended : state_of(last, good));
    for(auto const& call : logged)
        f.on(call).predict(call.ref);
    if(count != 0)
        saw += (saw.empty() ? "" : " ") + counted(count, "PKIOperation") + " at mscep.dll in the log got 405 or 404.6.";
    return f.is(confidence::likely).saw(saw);
}

// --- No answer ---------------------------------------------------------------------------------------------------

// Failed behind the handshake with one of `codes`.
picks unanswered(rule_context const& c, std::span<std::string_view const> codes)
{
    picks out;
    for(auto const& e : c.facts.exchanges)
        if(!e.status && e.failure && (e.reached == "send" || e.reached == "receive" || e.reached == "done") &&
           e.question != question::long_query && e.question != question::admin_page &&
           std::ranges::find(codes, *e.failure) != codes.end())
            out.push_back(&e);
    return out;
}

constexpr std::string_view silent_codes[] = {"timed_out"};
constexpr std::string_view malformed_codes[] = {"bad_http", "too_large", "too_many", "truncated"};
constexpr std::string_view closed_codes[] = {"connection_closed", "connection_reset"};

bool any_answer(rule_context const& c)
{
    return std::ranges::any_of(c.facts.exchanges, [](auto const& e) { return e.status.has_value(); });
}

bool only_caps(picks const& list)
{
    return std::ranges::all_of(list, [](auto const* e) { return e->question == question::get_ca_caps; });
}

outcome closed(rule_context const& c, catalogue_entry const& entry)
{
    auto const all = unanswered(c, closed_codes);
    if(all.empty() || (only_caps(all) && any_answer(c)))
        return std::nullopt;
    return on_all(entry, c, all)
        .saw(list_of(all) + ": the connection was closed without an answer.")
        .predict_silence(c);
}

outcome caps_closed(rule_context const& c, catalogue_entry const& entry)
{
    auto const all = unanswered(c, closed_codes);
    if(all.empty() || !only_caps(all) || !any_answer(c))
        return std::nullopt;
    return on_all(entry, c, all)
        .saw("The connection is closed without an answer to GetCACaps; other requests are answered.");
}

outcome no_answer(rule_context const& c, catalogue_entry const& entry)
{
    auto const all = unanswered(c, silent_codes);
    if(all.empty())
        return std::nullopt;
    return on_all(entry, c, all)
        .saw(list_of(all) + " got no answer within " + std::to_string(all.front()->milliseconds) +
             " ms; the connection stood.");
}

outcome malformed(rule_context const& c, catalogue_entry const& entry)
{
    auto const all = unanswered(c, malformed_codes);
    if(all.empty())
        return std::nullopt;
    return on_all(entry, c, all)
        .is(confidence::likely)
        .saw(list_of(all) + ": the answer cannot be read as HTTP (" + *all.front()->failure + ").");
}

// --- The policy module -------------------------------------------------------------------------------------------

outcome policy_module(rule_context const& c, catalogue_entry const& entry)
{
    if(c.expected == expectation::ndes)
        return std::nullopt;
    make f(entry);
    f.is(c.expected == expectation::intune ? severity::error : severity::info);
    f.is(c.expected == expectation::intune ? confidence::likely : confidence::possible);
    auto const* bare = answered(c, question::bare_get);
    if(has_status(bare, 200) && has_marker(*bare, "Network Device Enrollment Service") && capabilities_read(c))
        return f.is(c.expected == expectation::intune ? confidence::certain : confidence::possible)
            .saw("The bare URL shows the page of plain NDES. With the policy module it answers 403.")
            .on(c, *bare);
    if(bare != nullptr)
        return std::nullopt; // What is live now counts more than a log.
    std::string last, good;
    std::uint64_t count = 0;
    for(auto const& call : calls(c)) {
        auto const& one = *call.call;
        if(!is_at_dll(one.cs_uri_stem) || one.cs_method != "GET" || !one.operation.empty())
            continue;
        if(one.sc_status == 200) {
            f.on(call);
            count += one.count;
            last = std::max(last, one.last);
        } else if(one.sc_status == 403) {
            good = std::max(good, one.last);
        }
    }
    if(count == 0)
        return std::nullopt;
    return f.is(state_of(last, good))
        .saw(counted(count, "GET") + " of the bare URL in the log got 200; with the policy module it is 403.");
}

constexpr std::string_view device_to_ndes = "Microsoft Learn: Troubleshoot device to NDES server communication for "
                                            "SCEP certificate profiles in Microsoft Intune";
constexpr std::string_view iis_codes = "Microsoft Learn: HTTP status code overview (IIS)";
constexpr std::string_view app_proxy_errors =
    "Microsoft Learn: Troubleshoot application proxy problems and error messages";
constexpr std::string_view configure = "Microsoft Learn: Configure infrastructure to support SCEP with Intune";
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
constexpr std::string_view m405_fix[] = {
    "Use the full path of the service in the profile; for NDES /certsrv/mscep/mscep.dll.",
    "If the path is right, allow POST in the firewall, the proxy and IIS' handler mapping."};
constexpr std::string_view waf_fix[] = {"Allow POST with the type application/x-pki-message and a binary body to "
                                        "/certsrv/mscep in the web application firewall."};
constexpr std::string_view verb_fix[] = {
    "IIS Manager > CertSrv/mscep > Handler Mappings: the ISAPI mapping of mscep.dll must take all verbs.",
    "Request Filtering > HTTP Verbs: do not deny POST."};
constexpr std::string_view closed_fix[] = {
    "Check the firewall, proxy or load balancer that takes the connection: it drops the request, or has no server to "
    "give it to.",
    "If the address is the NDES server's own, look in httperr*.log and for crashes of w3wp.exe."};
constexpr std::string_view caps_closed_fix[] = {
    "Windows Server 2003 and 2008 need the hotfix KB2483564, better a supported Windows Server.",
    "On a newer server look for a firewall that minds the query."};
constexpr std::string_view silent_fix[] = {
    "See whether the request is in the IIS log of the server, and with which time-taken.",
    "If not, look at the firewall or proxy in between. If it is, NDES waits for something: the CA (RPC), a domain "
    "controller, a CRL."};
constexpr std::string_view malformed_fix[] = {
    "See what listens there: it may not be a web server, or something on the way cuts the answer."};
constexpr std::string_view module_fix[] = {
    "Install the Certificate Connector for Microsoft Intune on the NDES server with the feature SCEP, or repair it.",
    "Restart the server; iisreset is not enough.",
    "Check HKLM\\SOFTWARE\\Microsoft\\Cryptography\\MSCEP\\Modules: the policy module must be registered there."};
constexpr std::string_view device_refs[] = {device_to_ndes};
constexpr std::string_view codes_refs[] = {device_to_ndes, iis_codes};
constexpr std::string_view proxy_refs[] = {app_proxy_errors, device_to_ndes};
constexpr std::string_view module_refs[] = {device_to_ndes, configure};
constexpr std::string_view m405_refs[] = {
    "Microsoft Learn: HTTP Error 405.0 when you visit a Web site that is hosted on a server that is running IIS",
    "RFC 9110, section 15.5.6"};
constexpr std::string_view httpsys_refs[] = {"Microsoft Learn: Http.sys registry settings for Windows",
                                             "Microsoft Learn: Troubleshoot HTTP 400 errors in IIS"};

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
    {{"conn-closed-no-data",
      kind::cause,
      severity::error,
      "The server closes connections without an answer",
      "The request is taken and dropped. Devices report a network error.",
      closed_fix,
      {}},
     closed},
    {{"http-no-answer", kind::cause, severity::error, "The server does not answer in time",
      "The connection stands, the request is sent, and nothing comes back. Devices give up after a while.", silent_fix,
      device_refs},
     no_answer},
    {{"http-malformed",
      kind::cause,
      severity::error,
      "The answer is no HTTP",
      "What listens there does not speak HTTP, or its answers are damaged on the way.",
      malformed_fix,
      {}},
     malformed},
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
    {{"waf-post-block",
      kind::cause,
      severity::error,
      "POSTs are blocked on the way",
      "GETs get through and the enrolment, which is a POST, does not: typical of a web application firewall.",
      waf_fix,
      {}},
     post_block},
    {{"iis-verb-denied", kind::cause, severity::error, "IIS refuses POST at mscep.dll",
      "A handler mapping or request filtering does not allow the verb, so no enrolment can be sent by POST.", verb_fix,
      codes_refs},
     verb_denied},
    {{"caps-conn-closed", kind::cause, severity::error, "The server closes the connection on GetCACaps",
      "Old NDES without the hotfix does that; clients then stop or fall back to weak algorithms.", caps_closed_fix,
      device_refs},
     caps_closed},
    {{"http-405", kind::symptom, severity::error, "POST is answered with 405",
      "What stands at this path does not take POSTs, and the enrolment is one.", m405_fix, m405_refs},
     method_405},
    {{"policy-module-inactive", kind::cause, severity::error, "The Intune policy module is not active",
      "Without the module NDES checks challenges by itself, and every request of a device that Intune manages is "
      "refused. On an NDES without Intune this page is right.",
      module_fix, module_refs},
     policy_module},
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
