// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/diagnosis/diagnose.hpp>

#include <string>

namespace scepkit::inline v0::report {

/// The document outside programs read: schema "scepkit-diagnosis-1". Keys are added in version 1, never removed.
/// Valid UTF-8 whatever the evidence held; ends with a newline.
SCEPKIT_API std::string to_json(diagnosis::diagnosis const& d);

} // namespace scepkit::inline v0::report
