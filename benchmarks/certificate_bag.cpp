// SPDX-License-Identifier: BSL-1.0
#include "limit.hpp"

#include <support/scripted_ca.hpp>

#include <openssl/pkcs7.h>

namespace {

using namespace scepkit;
using namespace scepkit::test;

// The same bytes through OpenSSL's d2i, which reads the structure and leaves the keys alone, as ours does.
// Our own bytes, never the network's: this is the only call of its kind in the project.
void parse_certificate_bag(benchmark::State& state)
{
    scripted_ca const ca;
    std::vector const inside{ca.ca.certificate, ca.signing_ra->certificate, ca.encryption_ra->certificate};
    auto const der = cms::certificate_bag::make(inside);
    bench::against_limit(
        state,
        [&] {
            if(cms::certificate_bag::parse(der).value().certificates.size() != 3)
                throw std::runtime_error("not three");
        },
        [&] {
            auto const* from = der.data();
            auto* const parsed = d2i_PKCS7(nullptr, &from, static_cast<long>(der.size()));
            if(parsed == nullptr)
                throw std::runtime_error("d2i refused");
            PKCS7_free(parsed);
        });
}
BENCHMARK(parse_certificate_bag)->UseManualTime()->Unit(benchmark::kMicrosecond);

} // namespace
