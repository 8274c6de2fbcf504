// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/config.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace scepkit::inline v0 {

/// One step worth a line in somebody's trace. Never holds a secret.
struct trace_event {
    std::string_view layer;                     ///< "dns", "tcp", "tls", "http", "scep", "cms" …
    std::string_view name;                      ///< "connect", "request", "verify" …
    std::string detail;                         ///< For people.
    std::chrono::steady_clock::duration took{}; ///< Zero where nothing was timed.
};

/// What a program hands in to see the steps: its own logger or tracer behind one function.
///
/// Called on the thread that does the work; must not throw.
class SCEPKIT_API observer
{
public:
    virtual ~observer();
    virtual void on_event(trace_event const& event) = 0;
};

} // namespace scepkit::inline v0
