// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/result.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace scepkit::inline v0 {

/// UTC, whole seconds: what certificates and IIS logs know.
using time_point = std::chrono::sys_seconds;

/// The clock of this machine. The core never calls it: `now` is a parameter of every check.
SCEPKIT_API time_point current_time() noexcept;
/// "2026-11-26T13:01:51Z"
SCEPKIT_API std::string to_iso8601(time_point time);
/// The form above, or with a blank for the T, where the Z may be missing too (IIS writes UTC that way).
/// No offsets, no fractions, no leap second; anything else is errc::bad_value.
SCEPKIT_API result<time_point> from_iso8601(std::string_view text);

} // namespace scepkit::inline v0
