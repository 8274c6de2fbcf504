// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/error.hpp>

#include <cstdio>
#include <cstdlib>

namespace scepkit::fuzz {

/// Ends the program where an invariant does not hold, so that libFuzzer keeps the input.
inline void require(bool holds, char const* invariant)
{
    if(holds)
        return;
    std::fprintf(stderr, "broken: %s\n", invariant);
    std::abort();
}

/// What bytes from outside may end in: the peer's fault or a limit of ours, never a misuse of the interface.
inline void require_foreign(error const& e)
{
    auto const c = e.condition();
    require(c == condition::peer_misbehaved || c == condition::peer_unsupported || c == condition::limit_exceeded ||
                c == condition::not_trusted,
            "foreign bytes end in a condition of foreign bytes");
    require(e.to_string().size() < 4096, "an error's text is short");
}

} // namespace scepkit::fuzz
