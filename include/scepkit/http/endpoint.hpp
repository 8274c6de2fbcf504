// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace scepkit::inline v0::http {

/// A SCEP server URL, split and checked: http or https, a host, no userinfo, no fragment.
struct SCEPKIT_API endpoint {
    std::string scheme;     ///< "http" or "https"
    std::string host;       ///< Without brackets; lower case; IDN must be punycode.
    std::uint16_t port = 0; ///< Explicit or the scheme's.
    std::string path;       ///< Percent-encoded, begins with "/", as given.
    std::string query;      ///< As given, without "?"; should be empty.

    /// errc::bad_url with what is wrong. A missing scheme is refused here; the tools add https://.
    static result<endpoint> parse(std::string_view url);
    bool is_tls() const noexcept { return scheme == "https"; }
    bool has_default_port() const noexcept;
    std::string host_header() const; ///< Brackets for IPv6; port unless default.
    std::string url() const;
    std::string url_with(std::string_view other_path) const; ///< The same server, another path, no query.
    bool is_loopback() const noexcept;                       ///< localhost, 127/8, ::1
};

} // namespace scepkit::inline v0::http
