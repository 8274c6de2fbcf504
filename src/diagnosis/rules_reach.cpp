// SPDX-License-Identifier: BSL-1.0
#include <diagnosis/detail/make.hpp>

#include <algorithm>

namespace scepkit::inline v0::diagnosis::detail {

namespace {

using outcome = std::optional<finding>;
using kind = catalogue_entry::kind;

bool lookup_failed_with(rule_context const& c, std::string_view code)
{
    return c.facts.lookup && c.facts.lookup->failure && *c.facts.lookup->failure == code;
}

// Every attempt failed, and the first that says something did so with `code`.
std::optional<std::size_t> all_failed_with(rule_context const& c, std::string_view code)
{
    auto const& all = c.facts.connections;
    if(all.empty() || !std::ranges::all_of(all, [](auto const& a) { return a.failure.has_value(); }))
        return std::nullopt;
    // "unreachable" is often said of the IPv6 address of a host by a machine without IPv6.
    auto const telling = std::ranges::find_if(all, [](auto const& a) { return *a.failure != "unreachable"; });
    auto const& said = telling == all.end() ? all.front() : *telling;
    if(*said.failure != code)
        return std::nullopt;
    return static_cast<std::size_t>(&said - all.data());
}

outcome connect_failure(rule_context const& c, catalogue_entry const& entry, std::string_view code,
                        std::string_view how)
{
    auto const index = all_failed_with(c, code);
    if(!index)
        return std::nullopt;
    auto const& attempt = c.facts.connections[*index];
    make f(entry);
    f.saw("Port " + std::to_string(attempt.port) + " of " + attempt.address + ' ' + std::string(how) + '.');
    for(std::size_t i = 0; i < c.facts.connections.size(); ++i)
        f.on_connection(c, i);
    return f.predict_http(c).predict_silence(c);
}

outcome nxdomain(rule_context const& c, catalogue_entry const& entry)
{
    if(!lookup_failed_with(c, "name_not_found"))
        return std::nullopt;
    return make(entry)
        .saw("The name " + c.facts.lookup->host + " does not exist in the DNS as seen from here.")
        .on_lookup(c, "no address: name_not_found")
        .predict_http(c)
        .predict_silence(c);
}

outcome lookup_failed(rule_context const& c, catalogue_entry const& entry)
{
    if(!c.facts.lookup || !c.facts.lookup->failure || *c.facts.lookup->failure == "name_not_found")
        return std::nullopt;
    return make(entry)
        .is(confidence::possible)
        .saw("Looking up " + c.facts.lookup->host + " failed: " + *c.facts.lookup->failure + ".")
        .on_lookup(c, "no answer: " + *c.facts.lookup->failure)
        .predict_http(c)
        .predict_silence(c);
}

outcome private_address(rule_context const& c, catalogue_entry const& entry)
{
    if(!c.facts.lookup || c.facts.lookup->addresses.empty() || (c.facts.target && c.facts.target->loopback) ||
       !std::ranges::all_of(c.facts.lookup->addresses, is_private_address))
        return std::nullopt;
    // From inside the network this is as it should be; only from outside is it a fault.
    return make(entry)
        .is(confidence::possible)
        .saw("The name leads to " + joined(c.facts.lookup->addresses) + ": an internal address.")
        .on_lookup(c, joined(c.facts.lookup->addresses));
}

outcome internal_suffix(rule_context const& c, catalogue_entry const& entry)
{
    if(!c.facts.target || c.facts.target->loopback || is_address(c.facts.target->host))
        return std::nullopt;
    auto const host = lower_case(c.facts.target->host);
    bool const inside = host.find('.') == host.npos || host.ends_with(".local") || host.ends_with(".lan") ||
                        host.ends_with(".internal") || host.ends_with(".corp") || host.ends_with(".intranet");
    if(host.empty() || !inside)
        return std::nullopt;
    return make(entry)
        .is(confidence::likely)
        .saw("The host is " + c.facts.target->host + ".")
        .on_target(c, "an internal name");
}

outcome refused(rule_context const& c, catalogue_entry const& entry)
{
    return connect_failure(c, entry, "connection_refused", "refuses connections");
}
outcome timeout(rule_context const& c, catalogue_entry const& entry)
{
    return connect_failure(c, entry, "timed_out", "does not answer at all");
}
outcome unreachable(rule_context const& c, catalogue_entry const& entry)
{
    return connect_failure(c, entry, "unreachable", "cannot be reached from this network");
}

outcome ipv6_broken(rule_context const& c, catalogue_entry const& entry)
{
    auto const& all = c.facts.connections;
    bool const v4_works =
        std::ranges::any_of(all, [](auto const& a) { return !a.failure && a.address.find(':') == a.address.npos; });
    if(!v4_works)
        return std::nullopt;
    make f(entry);
    bool any = false;
    for(std::size_t i = 0; i < all.size(); ++i) {
        auto const& a = all[i];
        if(a.address.find(':') == a.address.npos || !a.failure ||
           (*a.failure != "timed_out" && *a.failure != "connection_refused"))
            continue;
        f.on_connection(c, i);
        any = true;
    }
    if(!any)
        return std::nullopt;
    return f.is(confidence::likely).saw("The name has an IPv6 address that does not take connections; IPv4 works.");
}

constexpr std::string_view nxdomain_fix[] = {
    "Create the public DNS record for the name in the profile (A/AAAA, or the CNAME to the *.msappproxy.net name of "
    "the Microsoft Entra application proxy app).",
    "If the name exists inside only, put the external name into the profile."};
constexpr std::string_view app_proxy_refs[] = {
    "Microsoft Learn: Troubleshoot Application Proxy",
    "Microsoft Learn: Integrate with Microsoft Entra application proxy on an NDES server"};
constexpr std::string_view lookup_fix[] = {
    "Try again, and from another network: the fault can be the resolver of this machine.",
    "If it stays, check the zone's name servers (SERVFAIL, DNSSEC)."};
constexpr std::string_view private_fix[] = {"If devices enrol over the internet, publish an external record for the "
                                            "name; the internal one has leaked into the public zone.",
                                            "If this check ran inside the network, run it from outside too."};
constexpr std::string_view internal_fix[] = {"Put the name under which the service is published into the profile."};
constexpr std::string_view configure_refs[] = {"Microsoft Learn: Configure infrastructure to support SCEP with Intune"};
constexpr std::string_view refused_fix[] = {
    "Check on the server that the site has a binding for this port: IIS Manager > Sites > Default Web Site > Bindings.",
    "Check that the World Wide Web Publishing Service (W3SVC) runs.",
    "Check the firewall and the reverse proxy: one of them may refuse in the server's place."};
constexpr std::string_view timeout_fix[] = {
    "Allow TCP 443 from the internet to the server or its reverse proxy, in every firewall on the way.",
    "Check rules that block by country or by network.",
    "Try from another network: the fault can be the one this check ran in."};
constexpr std::string_view ipv6_fix[] = {"Publish the service over IPv6 as well, or remove the AAAA record."};

rule const table[] = {
    {{"dns-nxdomain", kind::cause, severity::error, "The server's name does not exist",
      "Devices cannot find the server. Nothing reaches NDES, and its logs stay empty.", nxdomain_fix, app_proxy_refs},
     nxdomain},
    {{"dns-lookup-failed",
      kind::cause,
      severity::error,
      "The server's name could not be looked up",
      "The DNS gave no answer or a failure. That can be the zone of the server or the resolver of this machine.",
      lookup_fix,
      {}},
     lookup_failed},
    {{"tcp-refused", kind::cause, severity::error, "The server refuses connections",
      "The host is up and nothing listens on that port, or a firewall says so in its name.", refused_fix,
      configure_refs},
     refused},
    {{"tcp-timeout", kind::cause, severity::error, "The server does not answer connection attempts",
      "Packets are dropped on the way: a firewall, a wrong address, or a host that is down.", timeout_fix,
      configure_refs},
     timeout},
    {{"tcp-unreachable",
      kind::cause,
      severity::error,
      "There is no route to the server",
      "This network has no way to the server's address. Devices in other networks may have one.",
      timeout_fix,
      {}},
     unreachable},
    {{"dns-internal-suffix", kind::cause, severity::warning, "The URL names an internal host",
      "Names without a dot and names under .local, .lan or the like exist inside a network only. Devices outside "
      "cannot find them.",
      internal_fix, configure_refs},
     internal_suffix},
    {{"dns-private-address", kind::cause, severity::warning, "The server's name leads to an internal address",
      "Devices on the internet cannot reach such an address.", private_fix, configure_refs},
     private_address},
    {{"ipv6-broken",
      kind::cause,
      severity::warning,
      "The server's IPv6 address does not take connections",
      "Mobile networks prefer IPv6. Their devices wait for an address that does not answer, or give up.",
      ipv6_fix,
      {}},
     ipv6_broken},
};

} // namespace

std::span<rule const> reach_rules() { return table; }

} // namespace scepkit::inline v0::diagnosis::detail
