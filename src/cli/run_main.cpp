// SPDX-License-Identifier: BSL-1.0
#include "common.hpp"

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <sys/ioctl.h>
#include <unistd.h>

namespace scepkit::inline v0::cli {

namespace {

std::atomic<bool> stop_asked{false};
std::atomic<bool> reload_asked{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may touch nothing else");

extern "C" void on_stop_signal(int) { stop_asked.store(true); }
extern "C" void on_reload_signal(int) { reload_asked.store(true); }

void install_handlers()
{
    struct sigaction stop {
    };
    stop.sa_handler = on_stop_signal;
    // Once: a second Ctrl-C ends a tool that hangs. No SA_RESTART: a blocked read gives up.
    stop.sa_flags = static_cast<int>(SA_RESETHAND);
    ::sigemptyset(&stop.sa_mask);
    ::sigaction(SIGINT, &stop, nullptr);
    ::sigaction(SIGTERM, &stop, nullptr);
    // As daemons have it; a tool that has nothing to read again does not end for it.
    struct sigaction again {
    };
    again.sa_handler = on_reload_signal;
    again.sa_flags = SA_RESTART;
    ::sigemptyset(&again.sa_mask);
    ::sigaction(SIGHUP, &again, nullptr);
    // A reader that goes away (`| head`) is seen as a failed write.
    struct sigaction ignore {
    };
    ignore.sa_handler = SIG_IGN;
    ::sigemptyset(&ignore.sa_mask);
    ::sigaction(SIGPIPE, &ignore, nullptr);
}

unsigned terminal_width()
{
    constexpr unsigned otherwise = 80;
    winsize size{};
    if(::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    char const* const columns = std::getenv("COLUMNS");
    if(columns == nullptr)
        return otherwise;
    unsigned value = 0;
    auto const* const end = columns + std::strlen(columns);
    auto const read = std::from_chars(columns, end, value);
    return read.ec == std::errc{} && read.ptr == end && value > 0 ? value : otherwise;
}

bool wants_colour()
{
    char const* const refused = std::getenv("NO_COLOR"); // no-color.org
    char const* const terminal = std::getenv("TERM");
    return ::isatty(STDOUT_FILENO) == 1 && (refused == nullptr || *refused == '\0') && terminal != nullptr &&
           std::string_view(terminal) != "dumb";
}

} // namespace

int run_main(int argc, char** argv, int (*tool)(std::vector<std::string> const&, streams const&))
{
    try {
        install_handlers();
        std::vector<std::string> const arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
        streams const s{.in = std::cin,
                        .out = std::cout,
                        .err = std::cerr,
                        .stop = stop_asked,
                        .width = terminal_width(),
                        .colour = wants_colour(),
                        .reload = &reload_asked};
        auto const code = tool(arguments, s);
        // What did not reach its reader was not done, whatever the tool thinks: a full disk, a closed pipe.
        std::cout.flush();
        if(!std::cout) {
            if(code != could_not_run) // Else the tool has said its line.
                std::cerr << "the output could not be written\n";
            return could_not_run;
        }
        return code;
    } catch(std::exception const& e) {
        std::cerr << e.what() << '\n';
        return could_not_run;
    }
}

} // namespace scepkit::inline v0::cli
