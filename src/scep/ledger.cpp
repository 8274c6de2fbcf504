// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/ledger.hpp>

namespace scepkit::inline v0::scep {

ledger::~ledger() = default;

} // namespace scepkit::inline v0::scep
