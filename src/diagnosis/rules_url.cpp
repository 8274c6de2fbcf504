// SPDX-License-Identifier: BSL-1.0
#include <diagnosis/detail/make.hpp>

#include <algorithm>

namespace scepkit::inline v0::diagnosis::detail {

namespace {

using outcome = std::optional<finding>;
using kind = catalogue_entry::kind;

constexpr std::string_view troubleshoot_device = "Microsoft Learn: Troubleshooting device to NDES server communication "
                                                 "for SCEP certificate profiles in Microsoft Intune";
constexpr std::string_view configure_scep = "Microsoft Learn: Configure infrastructure to support SCEP with Intune";
constexpr std::string_view iis_405 =
    "Microsoft Learn: HTTP Error 405.0 when you visit a website that is hosted on a server that is running IIS";

// --- url-missing-mscep-dll ---------------------------------------------------------------------------------------

// What the empty POSTs, the redirects and the path itself say.
std::optional<confidence> missing_dll_live(rule_context const& c)
{
    if(!c.facts.target || !is_folder_path(target_path(c)))
        return std::nullopt;
    auto const* post = answered(c, question::empty_post);
    auto const* post_dll = answered(c, question::empty_post_dll);
    bool const refused = has_status(post, 405);
    bool const dll_takes_it = post_dll != nullptr && *post_dll->status != 405 && *post_dll->status != 404;
    if(refused && dll_takes_it && !refuses_method(*post_dll->status))
        return confidence::certain;
    auto const redirected = std::ranges::any_of(
        c.facts.exchanges, [](auto const& e) { return kind_of_redirect(e) == redirect_kind::slash; });
    if(refused && (dll_takes_it || redirected || has_status(answered(c, question::get_ca_caps_dll), 200)))
        return confidence::likely;
    bool const dll_works = has_status(answered(c, question::get_ca_caps_dll), 200) || takes_post(post_dll);
    if(post != nullptr && refuses_method(*post->status) && (dll_works || redirected))
        return confidence::likely;
    // Windows' form of the path is a file that does not exist.
    if(has_status(answered(c, question::get_ca_caps), 404) && dll_works)
        return confidence::likely;
    if(redirected && post == nullptr)
        return confidence::likely;
    return std::nullopt;
}

// Attempts at the short path, as devices make them.
struct folder_attempts {
    std::vector<attempt_ref> failing; // GETs answered, PKIOperation 405.
    std::vector<attempt_ref> windows; // 404 or 405 at …/mscep/pkiclient.exe.
    std::uint64_t failed = 0, failed_windows = 0, worked = 0, worked_at_dll = 0;
    std::string first, last, first_at_dll, last_at_dll;
};

void widen(std::string& first, std::string& last, facts::iis_attempt_count const& a)
{
    if(!a.first.empty() && (first.empty() || a.first < first))
        first = a.first;
    last = std::max(last, a.last);
}

folder_attempts attempts_at_folder(rule_context const& c)
{
    folder_attempts out;
    for(auto const& ref : attempts(c)) {
        auto const& a = *ref.attempt;
        if(!is_device(a))
            continue;
        auto const pki = last_status(a, "pki");
        if(is_at_dll(a.base_stem)) {
            if(pki != 200)
                continue;
            out.worked_at_dll += a.count;
            widen(out.first_at_dll, out.last_at_dll, a);
        } else if(is_folder_base(a.base_stem)) {
            auto const refused = [&](std::string_view op) {
                auto const s = last_status(a, op);
                return s == 404 || s == 405;
            };
            if(pki == 200) {
                out.worked += a.count;
            } else if(a.client == "windows" && (refused("caps") || refused("cert") || refused("pki"))) {
                out.failed_windows += a.count;
                out.windows.push_back(ref);
                widen(out.first, out.last, a);
            } else if(pki == 405) {
                out.failed += a.count;
                out.failing.push_back(ref);
                widen(out.first, out.last, a);
            }
        }
    }
    return out;
}

std::optional<confidence> missing_dll_logged(folder_attempts const& log)
{
    if(log.worked != 0) // A proxy that rewrites the path would explain that; then the URL is right.
        return std::nullopt;
    if(log.failed >= 2)
        return confidence::certain;
    if(log.failed == 1 || log.failed_windows >= 2)
        return confidence::likely;
    return log.failed_windows == 1 ? std::optional(confidence::possible) : std::nullopt;
}

std::string missing_dll_saw(rule_context const& c, folder_attempts const& log, bool live, bool logged, when state)
{
    std::string saw;
    if(live) {
        auto const* post = answered(c, question::empty_post);
        auto const* post_dll = answered(c, question::empty_post_dll);
        saw += "The URL ends in the folder " + c.facts.target->path + ".";
        if(auto const* caps = answered(c, question::get_ca_caps);
           caps != nullptr && kind_of_redirect(*caps) == redirect_kind::slash)
            saw += " GET answers " + std::to_string(*caps->status) +
                   " to the same path with a slash, and there all is well.";
        if(post != nullptr)
            saw += " POST answers " + std::to_string(*post->status) + ".";
        if(post_dll != nullptr)
            saw += " The same POST at " + with_dll(c) + " answers " + std::to_string(*post_dll->status) + ".";
    }
    if(logged) {
        saw += saw.empty() ? "" : " ";
        if(log.failed != 0)
            saw +=
                counted(log.failed, "enrolment attempt") +
                " in the log asked at /certsrv/mscep: the GETs were answered, the PKIOperation was refused with 405.";
        if(log.failed_windows != 0)
            saw += std::string(log.failed != 0 ? " " : "") + counted(log.failed_windows, "attempt") +
                   " of Windows asked at /certsrv/mscep/pkiclient.exe, which does not exist.";
        saw += " Seen " + span_of(log.first, log.last) + '.';
        if(log.worked_at_dll != 0)
            saw += " " + counted(log.worked_at_dll, "attempt") + " at …/mscep.dll got an answer to the PKIOperation.";
        if(state == when::mended)
            saw += " Since " + log.first_at_dll + " all attempts use the full path: this seems mended.";
    }
    return saw;
}

outcome missing_dll(rule_context const& c, catalogue_entry const& entry)
{
    auto const log = attempts_at_folder(c);
    auto const live = missing_dll_live(c), logged = missing_dll_logged(log);
    if(!live && !logged)
        return std::nullopt;
    // Two profiles can live side by side: mended is only what stopped before the full path was first used.
    auto const state = !live && !log.first_at_dll.empty() && log.first_at_dll > log.last ? when::mended : when::now;
    make f(entry);
    f.is(std::max(live.value_or(confidence::possible), logged.value_or(confidence::possible))).is(state);
    f.saw(missing_dll_saw(c, log, live.has_value(), logged.has_value(), state));
    if(live)
        f.fix_instead_of_first("Set the SCEP server URL in the device's certificate profile to " + with_dll(c) + ".");
    if(live) {
        f.on_target(c, "the path ends in the folder, without /mscep.dll");
        for(auto const q : {question::empty_post, question::empty_post_dll, question::get_ca_caps,
                            question::get_ca_cert, question::slash_get, question::get_ca_caps_dll})
            f.on(c, answered(c, q));
    }
    if(is_folder_path(target_path(c))) {
        for(auto const& e : c.facts.exchanges) {
            auto const slash = kind_of_redirect(e) == redirect_kind::slash;
            auto const refused = e.status && (*e.status == 404 || *e.status == 405);
            if(slash || (refused && (is_operation(e.question) || e.question == question::empty_post ||
                                     e.question == question::bare_get)))
                f.predict(c, e);
        }
    }
    if(logged) {
        for(auto const& a : log.failing)
            f.on(a);
        for(auto const& a : log.windows)
            f.on(a);
    }
    for(auto const& a : attempts(c))
        if(is_folder_base(a.attempt->base_stem))
            f.predict(a.ref);
    for(auto const& call : calls(c)) {
        auto const s = call.call->sc_status;
        if(is_folder_path(call.call->cs_uri_stem) && (s == 301 || s == 404 || s == 405))
            f.predict(call.ref);
    }
    return f;
}

// --- The URL's other faults --------------------------------------------------------------------------------------

outcome mscep_admin(rule_context const& c, catalogue_entry const& entry)
{
    make f(entry);
    bool const live = contains(target_path(c), "mscep_admin");
    auto const logged = devices(
        c, [](auto const& a) { return contains(a.base_stem, "mscep_admin"); }, [](auto const&) { return false; });
    if(!live && logged.bad.empty())
        return std::nullopt;
    if(live) {
        auto const* bare = answered(c, question::bare_get);
        bool const open = has_status(bare, 200);
        f.saw(open ? "The URL is that of the challenge page, and it opens without a logon: everybody can take "
                     "challenge passwords."
                   : "The URL is that of the challenge page, not that of the SCEP service.");
        f.on_target(c, "the path is that of mscep_admin").on(c, bare).predict_http(c);
    } else {
        f.saw(counted(logged.count, "attempt") + " in the log made SCEP calls below /certsrv/mscep_admin.");
    }
    for(auto const& a : logged.bad)
        f.on(a).predict(a.ref);
    for(auto const& call : calls(c))
        if(contains(call.call->cs_uri_stem, "mscep_admin"))
            f.predict(call.ref);
    return f;
}

outcome admin_published(rule_context const& c, catalogue_entry const& entry)
{
    auto const* page = answered(c, question::admin_page);
    if(page == nullptr || !c.facts.target || c.facts.target->loopback)
        return std::nullopt;
    bool const open =
        *page->status == 200 &&
        (has_marker(*page, "Network Device Enrollment Service") || has_marker(*page, "enrollment challenge password") ||
         has_marker(*page, "password cache is full") || has_marker(*page, "no permission to enroll"));
    if(open)
        return make(entry).saw("The challenge page opens without a logon: whoever finds it can enrol.").on(c, *page);
    bool const asks = *page->status == 401 && !header(*page, "WWW-Authenticate").empty();
    bool const inside = is_private_address(c.facts.target->host) ||
                        (c.facts.lookup && !c.facts.lookup->addresses.empty() &&
                         std::ranges::all_of(c.facts.lookup->addresses, is_private_address));
    if(!asks || inside)
        return std::nullopt;
    return make(entry)
        .is(severity::warning)
        .saw("The challenge page of the same host can be reached and asks for a logon: passwords can be tried there.")
        .on(c, *page);
}

outcome query_in_base(rule_context const& c, catalogue_entry const& entry)
{
    if(!c.facts.target || c.facts.target->query.empty())
        return std::nullopt;
    return make(entry)
        .saw("The URL ends in \"?" + c.facts.target->query + "\". Clients add their own ?operation=… behind it.")
        .on_target(c, "the URL has a query");
}

outcome http_scheme(rule_context const& c, catalogue_entry const& entry)
{
    if(!c.facts.target || c.facts.target->scheme != "http" || c.facts.target->loopback)
        return std::nullopt;
    return make(entry).saw("The URL begins with http://.").on_target(c, "the scheme is http");
}

outcome pkiclient_suffix(rule_context const& c, catalogue_entry const& entry)
{
    if(!target_path(c).ends_with("/pkiclient.exe"))
        return std::nullopt;
    return make(entry).saw("The URL ends in /pkiclient.exe.").on_target(c, "the path ends in /pkiclient.exe");
}

outcome not_scep_root(rule_context const& c, catalogue_entry const& entry)
{
    auto const path = target_path(c);
    bool const root = path.empty() || path == "/", web_enrolment = path == "/certsrv" || path == "/certsrv/";
    if(!c.facts.target || (!root && !web_enrolment) || capabilities_read(c) || certificates_read(c))
        return std::nullopt;
    auto const* caps = answered(c, question::get_ca_caps);
    if(caps == nullptr)
        return std::nullopt;
    return make(entry)
        .saw("The path is \"" + c.facts.target->path + "\", and no SCEP operation is answered there.")
        .on_target(c, web_enrolment ? "the path is that of Web Enrollment" : "the path is the root of the host")
        .on(c, *caps)
        .predict_http(c);
}

outcome trailing_slash(rule_context const& c, catalogue_entry const& entry)
{
    if(!target_path(c).ends_with("/mscep.dll/"))
        return std::nullopt;
    return make(entry).saw("The URL ends in /mscep.dll/ with a slash.").on_target(c, "a slash follows mscep.dll");
}

outcome ip_literal(rule_context const& c, catalogue_entry const& entry)
{
    if(!c.facts.target || c.facts.target->loopback || !is_address(c.facts.target->host))
        return std::nullopt;
    return make(entry)
        .saw("The host is the address " + c.facts.target->host + ".")
        .on_target(c, "the host is an address");
}

// --- Texts -------------------------------------------------------------------------------------------------------

constexpr std::string_view missing_dll_fix[] = {
    "Set the SCEP server URL in the device's certificate profile to https://<host>/certsrv/mscep/mscep.dll, with the "
    "host as it is now.",
    "In Intune that is Devices > Configuration > the SCEP certificate profile > SCEP Server URLs; in other MDM systems "
    "the URL of the SCEP payload.",
    "Check every profile that names this server: iOS/iPadOS, macOS, Android, Windows.",
    "Assign the profile again (or let the devices synchronise) so that they try once more with the corrected URL.",
    "Check with a POST, never with a browser: a browser follows the redirect and shows that all is well."};
constexpr std::string_view missing_dll_refs[] = {troubleshoot_device, iis_405, configure_scep};
constexpr std::string_view admin_fix[] = {
    "Set the SCEP server URL in the profile to https://<host>/certsrv/mscep/mscep.dll.",
    "Do not publish /certsrv/mscep_admin to the internet: in the reverse proxy publish /certsrv/mscep/ only.",
    "If the page opens without a logon, enable Windows Authentication and disable Anonymous Authentication for "
    "/certsrv/mscep_admin in IIS Manager, and treat passwords handed out so far as known to others."};
constexpr std::string_view admin_refs[] = {configure_scep,
                                           "Microsoft Learn: Network Device Enrollment Service Guidance"};
constexpr std::string_view admin_published_fix[] = {
    "Publish only /certsrv/mscep/ to the internet (path rule of the reverse proxy, or the internal URL of the "
    "Microsoft Entra application proxy app).",
    "If /certsrv/mscep_admin must stay reachable, allow it for administrators' networks only (IIS: IP Address and "
    "Domain Restrictions)."};
constexpr std::string_view query_fix[] = {
    "Remove the question mark and everything behind it from the URL in the profile."};
constexpr std::string_view scheme_fix[] = {
    "Use https:// in the profile, with a certificate on the server that the devices trust.",
    "For Android Enterprise https is required."};
constexpr std::string_view scheme_refs[] = {"Microsoft Learn: Use SCEP certificate profiles with Microsoft Intune"};
constexpr std::string_view suffix_fix[] = {
    "For NDES remove /pkiclient.exe from the URL: Windows adds it by itself. EJBCA needs it; there leave it."};
constexpr std::string_view root_fix[] = {"Give the full path of the SCEP service; for NDES /certsrv/mscep/mscep.dll."};
constexpr std::string_view slash_fix[] = {"Remove the slash behind mscep.dll."};
constexpr std::string_view ip_fix[] = {"Use the server's name as it stands in its TLS certificate (subjectAltName)."};
constexpr std::string_view device_refs[] = {troubleshoot_device};
constexpr std::string_view configure_refs[] = {configure_scep};

rule const table[] = {
    {{"url-missing-mscep-dll", kind::cause, severity::error, "The SCEP URL lacks /mscep.dll",
      "/certsrv/mscep is a folder of IIS. A GET of it is redirected to /certsrv/mscep/, where the default document "
      "mscep.dll answers: so a browser, and the device's GetCACaps and GetCACert, show that all is well. A POST is not "
      "redirected; it ends at IIS' handler for static files, which refuses it with 405. The enrolment itself is a "
      "POST, so no device gets a certificate, and neither NDES nor the CA nor the connector logs anything.",
      missing_dll_fix, missing_dll_refs},
     missing_dll},
    {{"url-mscep-admin", kind::cause, severity::error, "The SCEP URL is that of the challenge page",
      "/certsrv/mscep_admin is the page where administrators fetch challenge passwords. It answers with HTML behind a "
      "logon; no SCEP operation works there.",
      admin_fix, admin_refs},
     mscep_admin},
    {{"url-not-scep-root", kind::cause, severity::error, "The URL does not lead to a SCEP service",
      "At the root of a host or at /certsrv a web page answers, whatever the query says. Clients get HTML where they "
      "need a list of capabilities and certificates.",
      root_fix, device_refs},
     not_scep_root},
    {{"url-query-in-base", kind::cause, severity::error, "The SCEP URL has a query of its own",
      "Clients append ?operation=… to the URL, most of them as plain text. With a query already there the server sees "
      "no operation or a wrong one.",
      query_fix, device_refs},
     query_in_base},
    {{"url-trailing-slash-after-dll", kind::cause, severity::warning, "A slash follows mscep.dll in the URL",
      "NDES itself usually answers, but Windows then asks at mscep.dll//pkiclient.exe, and proxies that tidy paths may "
      "change it.",
      slash_fix, device_refs},
     trailing_slash},
    {{"url-http-scheme", kind::cause, severity::warning, "The SCEP URL uses http",
      "The enrolment message is encrypted by itself, but the certificates of GetCACert arrive unprotected, and Android "
      "Enterprise refuses http.",
      scheme_fix, scheme_refs},
     http_scheme},
    {{"url-ip-literal", kind::cause, severity::warning, "The SCEP URL names an address instead of a host",
      "TLS certificates name hosts. With an address the device's name check fails, unless the certificate carries that "
      "very address.",
      ip_fix, configure_refs},
     ip_literal},
    {{"url-admin-published", kind::cause, severity::error, "The challenge page is published with the service",
      "/certsrv/mscep_admin hands out challenge passwords. On the internet it invites guessing of domain passwords; "
      "open without a logon it lets anybody enrol.",
      admin_published_fix, admin_refs},
     admin_published},
    {{"url-pkiclient-suffix", kind::cause, severity::info, "The URL carries /pkiclient.exe",
      "NDES answers there. Windows appends the same suffix by itself, so a Windows profile with it asks for a path "
      "that does not exist.",
      suffix_fix, device_refs},
     pkiclient_suffix},
};

} // namespace

std::span<rule const> url_rules() { return table; }

} // namespace scepkit::inline v0::diagnosis::detail
