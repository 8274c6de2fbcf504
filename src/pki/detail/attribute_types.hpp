// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/asn1/oid.hpp>

#include <optional>
#include <string_view>

namespace scepkit::inline v0::pki::detail {

/// "CN", "o", "emailAddress" … in any case.
std::optional<asn1::oid> attribute_of_keyword(std::string_view keyword) noexcept;
/// Empty for a type without one.
std::string_view keyword_of_attribute(asn1::oid const& type) noexcept;

} // namespace scepkit::inline v0::pki::detail
