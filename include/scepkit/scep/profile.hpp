// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/result.hpp>
#include <scepkit/cms/quirks.hpp>

#include <span>
#include <string>
#include <string_view>

namespace scepkit::inline v0::scep {

using cms::quirk;
using cms::quirk_set;

/// A named set of tolerances: what this library overlooks, and reports.
struct SCEPKIT_API profile {
    std::string name;
    quirk_set allowed;

    bool allows(quirk q) const noexcept { return allowed.contains(q); }

    static profile const& rfc8894(); ///< The library's default.
    static profile const& ndes();    ///< SHA-1 replies, no certificates in them, OAEP with empty parameters …
    static profile const& apple();
    static profile const& cisco_ios();
    static profile const& windows(); ///< Windows as the client: throw-away signer key, OAEP.
    static profile const& legacy();  ///< Everything, single DES and MD5 included.
    static profile const& strict();  ///< Nothing.
    /// "rfc8894", "ndes", "apple", "cisco-ios", "windows", "legacy", "strict", and single items switched behind it:
    /// "ndes+single_des-sha1_signature". errc::invalid_argument names what there is.
    static result<profile> named(std::string_view name);
    static std::span<profile const> all();

    std::string dump() const; ///< One line a quirk, "on"/"off"; compared with a committed file by a test.
};

} // namespace scepkit::inline v0::scep
