// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/bytes.hpp>

#include <optional>
#include <string>

namespace scepkit::inline v0::pki::detail {

/// Four or sixteen bytes of an IPv4 or IPv6 address without zone or brackets.
std::optional<bytes> parse_ip(std::string_view text);
/// "192.0.2.1", "2001:db8::1" (RFC 5952); empty for any other number of bytes.
std::string ip_text(bytes_view address);

} // namespace scepkit::inline v0::pki::detail
