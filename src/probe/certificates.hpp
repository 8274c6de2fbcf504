// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/facts/live.hpp>
#include <scepkit/pki/certificate.hpp>

#include <vector>

namespace scepkit::inline v0::probe {

/// A TLS chain as sent. A certificate that cannot be read keeps its place; `key` then holds the reason.
std::vector<facts::certificate_summary> summarise_chain(std::vector<bytes> const& sent);

} // namespace scepkit::inline v0::probe
