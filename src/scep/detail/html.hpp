// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/bytes.hpp>

namespace scepkit::inline v0::scep::detail {

/// Whether the bytes look like a web page. Here, because this room meets such pages where it expected a message and
/// must not know the http room; that room's public function is this one.
bool looks_like_html(bytes_view body) noexcept;

/// "Text/HTML; charset=x" as "text/html".
std::string media_type_of(std::string_view content_type);

} // namespace scepkit::inline v0::scep::detail
