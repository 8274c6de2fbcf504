// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scep/detail/responder_snapshot.hpp>

namespace scepkit::inline v0::scep::detail {

/// Opens the envelope of a request with whichever key of ours it names, today's or a former one; under the challenge
/// where it comes so and the options have one. The key is chosen by what stands in the clear. Two entries for us are
/// refused, whichever they name (errc::several_recipients), before any key is used.
result<cms::opened> open_request(served_message const& c);

} // namespace scepkit::inline v0::scep::detail
