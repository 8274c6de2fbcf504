// SPDX-License-Identifier: BSL-1.0
#include <scep/detail/failpoint.hpp>

namespace scepkit::inline v0::scep::detail {

constinit std::atomic<failpoint_hook> at_failpoint{nullptr};

std::string_view name_of(failpoint p) noexcept
{
    switch(p) {
    case failpoint::after_authorize: return "after_authorize";
    case failpoint::after_reserve: return "after_reserve";
    case failpoint::after_sign: return "after_sign";
    case failpoint::after_record: return "after_record";
    case failpoint::before_reply: return "before_reply";
    }
    return "unknown";
}

} // namespace scepkit::inline v0::scep::detail
