// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/http/endpoint.hpp>
#include <scepkit/net/exchange.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace scepkit::inline v0::probe {

// Where things stand around the URL that was given. All paths on the same server: nothing here leaves the host.

/// Whether a path ends at NDES's folder (".../certsrv/mscep", "/" or "/pkiclient.exe" behind it or not): mscep.dll is
/// missing.
bool ends_at_folder(std::string_view path) noexcept;
/// The path with "mscep.dll" behind the folder: "/certsrv/mscep/" gives "/certsrv/mscep/mscep.dll".
std::string with_dll(std::string_view path);
std::string with_slash(std::string_view path);
/// A path of NDES by its words, whatever stands behind them.
bool looks_like_ndes(std::string_view path) noexcept;
bool is_admin(std::string_view path) noexcept;
/// "/certsrv/mscep_admin/" beside the path; empty where that cannot be told.
std::string admin_path(std::string_view path);

/// Where a redirect points, seen from the server that sent it.
struct redirect {
    enum class kind {
        adds_slash, ///< The same path with "/" behind it: the path is a folder.
        to_https,   ///< The same host, scheme https where http was asked.
        elsewhere,
    };
    kind type = kind::elsewhere;
    std::optional<http::endpoint> https; ///< to_https: the URL that was asked, with scheme and port of the Location.
};
/// Absent where the answer is no redirect.
std::optional<redirect> read_redirect(net::exchange const& seen);

} // namespace scepkit::inline v0::probe
