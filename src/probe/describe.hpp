// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/facts/live.hpp>
#include <scepkit/net/exchange.hpp>
#include <scepkit/scep/profile.hpp>

#include <optional>
#include <vector>

namespace scepkit::inline v0::probe {

/// Records of the network as facts: bounded, escaped, nothing judged.
facts::target describe_target(http::endpoint const& server);
facts::http_exchange describe_exchange(facts::question why, net::exchange const& seen);
/// Absent where the host is an address, or the connection was reused.
std::optional<facts::name_lookup> describe_lookup(net::exchange const& seen);
std::vector<facts::connection_attempt> describe_connections(net::exchange const& seen);
facts::tls_session describe_tls(net::tls_observation const& seen);

/// An answer to GetCACaps or GetCACert, read. The exchange must hold a response.
facts::capability_list read_capabilities(net::exchange const& seen);
facts::ca_certificates read_certificates(net::exchange const& seen, scep::profile const& tolerances);

} // namespace scepkit::inline v0::probe
