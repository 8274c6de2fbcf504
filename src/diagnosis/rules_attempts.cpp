// SPDX-License-Identifier: BSL-1.0
#include <diagnosis/detail/make.hpp>

#include <algorithm>

namespace scepkit::inline v0::diagnosis::detail {

namespace {

using outcome = std::optional<finding>;
using kind = catalogue_entry::kind;
using facts::iis_attempt_count;

std::uint64_t completed(rule_context const& c, std::string_view client)
{
    std::uint64_t count = 0;
    for(auto const& ref : attempts(c))
        if(ref.attempt->client == client && last_status(*ref.attempt, "pki") == 200)
            count += ref.attempt->count;
    return count;
}

outcome after_getcacert(rule_context const& c, catalogue_entry const& entry)
{
    make f(entry);
    std::uint64_t count = 0;
    for(auto const& ref : attempts(c)) {
        auto const& a = *ref.attempt;
        // Only iOS asks for the certificates first: its silence behind them is telling.
        if(a.client != "ios" || a.complete || last_status(a, "cert") != 200 || !statuses(a, "caps").empty())
            continue;
        count += a.count;
        f.on(ref);
    }
    if(count < 2)
        return std::nullopt;
    auto const others = completed(c, "ios");
    if(others != 0)
        f.is(severity::warning).is(confidence::possible);
    else
        f.is(confidence::likely);
    return f.saw(counted(count, "attempt") + " of iOS ended behind a good answer to GetCACert; " +
                 (others == 0 ? std::string("none went on.")
                              : counted(others, "other attempt") + " got an answer to the enrolment."));
}

outcome before_pkioperation(rule_context const& c, catalogue_entry const& entry)
{
    make f(entry);
    std::uint64_t count = 0, others = 0;
    std::vector<std::string> clients;
    for(auto const& ref : attempts(c)) {
        auto const& a = *ref.attempt;
        if(!is_device(a))
            continue;
        if(a.complete) {
            others += a.count;
        } else if(last_status(a, "cert") == 200 && last_status(a, "caps") == 200) {
            count += a.count;
            f.on(ref);
            if(std::ranges::find(clients, a.client) == clients.end())
                clients.push_back(a.client);
        }
    }
    if(count < 2)
        return std::nullopt;
    // Among many that go on, a few that stop are batteries and tunnels.
    f.is(others == 0 ? severity::error : severity::warning).is(others == 0 ? confidence::likely : confidence::possible);
    if(others > count * 10)
        f.is(severity::info);
    return f.saw(counted(count, "attempt") + " (" + joined(clients) +
                 ") got good answers to GetCACaps and GetCACert, and no PKIOperation followed; " +
                 counted(others, "attempt") + " went on.");
}

outcome transport_ok(rule_context const& c, catalogue_entry const& entry)
{
    make f(entry);
    std::uint64_t count = 0;
    std::string first, last;
    for(auto const& ref : attempts(c)) {
        auto const& a = *ref.attempt;
        if(!is_device(a) || last_status(a, "pki") != 200)
            continue;
        count += a.count;
        first = first.empty() || (!a.first.empty() && a.first < first) ? a.first : first;
        last = std::max(last, a.last);
        f.on(ref);
    }
    if(count == 0)
        return std::nullopt;
    return f.saw(counted(count, "enrolment attempt") + " came through with 200, " + span_of(first, last) + '.');
}

outcome noise(rule_context const& c, catalogue_entry const& entry)
{
    make f(entry);
    std::uint64_t count = 0;
    for(auto const& ref : attempts(c)) {
        if(is_device(*ref.attempt))
            continue;
        count += ref.attempt->count;
        f.on(ref);
    }
    if(count == 0)
        return std::nullopt;
    return f.saw(counted(count, "round") + " of SCEP calls came from a browser, a script or a checking tool.");
}

outcome never_arrive(rule_context const& c, catalogue_entry const& entry)
{
    make f(entry);
    finding out;
    std::uint64_t entries = 0;
    std::vector<std::size_t> silent;
    for(std::size_t log = 0; log < c.facts.iis_logs.size(); ++log) {
        auto const& one = c.facts.iis_logs[log];
        if(one.scep_entries != 0)
            return std::nullopt;
        if(one.entries != 0)
            silent.push_back(log);
        entries += one.entries;
    }
    if(silent.empty())
        return std::nullopt;
    f.is(confidence::possible);
    f.saw("Of " + counted(entries, "request") + " in the log none is a SCEP call.");
    out = *std::optional<finding>(f);
    for(auto const log : silent) {
        out.rests_on.push_back(silence(log));
        auto const& one = c.facts.iis_logs[log];
        out.evidence.push_back({.kind = "iis-log",
                                .source = one.sources.empty() ? std::string() : one.sources.front(),
                                .saw = counted(one.entries, "request") + ", " + span_of(one.first, one.last)});
    }
    return out;
}

constexpr std::string_view device_to_ndes = "Microsoft Learn: Troubleshooting device to NDES server communication for "
                                            "SCEP certificate profiles in Microsoft Intune";
constexpr std::string_view trust_fix[] = {
    "Check the trusted certificate profile that the SCEP profile names: for iOS the root CA's certificate, not an "
    "intermediate one, deployed to the same groups.",
    "Check the CA certificates' signatures: iOS refuses RSASSA-PSS and SHA-1 (AlternateSignatureAlgorithm must be 0)."};
constexpr std::string_view stop_fix[] = {
    "Look in %SystemRoot%\\System32\\LogFiles\\HTTPERR\\httperr*.log at the same second for 414, 400, URL_Length, "
    "RequestLength or FieldLength: a long URL ends there, before IIS.",
    "Look in the logs of the proxy or firewall in front for the same address and second.",
    "Look at the device: it may not accept the CA's certificates or capabilities."};
constexpr std::string_view ok_fix[] = {
    "If devices still get no certificate, look for the SCEP result inside the answer: events of the connector (4005, "
    "4007), of NDES (29, 31), failed requests at the CA."};
constexpr std::string_view arrive_fix[] = {
    "Check that this is the log of the right site (W3SVC number) and of the right day, in UTC.",
    "Check host name and path in the profile, DNS, proxy and firewall: ask the URL from outside.",
    "Check that the profile is assigned to the devices at all."};
constexpr std::string_view ios_refs[] = {"Microsoft Learn: iOS SCEP failure and no GetCACaps request is generated",
                                         device_to_ndes};
constexpr std::string_view device_refs[] = {device_to_ndes};

rule const table[] = {
    {{"device-stops-after-getcacert", kind::cause, severity::error, "iOS devices stop after GetCACert",
      "The device got the CA's certificates and does not go on: it does not trust their chain, or cannot read its "
      "signatures.",
      trust_fix, ios_refs},
     after_getcacert},
    {{"device-stops-before-pkioperation", kind::symptom, severity::error, "Devices stop before the enrolment itself",
      "Either the device gave up on what it got, or its PKIOperation was stopped before IIS: HTTP.sys and proxies "
      "refuse long URLs without a line in this log.",
      stop_fix, device_refs},
     before_pkioperation},
    {{"requests-never-arrive", kind::symptom, severity::warning, "No SCEP call arrives at the server",
      "The server is used, but no device asks it for a certificate.", arrive_fix, device_refs},
     never_arrive},
    {{"transport-ok", kind::symptom, severity::info, "Enrolment attempts come through",
      "The way from the device to NDES works: URL, TLS, proxies and IIS. A 200 does not say that a certificate was "
      "issued; the answer inside can still be a refusal.",
      ok_fix, device_refs},
     transport_ok},
    {{"probe-noise",
      kind::symptom,
      severity::info,
      "Some calls come from tools, not from devices",
      "Checks with a browser, with Validate-NDESUrl.ps1 or with this tool leave lines of their own; they are not "
      "counted as attempts of devices.",
      {},
      device_refs},
     noise},
};

} // namespace

std::span<rule const> attempt_rules() { return table; }

} // namespace scepkit::inline v0::diagnosis::detail
