// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/config.hpp>

#include <atomic>
#include <iosfwd>
#include <string>
#include <vector>

namespace scepkit::inline v0::cli {

/// What a tool touches: given in, so that tests and Python call the tools as functions.
struct streams {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
    std::atomic<bool> const& stop; ///< Becomes true on SIGINT and SIGTERM.
    unsigned width = 80;           ///< Of the terminal behind `out`.
    bool colour = false;
    std::atomic<bool>* reload = nullptr; ///< Becomes true on SIGHUP; whoever acts on it sets it back. Null: never.
};

/// The tools. Arguments without the program's name; the value is the exit code. Nothing throws.
SCEPKIT_API int ndes_doctor(std::vector<std::string> const& arguments, streams const& s);
SCEPKIT_API int ndes_simulator(std::vector<std::string> const& arguments, streams const& s);
SCEPKIT_API int scep_responder(std::vector<std::string> const& arguments, streams const& s);
SCEPKIT_API int scep_enroll(std::vector<std::string> const& arguments, streams const& s);

/// Installs handlers for SIGINT and SIGTERM that set a flag, ignores SIGPIPE, and calls `tool` with std::cin, cout,
/// cerr.
SCEPKIT_API int run_main(int argc, char** argv, int (*tool)(std::vector<std::string> const&, streams const&));

} // namespace scepkit::inline v0::cli
