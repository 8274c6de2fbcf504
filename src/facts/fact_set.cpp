// SPDX-License-Identifier: BSL-1.0
#include <scepkit/facts/fact_set.hpp>

#include <algorithm>

namespace scepkit::inline v0::facts {

http_exchange const* fact_set::find(facts::question q) const noexcept
{
    auto const found = std::ranges::find(exchanges, q, &http_exchange::question);
    return found == exchanges.end() ? nullptr : &*found;
}

} // namespace scepkit::inline v0::facts
