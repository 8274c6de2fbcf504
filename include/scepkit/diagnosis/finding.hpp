// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/facts/fact_set.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace scepkit::inline v0::diagnosis {

enum class severity { info, warning, error };
enum class confidence { possible, likely, certain };
/// ok: nothing above info; unknown: nothing could be judged.
enum class verdict { ok, warning, error, unknown };

SCEPKIT_API std::string_view name_of(severity s) noexcept;
SCEPKIT_API std::string_view name_of(confidence c) noexcept;
SCEPKIT_API std::string_view name_of(verdict v) noexcept;

/// A fact by its place in the fact_set: what findings rest on and what causes predict.
struct fact_ref {
    enum class kind { target, lookup, connection, tls, exchange, capabilities, ca, iis_call, iis_attempt, unreadable };
    kind type{};
    std::size_t index = 0; ///< In the vector of that kind.
    std::size_t log = 0;   ///< iis_*: which summary.
    friend bool operator==(fact_ref const&, fact_ref const&) noexcept = default;
};

/// Where a fact was seen, for people and for outside programs.
struct evidence_item {
    std::string kind;   ///< "http", "tls", "dns", "tcp", "certificate", "iis-log", "file"
    std::string source; ///< URL or file.
    std::optional<std::uint64_t> line;
    std::optional<std::string> time; ///< ISO 8601
    std::string saw;                 ///< "POST answered 405"
};

struct finding {
    std::string id; ///< Public and stable: finding ids are written into tickets and policies.
    diagnosis::severity severity{};
    diagnosis::confidence confidence = diagnosis::confidence::certain;
    std::string title;
    std::string saw;              ///< What was seen, this time.
    std::string why;              ///< What it means and why it breaks enrolment.
    std::vector<std::string> fix; ///< Steps.
    std::vector<std::string> references;
    std::vector<evidence_item> evidence;
    std::vector<std::string> explains; ///< Ids of symptoms.
    std::optional<std::string> explained_by;

    std::vector<fact_ref> rests_on; ///< Facts this finding was made of.
    std::vector<fact_ref> predicts; ///< Causes: facts that follow from it.
};

} // namespace scepkit::inline v0::diagnosis
