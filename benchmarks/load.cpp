// SPDX-License-Identifier: BSL-1.0
// One load for any SCEP server: PKCSReq messages made beforehand, then sent over kept connections and timed.
// Prints one JSON object. benchmarks/peers runs it against several servers in turn.

#include "limit.hpp"

#include <scepkit/http/scep_mapping.hpp>
#include <scepkit/net/client.hpp>
#include <scepkit/scep/ca_identity.hpp>
#include <scepkit/scep/message.hpp>

#include <atomic>
#include <charconv>
#include <cstring>
#include <iostream>
#include <thread>

namespace {

using namespace scepkit;

template <class T>
T must(result<T> r)
{
    if(!r)
        throw std::runtime_error(r.error().to_string());
    return *std::move(r);
}

bytes body_of(net::exchange const& seen)
{
    if(!seen.response || seen.response->status != 200)
        throw std::runtime_error(seen.failure ? seen.failure->to_string() : "the server did not answer with 200");
    return seen.response->body;
}

struct settings {
    http::endpoint server;
    std::string challenge;
    unsigned requests = 500;
    unsigned connections = 1;
};

/// What a device sends, each under a name of its own: some servers know a name again and refuse it.
std::vector<bytes> make_messages(settings const& set)
{
    net::client client({.keep_alive = true});
    auto const& server = set.server;
    auto const fetched = body_of(client.perform(
        server, http::make_request(server, {.operation = scep::operation::get_ca_cert}, "scepkit-load")));
    auto const& profile = scep::profile::legacy();
    auto const now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
    auto const ca = must(scep::ca_identity::choose(must(scep::parse_ca_certificates(fetched, profile)),
                                                   scep::ca_trust::trust_on_first_use(), profile, now));
    auto const key = must(pki::private_key::generate(pki::key_kind::rsa));
    std::vector<bytes> out;
    for(unsigned i = 0; i != set.requests; ++i) {
        auto const name = must(pki::name::parse("CN=load " + std::to_string(i) + ",O=scepkit"));
        pki::certificate_request_builder builder;
        builder.subject(name);
        builder.challenge_password(secret_bytes::from_text(set.challenge));
        auto const request = must(builder.sign(key));
        pki::certificate_template content;
        content.subject = name;
        content.not_before = now - std::chrono::hours(1);
        content.not_after = now + std::chrono::hours(24);
        content.serial = {1, static_cast<std::uint8_t>(i >> 16), static_cast<std::uint8_t>(i >> 8),
                          static_cast<std::uint8_t>(i)};
        auto const signer = must(pki::make_certificate(content, key.public_key(), name, key));
        std::array const recipients{ca.recipient};
        scep::outgoing_message message;
        message.attributes.message_type = scep::message_type::pkcs_req;
        message.attributes.transaction_id =
            "load " + std::to_string(now.time_since_epoch().count()) + " " + std::to_string(i);
        message.attributes.sender_nonce = bytes(16, 0x42);
        message.enveloped = must(cms::seal(request.der(), recipients, {}, system_random()));
        message.certificates = {signer};
        out.push_back(must(scep::build_message(message, signer, key)));
    }
    return out;
}

bool is_success(bytes_view reply)
{
    auto const parsed = scep::parsed_message::parse(reply, scep::profile::legacy());
    return parsed && parsed->attributes().pki_status == scep::pki_status::success;
}

struct figures {
    double seconds = 0;
    unsigned succeeded = 0;
};

figures drive(settings const& set, std::vector<bytes> const& messages)
{
    std::vector<bytes> replies(messages.size());
    std::atomic<std::size_t> next{0};
    std::atomic<bool> failed{false};
    auto const began = bench::clock::now();
    {
        std::vector<std::thread> threads;
        for(unsigned c = 0; c != set.connections; ++c)
            threads.emplace_back([&] {
                try {
                    net::client client({.keep_alive = true});
                    for(auto i = next++; i < messages.size(); i = next++) {
                        scep::send const send{
                            .operation = scep::operation::pki_operation, .body = messages[i], .post_allowed = true};
                        replies[i] =
                            body_of(client.perform(set.server, http::make_request(set.server, send, "scepkit-load")));
                    }
                } catch(std::exception const& e) {
                    if(!failed.exchange(true))
                        std::cerr << e.what() << '\n';
                }
            });
        for(auto& t : threads)
            t.join();
    }
    figures out{std::chrono::duration<double>(bench::clock::now() - began).count(), 0};
    for(auto const& r : replies)
        out.succeeded += is_success(r) ? 1u : 0u;
    return out;
}

/// Seconds of the RSA operations that one PKCSReq costs a server, on this core.
double limit_seconds()
{
    bench::rsa_operations rsa(must(pki::private_key::generate(pki::key_kind::rsa)));
    constexpr int rounds = 300;
    double all = 0;
    for(int i = 0; i != rounds; ++i) {
        rsa.expect_new_key();
        all += bench::seconds_of([&] { rsa.answer_pkcsreq(); });
    }
    return all / rounds;
}

unsigned number(char const* text)
{
    unsigned value = 0;
    if(std::from_chars(text, text + std::strlen(text), value).ec != std::errc{} || value == 0)
        throw std::runtime_error(std::string(text) + " is not a number");
    return value;
}

} // namespace

int main(int argc, char** argv)
{
    try {
        if(argc == 2 && std::string_view(argv[1]) == "--limit") {
            std::cout << "{\"limit_us\": " << 1e6 * limit_seconds() << "}\n";
            return 0;
        }
        if(argc != 5) {
            std::cerr << "usage: scepkit-load URL CHALLENGE REQUESTS CONNECTIONS | --limit\n";
            return 3;
        }
        settings const set{must(http::endpoint::parse(argv[1])), argv[2], number(argv[3]), number(argv[4])};
        auto const messages = make_messages(set);
        auto const got = drive(set, messages);
        std::cout << "{\"requests\": " << messages.size() << ", \"succeeded\": " << got.succeeded
                  << ", \"us_per_request\": " << 1e6 * got.seconds / static_cast<double>(messages.size()) << "}\n";
        return got.succeeded == messages.size() ? 0 : 1;
    } catch(std::exception const& e) {
        std::cerr << e.what() << '\n';
        return 3;
    }
}
