// SPDX-License-Identifier: BSL-1.0
#include <pki/detail/errors.hpp>

namespace scepkit::inline v0::pki::detail {

error fail(errc code, std::string message, std::optional<std::size_t> offset)
{
    return {code, diagnostics{.message = std::move(message), .layer = "pki", .offset = offset}};
}

error recode(error const& inner, errc code)
{
    if(inner == code || inner.condition() == condition::limit_exceeded)
        return inner;
    auto details = inner.details();
    details.message = std::string(name_of(inner.code())) + ": " + details.message;
    if(details.layer.empty())
        details.layer = "pki";
    return {code, std::move(details)};
}

} // namespace scepkit::inline v0::pki::detail
