// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

namespace scepkit::inline v0::pki::detail {

/// The text form of a security identifier: "S-1-", the authority, up to 15 sub-authorities below 2^32, all decimal.
bool is_sid(std::string_view text) noexcept;

} // namespace scepkit::inline v0::pki::detail
