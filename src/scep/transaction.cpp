// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/transaction.hpp>

namespace scepkit::inline v0::scep {

std::string_view name_of(operation o) noexcept
{
    switch(o) {
    case operation::get_ca_caps: return "GetCACaps";
    case operation::get_ca_cert: return "GetCACert";
    case operation::get_next_ca_cert: return "GetNextCACert";
    case operation::pki_operation: return "PKIOperation";
    }
    return "unknown";
}

} // namespace scepkit::inline v0::scep
