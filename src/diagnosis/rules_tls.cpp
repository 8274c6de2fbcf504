// SPDX-License-Identifier: BSL-1.0
#include <diagnosis/detail/make.hpp>

#include <algorithm>

namespace scepkit::inline v0::diagnosis::detail {

namespace {

using outcome = std::optional<finding>;
using kind = catalogue_entry::kind;
using facts::certificate_summary;

constexpr std::int64_t self_signed_leaf = 18; // X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT
constexpr auto expiring = std::chrono::hours(24 * 30);

facts::tls_session const* session(rule_context const& c)
{
    return c.facts.tls && !c.facts.tls->chain.empty() ? &*c.facts.tls : nullptr;
}

std::optional<time_point> time_of(std::string const& iso)
{
    auto const time = from_iso8601(iso);
    return time ? std::optional(*time) : std::nullopt;
}

bool has_trust(facts::tls_session const& t) { return !t.trust_source.empty() && !contains(t.trust_source, "none"); }

// A clock that is wrong by a day makes every certificate look wrong.
bool clock_is_wrong(rule_context const& c)
{
    for(auto const& e : c.facts.exchanges) {
        auto const theirs = read_http_date(header(e, "Date"));
        auto const ours = time_of(e.time);
        if(theirs && ours && (*theirs > *ours ? *theirs - *ours : *ours - *theirs) > std::chrono::hours(24))
            return true;
    }
    return false;
}

outcome name_mismatch(rule_context const& c, catalogue_entry const& entry)
{
    auto const* t = session(c);
    if(t == nullptr || t->name_matches || !c.facts.target)
        return std::nullopt;
    auto const& leaf = t->chain.front();
    auto const names = leaf.dns_names.empty() ? std::string("no DNS name") : joined(leaf.dns_names);
    make f(entry);
    f.saw("The URL names " + c.facts.target->host + "; the certificate names " + names + ".");
    if(std::ranges::any_of(leaf.dns_names, [](auto const& n) { return contains(n, ".msappproxy.net"); }))
        f.fix_first("The certificate is the default one of Microsoft Entra application proxy: upload the certificate "
                    "of the custom domain in the app's application proxy settings.");
    return f.on_tls(c, "subject " + leaf.subject + ", subjectAltName " + names).predict_silence(c);
}

outcome validity(rule_context const& c, catalogue_entry const& entry,
                 bool (*wrong)(certificate_summary const&, time_point),
                 std::string (*words)(certificate_summary const&))
{
    auto const* t = session(c);
    if(t == nullptr)
        return std::nullopt;
    for(std::size_t i = 0; i < t->chain.size(); ++i) {
        auto const& one = t->chain[i];
        if(!wrong(one, c.now))
            continue;
        auto const which = i == 0 ? std::string("The server's TLS certificate") : "The CA certificate " + one.subject;
        return make(entry)
            .is(clock_is_wrong(c) ? confidence::possible
                : i == 0          ? confidence::certain
                                  : confidence::likely)
            .saw(which + ' ' + words(one) + '.')
            .on_tls(c, one.subject + ": valid from " + one.not_before + " to " + one.not_after)
            .predict_silence(c);
    }
    return std::nullopt;
}

outcome expired(rule_context const& c, catalogue_entry const& entry)
{
    return validity(
        c, entry,
        [](auto const& one, time_point now) {
            auto const end = time_of(one.not_after);
            return end && *end < now;
        },
        [](auto const& one) { return "expired on " + day_of(one.not_after); });
}

outcome not_yet_valid(rule_context const& c, catalogue_entry const& entry)
{
    return validity(
        c, entry,
        [](auto const& one, time_point now) {
            auto const begin = time_of(one.not_before);
            return begin && *begin > now;
        },
        [](auto const& one) { return "is not valid before " + one.not_before; });
}

outcome expiring_soon(rule_context const& c, catalogue_entry const& entry)
{
    auto const* t = session(c);
    if(t == nullptr)
        return std::nullopt;
    auto const end = time_of(t->chain.front().not_after);
    if(!end || *end < c.now || *end - c.now >= expiring)
        return std::nullopt;
    return make(entry)
        .saw("The server's TLS certificate expires on " + day_of(t->chain.front().not_after) + ".")
        .on_tls(c, "valid to " + t->chain.front().not_after);
}

bool issued_by_public_ca(certificate_summary const& leaf)
{
    constexpr std::string_view names[] = {"let's encrypt",   "digicert",  "sectigo",   "globalsign",
                                          "godaddy",         "entrust",   "amazon",    "google trust services",
                                          "microsoft azure", "zerossl",   "geotrust",  "thawte",
                                          "rapidssl",        "comodo",    "usertrust", "swisssign",
                                          "quovadis",        "buypass",   "certum",    "d-trust",
                                          "identrust",       "starfield", "ssl.com",   "actalis",
                                          "harica"};
    return std::ranges::any_of(names, [&](auto name) { return contains(leaf.issuer, name); });
}

// The certificate of the GetCACert answer that is called like the leaf's issuer.
certificate_summary const* issuer_in_bag(rule_context const& c, certificate_summary const& leaf)
{
    if(!c.facts.ca)
        return nullptr;
    auto const& all = c.facts.ca->certificates;
    auto const found = std::ranges::find(all, leaf.issuer, &certificate_summary::subject);
    return found == all.end() ? nullptr : &*found;
}

bool stands_alone(facts::tls_session const& t)
{
    return !t.chain_trusted && t.chain.size() == 1 && !t.chain.front().self_issued;
}

outcome missing_intermediate(rule_context const& c, catalogue_entry const& entry)
{
    auto const* t = session(c);
    if(t == nullptr || !stands_alone(*t))
        return std::nullopt;
    auto const& leaf = t->chain.front();
    auto const* issuer = issuer_in_bag(c, leaf);
    if(issuer != nullptr && issuer->self_issued)
        return std::nullopt; // Issued by a root of their own: nothing is missing, see tls-private-ca.
    // Whether the unknown issuer is an intermediate or a root cannot be seen from here; these speak for an
    // intermediate.
    bool const known = issuer != nullptr || issued_by_public_ca(leaf) || t->trust_source.starts_with("file");
    return make(entry)
        .is(known ? severity::error : severity::warning)
        .is(known ? confidence::likely : confidence::possible)
        .saw("The server sends its own certificate only; its issuer, " + leaf.issuer + ", is no root trusted here (" +
             t->trust_source + ").")
        .on_tls(c, "one certificate sent; " + t->verify_text)
        .predict_silence(c);
}

outcome self_signed(rule_context const& c, catalogue_entry const& entry)
{
    auto const* t = session(c);
    if(t == nullptr || t->chain_trusted)
        return std::nullopt;
    bool const alone = t->chain.size() == 1 && t->chain.front().self_issued;
    if(!alone && t->verify_code != self_signed_leaf)
        return std::nullopt;
    return make(entry)
        .saw("The certificate " + t->chain.front().subject + " is signed by itself.")
        .on_tls(c, "issuer equals subject; " + t->verify_text);
}

outcome private_ca(rule_context const& c, catalogue_entry const& entry)
{
    auto const* t = session(c);
    if(t == nullptr || t->chain_trusted || t->verify_text.empty())
        return std::nullopt;
    auto const& top = t->chain.back();
    auto const* issuer = issuer_in_bag(c, t->chain.front());
    bool const alone = stands_alone(*t) && !(issuer != nullptr && issuer->self_issued);
    if(alone || (t->chain.size() == 1 && top.self_issued))
        return std::nullopt; // tls-missing-intermediate, tls-selfsigned
    auto const end = time_of(t->chain.front().not_after);
    if(end && *end < c.now)
        return std::nullopt; // The date is why it is not trusted.
    return make(entry)
        .is(has_trust(*t) ? confidence::likely : confidence::possible)
        .saw("The chain ends in " + (top.self_issued ? top.subject : top.issuer) + ", which is not trusted here (" +
             t->trust_source + ").")
        .on_tls(c, t->verify_text);
}

outcome old_only(rule_context const& c, catalogue_entry const& entry)
{
    if(!c.facts.tls || (c.facts.tls->version != "TLSv1" && c.facts.tls->version != "TLSv1.0" &&
                        c.facts.tls->version != "TLSv1.1" && c.facts.tls->version != "SSLv3"))
        return std::nullopt;
    return make(entry)
        .saw("The best that the server agreed to is " + c.facts.tls->version + ".")
        .on_tls(c, c.facts.tls->version + ", " + c.facts.tls->cipher)
        .predict_silence(c);
}

outcome client_certificate(rule_context const& c, catalogue_entry const& entry)
{
    if(!c.facts.tls)
        return std::nullopt;
    auto const& t = *c.facts.tls;
    bool const alert = t.alert && contains(*t.alert, "certificate_required");
    auto const* caps = c.facts.find(question::get_ca_caps);
    if(alert || (t.client_certificate_requested &&
                 (has_status(caps, 403) || t.version.empty() || (caps != nullptr && !caps->status)))) {
        return make(entry)
            .is(alert ? confidence::certain : confidence::likely)
            .saw(alert ? "The server ended the connection because no client certificate came."
                       : "The server asks for a client certificate, and without one SCEP is not answered.")
            .on_tls(c, alert ? "alert " + *t.alert : "CertificateRequest in the handshake")
            .predict_http(c)
            .predict_silence(c);
    }
    if(!t.client_certificate_requested)
        return std::nullopt;
    return make(entry)
        .is(severity::warning)
        .is(confidence::possible)
        .saw("The server asks for a client certificate and answers without one.")
        .on_tls(c, "CertificateRequest in the handshake");
}

outcome alert(rule_context const& c, catalogue_entry const& entry)
{
    if(!c.facts.tls || !c.facts.tls->alert || contains(*c.facts.tls->alert, "certificate_required"))
        return std::nullopt;
    if(std::ranges::any_of(c.facts.exchanges, [](auto const& e) { return e.status.has_value(); }))
        return std::nullopt; // It hindered nothing.
    return make(entry)
        .saw("The server ended the handshake with the alert " + *c.facts.tls->alert + ".")
        .on_tls(c, "alert " + *c.facts.tls->alert)
        .predict_http(c)
        .predict_silence(c);
}

// The first exchange that stopped in the handshake; that https is not served where http redirects to it is another
// matter.
http_exchange const* stopped_in_handshake(rule_context const& c)
{
    for(auto const& e : c.facts.exchanges)
        if(!e.status && e.reached == "tls" && e.failure && e.question != question::https_variant)
            return &e;
    return nullptr;
}

bool is_cut(std::string const& failure)
{
    return failure == "connection_reset" || failure == "connection_closed" || failure == "timed_out";
}

outcome reset_after_hello(rule_context const& c, catalogue_entry const& entry)
{
    auto const* e = stopped_in_handshake(c);
    if(e == nullptr || !is_cut(*e->failure) || (c.facts.tls && c.facts.tls->alert))
        return std::nullopt;
    return make(entry)
        .saw("The TCP connection stands, and then the TLS handshake is cut off: " + *e->failure + ".")
        .on(c, *e)
        .predict_http(c)
        .predict_silence(c);
}

outcome handshake_failed(rule_context const& c, catalogue_entry const& entry)
{
    auto const* e = stopped_in_handshake(c);
    if(e == nullptr || is_cut(*e->failure) || (c.facts.tls && c.facts.tls->alert))
        return std::nullopt;
    return make(entry)
        .saw("The TLS handshake failed: " + e->failure_text.value_or(*e->failure) + ".")
        .on(c, *e)
        .predict_http(c)
        .predict_silence(c);
}

outcome weak_certificate(rule_context const& c, catalogue_entry const& entry)
{
    auto const* t = session(c);
    if(t == nullptr)
        return std::nullopt;
    make f(entry);
    std::string saw;
    for(auto const& one : t->chain) {
        bool const sha1 = !one.self_issued && (one.signature.ends_with("SHA-1") || one.signature.ends_with("MD5"));
        bool const small = one.key == "RSA 1024" || one.key == "RSA 512" || one.key == "RSA 768";
        if(!sha1 && !small)
            continue;
        saw += (saw.empty() ? "" : " ") + one.subject +
               (small ? " has a key of " + one.key : " is signed with " + one.signature) + ".";
        f.on_tls(c, one.subject + ": " + one.key + ", " + one.signature);
    }
    if(saw.empty())
        return std::nullopt;
    return f.is(confidence::likely).saw(saw);
}

outcome wrong_usage(rule_context const& c, catalogue_entry const& entry)
{
    auto const* t = session(c);
    if(t == nullptr)
        return std::nullopt;
    auto const& usages = t->chain.front().extended_key_usage;
    auto const has = [&](std::string_view id) { return std::ranges::find(usages, id) != usages.end(); };
    if(usages.empty() || has("1.3.6.1.5.5.7.3.1") || has("2.5.29.37.0"))
        return std::nullopt;
    return make(entry)
        .saw("The certificate's extended key usages are " + joined(usages) + ".")
        .on_tls(c, "extendedKeyUsage " + joined(usages))
        .predict_silence(c);
}

constexpr std::string_view configure = "Microsoft Learn: Configure infrastructure to support SCEP with Intune";
constexpr std::string_view name_fix[] = {
    "Request a certificate for the site whose subjectAltName lists the name in the profile (and the internal name, if "
    "it is used); the common name alone counts no more.",
    "Bind it in IIS Manager > Default Web Site > Bindings > https, or in the reverse proxy."};
constexpr std::string_view renew_fix[] = {
    "Renew the certificate of the web server or reverse proxy and bind the new one.",
    "Where a renewed certificate is in the store already, select it in the https binding: IIS does not do that by "
    "itself."};
constexpr std::string_view future_fix[] = {"Check the clock of the server and of this machine first.",
                                           "Then wait for the beginning of the validity, or bind another certificate."};
constexpr std::string_view intermediate_fix[] = {
    "Install the issuing CA's certificate in the Intermediate Certification Authorities store of the computer account "
    "on the web server and restart it; in a reverse proxy append it to the certificate file.",
    "Do not judge by a browser: it fetches or remembers the missing certificate, devices do not."};
constexpr std::string_view private_fix[] = {
    "Deploy the root CA certificate to the devices with a trusted certificate profile, before or together with the "
    "SCEP profile; or use a certificate of a public CA for the web server.",
    "To check against that root, give it to this check with --ca-file."};
constexpr std::string_view old_fix[] = {"Enable TLS 1.2 on the server or reverse proxy (Schannel protocol settings), "
                                        "and keep it: Windows' SCEP client does not use TLS 1.3."};
constexpr std::string_view client_fix[] = {
    "IIS Manager > Default Web Site > CertSrv/mscep > SSL Settings: set Client certificates to Ignore.",
    "In a reverse proxy switch mutual TLS off for /certsrv/mscep; Microsoft Entra application proxy cannot pass client "
    "certificates on at all."};
constexpr std::string_view alert_fix[] = {
    "unrecognized_name: the server has no binding for this host name; check the SNI bindings.",
    "protocol_version, handshake_failure: protocols or ciphers do not meet; check the Schannel settings and the "
    "certificate's private key permissions.",
    "internal_error: look for Schannel events in the System log of the server."};
constexpr std::string_view reset_fix[] = {
    "Check that the host name has an https binding with a certificate (SNI).",
    "Check firewalls that inspect TLS: they often cut connections whose host name they do not know."};
constexpr std::string_view failed_fix[] = {"Check that the port speaks TLS at all, and not plain HTTP.",
                                           "Check the certificate and its private key in the https binding."};
constexpr std::string_view weak_fix[] = {
    "Issue the certificate again: RSA of 2048 bits or more, or P-256, signed with SHA-256 and PKCS #1 v1.5 padding."};
constexpr std::string_view usage_fix[] = {"Issue the certificate from the Web Server template, or another one with "
                                          "Server Authentication (1.3.6.1.5.5.7.3.1)."};
constexpr std::string_view configure_refs[] = {configure};
constexpr std::string_view name_refs[] = {configure, "RFC 6125"};
constexpr std::string_view ios_refs[] = {"Microsoft Learn: iOS SCEP failure and no GetCACaps request is generated",
                                         configure};
constexpr std::string_view alert_refs[] = {"RFC 8446, section 6"};

rule const table[] = {
    {{"tls-client-cert-required", kind::cause, severity::error, "The server wants a client certificate",
      "SCEP clients have no certificate yet: getting one is what they come for.", client_fix, configure_refs},
     client_certificate},
    {{"tls-alert", kind::cause, severity::error, "The server ends the TLS handshake with an alert",
      "No HTTP request gets through; the alert's name says what the server minds, not why.", alert_fix, alert_refs},
     alert},
    {{"tcp-reset-after-clienthello",
      kind::cause,
      severity::error,
      "The connection is cut off in the TLS handshake",
      "The server, or something on the way that reads the host name in the handshake, does not want this connection.",
      reset_fix,
      {}},
     reset_after_hello},
    {{"tls-handshake-failed",
      kind::cause,
      severity::error,
      "The TLS handshake fails",
      "Server and client did not come to terms; no HTTP request gets through.",
      failed_fix,
      {}},
     handshake_failed},
    {{"tls-name-mismatch", kind::cause, severity::error, "The TLS certificate is for another name",
      "Devices check that the certificate names the host of the URL, and stop before the first request if it does not.",
      name_fix, name_refs},
     name_mismatch},
    {{"tls-expired", kind::cause, severity::error, "The TLS certificate has expired",
      "Devices stop before the first request.", renew_fix, configure_refs},
     expired},
    {{"tls-not-yet-valid",
      kind::cause,
      severity::error,
      "The TLS certificate is not valid yet",
      "Devices stop before the first request.",
      future_fix,
      {}},
     not_yet_valid},
    {{"tls-missing-intermediate", kind::cause, severity::error,
      "The server does not send its intermediate CA certificate",
      "Devices cannot build the chain. Browsers often can, because they fetch or remember the missing certificate; iOS "
      "and Android do not.",
      intermediate_fix, configure_refs},
     missing_intermediate},
    {{"tls-old-only", kind::cause, severity::error, "The server knows old TLS versions only",
      "Current devices refuse TLS 1.0 and 1.1.", old_fix, configure_refs},
     old_only},
    {{"tls-eku", kind::cause, severity::error, "The TLS certificate is not made for servers",
      "Without the usage Server Authentication devices do not accept it for a web server.", usage_fix, configure_refs},
     wrong_usage},
    {{"tls-weak-cert", kind::cause, severity::error, "The TLS certificates are too weak",
      "Current devices refuse SHA-1 signatures and short RSA keys.", weak_fix, ios_refs},
     weak_certificate},
    {{"tls-selfsigned", kind::cause, severity::warning, "The TLS certificate is self-signed",
      "Only devices that were told to trust this very certificate will connect.", private_fix, configure_refs},
     self_signed},
    {{"tls-private-ca", kind::cause, severity::warning, "The TLS certificate comes from a CA that is not trusted here",
      "That is right where the devices have the CA's root already: it must be there before SCEP runs. Devices without "
      "it stop before the first request, iOS sometimes after GetCACert.",
      private_fix, ios_refs},
     private_ca},
    {{"tls-expiring-soon",
      kind::cause,
      severity::warning,
      "The TLS certificate expires soon",
      "From that day on devices stop before the first request.",
      renew_fix,
      {}},
     expiring_soon},
};

} // namespace

std::span<rule const> tls_rules() { return table; }

} // namespace scepkit::inline v0::diagnosis::detail
