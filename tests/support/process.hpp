// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace scepkit::test {

struct process_result {
    int exit_code = -1; ///< 128 + n where signal n ended it.
    std::vector<std::uint8_t> out;
    std::string err;
};

/// The test program itself, as it was started.
extern std::string this_program;

/// Runs a program (found in PATH) without a shell, to its end; fails the running test where it cannot be started.
process_result run(std::vector<std::string> const& arguments, std::vector<std::uint8_t> const& input = {});

} // namespace scepkit::test
