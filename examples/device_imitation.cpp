// SPDX-License-Identifier: BSL-1.0
// Behaves on the wire as a phone or PC does that was given a SCEP profile: order of calls, User-Agent, redirects.
// For trying the doctor on something; it enrols nothing.
//
//     device-imitation ios|windows|android URL [tries]

#include <scepkit/probe/device.hpp>

#include <charconv>
#include <cstring>
#include <iostream>
#include <optional>
#include <string_view>

namespace {

std::optional<scepkit::probe::device_kind> kind_named(std::string_view name)
{
    using scepkit::probe::device_kind;
    if(name == "ios")
        return device_kind::ios;
    if(name == "windows")
        return device_kind::windows;
    if(name == "android")
        return device_kind::android;
    return std::nullopt;
}

int usage()
{
    std::cerr << "usage: device-imitation ios|windows|android URL [tries]\n";
    return 3;
}

} // namespace

int main(int argc, char** argv)
{
    if(argc != 3 && argc != 4)
        return usage();
    auto const kind = kind_named(argv[1]);
    auto const server = scepkit::http::endpoint::parse(argv[2]);
    unsigned tries = 1;
    if(argc == 4) {
        auto const* const end = argv[3] + std::strlen(argv[3]);
        auto const read = std::from_chars(argv[3], end, tries);
        if(read.ec != std::errc{} || read.ptr != end || tries == 0 || tries > 1000)
            return usage();
    }
    if(!kind || !server)
        return usage();

    scepkit::net::client_options options;
    // A device trusts what its profile brings; this one is for a laboratory.
    options.tls.verification = scepkit::net::tls_client_options::mode::observe;
    scepkit::bytes const message(2048, 0); // As long as a small enrolment, and nothing that a CA could read.
    auto served = false;
    for(unsigned i = 1; i <= tries; ++i) {
        std::cout << argv[1] << ", try " << i << '\n';
        for(auto const& step : scepkit::probe::imitate(*kind, *server, message, options)) {
            std::cout << "  " << step.what << ' ' << step.url << " -> ";
            if(step.status == 0)
                std::cout << "no answer";
            else
                std::cout << step.status;
            std::cout << (step.note.empty() ? "" : "  (") << step.note << (step.note.empty() ? "\n" : ")\n");
            served = step.what.find("PKIOperation") != std::string::npos && step.status == 200;
        }
    }
    return served ? 0 : 1;
}
