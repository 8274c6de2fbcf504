// SPDX-License-Identifier: BSL-1.0
#include "common.hpp"

#include <base/try.hpp>
#include <scepkit/http/endpoint.hpp>
#include <scepkit/net/server.hpp>
#include <scepkit/scep/responder.hpp>
#include <scepkit/simulator/ndes.hpp>

#include <ostream>

namespace scepkit::inline v0::cli {

namespace {

constexpr std::string_view tool = "scep-responder";
constexpr std::string_view path = "/scep";

struct settings {
    std::string listen = "127.0.0.1:0";
    bool tls = false;
    std::string host;
    std::string challenge_file;
    bool one_time = false;
    bool ra_pair = false;
    std::string state;
    std::string profile = "rfc8894";
};

void describe(CLI::App& app, settings& to)
{
    app.description("A small SCEP server (RFC 8894) with a CA of its own, for tests and laboratories.\n"
                    "The first line on stdout is its URL.");
    app.add_option("--listen", to.listen, "ADDR:PORT to listen at; port 0 takes a free one [127.0.0.1:0]");
    app.add_flag("--tls", to.tls, "Serve https with a certificate of a throw-away CA (tls-ca.pem of --state)");
    app.add_option("--host", to.host, "Name in the URL and in the TLS certificate [the address]");
    app.add_option("--challenge-file", to.challenge_file,
                   "Challenges that are accepted, one a line; none in it refuses all\n"
                   "[one is made and kept in the file \"challenge\" of --state]");
    app.add_flag("--one-time", to.one_time, "Each challenge is good for one certificate");
    app.add_flag("--ra-pair", to.ra_pair,
                 "Sign replies and receive enrolments with two RA certificates, as NDES does [the CA does both]");
    app.add_option("--state", to.state, "Folder for certificates and keys, used again on the next start [memory only]");
    app.add_option("--profile", to.profile,
                   "Tolerances: rfc8894, ndes, apple, cisco-ios, windows, legacy, strict [rfc8894]");
}

/// What GetCACaps says: only what the profile will read.
scep::capabilities offered_by(scep::profile const& profile)
{
    scep::capabilities out;
    out.aes = true;
    out.des3 = profile.allows(scep::quirk::triple_des);
    out.post_pki_operation = true;
    out.sha1 = profile.allows(scep::quirk::sha1_signature);
    out.sha256 = true;
    out.sha512 = true;
    out.scep_standard = true;
    // Not a word of RFC 8894, and true: strongSwan 5.9.8 looks for it, not for AES, before it encrypts with AES (and
    // for DES3 before it hashes with SHA-256).
    out.unknown = {"SHA-384"};
    return out;
}

result<std::vector<secret_bytes>> challenges_of(settings const& set, streams const& s)
{
    if(!set.challenge_file.empty()) {
        SCEPKIT_TRY(auto from_file, read_challenges(set.challenge_file));
        if(from_file.empty())
            say(s, tool, "the challenge file is empty: every enrolment will be refused");
        return from_file;
    }
    std::vector<secret_bytes> out;
    if(set.state.empty()) {
        say(s, tool, "no --challenge-file and no --state: every enrolment will be refused");
        return out;
    }
    SCEPKIT_TRY(auto const made, simulator::load_or_make_challenge(set.state));
    out.push_back(secret_bytes::from_text(made));
    say(s, tool, "the challenge is in " + set.state + "/challenge");
    return out;
}

result<std::shared_ptr<scep::responder>> make_responder(settings const& set, simulator::pki_state const& pki,
                                                        streams const& s)
{
    SCEPKIT_TRY(auto profile, scep::profile::named(set.profile));
    SCEPKIT_TRY(auto challenges, challenges_of(set, s));
    auto const& receiving = pki.ra_encryption ? *pki.ra_encryption : pki.ca;
    SCEPKIT_TRY(auto decryption, pki::software_decrypter::create(receiving.key));
    scep::responder_options options{.ca_chain = {pki.ca.certificate},
                                    .signing = pki.ra_signing ? *pki.ra_signing : pki.ca,
                                    .decryption_certificate = receiving.certificate,
                                    .decryption = std::move(decryption),
                                    .ra_certificates = {},
                                    .authorizer = std::make_shared<scep::challenge_store>(
                                        std::move(challenges), set.one_time ? scep::challenge_store::use::once
                                                                            : scep::challenge_store::use::reusable),
                                    .issuer = std::make_shared<scep::local_issuer>(pki.ca.certificate, pki.ca.key),
                                    .profile = std::move(profile),
                                    .offered = {},
                                    .bounds = {}};
    options.offered = offered_by(options.profile);
    if(pki.ra_encryption)
        options.ra_certificates = {pki.ra_encryption->certificate, pki.ra_signing->certificate};
    return scep::responder::create(std::move(options));
}

std::string url_of(settings const& set, std::string const& host, std::uint16_t port)
{
    http::endpoint server;
    server.scheme = set.tls ? "https" : "http";
    server.host = host;
    server.port = port;
    server.path = path;
    return server.url();
}

int run(std::vector<std::string> const& arguments, streams const& s)
{
    CLI::App app;
    settings set;
    add_common(app, tool);
    describe(app, set);
    if(auto const code = parse(app, tool, arguments, s))
        return *code;
    auto const listen = net::listen_address::parse(set.listen);
    if(!listen)
        return complain(s, tool, "--listen " + set.listen, listen.error());
    auto const every_address = listen->address == "0.0.0.0" || listen->address == "::";
    auto const host = !set.host.empty() ? set.host : every_address ? "localhost" : listen->address;

    auto const pki = simulator::load_or_make_state(
        {.folder = set.state, .host = host, .with_ra = set.ra_pair, .now = current_time()});
    if(!pki)
        return complain(s, tool, "--state " + set.state, pki.error());
    auto const responder = make_responder(set, *pki, s);
    if(!responder)
        return complain(s, tool, "the responder could not start", responder.error());

    net::server_options serving;
    serving.address = listen->address;
    serving.port = listen->port;
    if(set.tls)
        serving.tls = net::tls_server_options{{pki->tls.certificate}, pki->tls.key};
    serving.threads = 2;
    serving.handler = net::serve(*responder, std::string(path));
    auto running = net::server::start(std::move(serving));
    if(!running)
        return complain(s, tool, "the responder could not listen", running.error());
    s.out << url_of(set, host, running->port()) << '\n' << std::flush;
    say(s, tool, "SHA-256 of the CA certificate: " + to_hex(pki->ca.certificate.sha256()));
    if(set.tls)
        say_tls_trust(s, tool, set.state);
    wait_for_stop(s);
    running->stop();
    return 0;
}

} // namespace

int scep_responder(std::vector<std::string> const& arguments, streams const& s)
{
    return guarded(s, tool, [&] { return run(arguments, s); });
}

} // namespace scepkit::inline v0::cli
