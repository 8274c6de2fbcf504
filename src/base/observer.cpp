// SPDX-License-Identifier: BSL-1.0
#include <scepkit/base/observer.hpp>

namespace scepkit::inline v0 {

observer::~observer() = default;

} // namespace scepkit::inline v0
