// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/request.hpp>
#include <scepkit/scep/capabilities.hpp>

#include <cstdio>

int main()
{
    using namespace scepkit;
    auto const key = pki::private_key::generate(pki::key_kind::rsa);
    auto const subject = pki::name::parse("CN=consumer");
    if(!key || !subject)
        return 1;
    auto const request = pki::certificate_request_builder().subject(*subject).sign(*key);
    auto const offered = scep::capabilities::parse(as_bytes("AES\nPOSTPKIOperation\n"));
    if(!request || !request->verify() || !offered || !offered->supports_post())
        return 1;
    std::puts("a request of its own");
}
