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

// Private: CSR, throw-away certificate, message. Public: the CSR's own signature checked, the content key encrypted
// with the CA's key, new to this transaction.
void client_builds_pkcsreq(benchmark::State& state)
{
    auto const responder = scep::responder::create(ca().options()).value();
    device const from;
    from.key();
    bench::prepared_against_limit(
        state, [&] { return [&] { send_request(from, responder); }; }, [] { rsa().expect_new_key(); },
        [] {
            for(int i = 0; i < 3; ++i)
                rsa().sign();
            rsa().verify();
            rsa().encrypt_first();
        });
}
BENCHMARK(client_builds_pkcsreq)->UseManualTime()->Unit(benchmark::kMicrosecond);

// Private: the content key decrypted. Public: the reply's signature, the issued certificate's, both by a key in use.
void client_opens_certrep(benchmark::State& state)
{
    auto const responder = scep::responder::create(ca().options()).value();
    device const from;
    auto const prepare = [&] {
        auto request = send_request(from, responder);
        auto answer = responder->pki_operation(request.message, noon);
        // The fifth use of the device's key: with four, always the same one would renew the blinding (every 32nd).
        from.request();
        scep::enrollment::reply reply{std::move(answer.body), std::move(answer.content_type), answer.http_status};
        return [transaction = std::move(request.transaction), reply = std::move(reply)]() mutable {
            auto const step = transaction.on_reply(reply, noon).value();
            if(!std::holds_alternative<scep::issued>(std::get<scep::enrollment_outcome>(step)))
                throw std::runtime_error("not issued");
        };
    };
    bench::prepared_against_limit(state, prepare, [] {
        rsa().decrypt();
        rsa().verify();
        rsa().verify();
    });
}
BENCHMARK(client_opens_certrep)->UseManualTime()->Unit(benchmark::kMicrosecond);

void responder_answers_pkcsreq(benchmark::State& state)
{
    auto const responder = scep::responder::create(ca().options()).value();
    device const from;
    auto const request = from.request();
    auto const signer = from.signer();
    auto const issued_before = ca().issuer->issued.load();
    unsigned number = 0;
    auto const prepare = [&] {
        message_wish wish;
        wish.transaction_id = "bench " + std::to_string(++number); // A repeated id would be answered from memory.
        wish.content = to_bytes(request.der());
        wish.signer = signer;
        return [&, message = make_message(ca(), wish)] {
            if(responder->pki_operation(message, noon).http_status != 200)
                throw std::runtime_error("no answer");
        };
    };
    bench::prepared_against_limit(
        state, prepare, [] { rsa().expect_new_key(); }, [] { rsa().answer_pkcsreq(); });
    if(ca().issuer->issued - issued_before != number)
        state.SkipWithError("certificates were not issued");
}
BENCHMARK(responder_answers_pkcsreq)->UseManualTime()->Unit(benchmark::kMicrosecond);

} // namespace
