// SPDX-License-Identifier: BSL-1.0
#include "common.hpp"

#include <base/try.hpp>
#include <scepkit/base/bytes.hpp>

#include <algorithm>
#include <chrono>
#include <ostream>
#include <thread>

namespace scepkit::inline v0::cli {

void add_common(CLI::App& app, std::string_view tool)
{
    app.name(std::string(tool));
    app.set_help_flag("-h,--help", "Print this and exit");
    app.set_version_flag("--version", std::string(tool) + " " SCEPKIT_VERSION);
}

std::optional<int> parse(CLI::App& app, std::string_view tool, std::vector<std::string> const& arguments,
                         streams const& s)
{
    // CLI11 takes them from the back.
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    try {
        app.parse(std::move(reversed));
    } catch(CLI::Success const& e) {
        return app.exit(e, s.out, s.err);
    } catch(CLI::ParseError const& e) {
        say(s, tool, e.what());
        say(s, tool, std::string("try ") + std::string(tool) + " --help");
        return could_not_run;
    }
    return std::nullopt;
}

void say(streams const& s, std::string_view tool, std::string_view text)
{
    s.err << tool << ": " << escape_controls(text) << '\n' << std::flush;
}

int complain(streams const& s, std::string_view tool, std::string_view what, error const& e)
{
    say(s, tool, std::string(what) + ": " + e.to_string());
    return could_not_run;
}

result<std::vector<secret_bytes>> read_challenges(std::string const& path)
{
    constexpr std::size_t maximum = 1u << 20;
    SCEPKIT_TRY(auto content, read_file(path, maximum));
    secret_bytes const owned(std::move(content)); // wiped when read
    std::vector<secret_bytes> out;
    auto rest = as_text(owned.view());
    while(!rest.empty()) {
        auto const end = std::min(rest.find('\n'), rest.size());
        auto line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        while(!line.empty() && line.back() == '\r')
            line.remove_suffix(1);
        if(!line.empty())
            out.push_back(secret_bytes::from_text(line));
    }
    return out;
}

void say_tls_trust(streams const& s, std::string_view tool, std::string const& state_folder)
{
    say(s, tool,
        state_folder.empty() ? std::string("TLS with a throw-away CA; --state keeps its certificate as tls-ca.pem")
                             : "clients need to trust " + state_folder + "/tls-ca.pem");
}

void wait_for_stop(streams const& s, std::function<void()> const& reload)
{
    // A signal handler may only set the flag, so it is looked at; nobody notices a twentieth of a second.
    while(!s.stop.load()) {
        if(reload && s.reload != nullptr && s.reload->exchange(false))
            reload();
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

} // namespace scepkit::inline v0::cli
