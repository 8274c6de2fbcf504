// SPDX-License-Identifier: BSL-1.0
#include <diagnosis/detail/make.hpp>

#include <algorithm>

namespace scepkit::inline v0::diagnosis::detail {

namespace {

using outcome = std::optional<finding>;
using kind = catalogue_entry::kind;

bool is_well(http_exchange const& e) { return e.status == 200 && e.body != facts::body_kind::html; }

// The ladder: the longest query that was answered like a short one, and the first that was not.
struct ladder {
    http_exchange const* last_good = nullptr;
    http_exchange const* first_bad = nullptr;
};

ladder climb(rule_context const& c)
{
    ladder out;
    for(auto const& e : c.facts.exchanges) {
        if(e.question != question::long_query)
            continue;
        if(is_well(e)) {
            if(out.last_good == nullptr || e.query_bytes > out.last_good->query_bytes)
                out.last_good = &e;
        } else if(out.first_bad == nullptr || e.query_bytes < out.first_bad->query_bytes) {
            out.first_bad = &e;
        }
    }
    return out;
}

// Who refused, judged by the answer first and by the length second.
std::string_view culprit(http_exchange const& e)
{
    auto const server = header(e, "Server");
    if(!e.status) {
        bool const silent = e.failure == "timed_out";
        return silent && e.query_bytes > 4500 && e.query_bytes <= 8300 ? "longurl-wap" : "longurl-reset";
    }
    if(from_httpsys(e))
        return "longurl-httpsys";
    if(*e.status == 404 && (from_iis(e) || e.query_bytes <= 2049))
        return "longurl-iis-query";
    if(contains(server, "cloudflare"))
        return "longurl-cloudflare";
    if(!header(e, "x-azure-ref").empty() || !header(e, "x-ms-azurefd-ref").empty() ||
       (e.query_bytes > 2049 && e.query_bytes <= 4097 && (*e.status == 400 || *e.status == 414)))
        return "longurl-frontdoor";
    if(*e.status == 400 && e.query_bytes > 8300 && e.query_bytes <= 16500 && server.empty())
        return "longurl-haproxy";
    if(*e.status == 414 && e.query_bytes > 30720)
        return "longurl-cloudflare";
    return "longurl-proxy-8k";
}

bool is_named_by_its_answer(http_exchange const& e)
{
    auto const server = header(e, "Server");
    return e.status && (from_httpsys(e) || contains(server, "cloudflare") ||
                        (*e.status == 404 && from_iis(e) && e.query_bytes == 2049) ||
                        (*e.status == 414 && (contains(server, "nginx") || contains(server, "apache"))));
}

bool post_works(rule_context const& c)
{
    return offers_post(c) &&
           (takes_post(answered(c, question::empty_post)) || takes_post(answered(c, question::empty_post_dll)));
}

outcome too_long(rule_context const& c, catalogue_entry const& entry)
{
    auto const rungs = climb(c);
    if(rungs.first_bad == nullptr || culprit(*rungs.first_bad) != entry.id)
        return std::nullopt;
    auto const& bad = *rungs.first_bad;
    bool const post = post_works(c);
    make f(entry);
    f.is(post ? severity::warning : severity::error);
    f.is(is_named_by_its_answer(bad) ? confidence::likely : confidence::possible);
    auto const answer =
        bad.status ? "got " + std::to_string(*bad.status) : "got no answer (" + bad.failure.value_or("") + ")";
    f.saw("A query of " + std::to_string(bad.query_bytes) + " bytes " + answer +
          (rungs.last_good != nullptr
               ? "; one of " + std::to_string(rungs.last_good->query_bytes) + " bytes was answered."
               : ".") +
          (post ? " Clients that use POST are not affected, and the server offers POST." : ""));
    f.on(c, bad);
    for(auto const& e : c.facts.exchanges)
        if(e.question == question::long_query && !is_well(e))
            f.predict(c, e);
    return f;
}

outcome ok(rule_context const& c, catalogue_entry const& entry)
{
    constexpr std::int64_t enough = 30000; // What Microsoft's own script recommends to reach.
    auto const rungs = climb(c);
    if(rungs.first_bad != nullptr || rungs.last_good == nullptr || rungs.last_good->query_bytes < enough)
        return std::nullopt;
    return make(entry)
        .saw("Queries of up to " + std::to_string(rungs.last_good->query_bytes) +
             " bytes are answered like short ones.")
        .on(c, *rungs.last_good);
}

constexpr std::string_view limits_article = "Microsoft Learn: Request Limits <requestLimits> (IIS)";
constexpr std::string_view configure = "Microsoft Learn: Configure infrastructure to support SCEP with Intune";
constexpr std::string_view iis_fix[] = {
    "IIS Manager > Default Web Site > Request Filtering > Edit Feature Settings: set Maximum URL length and Maximum "
    "query string to 65534.",
    "Set HKLM\\SYSTEM\\CurrentControlSet\\Services\\HTTP\\Parameters MaxFieldLength and MaxRequestBytes (DWORD) to "
    "65534 as well, and restart the server."};
constexpr std::string_view httpsys_fix[] = {"HKLM\\SYSTEM\\CurrentControlSet\\Services\\HTTP\\Parameters: set "
                                            "MaxFieldLength and MaxRequestBytes (DWORD) to 65534.",
                                            "Restart the server; restarting IIS is not enough."};
constexpr std::string_view wap_fix[] = {"On the Web Application Proxy (Windows Server 2012 R2) install the update "
                                        "KB3011135 / KB3013769, or move to a newer Windows Server."};
constexpr std::string_view proxy_fix[] = {
    "Allow URLs of 40 KB in the proxy: nginx large_client_header_buffers 4 64k; Apache LimitRequestLine 65534.",
    "Measure again from outside: several proxies may stand in a row."};
constexpr std::string_view front_door_fix[] = {"Azure Front Door cannot pass such URLs: lead the SCEP host past it."};
constexpr std::string_view haproxy_fix[] = {"Raise tune.bufsize in HAProxy to 65536."};
constexpr std::string_view cloudflare_fix[] = {
    "Cloudflare takes URLs of up to 32 KB: let clients use POST, or lead the SCEP host past it."};
constexpr std::string_view reset_fix[] = {
    "Exempt /certsrv/mscep from the firewall's or intrusion prevention's limit of the URL length."};
constexpr std::string_view iis_refs[] = {limits_article, configure};
constexpr std::string_view httpsys_refs[] = {"Microsoft Learn: Http.sys registry settings for Windows", configure};
constexpr std::string_view wap_refs[] = {"Microsoft Support: KB3011135", configure};
constexpr std::string_view proxy_refs[] = {configure, "RFC 8894, section 4.1"};

constexpr std::string_view why_get = "Clients that send the enrolment by GET put 10 KB and more into the query. Intune "
                                     "asks for 40 KB through every proxy.";

rule const table[] = {
    {{"longurl-iis-query", kind::cause, severity::error, "IIS request filtering refuses long queries", why_get, iis_fix,
      iis_refs},
     too_long},
    {{"longurl-httpsys", kind::cause, severity::error, "HTTP.sys refuses long requests", why_get, httpsys_fix,
      httpsys_refs},
     too_long},
    {{"longurl-wap", kind::cause, severity::error, "Web Application Proxy never answers long URLs", why_get, wap_fix,
      wap_refs},
     too_long},
    {{"longurl-frontdoor", kind::cause, severity::error, "Azure Front Door refuses long queries", why_get,
      front_door_fix, proxy_refs},
     too_long},
    {{"longurl-haproxy", kind::cause, severity::error, "HAProxy refuses long URLs", why_get, haproxy_fix, proxy_refs},
     too_long},
    {{"longurl-cloudflare", kind::cause, severity::error, "Cloudflare refuses long URLs", why_get, cloudflare_fix,
      proxy_refs},
     too_long},
    {{"longurl-proxy-8k", kind::cause, severity::error, "A proxy refuses long URLs", why_get, proxy_fix, proxy_refs},
     too_long},
    {{"longurl-reset", kind::cause, severity::error, "Long URLs get no answer", why_get, reset_fix, proxy_refs},
     too_long},
    {{"longurl-ok", kind::symptom, severity::info, "Long URLs get through", why_get, {}, proxy_refs}, ok},
};

} // namespace

std::span<rule const> longurl_rules() { return table; }

} // namespace scepkit::inline v0::diagnosis::detail
