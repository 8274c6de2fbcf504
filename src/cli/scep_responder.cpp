// SPDX-License-Identifier: BSL-1.0
#include "scep_responder_parts.hpp"

#include <scepkit/http/endpoint.hpp>
#include <scepkit/net/server.hpp>

#include <ostream>

namespace scepkit::inline v0::cli {

namespace responder_tool {

namespace {

constexpr std::string_view path = "/scep";

std::string url_of(settings const& set, std::string const& host, std::uint16_t port)
{
    http::endpoint server;
    server.scheme = set.tls ? "https" : "http";
    server.host = host;
    server.port = port;
    server.path = path;
    return server.url();
}

/// What the files say now, for requests from now on. What cannot be read leaves everything as it was.
void reload(settings const& set, std::string const& host, scep::responder& running, streams const& s)
{
    auto const pki = load_state(set, host, current_time());
    if(!pki) {
        complain(s, tool, "not reloaded: --state " + set.state, pki.error());
        return;
    }
    auto options = options_of(set, *pki, nullptr, s);
    if(!options) {
        complain(s, tool, "not reloaded", options.error());
        return;
    }
    if(auto const done = running.reload(*std::move(options)); !done)
        complain(s, tool, "not reloaded", done.error());
    else
        say(s, tool, "reloaded");
}

int run(std::vector<std::string> const& arguments, streams const& s)
{
    CLI::App app;
    settings set;
    add_common(app, tool);
    describe(app, set);
    if(auto const code = parse(app, tool, arguments, s))
        return *code;
    if(auto const fits = complete(set); !fits)
        return complain(s, tool, "the command line", fits.error());
    if(set.list)
        return print_ledger(set, s);
    auto const listen = net::listen_address::parse(set.listen);
    if(!listen)
        return complain(s, tool, "--listen " + set.listen, listen.error());
    auto const every_address = listen->address == "0.0.0.0" || listen->address == "::";
    auto const host = !set.host.empty() ? set.host : every_address ? "localhost" : listen->address;

    auto const pki = load_state(set, host, current_time());
    if(!pki)
        return complain(s, tool, "--state " + set.state, pki.error());
    auto ledger = open_ledger(set, s);
    if(!ledger)
        return complain(s, tool, "the ledger of --state " + set.state, ledger.error());
    auto options = options_of(set, *pki, *std::move(ledger), s);
    if(!options)
        return complain(s, tool, "the responder could not start", options.error());
    auto const responder = scep::responder::create(*std::move(options));
    if(!responder)
        return complain(s, tool, "the responder could not start", responder.error());

    net::server_options serving;
    serving.address = listen->address;
    serving.port = listen->port;
    if(set.tls)
        serving.tls = net::tls_server_options{{pki->tls.certificate}, pki->tls.key};
    serving.threads = set.threads;
    serving.handler = net::serve(*responder, std::string(path));
    auto running = net::server::start(std::move(serving));
    if(!running)
        return complain(s, tool, "the responder could not listen", running.error());
    s.out << url_of(set, host, running->port()) << '\n' << std::flush;
    say(s, tool, "SHA-256 of the CA certificate: " + to_hex(pki->ca.certificate.sha256()));
    if(set.tls)
        say_tls_trust(s, tool, set.state);
    wait_for_stop(s, [&] { reload(set, host, **responder, s); });
    running->stop();
    return 0;
}

} // namespace

} // namespace responder_tool

int scep_responder(std::vector<std::string> const& arguments, streams const& s)
{
    return guarded(s, responder_tool::tool, [&] { return responder_tool::run(arguments, s); });
}

} // namespace scepkit::inline v0::cli
