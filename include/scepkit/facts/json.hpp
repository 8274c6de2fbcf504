// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/facts/fact_set.hpp>

#include <boost/json/value.hpp>

namespace scepkit::inline v0::facts {

/// Facts as JSON and back: one description of each fact (Boost.Describe) serves both.
SCEPKIT_API boost::json::value to_json(fact_set const& f);
/// Unknown keys are ignored, missing ones keep their defaults; errc::bad_value for a wrong type or version.
SCEPKIT_API result<fact_set> from_json(boost::json::value const& v);

} // namespace scepkit::inline v0::facts
