// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/diagnosis/rule.hpp>

#include <optional>
#include <string>
#include <vector>

namespace scepkit::inline v0::diagnosis {

/// Facts and what they mean. Every report is a pure function of this value.
struct diagnosis {
    facts::fact_set facts;
    std::vector<finding> findings;         ///< Root cause first, then unexplained by severity, then explained ones.
    std::optional<std::size_t> root_cause; ///< Index in `findings`.
    scepkit::diagnosis::verdict verdict = scepkit::diagnosis::verdict::unknown;
    std::vector<std::string> trace; ///< Lines for people.

    /// 0 ok, 1 warning, 2 error, 3 unknown.
    SCEPKIT_API int exit_code() const noexcept;
};

struct diagnose_options {
    time_point now;
    expectation expected = expectation::any;
};

/// Applies every rule, then marks as explained each finding all of whose facts a cause predicts.
/// The root cause is the first-ranked unexplained error, else the first-ranked unexplained warning.
SCEPKIT_API diagnosis diagnose(facts::fact_set facts, diagnose_options const& options);

} // namespace scepkit::inline v0::diagnosis
