// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/time.hpp>
#include <scepkit/http/message.hpp>

#include <optional>

namespace scepkit::inline v0::http::detail {

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7; the two obsolete forms are not read).
std::optional<time_point> read_http_date(std::string_view text);

/// How long the answer asks to be left alone; ten years at most. Nothing where there is no such field or it cannot be
/// read: a date needs the answer's own Date, for nobody's clock is asked here.
std::optional<std::chrono::seconds> retry_after(fields const& answer);

} // namespace scepkit::inline v0::http::detail
