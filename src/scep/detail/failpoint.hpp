// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/config.hpp>

#include <atomic>
#include <cstdint>
#include <string_view>

namespace scepkit::inline v0::scep::detail {

/// Places on the path of a grant at which a test program ends its process, to see what the next one makes of it.
enum class failpoint : std::uint8_t { after_authorize, after_reserve, after_sign, after_record, before_reply };
SCEPKIT_API std::string_view name_of(failpoint p) noexcept; ///< "after_reserve"

using failpoint_hook = void (*)(failpoint);
/// Null but in such a program.
SCEPKIT_API extern std::atomic<failpoint_hook> at_failpoint;

inline void reach(failpoint p)
{
    if(auto const hook = at_failpoint.load(std::memory_order_relaxed))
        hook(p);
}

} // namespace scepkit::inline v0::scep::detail
