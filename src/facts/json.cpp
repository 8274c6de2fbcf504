// SPDX-License-Identifier: BSL-1.0
#include <scepkit/facts/json.hpp>

#include <facts/detail/describe_json.hpp>

namespace scepkit::inline v0::facts {

namespace {

result<void> known_version(int version, char const* what)
{
    if(version == 1)
        return success();
    return error(errc::bad_value,
                 diagnostics{.message = std::string(what) + " have version " + std::to_string(version) +
                                        "; this program reads version 1: use a newer one",
                             .layer = "json"});
}

} // namespace

boost::json::value to_json(fact_set const& f) { return detail::write(f); }

result<fact_set> from_json(boost::json::value const& v)
{
    fact_set out;
    SCEPKIT_CHECK(detail::read(v, out, {}));
    SCEPKIT_CHECK(known_version(out.version, "These facts"));
    for(auto const& log : out.iis_logs)
        SCEPKIT_CHECK(known_version(log.version, "The log's facts"));
    return out;
}

} // namespace scepkit::inline v0::facts
