// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/facts/fact_set.hpp>
#include <scepkit/net/client.hpp>
#include <scepkit/scep/profile.hpp>

namespace scepkit::inline v0::probe {

struct probe_options {
    net::client_options client; ///< TLS mode is set to observe by `examine`.
    scep::profile profile = scep::profile::ndes();
    bool long_url_ladder = true;
};

/// Asks a live endpoint and reports what was seen. Harmless: issues nothing, burns no challenge, follows no redirect,
/// contacts the target's host only, sends at most two POSTs, both empty, judged by status and headers.
///
/// Stops early where going on is useless (name does not exist, nothing connects) or `client.cancel` becomes true; the
/// facts so far are returned.
SCEPKIT_API facts::fact_set examine(http::endpoint const& server, probe_options const& options);

/// A certificate list as facts: who signed whom is tried with the keys.
SCEPKIT_API std::vector<facts::certificate_summary> summarise(std::vector<pki::certificate> const& certificates);

} // namespace scepkit::inline v0::probe
