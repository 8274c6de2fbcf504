// SPDX-License-Identifier: BSL-1.0
#include <diagnosis/detail/make.hpp>

#include <algorithm>

namespace scepkit::inline v0::diagnosis::detail {

namespace {

using outcome = std::optional<finding>;
using kind = catalogue_entry::kind;
using facts::iis_call_count;

bool is_scep(iis_call_count const& one) noexcept { return !one.operation.empty() && one.operation != "other"; }
bool is_pki(iis_call_count const& one) noexcept { return one.operation == "PKIOperation"; }
bool has(iis_call_count const& one, std::int64_t status, std::int64_t substatus) noexcept
{
    return one.sc_status == status && one.sc_substatus == substatus;
}

// Rows of a fault, with the last time that calls of the same kind went well.
struct rows {
    std::vector<call_ref> bad;
    std::uint64_t count = 0, good_count = 0;
    std::string first, last, last_good;
    when state() const { return state_of(last, last_good); }
};

template <class Bad, class Good>
rows collect(rule_context const& c, Bad bad, Good good)
{
    rows out;
    for(auto const& ref : calls(c)) {
        auto const& one = *ref.call;
        if(!is_mscep(one))
            continue;
        if(bad(one)) {
            out.bad.push_back(ref);
            out.count += one.count;
            if(!one.first.empty() && (out.first.empty() || one.first < out.first))
                out.first = one.first;
            out.last = std::max(out.last, one.last);
        } else if(good(one)) {
            out.good_count += one.count;
            out.last_good = std::max(out.last_good, one.last);
        }
    }
    return out;
}

// The common end: evidence, what follows from it, and whether it is still so. `live_well`: what was asked just now
// works.
make tell(catalogue_entry const& entry, rows const& r, std::string_view what, bool live_well)
{
    auto const state = live_well ? when::mended : r.state();
    make f(entry);
    f.is(state).is(r.count >= 2 ? confidence::certain : confidence::likely);
    if(r.count == 1 && r.good_count != 0)
        f.is(when::now_and_then); // One line among good ones proves little.
    std::string saw =
        counted(r.count, "call") + " in the log got " + std::string(what) + ", " + span_of(r.first, r.last) + '.';
    if(live_well)
        saw += " Asked now, the server answers: this seems mended.";
    else if(state == when::mended)
        saw += " Calls of that kind went well later, the last at " + r.last_good + ": this seems mended.";
    else if(state == when::now_and_then)
        saw += " Others went well, the last at " + r.last_good + ": it happens now and then.";
    f.saw(std::move(saw));
    for(auto const& ref : r.bad)
        f.on(ref).predict(ref.ref);
    return f;
}

bool live_well(rule_context const& c) { return capabilities_read(c) && certificates_read(c); }

// A live answer of GetCACaps or GetCACert, or of the bare URL, that the fault of the log explains.
make& predict_live(make& f, rule_context const& c, std::int64_t status)
{
    for(auto const& e : c.facts.exchanges)
        if(e.status == status && e.question != question::admin_page)
            f.predict(c, e);
    return f;
}

// Attempts that failed by this status.
make& predict_attempts(make& f, rule_context const& c, int status)
{
    for(auto const& ref : attempts(c))
        for(std::string_view const op : {"caps", "cert", "pki"})
            if(last_status(*ref.attempt, op) == status) {
                f.predict(ref.ref);
                break;
            }
    return f;
}

outcome impersonation(rule_context const& c, catalogue_entry const& entry)
{
    auto const r = collect(
        c, [](auto const& one) { return one.sc_status == 500 && one.sc_win32_status == 1346; },
        [](auto const& one) { return is_scep(one) && one.sc_status == 200; });
    if(r.bad.empty())
        return std::nullopt;
    auto f = tell(entry, r, "500 with win32 status 1346 (ERROR_BAD_IMPERSONATION_LEVEL)", live_well(c));
    f.is(confidence::certain);
    predict_live(f, c, 500);
    return predict_attempts(f, c, 500);
}

outcome start_failure(rule_context const& c, catalogue_entry const& entry)
{
    auto const r = collect(
        c,
        [](auto const& one) {
            return is_scep(one) && one.sc_status == 500 && one.sc_win32_status != 1346 && one.sc_substatus != 19 &&
                   one.sc_substatus != 21;
        },
        [](auto const& one) { return is_scep(one) && one.sc_status == 200; });
    // PKIOperations alone fail for other reasons: a start that fails takes GetCACaps and GetCACert with it.
    bool const gets = std::ranges::any_of(r.bad, [](auto const& ref) { return !is_pki(*ref.call); });
    if(!gets || r.count < 2)
        return std::nullopt;
    auto f = tell(entry, r, "500", live_well(c));
    f.is(r.good_count == 0 ? confidence::likely : confidence::possible);
    predict_live(f, c, 500);
    return predict_attempts(f, c, 500);
}

outcome limit(rule_context const& c, catalogue_entry const& entry, std::int64_t substatus)
{
    auto const r = collect(
        c, [&](auto const& one) { return is_pki(one) && has(one, 404, substatus); },
        [](auto const& one) { return is_pki(one) && one.cs_method == "GET" && one.sc_status == 200; });
    if(r.bad.empty())
        return std::nullopt;
    bool climbed = false;
    for(auto const& e : c.facts.exchanges)
        climbed = climbed || (e.question == question::long_query && e.status == 200 && e.query_bytes > 30000);
    auto f = tell(entry, r, "404." + std::to_string(substatus), climbed);
    f.is(confidence::certain);
    for(auto const& e : c.facts.exchanges)
        if(e.question == question::long_query && e.status == 404)
            f.predict(c, e);
    return predict_attempts(f, c, 404);
}

outcome query_limit(rule_context const& c, catalogue_entry const& entry) { return limit(c, entry, 15); }
outcome url_limit(rule_context const& c, catalogue_entry const& entry) { return limit(c, entry, 14); }
outcome content_limit(rule_context const& c, catalogue_entry const& entry) { return limit(c, entry, 13); }
outcome double_escaping(rule_context const& c, catalogue_entry const& entry) { return limit(c, entry, 11); }
outcome denied_sequence(rule_context const& c, catalogue_entry const& entry) { return limit(c, entry, 5); }
outcome filter_rule(rule_context const& c, catalogue_entry const& entry) { return limit(c, entry, 18); }

outcome simple(rule_context const& c, catalogue_entry const& entry, bool (*bad)(iis_call_count const&),
               std::string_view what, int status)
{
    auto const r = collect(c, bad, [](auto const& one) { return is_scep(one) && one.sc_status == 200; });
    if(r.bad.empty())
        return std::nullopt;
    auto f = tell(entry, r, what, live_well(c));
    predict_live(f, c, status);
    return predict_attempts(f, c, status);
}

outcome isapi_blocked(rule_context const& c, catalogue_entry const& entry)
{
    return simple(
        c, entry,
        [](auto const& one) {
            auto const s = one.sc_substatus;
            return one.sc_status == 404 && (s == 2 || s == 3 || s == 4 || s == 17) && is_at_dll(one.cs_uri_stem);
        },
        "404.2, 404.3, 404.4 or 404.17 at mscep.dll", 404);
}
outcome anonymous_off(rule_context const& c, catalogue_entry const& entry)
{
    return simple(
        c, entry, [](auto const& one) { return one.sc_status == 401 && is_scep(one); }, "401", 401);
}
outcome ssl_required(rule_context const& c, catalogue_entry const& entry)
{
    return simple(
        c, entry, [](auto const& one) { return has(one, 403, 4); }, "403.4", 403);
}
outcome config_broken(rule_context const& c, catalogue_entry const& entry)
{
    return simple(
        c, entry, [](auto const& one) { return has(one, 500, 19); }, "500.19", 500);
}
outcome module_missing(rule_context const& c, catalogue_entry const& entry)
{
    return simple(
        c, entry, [](auto const& one) { return has(one, 500, 21); }, "500.21", 500);
}
outcome entity_too_large(rule_context const& c, catalogue_entry const& entry)
{
    return simple(
        c, entry, [](auto const& one) { return one.sc_status == 413 && is_pki(one); }, "413", 413);
}
outcome answer_cut(rule_context const& c, catalogue_entry const& entry)
{
    auto const cut = [](auto const& one) {
        auto const w = one.sc_win32_status;
        return is_scep(one) && one.sc_status == 200 && (w == 64 || w == 995 || w == 1229 || w == 1236);
    };
    auto const r = collect(
        c, cut, [](auto const& one) { return is_pki(one) && one.sc_status == 200 && one.sc_win32_status == 0; });
    if(r.count < 2)
        return std::nullopt;
    return tell(entry, r,
                "200, and the connection broke before the answer had arrived (win32 status 64, 995, 1229 or 1236)",
                false)
        .is(confidence::possible);
}

constexpr std::string_view device_to_ndes = "Microsoft Learn: Troubleshooting device to NDES server communication for "
                                            "SCEP certificate profiles in Microsoft Intune";
constexpr std::string_view codes = "Microsoft Learn: HTTP status code overview";
constexpr std::string_view limits_article = "Microsoft Learn: Request Limits <requestLimits> (IIS)";
constexpr std::string_view impersonation_fix[] = {
    "Local Security Policy > Local Policies > User Rights Assignment: add IIS_IUSRS to \"Impersonate a client after "
    "authentication\".",
    "If a group policy sets that right, change it there; it overwrites the local setting.", "Restart the server."};
constexpr std::string_view start_fix[] = {
    "Read the Application log of the server, source NetworkDeviceEnrollmentService: events 2 and 10 name the reason "
    "with an HRESULT.",
    "Check both RA certificates: valid, issued by the configured CA, their private keys readable for the account of "
    "the SCEP application pool.",
    "Check that the account is not locked and its password right; that the CA is reachable (0x800706BA) and its CRL "
    "current; that the values under HKLM\\SOFTWARE\\Microsoft\\Cryptography\\MSCEP are complete (0x80070002).",
    "Restart the server."};
constexpr std::string_view query_fix[] = {
    "IIS Manager > Default Web Site > Request Filtering > Edit Feature Settings: set Maximum query string to 65534 and "
    "Maximum URL length to 65534.",
    "Set HKLM\\SYSTEM\\CurrentControlSet\\Services\\HTTP\\Parameters MaxFieldLength and MaxRequestBytes (DWORD) to "
    "65534 as well, and restart the server."};
constexpr std::string_view content_fix[] = {
    "IIS Manager > Default Web Site > Request Filtering > Edit Feature Settings: set Maximum allowed content length to "
    "its default of 30000000 or more."};
constexpr std::string_view escaping_fix[] = {
    "IIS Manager > Default Web Site > Request Filtering > Edit Feature Settings: tick Allow double escaping."};
constexpr std::string_view sequence_fix[] = {"IIS Manager > Request Filtering > URL and Query Strings: remove the deny "
                                             "sequence or rule that the enrolment meets."};
constexpr std::string_view isapi_fix[] = {
    "IIS Manager > server > ISAPI and CGI Restrictions: allow %SystemRoot%\\System32\\certsrv\\mscep\\mscep.dll.",
    "CertSrv/mscep > Handler Mappings: the ISAPI handler for mscep.dll must be there and enabled (permissions Read, "
    "Script, Execute).",
    "If both are right, remove and add the role service Network Device Enrollment Service."};
constexpr std::string_view anonymous_fix[] = {"IIS Manager > Default Web Site > CertSrv > mscep > Authentication: "
                                              "enable Anonymous Authentication, disable the others."};
constexpr std::string_view ssl_fix[] = {
    "Use https in the profile; or, where a proxy ends TLS and comes with http, clear Require SSL in the SSL Settings "
    "of CertSrv/mscep, or let the proxy use https."};
constexpr std::string_view config_fix[] = {
    "Open the site in IIS Manager: the error message names the file and line of the configuration that cannot be read "
    "(applicationHost.config or a web.config)."};
constexpr std::string_view module_fix[] = {
    "Install the IIS features that the handler needs (Web-Net-Ext45, Web-ISAPI-Ext), or remove the handler."};
constexpr std::string_view large_fix[] = {
    "Set uploadReadAheadSize of the site to 65536 or more; it matters where client certificates are negotiated.",
    "Check client_max_body_size or the like in a proxy in front."};
constexpr std::string_view cut_fix[] = {
    "Check timeouts of proxies and load balancers in front: they close the connection while the server still sends.",
    "Compare time-taken in the log with those timeouts."};
constexpr std::string_view device_refs[] = {device_to_ndes};
constexpr std::string_view codes_refs[] = {codes, device_to_ndes};
constexpr std::string_view limit_refs[] = {codes, limits_article, device_to_ndes};

rule const table[] = {
    {{"iis-impersonation-right", kind::cause, severity::error, "IIS_IUSRS lacks the right to impersonate",
      "The worker process of the SCEP pool may not impersonate its clients, so mscep.dll fails at every call.",
      impersonation_fix, device_refs},
     impersonation},
    {{"iis-config-broken", kind::cause, severity::error, "IIS cannot read its configuration",
      "500.19: no request reaches mscep.dll before the file is mended.", config_fix, codes_refs},
     config_broken},
    {{"iis-module-missing", kind::cause, severity::error, "IIS lacks a module that the handler names",
      "500.21: the handler mapping asks for a module that is not installed.", module_fix, codes_refs},
     module_missing},
    {{"ndes-start-failure", kind::cause, severity::error, "NDES cannot start",
      "IIS runs and mscep.dll fails for GetCACaps and GetCACert alike: it cannot use its RA certificates, its account, "
      "its registry values or the CA.",
      start_fix, codes_refs},
     start_failure},
    {{"iis-anonymous-off", kind::cause, severity::error, "Anonymous authentication is off for the SCEP service",
      "Devices have no account: the challenge in the request is what lets them in. IIS turns them away before NDES "
      "sees it.",
      anonymous_fix, codes_refs},
     anonymous_off},
    {{"iis-isapi-blocked", kind::cause, severity::error, "IIS does not run mscep.dll",
      "The ISAPI restriction or the handler mapping does not let the file run.", isapi_fix, codes_refs},
     isapi_blocked},
    {{"http-403-4", kind::cause, severity::error, "The SCEP service requires https, and calls come with http",
      "403.4: Require SSL is on for the application.", ssl_fix, codes_refs},
     ssl_required},
    {{"iis-query-limit", kind::cause, severity::error, "IIS request filtering refuses long queries",
      "404.15: clients that send the enrolment by GET put 10 KB and more into the query; the default limit is 2,048 "
      "bytes.",
      query_fix, limit_refs},
     query_limit},
    {{"iis-url-limit", kind::cause, severity::warning, "IIS request filtering refuses long URLs",
      "404.14: the path is longer than Maximum URL length; the default is 4,096 bytes.", query_fix, limit_refs},
     url_limit},
    {{"iis-content-limit", kind::cause, severity::error, "IIS request filtering refuses the size of enrolments",
      "404.13: the limit for bodies is below the few kilobytes of an enrolment.", content_fix, limit_refs},
     content_limit},
    {{"iis-double-escaping", kind::cause, severity::error, "IIS refuses characters of the enrolment",
      "404.11: base64 in a query can look like an escape written twice, which request filtering refuses by default.",
      escaping_fix, limit_refs},
     double_escaping},
    {{"iis-denied-sequence", kind::cause, severity::error, "IIS refuses a character sequence in the URL",
      "404.5: a deny sequence of request filtering meets the enrolment.", sequence_fix, limit_refs},
     denied_sequence},
    {{"iis-filter-rule", kind::cause, severity::error, "IIS refuses a sequence in the query",
      "404.18: a query string rule of request filtering meets the enrolment.", sequence_fix, limit_refs},
     filter_rule},
    {{"iis-entity-too-large", kind::cause, severity::error, "The enrolment is too large for IIS",
      "413: the body is larger than what IIS reads ahead while it negotiates a client certificate, or than another "
      "limit.",
      large_fix, codes_refs},
     entity_too_large},
    {{"answer-cut", kind::symptom, severity::warning, "Answers are cut off on the way",
      "IIS sent the answer and the connection broke before its end: the device may not have got it.", cut_fix,
      codes_refs},
     answer_cut},
};

} // namespace

std::span<rule const> iis_rules() { return table; }

} // namespace scepkit::inline v0::diagnosis::detail
