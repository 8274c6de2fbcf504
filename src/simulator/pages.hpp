// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/time.hpp>
#include <scepkit/http/message.hpp>

#include <string>
#include <string_view>

// What IIS, HTTP.sys and things in front of them put into a response: titles and headers as they are seen on the
// wire, the running text in this project's words.

namespace scepkit::inline v0::simulator::detail {

/// "Fri, 20 Nov 2026 08:11:52 GMT" (RFC 9110, 5.6.7)
std::string http_date(time_point when);

/// Standard reason phrases, as IIS words them.
std::string_view reason_of(unsigned status) noexcept;

/// IIS' own headers and, where `type` is not empty, a body with its Content-Type.
http::response iis_response(unsigned status, std::string type, std::string_view body, time_point now);
/// IIS' page for an error, without the sub-status: that is only in the log.
http::response iis_error(unsigned status, time_point now);
/// "Object Moved" to an absolute URL.
http::response iis_moved(unsigned status, std::string const& location, time_point now);
/// HTTP.sys speaks for itself, closes, and writes no line into IIS' log. `detail` stands behind the title.
http::response httpsys_error(unsigned status, std::string_view detail, std::string_view sentence, time_point now);
/// Of something that is not IIS.
http::response foreign_response(unsigned status, std::string_view body, time_point now);

std::string_view ndes_page() noexcept;    ///< mscep.dll without an operation.
std::string_view welcome_page() noexcept; ///< iisstart.htm
std::string_view waf_page() noexcept;

} // namespace scepkit::inline v0::simulator::detail
