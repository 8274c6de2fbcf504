// SPDX-License-Identifier: BSL-1.0
#include <diagnosis/detail/make.hpp>

#include <algorithm>

namespace scepkit::inline v0::diagnosis::detail {

namespace {

using outcome = std::optional<finding>;
using kind = catalogue_entry::kind;

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
    auto const logged = devices(
        c, [](auto const& a) { return last_status(a, "pki") == 405 && !contains(a.base_stem, "mscep_admin"); },
        [](auto const& a) { return last_status(a, "pki") == 200; });
    if(!live && logged.bad.empty())
        return std::nullopt;
    std::string saw;
    if(live) {
        auto const allow = header(*post, "Allow");
        saw = "POST got 405" + (allow.empty() ? std::string(".") : "; allowed are " + std::string(allow) + ".");
        f.on(c, *post);
    } else {
        f.is(state_of(logged.last, logged.last_good)).is(logged.count >= 2 ? confidence::certain : confidence::likely);
        if(logged.count == 1 && logged.good_count != 0)
            f.is(when::now_and_then);
    }
    if(!logged.bad.empty())
        saw += (saw.empty() ? "" : " ") + counted(logged.count, "PKIOperation") + " in the log got 405.";
    for(auto const& a : logged.bad)
        f.on(a);
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
    std::string saw, last;
    auto const* post = answered(c, is_folder_path(target_path(c)) ? question::empty_post_dll : question::empty_post);
    bool const live = has_status(post, 405) && from_iis(*post) && contains(post->url, "/mscep.dll");
    if(live) {
        f.on(c, *post).predict(c, *post);
        saw = "IIS refuses POST at mscep.dll with 405.";
    }
    auto const refused = devices(
        c, [](auto const& a) { return is_at_dll(a.base_stem) && last_status(a, "pki") == 405; },
        [](auto const& a) { return is_at_dll(a.base_stem) && last_status(a, "pki") == 200; });
    std::vector<call_ref> filtered;
    auto count = refused.count;
    last = refused.last;
    for(auto const& call : calls(c)) {
        auto const& one = *call.call;
        if(!is_at_dll(one.cs_uri_stem) || one.operation != "PKIOperation" || one.sc_status != 404 ||
           one.sc_substatus != 6)
            continue;
        filtered.push_back(call);
        count += one.count;
        last = std::max(last, one.last);
    }
    if(!live && count == 0)
        return std::nullopt;
    if(!live)
        f.is(takes_post(post) ? when::mended : state_of(last, refused.last_good));
    if(!live && count == 1 && refused.good_count != 0)
        f.is(when::now_and_then);
    for(auto const& a : refused.bad)
        f.on(a).predict(a.ref);
    for(auto const& call : filtered)
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

constexpr std::string_view device_to_ndes = "Microsoft Learn: Troubleshooting device to NDES server communication for "
                                            "SCEP certificate profiles in Microsoft Intune";
constexpr std::string_view iis_codes = "Microsoft Learn: HTTP status code overview";
constexpr std::string_view configure = "Microsoft Learn: Configure infrastructure to support SCEP with Intune";
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
constexpr std::string_view module_refs[] = {device_to_ndes, configure};
constexpr std::string_view m405_refs[] = {
    "Microsoft Learn: HTTP Error 405.0 when you visit a website that is hosted on a server that is running IIS",
    "RFC 9110, section 15.5.6"};
constexpr std::string_view device_refs[] = {device_to_ndes};
constexpr std::string_view codes_refs[] = {device_to_ndes, iis_codes};

rule const table[] = {
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
};

} // namespace

std::span<rule const> post_rules() { return table; }

} // namespace scepkit::inline v0::diagnosis::detail
