// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/facts/fact_set.hpp>

#include <string>
#include <utility>
#include <vector>

// Fact sets as a probe would have made them: healthy servers to start from, and small changes that make one fault.
// Times are fixed; tests judge at test::now.

namespace scepkit::test {

inline time_point now() { return *from_iso8601("2026-11-26T12:00:00Z"); }

inline facts::http_exchange exchange(facts::question q, std::string method, std::string url, std::int64_t status,
                                     std::string server = "Microsoft-IIS/10.0")
{
    facts::http_exchange e;
    e.question = q;
    e.method = std::move(method);
    e.url = std::move(url);
    e.time = "2026-11-26T12:00:00Z";
    e.reached = "done";
    e.status = status;
    e.headers.push_back({"Date", "Thu, 26 Nov 2026 12:00:00 GMT"});
    if(!server.empty())
        e.headers.push_back({"Server", std::move(server)});
    e.body = facts::body_kind::empty;
    e.milliseconds = 12;
    return e;
}

inline facts::http_exchange unanswered(facts::question q, std::string url, std::string failure, std::string reached)
{
    facts::http_exchange e;
    e.question = q;
    e.method = q == facts::question::empty_post ? "POST" : "GET";
    e.url = std::move(url);
    e.time = "2026-11-26T12:00:00Z";
    e.reached = std::move(reached);
    e.failure = std::move(failure);
    e.failure_text = "what the client said";
    e.body = facts::body_kind::none;
    return e;
}

inline facts::certificate_summary certificate(std::string subject, std::string issuer, std::string usage)
{
    facts::certificate_summary c;
    c.subject = std::move(subject);
    c.issuer = std::move(issuer);
    c.self_issued = c.subject == c.issuer;
    c.serial = "0102";
    c.not_before = "2025-01-01T00:00:00Z";
    c.not_after = "2028-01-01T00:00:00Z";
    c.key = "RSA 2048";
    c.signature = "RSA SHA-256";
    if(!usage.empty())
        c.key_usage = std::move(usage);
    return c;
}

/// CA, encryption RA, signing RA, as NDES hands them out.
inline facts::ca_certificates ndes_bag()
{
    auto ca = certificate("CN=Contoso CA", "CN=Contoso CA", "digitalSignature, keyCertSign, cRLSign");
    ca.is_ca = true;
    ca.issued_by = 0;
    ca.issuer_name_in_list = true;
    ca.not_after = "2035-01-01T00:00:00Z";
    auto encryption = certificate("CN=NDES-MSCEP-RA", "CN=Contoso CA", "keyEncipherment");
    auto signing = certificate("CN=NDES-MSCEP-RA", "CN=Contoso CA", "digitalSignature");
    for(auto* ra : {&encryption, &signing}) {
        ra->issued_by = 0;
        ra->issuer_name_in_list = true;
        ra->extended_key_usage = {"1.3.6.1.4.1.311.20.2.1"};
    }
    facts::ca_certificates bag;
    bag.content_type = "application/x-x509-ca-ra-cert";
    bag.certificates = {ca, encryption, signing};
    return bag;
}

inline facts::target target_of(std::string scheme, std::string host, std::string path)
{
    facts::target t;
    t.scheme = std::move(scheme);
    t.host = std::move(host);
    t.path = std::move(path);
    t.port = t.scheme == "http" ? 80 : 443;
    t.url = t.scheme + "://" + t.host + t.path;
    return t;
}

inline facts::tls_session good_tls(std::string const& host)
{
    facts::tls_session t;
    t.version = "TLSv1.2";
    t.cipher = "ECDHE-RSA-AES256-GCM-SHA384";
    auto leaf = certificate("CN=" + host, "CN=Web CA", "digitalSignature, keyEncipherment");
    leaf.dns_names = {host};
    leaf.extended_key_usage = {"1.3.6.1.5.5.7.3.1"};
    leaf.issued_by = 1;
    leaf.issuer_name_in_list = true;
    auto ca = certificate("CN=Web CA", "CN=Web Root", "keyCertSign, cRLSign");
    ca.is_ca = true;
    t.chain = {leaf, ca};
    t.chain_trusted = true;
    t.name_matches = true;
    t.trust_source = "/etc/ssl/certs (140 certificates)";
    return t;
}

enum class flavour { plain, intune };

/// An NDES in good health at the full path, as a prober sees it from outside.
inline facts::fact_set healthy_ndes(flavour f = flavour::intune)
{
    using facts::question;
    std::string const host = "ndes.contoso.com", path = "/certsrv/mscep/mscep.dll", url = "https://" + host + path;
    facts::fact_set out;
    out.target = target_of("https", host, path);
    out.lookup = facts::name_lookup{host, {"203.0.113.7"}, {}};
    out.connections.push_back({"203.0.113.7", 443, {}, 9});
    out.tls = good_tls(host);

    auto bare = exchange(question::bare_get, "GET", url, f == flavour::intune ? 403 : 200);
    bare.body = facts::body_kind::html;
    bare.body_bytes = 1200;
    bare.html_title = f == flavour::intune ? "403 - Forbidden: Access is denied." : "Network Device Enrollment Service";
    if(f == flavour::plain)
        bare.html_markers = {"Network Device Enrollment Service"};
    auto caps = exchange(question::get_ca_caps, "GET", url + "?operation=GetCACaps", 200);
    caps.body = facts::body_kind::text;
    caps.body_bytes = 57;
    auto cert = exchange(question::get_ca_cert, "GET", url + "?operation=GetCACert", 200);
    cert.body = facts::body_kind::der;
    cert.body_bytes = 3567;
    cert.headers.push_back({"Content-Type", "application/x-x509-ca-ra-cert"});
    auto const post = exchange(question::empty_post, "POST", url + "?operation=PKIOperation", 200);
    auto const admin = exchange(question::admin_page, "GET", "https://" + host + "/certsrv/mscep_admin/", 404);
    out.exchanges = {bare, caps, cert, post, admin};
    for(auto const size : {2000, 2049, 4097, 5200, 8300, 16500, 24600, 30720, 33000, 40000}) {
        auto rung = exchange(question::long_query, "GET", url + "?operation=GetCACaps&message=AAAA", 200);
        rung.query_bytes = size;
        rung.body = facts::body_kind::text;
        rung.body_bytes = 57;
        out.exchanges.push_back(rung);
    }
    out.capabilities =
        facts::capability_list{{"POSTPKIOperation", "Renewal", "SHA-512", "SHA-256", "SHA-1", "DES3"}, {}, false};
    out.ca = ndes_bag();
    return out;
}

/// micromdm's scepserver: a lone CA without keyEncipherment, no page at the root, 500 for an empty POST.
inline facts::fact_set healthy_scepserver()
{
    using facts::question;
    std::string const url = "http://127.0.0.1:8080/scep";
    facts::fact_set out;
    out.target = target_of("http", "127.0.0.1", "/scep");
    out.target->port = 8080;
    out.target->url = url;
    out.target->loopback = true;
    out.connections.push_back({"127.0.0.1", 8080, {}, 0});
    auto caps = exchange(question::get_ca_caps, "GET", url + "?operation=GetCACaps", 200, "");
    caps.body = facts::body_kind::text;
    caps.body_bytes = 70;
    auto cert = exchange(question::get_ca_cert, "GET", url + "?operation=GetCACert", 200, "");
    cert.body = facts::body_kind::der;
    cert.body_bytes = 800;
    auto bare = exchange(question::bare_get, "GET", url, 404, "");
    bare.body = facts::body_kind::text;
    bare.body_bytes = 19;
    auto const post = exchange(question::empty_post, "POST", url + "?operation=PKIOperation", 500, "");
    out.exchanges = {bare, caps, cert, post};
    out.capabilities = facts::capability_list{
        {"Renewal", "SHA-1", "SHA-256", "AES", "DES3", "SCEPStandard", "POSTPKIOperation"}, {}, false};
    auto ca = certificate("CN=MICROMDM SCEP CA", "CN=MICROMDM SCEP CA", "digitalSignature, keyCertSign, cRLSign");
    ca.is_ca = true;
    ca.issued_by = 0;
    ca.issuer_name_in_list = true;
    ca.not_after = "2035-01-01T00:00:00Z";
    out.ca = facts::ca_certificates{"application/x-x509-ca-cert", true, {ca}, {}, {}, {}};
    return out;
}

inline facts::http_exchange& find(facts::fact_set& f, facts::question q)
{
    for(auto& e : f.exchanges)
        if(e.question == q)
            return e;
    f.exchanges.push_back(exchange(q, "GET", f.target ? f.target->url : "", 200));
    return f.exchanges.back();
}

inline void set_status(facts::fact_set& f, facts::question q, std::int64_t status,
                       std::string server = "Microsoft-IIS/10.0")
{
    auto& e = find(f, q);
    e = exchange(q, e.method, e.url, status, std::move(server));
}

inline void drop(facts::fact_set& f, facts::question q)
{
    std::erase_if(f.exchanges, [q](auto const& e) { return e.question == q; });
}

/// The same server asked at the short URL: GETs are redirected and then answered, POSTs are not taken.
inline facts::fact_set missing_dll()
{
    using facts::question;
    auto f = healthy_ndes();
    std::string const url = "https://ndes.contoso.com/certsrv/mscep";
    f.target = target_of("https", "ndes.contoso.com", "/certsrv/mscep");
    auto const redirected = [&](question q, std::string const& query) {
        auto e = exchange(q, "GET", url + query, 301);
        e.location = url + "/" + query;
        e.body = facts::body_kind::html;
        e.html_title = "Document Moved";
        return e;
    };
    auto slash = exchange(question::slash_get, "GET", url + "/?operation=GetCACaps", 200);
    slash.body = facts::body_kind::text;
    slash.body_bytes = 57;
    auto post = exchange(question::empty_post, "POST", url + "?operation=PKIOperation", 405);
    post.headers.push_back({"Allow", "GET, HEAD, OPTIONS, TRACE"});
    auto caps_dll = exchange(question::get_ca_caps_dll, "GET", url + "/mscep.dll?operation=GetCACaps", 200);
    caps_dll.body = facts::body_kind::text;
    caps_dll.body_bytes = 57;
    auto cert = exchange(question::get_ca_cert, "GET", url + "/?operation=GetCACert", 200);
    cert.body = facts::body_kind::der;
    cert.body_bytes = 3567;
    f.exchanges = {redirected(question::bare_get, ""),
                   redirected(question::get_ca_caps, "?operation=GetCACaps"),
                   redirected(question::get_ca_cert, "?operation=GetCACert"),
                   slash,
                   post,
                   exchange(question::empty_post_dll, "POST", url + "/mscep.dll?operation=PKIOperation", 200),
                   caps_dll,
                   cert};
    return f;
}

} // namespace scepkit::test
