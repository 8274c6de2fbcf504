// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "running_tool.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <set>
#include <string>
#include <vector>

namespace scepkit::test {

/// A run of ndes-doctor with --json, read back as an outside program would.
struct diagnosed {
    int code = -1;
    std::string err;
    boost::json::value json;

    std::string verdict() const;
    std::string root_cause() const; ///< Empty: null.
    std::set<std::string> ids() const;
    /// The finding with that id; fails the running test where there is none.
    boost::json::value finding(std::string const& id) const;
    std::set<std::string> ids_of(std::string const& severity) const;
};

/// Adds --json, and checks what every document promises: schema, keys and their types, one finding an id, the verdict
/// and the exit code fit.
diagnosed diagnose(std::vector<std::string> arguments);

/// No byte but printable characters and newlines, no C1, no bidirectional override.
void expect_no_controls(std::string const& text);

} // namespace scepkit::test
