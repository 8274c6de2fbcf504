// SPDX-License-Identifier: BSL-1.0
#include "common.hpp"

#include <scepkit/simulator/ndes.hpp>

#include <algorithm>
#include <iomanip>
#include <mutex>
#include <ostream>

namespace scepkit::inline v0::cli {

namespace {

constexpr std::string_view tool = "ndes-simulator";

struct settings {
    std::string listen = "127.0.0.1:0";
    bool tls = false;
    std::string host;
    std::string product = "ndes";
    std::vector<std::string> faults;
    std::string challenge_file;
    std::string iis_log;
    std::string state;
    bool list_faults = false;
    bool list_products = false;
};

/// Troubles of the running simulator, such as a log that cannot be written.
class trouble_teller final : public observer
{
public:
    explicit trouble_teller(streams const& s) : streams_(s) {}
    void on_event(trace_event const& event) override
    {
        if(event.layer != "iis-log")
            return;
        std::lock_guard const lock(mutex_);
        say(streams_, tool, "a line of the IIS log was lost: " + event.detail);
    }

private:
    std::mutex mutex_;
    streams const& streams_;
};

void describe(CLI::App& app, settings& to)
{
    app.description("An NDES server on IIS 10, as far as it can be seen from the network and in its log; every fault\n"
                    "of --list-faults can be switched on. The first line on stdout is the URL of the SCEP endpoint.");
    app.add_option("--listen", to.listen, "ADDR:PORT to listen at; port 0 takes a free one [127.0.0.1:0]");
    app.add_flag("--tls", to.tls, "Serve https with a certificate of a throw-away CA (tls-ca.pem of --state)");
    app.add_option("--host", to.host, "Name in the URL and in the TLS certificate [the address]");
    app.add_option("--product", to.product, "One of --list-products [ndes]");
    app.add_option("--fault", to.faults, "A fault of --list-faults; may be given several times")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app.add_option("--challenge-file", to.challenge_file,
                   "Challenges that are accepted, one a line; none in it refuses all\n"
                   "[one is made and kept in the file \"challenge\" of --state]");
    app.add_option("--iis-log", to.iis_log, "Append here what IIS would write into its W3C log");
    app.add_option("--state", to.state, "Folder for certificates and keys, used again on the next start [memory only]");
    app.add_flag("--list-faults", to.list_faults, "List the faults and exit");
    app.add_flag("--list-products", to.list_products, "List the products and exit");
}

int list_faults(streams const& s)
{
    std::size_t width = 0;
    for(auto const& f : simulator::all_faults())
        width = std::max(width, f.id.size());
    for(auto const& f : simulator::all_faults())
        s.out << std::left << std::setw(static_cast<int>(width) + 2) << f.id << f.what << '\n';
    return 0;
}

int list_products(streams const& s)
{
    s.out << "ndes         NDES alone: the bare URL shows a page\n"
             "ndes-intune  NDES with Intune's policy module: the bare URL answers 403\n";
    return 0;
}

int run(std::vector<std::string> const& arguments, streams const& s)
{
    CLI::App app;
    settings set;
    add_common(app, tool);
    describe(app, set);
    if(auto const code = parse(app, tool, arguments, s))
        return *code;
    if(set.list_faults)
        return list_faults(s);
    if(set.list_products)
        return list_products(s);

    simulator::ndes_options options;
    auto const listen = net::listen_address::parse(set.listen);
    if(!listen)
        return complain(s, tool, "--listen " + set.listen, listen.error());
    options.listen = *listen;
    auto const product = simulator::product_from_name(set.product);
    if(!product) {
        say(s, tool, "--product " + set.product + ": there are ndes and ndes-intune");
        return could_not_run;
    }
    options.product = *product;
    options.tls = set.tls;
    options.host = set.host;
    options.faults.insert(set.faults.begin(), set.faults.end());
    options.iis_log = set.iis_log;
    options.state_folder = set.state;
    if(!set.challenge_file.empty()) {
        auto const challenges = read_challenges(set.challenge_file);
        if(!challenges)
            return complain(s, tool, "--challenge-file", challenges.error());
        options.challenges.emplace();
        for(auto const& c : *challenges)
            options.challenges->emplace_back(as_text(c.view()));
        if(options.challenges->empty())
            say(s, tool, "the challenge file is empty: every enrolment will be refused");
    }
    trouble_teller teller(s);
    options.trace = &teller;

    auto running = simulator::ndes::start(options);
    if(!running)
        return complain(s, tool, "the simulator could not start", running.error());
    s.out << running->url() << '\n' << std::flush;

    if(set.challenge_file.empty())
        say(s, tool,
            set.state.empty() ? std::string("no --challenge-file and no --state: every enrolment will be refused")
                              : "the challenge is in " + set.state + "/challenge");
    if(running->tls_ca())
        say_tls_trust(s, tool, set.state);
    wait_for_stop(s);
    running->stop();
    return 0;
}

} // namespace

int ndes_simulator(std::vector<std::string> const& arguments, streams const& s)
{
    return guarded(s, tool, [&] { return run(arguments, s); });
}

} // namespace scepkit::inline v0::cli
