// SPDX-License-Identifier: BSL-1.0
#include "limit.hpp"

#include <support/scripted_ca.hpp>

#include <random>

namespace {

using namespace scepkit;
using namespace scepkit::test;

scripted_ca& ca()
{
    static scripted_ca instance(scripted_ca::layout::lone_ca);
    return instance;
}

// A key of its own: OpenSSL renews the blinding of a key every 32 uses, and whose use that is must not depend on how
// work and limit take turns.
bench::rsa_operations& rsa()
{
    static bench::rsa_operations operations(rsa_key("limit"));
    return operations;
}

// A request with its throw-away certificate: what a device sends after it trusts the CA.
struct sent {
    scep::enrollment transaction;
    bytes message;
};

sent send_request(device const& from, std::shared_ptr<scep::responder> const& responder)
{
    auto const answer = serve(responder);
    auto transaction = scep::enrollment::create(from.enrollment(), ca().pin()).value();
    auto step = transaction.start().value();
    step = transaction.on_reply(answer(std::get<send>(step)), noon).value();
    step = transaction.on_reply(answer(std::get<send>(step)), noon).value();
    return {std::move(transaction), std::get<send>(step).body};
}

// Private: CSR, throw-away certificate, message. Public: the CSR's own signature checked, the content key encrypted.
void client_builds_pkcsreq(benchmark::State& state)
{
    auto const responder = scep::responder::create(ca().options()).value();
    device const from;
    from.key();
    bench::against_limit(
        state, [&] { send_request(from, responder); },
        [] {
            for(int i = 0; i < 3; ++i)
                rsa().sign();
            rsa().verify();
            rsa().encrypt();
        });
}
BENCHMARK(client_builds_pkcsreq)->UseManualTime()->Unit(benchmark::kMicrosecond);

// Private: the content key decrypted. Public: the reply's signature, the issued certificate's.
void client_opens_certrep(benchmark::State& state)
{
    auto const responder = scep::responder::create(ca().options()).value();
    device const from;
    double all_work = 0;
    double all_limit = 0;
    for(auto _ : state) {
        auto request = send_request(from, responder);
        auto const answer = responder->pki_operation(request.message, noon);
        // The fifth use of the device's key: with four, always the same one would renew the blinding (every 32nd).
        from.request();
        auto const work = bench::seconds_of([&] {
            auto const step =
                request.transaction.on_reply({answer.body, answer.content_type, answer.http_status}, noon).value();
            if(!std::holds_alternative<scep::issued>(std::get<scep::enrollment_outcome>(step)))
                throw std::runtime_error("not issued");
        });
        state.SetIterationTime(work);
        all_work += work;
        all_limit += bench::seconds_of([] {
            rsa().decrypt();
            rsa().verify();
            rsa().verify();
        });
    }
    auto const n = static_cast<double>(state.iterations());
    state.counters["limit_us"] = 1e6 * all_limit / n;
    state.counters["work_us"] = 1e6 * all_work / n;
    state.counters["ratio"] = all_limit / all_work;
}
BENCHMARK(client_opens_certrep)->UseManualTime()->Unit(benchmark::kMicrosecond);

// Private: decrypt, sign the certificate, sign the reply. Public: message and CSR verified, content key encrypted.
void responder_answers_pkcsreq(benchmark::State& state)
{
    auto const responder = scep::responder::create(ca().options()).value();
    device const from;
    auto const request = from.request();
    auto const signer = from.signer();
    unsigned number = 0;
    double all_work = 0;
    double all_limit = 0;
    for(auto _ : state) {
        message_wish wish;
        wish.transaction_id = "bench " + std::to_string(++number); // A repeated id would be answered from memory.
        wish.content = to_bytes(request.der());
        wish.signer = signer;
        auto const message = make_message(ca(), wish);
        auto const work = bench::seconds_of([&] {
            if(responder->pki_operation(message, noon).http_status != 200)
                throw std::runtime_error("no answer");
        });
        state.SetIterationTime(work);
        all_work += work;
        all_limit += bench::seconds_of([] {
            rsa().decrypt();
            rsa().sign();
            rsa().sign();
            rsa().verify();
            rsa().verify();
            rsa().encrypt();
        });
    }
    if(ca().issuer->issued < number)
        state.SkipWithError("certificates were not issued");
    auto const n = static_cast<double>(state.iterations());
    state.counters["limit_us"] = 1e6 * all_limit / n;
    state.counters["work_us"] = 1e6 * all_work / n;
    state.counters["ratio"] = all_limit / all_work;
}
BENCHMARK(responder_answers_pkcsreq)->UseManualTime()->Unit(benchmark::kMicrosecond);

} // namespace
