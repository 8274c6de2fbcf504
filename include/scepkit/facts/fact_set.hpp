// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/facts/iis_summary.hpp>
#include <scepkit/facts/live.hpp>

#include <optional>
#include <string>
#include <vector>

namespace scepkit::inline v0::facts {

/// A file that could not be used as evidence.
struct unreadable_source {
    std::string source;
    std::string code; ///< errc name
    std::string text;
};
BOOST_DESCRIBE_STRUCT(unreadable_source, (), (source, code, text))

/// Everything seen, from all sources. Rules read it, reports print it, JSON carries it.
struct fact_set {
    int version = 1;
    std::optional<facts::target> target;
    std::optional<name_lookup> lookup;
    std::vector<connection_attempt> connections;
    std::optional<tls_session> tls;       ///< Of the first handshake.
    std::vector<http_exchange> exchanges; ///< In the order in which they were made.
    std::optional<capability_list> capabilities;
    std::optional<ca_certificates> ca;
    std::vector<std::string> proxy_variables; ///< Set in the environment and not used.
    bool interrupted = false;                 ///< Ctrl-C: what follows is missing.
    std::vector<iis_summary> iis_logs;        ///< One a source, or merged.
    std::vector<unreadable_source> unreadable;

    SCEPKIT_API http_exchange const* find(question q) const noexcept; ///< The first exchange with that question.
};
BOOST_DESCRIBE_STRUCT(fact_set, (),
                      (version, target, lookup, connections, tls, exchanges, capabilities, ca, proxy_variables,
                       interrupted, iis_logs, unreadable))

} // namespace scepkit::inline v0::facts
