// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/diagnosis/finding.hpp>

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace scepkit::inline v0::diagnosis {

enum class expectation { any, intune, ndes };

/// What rules may know beside the facts. No clock: `now` comes from the caller.
struct rule_context {
    facts::fact_set const& facts;
    time_point now;
    expectation expected = expectation::any;
};

/// Static text of a finding: what the catalogue page, --explain and the reports print.
struct catalogue_entry {
    std::string_view id;
    enum class kind { cause, symptom } type{};
    severity usual_severity{};
    std::string_view title;
    std::string_view why;
    std::span<std::string_view const> fix;
    std::span<std::string_view const> references;
};

/// A pure function from facts to findings of one id (empty where it does not apply). No I/O, no formatting of reports.
struct rule {
    catalogue_entry entry;
    std::optional<finding> (*apply)(rule_context const& context, catalogue_entry const& entry);
};

/// Every rule, in order of id.
SCEPKIT_API std::span<rule const> all_rules();
/// Null if there is none.
SCEPKIT_API catalogue_entry const* find_entry(std::string_view id);
/// The catalogue as Markdown: docs/findings.md is this text, compared by a test.
SCEPKIT_API std::string catalogue_markdown();

} // namespace scepkit::inline v0::diagnosis
