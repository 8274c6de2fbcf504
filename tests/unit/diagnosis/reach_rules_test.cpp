// SPDX-License-Identifier: BSL-1.0
#include "cases.hpp"

namespace {

using namespace scepkit;
using namespace scepkit::test;
using facts::fact_set;

constexpr auto error = severity::error;
constexpr auto warning = severity::warning;
constexpr auto never = std::optional<severity>();

fact_set not_found(std::string const& code)
{
    fact_set f;
    f.target = target_of("https", "ndes.contoso.com", "/certsrv/mscep/mscep.dll");
    f.lookup = facts::name_lookup{"ndes.contoso.com", {}, code};
    f.exchanges.push_back(unanswered(question::bare_get, f.target->url, code, "resolve"));
    return f;
}

fact_set not_connected(std::vector<facts::connection_attempt> attempts)
{
    fact_set f;
    f.target = target_of("https", "ndes.contoso.com", "/certsrv/mscep/mscep.dll");
    f.lookup = facts::name_lookup{"ndes.contoso.com", {"203.0.113.7"}, {}};
    f.connections = std::move(attempts);
    f.exchanges.push_back(unanswered(question::bare_get, f.target->url, *f.connections.back().failure, "connect"));
    return f;
}

std::function<fact_set()> at_host(std::string host)
{
    return after(healthy_ndes(), [host](auto& f) { f.target->host = host; });
}
std::function<fact_set()> resolved(std::vector<std::string> addresses)
{
    return after(healthy_ndes(), [addresses](auto& f) { f.lookup->addresses = addresses; });
}

TEST(ReachRules, FollowNameAndConnection)
{
    check({
        {"name does not exist", as_is(not_found("name_not_found")), "dns-nxdomain", error, confidence::certain},
        {"name exists", as_is(healthy_ndes()), "dns-nxdomain", never, {}},
        {"resolver fails", as_is(not_found("resolver_failed")), "dns-lookup-failed", error, confidence::possible},
        {"resolver silent", as_is(not_found("timed_out")), "dns-lookup-failed", error, confidence::possible},
        {"name does not exist", as_is(not_found("name_not_found")), "dns-lookup-failed", never, {}},
        {"refused", as_is(not_connected({{"203.0.113.7", 443, "connection_refused", 3}})), "tcp-refused", error, {}},
        {"one of two refused",
         as_is(not_connected({{"2001:db8::7", 443, "unreachable", 0}, {"203.0.113.7", 443, "connection_refused", 3}})),
         "tcp-refused",
         error,
         {}},
        {"connected", as_is(healthy_ndes()), "tcp-refused", never, {}},
        {"silent", as_is(not_connected({{"203.0.113.7", 443, "timed_out", 10000}})), "tcp-timeout", error, {}},
        {"refused", as_is(not_connected({{"203.0.113.7", 443, "connection_refused", 3}})), "tcp-timeout", never, {}},
        {"no route", as_is(not_connected({{"203.0.113.7", 443, "unreachable", 1}})), "tcp-unreachable", error, {}},
        {"connected", as_is(healthy_ndes()), "tcp-unreachable", never, {}},
        {"10/8", resolved({"10.0.0.1"}), "dns-private-address", warning, confidence::possible},
        {"172.16/12", resolved({"172.31.0.1"}), "dns-private-address", warning, {}},
        {"192.168/16", resolved({"192.168.0.1", "fd00::1"}), "dns-private-address", warning, {}},
        {"100.64/10", resolved({"100.64.0.1"}), "dns-private-address", warning, {}},
        {"172.32 is public", resolved({"172.32.0.1"}), "dns-private-address", never, {}},
        {"one is public", resolved({"10.0.0.1", "203.0.113.7"}), "dns-private-address", never, {}},
        {"loopback", as_is(healthy_scepserver()), "dns-private-address", never, {}},
        {".local", at_host("ndes.contoso.local"), "dns-internal-suffix", warning, {}},
        {"one label", at_host("ndes01"), "dns-internal-suffix", warning, {}},
        {"public name", as_is(healthy_ndes()), "dns-internal-suffix", never, {}},
        {"loopback", as_is(healthy_scepserver()), "dns-internal-suffix", never, {}},
        {"IPv6 silent, IPv4 works",
         after(healthy_ndes(),
               [](auto& f) {
                   f.connections.insert(f.connections.begin(), {"2001:db8::7", 443, "timed_out", 10000});
               }),
         "ipv6-broken",
         warning,
         {}},
        {"no IPv6 here",
         after(healthy_ndes(),
               [](auto& f) {
                   f.connections.insert(f.connections.begin(), {"2001:db8::7", 443, "unreachable", 0});
               }),
         "ipv6-broken",
         never,
         {}},
    });
}

TEST(ReachRules, ExplainTheSilenceOfTheLog)
{
    auto facts = not_found("name_not_found");
    facts.iis_logs = logged(line({"08:00:00", "GET", "/index.html", "-"})).iis_logs;
    auto const d = judge(facts);
    EXPECT_EQ(root_of(d), "dns-nxdomain");
    ASSERT_NE(test::find(d, "requests-never-arrive"), nullptr);
    EXPECT_EQ(test::find(d, "requests-never-arrive")->explained_by, "dns-nxdomain");
}

// TLS ---------------------------------------------------------------------------------------------------------------

template <class Change>
std::function<fact_set()> tls(Change change)
{
    return after(healthy_ndes(), [change](auto& f) { change(*f.tls); });
}

fact_set handshake(std::string const& failure, std::optional<std::string> alert = {})
{
    auto f = healthy_ndes();
    f.exchanges = {unanswered(question::bare_get, f.target->url, failure, "tls")};
    f.capabilities.reset();
    f.ca.reset();
    f.tls = facts::tls_session{};
    f.tls->alert = std::move(alert);
    return f;
}

void untrusted(facts::tls_session& t, std::size_t sent)
{
    t.chain_trusted = false;
    t.verify_code = 20;
    t.verify_text = "unable to get local issuer certificate";
    t.chain.resize(sent);
}

TEST(TlsRules, FollowTheHandshake)
{
    check({
        {"other name", tls([](auto& t) {
             t.name_matches = false;
             t.chain[0].dns_names = {"ndes.contoso.local"};
         }),
         "tls-name-mismatch", error, confidence::certain},
        {"right name", as_is(healthy_ndes()), "tls-name-mismatch", never, {}},
        {"leaf over", tls([](auto& t) { t.chain[0].not_after = "2026-11-25T00:00:00Z"; }), "tls-expired", error,
         confidence::certain},
        {"intermediate over", tls([](auto& t) { t.chain[1].not_after = "2026-11-25T00:00:00Z"; }), "tls-expired", error,
         confidence::likely},
        {"clock a year off",
         after(healthy_ndes(),
               [](auto& f) {
                   f.tls->chain[0].not_after = "2026-11-25T00:00:00Z";
                   f.exchanges[0].headers[0].value = "Wed, 26 Nov 2025 12:00:00 GMT";
               }),
         "tls-expired", error, confidence::possible},
        {"valid", as_is(healthy_ndes()), "tls-expired", never, {}},
        {"later", tls([](auto& t) { t.chain[0].not_before = "2026-11-27T00:00:00Z"; }), "tls-not-yet-valid", error, {}},
        {"valid", as_is(healthy_ndes()), "tls-not-yet-valid", never, {}},
        {"29 days",
         tls([](auto& t) { t.chain[0].not_after = "2026-12-25T00:00:00Z"; }),
         "tls-expiring-soon",
         warning,
         {}},
        {"31 days",
         tls([](auto& t) { t.chain[0].not_after = "2026-12-28T00:00:00Z"; }),
         "tls-expiring-soon",
         never,
         {}},
        {"leaf of a public CA alone", tls([](auto& t) {
             untrusted(t, 1);
             t.chain[0].issuer = "CN=R11, O=Let's Encrypt, C=US";
         }),
         "tls-missing-intermediate", error, confidence::likely},
        {"leaf alone, root given", tls([](auto& t) {
             untrusted(t, 1);
             t.trust_source = "file tls-ca.pem (1)";
         }),
         "tls-missing-intermediate", error, confidence::likely},
        {"leaf of anybody alone", tls([](auto& t) { untrusted(t, 1); }), "tls-missing-intermediate", warning,
         confidence::possible},
        {"leaf of the root in the bag",
         tls([](auto& t) {
             untrusted(t, 1);
             t.chain[0].issuer = "CN=Contoso CA";
         }),
         "tls-missing-intermediate",
         never,
         {}},
        {"trusted", as_is(healthy_ndes()), "tls-missing-intermediate", never, {}},
        {"self-signed",
         tls([](auto& t) {
             untrusted(t, 1);
             t.chain[0].self_issued = true;
             t.verify_code = 18;
         }),
         "tls-selfsigned",
         warning,
         {}},
        {"trusted", as_is(healthy_ndes()), "tls-selfsigned", never, {}},
        {"unknown root", tls([](auto& t) { untrusted(t, 2); }), "tls-private-ca", warning, confidence::likely},
        {"no roots here", tls([](auto& t) {
             untrusted(t, 2);
             t.trust_source = "none installed";
         }),
         "tls-private-ca", warning, confidence::possible},
        {"trusted", as_is(healthy_ndes()), "tls-private-ca", never, {}},
        {"TLS 1.1", tls([](auto& t) { t.version = "TLSv1.1"; }), "tls-old-only", error, {}},
        {"TLS 1.2", as_is(healthy_ndes()), "tls-old-only", never, {}},
        {"asked and missed", as_is(handshake("tls_failed", "certificate_required")), "tls-client-cert-required", error,
         confidence::certain},
        {"asked and answered", tls([](auto& t) { t.client_certificate_requested = true; }), "tls-client-cert-required",
         warning, confidence::possible},
        {"not asked", as_is(healthy_ndes()), "tls-client-cert-required", never, {}},
        {"alert", as_is(handshake("tls_failed", "unrecognized_name")), "tls-alert", error, {}},
        {"no alert", as_is(healthy_ndes()), "tls-alert", never, {}},
        {"reset", as_is(handshake("connection_reset")), "tcp-reset-after-clienthello", error, {}},
        {"failed otherwise", as_is(handshake("tls_failed")), "tcp-reset-after-clienthello", never, {}},
        {"failed otherwise", as_is(handshake("tls_failed")), "tls-handshake-failed", error, {}},
        {"reset", as_is(handshake("connection_reset")), "tls-handshake-failed", never, {}},
        {"SHA-1 leaf", tls([](auto& t) { t.chain[0].signature = "RSA SHA-1"; }), "tls-weak-cert", error,
         confidence::likely},
        {"1024 bits", tls([](auto& t) { t.chain[0].key = "RSA 1024"; }), "tls-weak-cert", error, {}},
        {"strong", as_is(healthy_ndes()), "tls-weak-cert", never, {}},
        {"client certificate for a server",
         tls([](auto& t) { t.chain[0].extended_key_usage = {"1.3.6.1.5.5.7.3.2"}; }),
         "tls-eku",
         error,
         {}},
        {"no usage at all", tls([](auto& t) { t.chain[0].extended_key_usage.clear(); }), "tls-eku", never, {}},
    });
}

} // namespace
