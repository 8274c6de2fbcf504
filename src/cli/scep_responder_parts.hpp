// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "scep_responder_arguments.hpp"

#include <scepkit/simulator/ndes.hpp>

#include <memory>

// The parts of scep-responder: everything that its files say.

namespace scepkit::inline v0::cli::responder_tool {

/// Certificates and keys, from --state or made now.
result<simulator::pki_state> load_state(settings const& set, std::string const& host, time_point now);
/// The ledger of --state; in memory without one.
result<std::shared_ptr<scep::ledger>> open_ledger(settings const& set, streams const& s);
/// What a responder is made of, or reloaded with.
result<scep::responder_options> options_of(settings const& set, simulator::pki_state const& pki,
                                           std::shared_ptr<scep::ledger> ledger, streams const& s);
/// --list.
int print_ledger(settings const& set, streams const& s);

} // namespace scepkit::inline v0::cli::responder_tool
