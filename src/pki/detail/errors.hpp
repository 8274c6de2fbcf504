// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/error.hpp>

#include <optional>
#include <string>

namespace scepkit::inline v0::pki::detail {

/// An error of layer "pki".
error fail(errc code, std::string message, std::optional<std::size_t> offset = std::nullopt);

/// What an inner reader said, under the code of the structure it was reading. Bounds keep their own code, so that
/// a caller can tell "raise a limit" from "the input is broken".
error recode(error const& inner, errc code);

} // namespace scepkit::inline v0::pki::detail
