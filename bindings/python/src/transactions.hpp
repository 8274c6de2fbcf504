// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "module.hpp"

#include <scepkit/scep/query.hpp>

#include <optional>
#include <string>
#include <vector>

// What enrolments and queries share on their way from Python.

namespace scepkit::python {

std::vector<std::string> names_of(scep::quirk_set const& quirks);

/// Exactly one of the three, else ValueError.
scep::ca_trust trust_of(std::optional<std::string> const& fingerprint, std::optional<py::bytes> const& pem,
                        bool first_use);

/// How a transaction speaks; `None` is what negotiation chooses.
struct manner {
    std::string profile = "ndes";
    std::optional<std::string> cipher;
    std::optional<std::string> digest;
    bool pss = false;
    std::optional<std::string> oaep;
    std::string renewal = "automatic";
    unsigned polls = 0;
    double poll_interval = 30;
    std::optional<double> poll_deadline;
};
/// ValueError for a word that is not known.
scep::enrollment_options options_of(manner const& m, bool renewing);

/// RequestRejected, with what the CA said.
[[noreturn]] void raise_rejected(scep::rejected const& r);

} // namespace scepkit::python
