// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/result.hpp>
#include <scepkit/base/secret.hpp>
#include <scepkit/cli/tools.hpp>

#include <CLI/CLI.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the tools share: the reading of a command line, exit codes, and how something is said on stderr.

namespace scepkit::inline v0::cli {

/// Exit code of every tool that could not do its work: bad arguments, a file that cannot be read or written.
inline constexpr int could_not_run = 3;

/// Adds --help and --version as every tool has them: both end with 0.
void add_common(CLI::App& app, std::string_view tool);

/// Reads the command line. Nothing: go on. A number: --help or --version were served, or the usage was wrong and
/// said on stderr (`could_not_run`).
std::optional<int> parse(CLI::App& app, std::string_view tool, std::vector<std::string> const& arguments,
                         streams const& s);

/// One line on stderr: "tool: text". Control characters are escaped, so hostile text cannot drive a terminal.
void say(streams const& s, std::string_view tool, std::string_view text);
/// `what`: error, with its code, place and layer. Gives `could_not_run`, for `return complain(…)`.
int complain(streams const& s, std::string_view tool, std::string_view what, error const& e);

/// Calls `work`; whatever escapes it (no memory, a stream set to throw) becomes a line on stderr and `could_not_run`.
template <class Work>
int guarded(streams const& s, std::string_view tool, Work&& work) noexcept
{
    try {
        return work();
    } catch(std::exception const& e) {
        try {
            say(s, tool, e.what());
        } catch(...) { // stderr is gone as well; the exit code remains.
        }
    } catch(...) {
    }
    return could_not_run;
}

/// Challenges of a file: one a line, CR and LF stripped, empty lines dropped. No line at all is no challenge.
result<std::vector<secret_bytes>> read_challenges(std::string const& path);

/// What a TLS server of the tools tells its user: where the certificate is that clients need to trust.
void say_tls_trust(streams const& s, std::string_view tool, std::string const& state_folder);

/// Returns once `s.stop` is true; calls `reload` whenever that is asked for meanwhile.
void wait_for_stop(streams const& s, std::function<void()> const& reload = {});

} // namespace scepkit::inline v0::cli
