// SPDX-License-Identifier: BSL-1.0
#include "certificates.hpp"
#include "site.hpp"

#include <base/try.hpp>
#include <scepkit/http/endpoint.hpp>
#include <scepkit/simulator/ndes.hpp>

#include <optional>
#include <utility>

namespace scepkit::inline v0::simulator {

namespace {

using namespace std::chrono_literals;
using detail::behaviour;

constexpr std::string_view other_host = "another-host.scepkit.invalid";

detail::validity dates_of(behaviour::dates kind, time_point now)
{
    switch(kind) {
    case behaviour::dates::healthy: break;
    case behaviour::dates::expiring: return {now - std::chrono::days(720), now + std::chrono::days(10)};
    case behaviour::dates::expired: return {now - std::chrono::days(733), now - std::chrono::days(3)};
    }
    return {now - 24h, now + std::chrono::days(730)};
}

// Faulty certificates stand for the kept ones of this start; they are never stored, so that the next healthy start is
// healthy.

result<void> spoil_authorities(behaviour const& knobs, pki_state& pki, time_point now)
{
    if(knobs.ca_dates == behaviour::dates::healthy)
        return success();
    // The same name and key: what was issued before still leads to it.
    auto const usage = pki.ca.certificate.extensions().key_usage.value_or(pki::key_usage::key_cert_sign);
    SCEPKIT_TRY(pki.ca.certificate,
                detail::make_authority(detail::ca_name(), usage, dates_of(knobs.ca_dates, now), pki.ca.key));
    return success();
}

result<void> spoil_ra(behaviour const& knobs, pki_state& pki, time_point now)
{
    if(knobs.ra_dates == behaviour::dates::healthy && knobs.issuer == behaviour::ra_issuer::ca)
        return success();
    auto issuer = pki.ca;
    if(knobs.issuer == behaviour::ra_issuer::old_ca_key) {
        SCEPKIT_TRY(issuer.key, pki::private_key::generate(pki::key_kind::rsa));
        SCEPKIT_TRY(issuer.certificate, detail::make_authority(detail::ca_name(), pki::key_usage::key_cert_sign,
                                                               dates_of(behaviour::dates::healthy, now), issuer.key));
    }
    auto const when = dates_of(knobs.ra_dates, now);
    SCEPKIT_TRY(pki.ra_signing->certificate,
                detail::make_ra(detail::ra_role::signing, when, pki.ra_signing->key, issuer));
    SCEPKIT_TRY(pki.ra_encryption->certificate,
                detail::make_ra(detail::ra_role::encryption, when, pki.ra_encryption->key, issuer));
    return success();
}

/// The chain that TLS shows, healthy or not.
result<std::vector<pki::certificate>> tls_chain(behaviour const& knobs, pki_state const& pki, std::string_view host,
                                                time_point now)
{
    using fault = behaviour::tls_fault;
    auto const healthy = dates_of(behaviour::dates::healthy, now);
    auto leaf = pki.tls.certificate;
    switch(knobs.tls) {
    case fault::none: break;
    case fault::other_name: {
        SCEPKIT_TRY(leaf, detail::make_tls_leaf(other_host, healthy, pki.tls.key, pki.tls_ca));
        break;
    }
    case fault::expired: {
        SCEPKIT_TRY(leaf,
                    detail::make_tls_leaf(host, dates_of(behaviour::dates::expired, now), pki.tls.key, pki.tls_ca));
        break;
    }
    case fault::intermediate_missing: {
        SCEPKIT_TRY(auto key, pki::private_key::generate(pki::key_kind::rsa));
        SCEPKIT_TRY(auto intermediate,
                    detail::make_authority(detail::tls_intermediate_name(), pki::key_usage::key_cert_sign, healthy, key,
                                           &pki.tls_ca));
        SCEPKIT_TRY(leaf, detail::make_tls_leaf(host, healthy, pki.tls.key,
                                                scep::identity{std::move(intermediate), std::move(key)}));
        break;
    }
    }
    return std::vector<pki::certificate>{std::move(leaf)};
}

std::vector<secret_bytes> as_secrets(std::vector<std::string> const& texts)
{
    std::vector<secret_bytes> out;
    out.reserve(texts.size());
    for(auto const& text : texts)
        out.push_back(secret_bytes::from_text(text));
    return out;
}

result<std::shared_ptr<scep::responder>> make_responder(pki_state const& pki,
                                                        std::vector<std::string> const& challenges, observer* trace)
{
    SCEPKIT_TRY(auto decryption, pki::software_decrypter::create(pki.ra_encryption->key));
    // Windows and NDES meet here: SHA-1, OAEP, messages signed by a throw-away key.
    auto profile = scep::profile::ndes();
    profile.allowed.insert(scep::profile::windows().allowed);
    // E_INVALIDARG is the only HRESULT that a published NDES refusal shows; that a wrong challenge gives this failInfo
    // is what threads agree on (docs/simulator.md).
    scep::refuse const wrong_challenge{scep::fail_info::bad_message_check, "", scep::hresult{0x80070057}};
    auto const current_list = [ca = pki.ca](time_point now) {
        return pki::make_crl(
            {.this_update = now - std::chrono::hours{1}, .next_update = now + std::chrono::hours{24 * 7}},
            ca.certificate, ca.key);
    };
    return scep::responder::create({.ca_chain = {pki.ca.certificate},
                                    .signing = *pki.ra_signing,
                                    .decryption_certificate = pki.ra_encryption->certificate,
                                    .decryption = std::move(decryption),
                                    .ra_certificates = {pki.ra_encryption->certificate, pki.ra_signing->certificate},
                                    .authorizer = std::make_shared<scep::challenge_store>(
                                        as_secrets(challenges), scep::challenge_store::use::reusable, wrong_challenge),
                                    .issuer = std::make_shared<scep::local_issuer>(pki.ca.certificate, pki.ca.key),
                                    .renewals = {.allowed = true},
                                    .crl = current_list,
                                    .profile = std::move(profile),
                                    .offered = {},
                                    .microsoft_replies = true,
                                    .bounds = {},
                                    .trace = trace});
}

/// The name of the server in its URL and certificate.
std::string host_of(ndes_options const& options)
{
    if(!options.host.empty())
        return options.host;
    auto const& address = options.listen.address;
    // Every address is no address to ask for.
    return address.empty() || address == "0.0.0.0" || address == "::" ? "localhost" : address;
}

std::string url_of(behaviour::url printed, bool tls, std::string const& host, std::uint16_t port)
{
    http::endpoint server;
    server.scheme = tls ? "https" : "http";
    server.host = host;
    server.port = port;
    switch(printed) {
    case behaviour::url::dll: server.path = "/certsrv/mscep/mscep.dll"; break;
    case behaviour::url::application: server.path = "/certsrv/mscep"; break;
    case behaviour::url::admin: server.path = "/certsrv/mscep_admin/"; break;
    }
    return server.url();
}

} // namespace

struct ndes::state {
    std::string url;
    std::string challenge;
    pki_state pki;
    bool tls = false;
    std::shared_ptr<detail::site> site;
    std::optional<net::server> server;
};

result<ndes> ndes::start(ndes_options options)
{
    SCEPKIT_TRY(auto const knobs, detail::behave(options));
    auto const fixed = options.now;
    std::function<time_point()> const clock = [fixed] { return fixed ? *fixed : current_time(); };
    auto const now = clock();
    auto const host = host_of(options);
    SCEPKIT_TRY(auto pki,
                load_or_make_state({.folder = options.state_folder, .host = host, .with_ra = true, .now = now}));
    SCEPKIT_CHECK(spoil_authorities(knobs, pki, now));
    SCEPKIT_CHECK(spoil_ra(knobs, pki, now));
    SCEPKIT_TRY(auto chain, tls_chain(knobs, pki, host, now));

    auto challenges = options.challenges;
    if(!challenges) {
        SCEPKIT_TRY(auto made, load_or_make_challenge(options.state_folder));
        challenges.emplace({std::move(made)});
    }
    SCEPKIT_TRY(auto responder, make_responder(pki, *challenges, options.trace));
    std::unique_ptr<detail::iis_log> log;
    if(!options.iis_log.empty()) {
        SCEPKIT_TRY(log, detail::iis_log::open(options.iis_log, now, options.trace));
    }
    auto site = std::make_shared<detail::site>(detail::site::parts{.knobs = knobs,
                                                                   .product = options.product,
                                                                   .tls = options.tls,
                                                                   .responder = std::move(responder),
                                                                   .ca = pki.ca.certificate,
                                                                   .log = std::move(log),
                                                                   .now = clock});
    net::server_options serving;
    serving.address = options.listen.address;
    serving.port = options.listen.port;
    if(options.tls)
        serving.tls = net::tls_server_options{std::move(chain), pki.tls.key};
    serving.header_limit = knobs.request_limit;
    serving.threads = options.threads;
    serving.handler = [site](http::request const& r, net::peer const& p) { return site->handle(r, p); };
    serving.malformed = [site](unsigned status, net::peer const&) { return site->malformed(status); };
    serving.trace = options.trace;
    SCEPKIT_TRY(auto server, net::server::start(std::move(serving)));

    auto out = std::make_unique<state>(state{.url = url_of(knobs.printed, options.tls, host, server.port()),
                                             .challenge = challenges->empty() ? std::string() : challenges->front(),
                                             .pki = std::move(pki),
                                             .tls = options.tls,
                                             .site = std::move(site),
                                             .server = std::move(server)});
    return ndes(std::move(out));
}

ndes::ndes(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
ndes::ndes(ndes&&) noexcept = default;
ndes& ndes::operator=(ndes&&) noexcept = default;
ndes::~ndes() = default;

std::string const& ndes::url() const noexcept { return state_->url; }
std::uint16_t ndes::port() const noexcept { return state_->server->port(); }
std::string const& ndes::challenge() const noexcept { return state_->challenge; }
pki::certificate const& ndes::ca() const noexcept { return state_->pki.ca.certificate; }
pki::certificate const& ndes::ra_signing() const noexcept { return state_->pki.ra_signing->certificate; }
pki::certificate const& ndes::ra_encryption() const noexcept { return state_->pki.ra_encryption->certificate; }

std::optional<pki::certificate> ndes::tls_ca() const
{
    if(!state_->tls)
        return std::nullopt;
    return state_->pki.tls_ca.certificate;
}

void ndes::stop() { state_->server->stop(); }

} // namespace scepkit::inline v0::simulator
