// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/net/client.hpp>
#include <scepkit/pki/request.hpp>
#include <scepkit/scep/enrollment.hpp>
#include <scepkit/simulator/ndes.hpp>
#include <support/files.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace scepkit::test {

/// One folder of keys for all tests of this program: making them costs more than the tests.
inline std::string const& shared_state()
{
    static temporary_folder const folder;
    static std::string const path = (folder.path() / "state").string();
    return path;
}

inline simulator::ndes_options options_with(std::set<std::string, std::less<>> faults = {})
{
    simulator::ndes_options options;
    options.faults = std::move(faults);
    options.state_folder = shared_state();
    return options;
}

inline http::endpoint endpoint_of(simulator::ndes const& server) { return http::endpoint::parse(server.url()).value(); }

/// One request as a device would send it, certificates of TLS observed and not believed.
inline net::exchange ask(simulator::ndes const& server, std::string method, std::string target, bytes body = {},
                         std::vector<std::pair<std::string, std::string>> more = {})
{
    auto const to = endpoint_of(server);
    net::client_options options;
    options.tls.verification = net::tls_client_options::mode::observe;
    options.tls.anchors.clear();
    if(auto const ca = server.tls_ca())
        options.tls.anchors.push_back(*ca);
    net::client client(std::move(options));
    http::request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.fields.add("Host", to.host_header());
    for(auto& [name, value] : more)
        request.fields.add(std::move(name), std::move(value));
    if(request.method == "POST") {
        request.fields.add("Content-Type", "application/x-pki-message");
        request.fields.add("Content-Length", std::to_string(body.size()));
    }
    request.body = std::move(body);
    return client.perform(to, std::move(request));
}

inline unsigned status(net::exchange const& e) { return e.response ? e.response->status : 0; }
inline std::string field(net::exchange const& e, std::string_view name)
{
    return e.response ? std::string(e.response->fields.first(name)) : std::string();
}
inline std::string text(net::exchange const& e)
{
    return e.response ? std::string(as_text(e.response->body)) : std::string();
}

inline constexpr std::string_view dll = "/certsrv/mscep/mscep.dll";
inline std::string dll_with(std::string_view query) { return std::string(dll) + "?" + std::string(query); }

/// A whole enrolment with `challenge` against the server, its CA pinned.
inline result<scep::enrollment_outcome> enroll(simulator::ndes const& server, std::string_view challenge)
{
    static auto const key = pki::private_key::generate(pki::key_kind::rsa).value();
    pki::certificate_request_builder builder;
    builder.subject(pki::name::parse("CN=device 7").value());
    builder.challenge_password(secret_bytes::from_text(challenge));
    scep::enrollment_options options;
    options.profile = scep::profile::ndes();
    auto enrollment =
        scep::enrollment::create({.request = builder.sign(key).value(), .key = key, .signer = {}, .signer_key = {}},
                                 scep::ca_trust::pinned(server.ca().sha256()).value(), std::move(options));
    if(!enrollment)
        return enrollment.error();
    net::client client(net::client_options{});
    return client.run(*enrollment, endpoint_of(server));
}

} // namespace scepkit::test
