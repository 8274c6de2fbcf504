// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/pki/certificate.hpp>

#include <string_view>

namespace scepkit::test {

struct holder {
    pki::certificate certificate;
    pki::private_key key;
};

/// Valid from 2024 to 2036. Every call makes a key of its own.
holder make_ca(pki::name const& name);
holder make_ca(std::string_view name);
/// An end-entity certificate with the EKU of NDES's RA certificates.
holder issue(holder const& ca, std::string_view name, pki::key_usage usage);

} // namespace scepkit::test
