// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/net/client.hpp>

#include <string>
#include <vector>

namespace scepkit::inline v0::probe {

enum class device_kind { ios, windows, android };

struct device_step {
    std::string what; ///< "GetCACert"
    std::string url;
    unsigned status = 0; ///< 0: no answer.
    std::string note;    ///< "301 to …/, followed as the device does"
};

/// Imitates one enrolment try of a device, order of calls and User-Agent included, with a PKIOperation body of `body`.
/// iOS follows the 301 of a GET as CFNetwork does. For the simulator's tests, benches and the demo: it is no probe.
SCEPKIT_API std::vector<device_step> imitate(device_kind kind, http::endpoint const& profile_url, bytes const& body,
                                             net::client_options const& options);

} // namespace scepkit::inline v0::probe
