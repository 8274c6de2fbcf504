// SPDX-License-Identifier: BSL-1.0
#include <scepkit/diagnosis/finding.hpp>

namespace scepkit::inline v0::diagnosis {

std::string_view name_of(severity s) noexcept
{
    switch(s) {
    case severity::info: return "info";
    case severity::warning: return "warning";
    case severity::error: break;
    }
    return "error";
}

std::string_view name_of(confidence c) noexcept
{
    switch(c) {
    case confidence::possible: return "possible";
    case confidence::likely: return "likely";
    case confidence::certain: break;
    }
    return "certain";
}

std::string_view name_of(verdict v) noexcept
{
    switch(v) {
    case verdict::ok: return "ok";
    case verdict::warning: return "warning";
    case verdict::error: return "error";
    case verdict::unknown: break;
    }
    return "unknown";
}

} // namespace scepkit::inline v0::diagnosis
