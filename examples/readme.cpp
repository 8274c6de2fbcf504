// SPDX-License-Identifier: BSL-1.0
#include <cstdio>
#include <scepkit/net/client.hpp>
using namespace scepkit;

int main(int, char** argv) // URL, SHA-256 of the CA, file with the challenge
{
    auto const key = pki::private_key::generate(pki::key_kind::rsa).value();
    auto const request = pki::certificate_request_builder()
                             .subject(pki::name::parse("CN=device 7,O=Contoso").value())
                             .challenge_password(secret_bytes(read_file(argv[3], 1024).value()))
                             .sign(key)
                             .value();
    auto transaction =
        scep::enrollment::create({.request = request, .key = key}, scep::ca_trust::pinned_hex(argv[2]).value(),
                                 {.profile = scep::profile::ndes()})
            .value();
    net::client client({.user_agent = "my-agent/1.0"});
    auto const outcome = client.run(transaction, http::endpoint::parse(argv[1]).value()).value();
    if(auto const* done = std::get_if<scep::issued>(&outcome))
        std::puts(done->certificate.to_pem().c_str());
    else if(auto const* no = std::get_if<scep::rejected>(&outcome); no && no->microsoft_error)
        std::puts(no->microsoft_error->to_string().c_str());
}
