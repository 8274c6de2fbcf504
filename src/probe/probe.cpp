// SPDX-License-Identifier: BSL-1.0
#include <scepkit/probe/probe.hpp>

#include <probe/examination.hpp>

namespace scepkit::inline v0::probe {

facts::fact_set examine(http::endpoint const& server, probe_options const& options)
{
    examination run(server, options);
    run.run();
    return std::move(run).take();
}

} // namespace scepkit::inline v0::probe
