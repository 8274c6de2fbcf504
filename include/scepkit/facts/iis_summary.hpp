// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/time.hpp>

#include <boost/describe.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace scepkit::inline v0::facts {

/// Where in a log something stood.
struct log_place {
    std::string source;     ///< File name as given.
    std::uint64_t line = 0; ///< From 1.
    std::string time;       ///< ISO 8601, UTC
    std::string text;       ///< The line, escaped, at most 400 bytes, challenge-bearing queries cut.
};
BOOST_DESCRIBE_STRUCT(log_place, (), (source, line, time, text))

/// SCEP calls that look the same: one row of counts.
struct iis_call_count {
    std::string cs_uri_stem; ///< Lower case, as logged otherwise ("/certsrv/mscep", "/certsrv/mscep/", …).
    std::string operation;   ///< "GetCACaps", "GetCACert", "PKIOperation", "" (none), "other"
    std::string cs_method;
    std::int64_t sc_status = 0;
    std::int64_t sc_substatus = -1; ///< -1: the log has no such field.
    std::int64_t sc_win32_status = -1;
    std::uint64_t count = 0;
    std::string first;
    std::string last;
    std::vector<log_place> samples; ///< At most 3.
};
BOOST_DESCRIBE_STRUCT(iis_call_count, (),
                      (cs_uri_stem, operation, cs_method, sc_status, sc_substatus, sc_win32_status, count, first, last,
                       samples))

/// Enrolment attempts of one shape: what one device did, from its first GET to its PKIOperation or its silence.
struct iis_attempt_count {
    std::string base_stem; ///< "/certsrv/mscep", "/certsrv/mscep/mscep.dll": lower case, "/pkiclient.exe" and the 301's
                           ///< "/" cut.
    std::string client;    ///< "ios", "macos", "windows", "android", "probe" (browsers, scripts, doctors), "other"
    /// "caps:301>200 cert:301>200 pki:405": per operation the statuses in order, operations in this order. "301>200" is
    /// one call that followed the redirect; "500,200" are two calls; the same again is not repeated; "…" where there
    /// were more.
    std::string shape;
    bool complete = false; ///< A PKIOperation was seen.
    std::uint64_t count = 0;
    std::uint64_t ambiguous = 0; ///< How many of them could belong to another device behind the same address.
    std::string first;
    std::string last;
    std::vector<log_place> samples; ///< The lines of the first such attempt, at most 8.
};
BOOST_DESCRIBE_STRUCT(iis_attempt_count, (),
                      (base_stem, client, shape, complete, count, ambiguous, first, last, samples))

/// What an IIS W3C log says about SCEP, whatever its size. Mergeable: two halves of a log give the sum.
struct iis_summary {
    int version = 1;
    std::vector<std::string> sources;
    std::uint64_t lines = 0;   ///< All lines read.
    std::uint64_t entries = 0; ///< Lines that are requests.
    std::uint64_t scep_entries = 0;
    std::uint64_t bad_lines = 0;
    std::vector<std::uint64_t> first_bad_lines; ///< At most 10.
    std::vector<std::string> missing_fields;    ///< Of those the patterns need.
    std::string first;                          ///< Times of all entries.
    std::string last;
    std::vector<iis_call_count> calls;
    std::vector<iis_attempt_count> attempts;
    std::uint64_t dropped_rows = 0; ///< Rows not kept because a bound was reached.
};
BOOST_DESCRIBE_STRUCT(iis_summary, (),
                      (version, sources, lines, entries, scep_entries, bad_lines, first_bad_lines, missing_fields,
                       first, last, calls, attempts, dropped_rows))

/// Adds `more` to `into`. Associative and commutative: counts add, rows of one key become one, of samples the earliest
/// stay.
SCEPKIT_API void merge(iis_summary& into, iis_summary const& more);

} // namespace scepkit::inline v0::facts
