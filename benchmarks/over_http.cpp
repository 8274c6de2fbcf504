// SPDX-License-Identifier: BSL-1.0
#include "limit.hpp"
#include "work_folder.hpp"

#include <scepkit/http/scep_mapping.hpp>
#include <scepkit/net/client.hpp>
#include <scepkit/net/server.hpp>
#include <support/scripted_ca.hpp>

namespace {

using namespace scepkit;
using namespace scepkit::test;

// The responder behind its HTTP server, asked over one kept connection. Client and server share whatever cores the
// process may use: pin it to one (taskset -c 0) for the figure of docs/benchmarks.md. The limit is the responder's RSA
// work alone, so HTTP, both ends of it, counts against us.
void ask_over_http(benchmark::State& state, std::shared_ptr<scep::ledger> ledger)
{
    static scripted_ca ca(scripted_ca::layout::lone_ca);
    static bench::rsa_operations rsa(rsa_key("limit"));
    auto responding = ca.options();
    responding.ledger = std::move(ledger);
    auto const responder = scep::responder::create(std::move(responding)).value();
    net::server_options options;
    options.handler = [&](http::request const& r, net::peer const&) -> net::server_answer {
        auto const in = http::read_request(r).value();
        return http::make_response(responder->pki_operation(in.body, noon));
    };
    auto server = net::server::start(std::move(options)).value();
    auto const endpoint = http::endpoint::parse("http://127.0.0.1:" + std::to_string(server.port()) + "/scep").value();
    net::client client({.keep_alive = true});

    device const from;
    auto const request = from.request();
    auto const signer = from.signer();
    unsigned number = 0;
    auto const issued_before = ca.issuer->issued.load();
    auto const prepare = [&] {
        message_wish wish;
        wish.transaction_id = "http " + std::to_string(++number);
        wish.content = to_bytes(request.der());
        wish.signer = signer;
        scep::enrollment::send const send{
            .operation = scep::operation::pki_operation, .body = make_message(ca, wish), .post_allowed = true};
        return [&, http_request = http::make_request(endpoint, send, "scepkit-benchmarks")]() mutable {
            auto const seen = client.perform(endpoint, std::move(http_request));
            if(!seen.response || seen.response->status != 200)
                throw std::runtime_error("no answer");
        };
    };
    bench::prepared_against_limit(
        state, prepare, [&] { rsa.expect_new_key(); }, [&] { rsa.answer_pkcsreq(); });
    // A refusal is a 200 as well.
    if(ca.issuer->issued - issued_before != number)
        state.SkipWithError("certificates were not issued");
}

void responder_over_http(benchmark::State& state) { ask_over_http(state, nullptr); }
BENCHMARK(responder_over_http)->UseManualTime()->Unit(benchmark::kMicrosecond);

// A server as it would run: what it grants survives its process.
void responder_over_http_with_file_ledger(benchmark::State& state)
{
    bench::work_folder const folder;
    scep::file_ledger_options const options{.promise = scep::file_ledger_options::durability::process};
    ask_over_http(state, scep::file_ledger::open((folder.path() / "state").string(), options).value());
}
BENCHMARK(responder_over_http_with_file_ledger)->UseManualTime()->Unit(benchmark::kMicrosecond);

} // namespace
