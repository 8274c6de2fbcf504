// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/diagnosis/diagnose.hpp>

#include <string>

namespace scepkit::inline v0::report {

struct text_options {
    std::size_t width = 80; ///< Lines are folded at blanks; 40 at least.
    bool colour = false;
};

/// For a terminal: root cause first with proof and fix, other findings, what was asked, verdict last. Controls escaped.
SCEPKIT_API std::string to_text(diagnosis::diagnosis const& d, text_options const& options = {});

} // namespace scepkit::inline v0::report
