// SPDX-License-Identifier: BSL-1.0
#include <diagnosis/detail/make.hpp>

#include <algorithm>

namespace scepkit::inline v0::diagnosis::detail {

namespace {

using outcome = std::optional<finding>;
using kind = catalogue_entry::kind;

outcome clock_skew(rule_context const& c, catalogue_entry const& entry)
{
    constexpr auto allowed = std::chrono::minutes(5);
    for(auto const& e : c.facts.exchanges) {
        auto const theirs = read_http_date(header(e, "Date"));
        auto const ours = from_iso8601(e.time);
        // A cache repeats the Date of the first answer.
        if(!theirs || !ours || !header(e, "Age").empty())
            continue;
        auto const skew = *theirs > *ours ? *theirs - *ours : *ours - *theirs;
        if(skew <= allowed)
            return std::nullopt;
        auto const minutes = std::chrono::duration_cast<std::chrono::minutes>(skew).count();
        return make(entry)
            .is(confidence::likely)
            .saw("The server's clock is " + counted(static_cast<std::uint64_t>(minutes), "minute") +
                 (*theirs > *ours ? " ahead of" : " behind") + " this machine's.")
            .on(c, e);
    }
    return std::nullopt;
}

outcome unreadable(rule_context const& c, catalogue_entry const& entry)
{
    if(c.facts.unreadable.empty())
        return std::nullopt;
    finding f =
        *std::optional<finding>(make(entry).saw(counted(c.facts.unreadable.size(), "source") + " could not be used."));
    for(std::size_t i = 0; i < c.facts.unreadable.size(); ++i) {
        auto const& one = c.facts.unreadable[i];
        f.evidence.push_back({.kind = "file", .source = one.source, .saw = one.code + ": " + one.text});
        f.rests_on.push_back({fact_ref::kind::unreadable, i});
    }
    return f;
}

outcome damaged_lines(rule_context const& c, catalogue_entry const& entry)
{
    finding f = *std::optional<finding>(make(entry));
    std::uint64_t bad = 0, lines = 0;
    for(auto const& log : c.facts.iis_logs) {
        if(log.bad_lines == 0)
            continue;
        bad += log.bad_lines;
        lines += log.lines;
        evidence_item item{.kind = "iis-log",
                           .source = log.sources.empty() ? std::string() : log.sources.front(),
                           .saw = counted(log.bad_lines, "line") + " that cannot be read"};
        if(!log.first_bad_lines.empty())
            item.line = log.first_bad_lines.front();
        f.evidence.push_back(std::move(item));
    }
    if(bad == 0)
        return std::nullopt;
    f.saw = counted(bad, "line") + " of " + std::to_string(lines) + " could not be read and were left out.";
    // A line that is being written, or cut by a copy, is nothing; a tenth of a log is.
    if(bad * 10 > lines && bad > 10)
        f.severity = severity::warning;
    return f;
}

outcome fields_missing(rule_context const& c, catalogue_entry const& entry)
{
    std::vector<std::string> names;
    std::string source;
    for(auto const& log : c.facts.iis_logs)
        for(auto const& name : log.missing_fields)
            if(std::ranges::find(names, name) == names.end()) {
                names.push_back(name);
                if(source.empty() && !log.sources.empty())
                    source = log.sources.front();
            }
    if(names.empty())
        return std::nullopt;
    finding f = *std::optional<finding>(make(entry).saw("The log lacks " + joined(names) + "."));
    f.evidence.push_back({.kind = "iis-log", .source = source, .saw = "missing: " + joined(names)});
    bool const blind = std::ranges::any_of(names, [](auto const& n) {
        return n == "cs-method" || n == "cs-uri-stem" || n == "cs-uri-query" || n == "sc-status";
    });
    f.severity = blind ? severity::warning : severity::info;
    return f;
}

constexpr std::string_view clock_fix[] = {
    "Let server, CA and this machine take their time from the same source (w32tm /query /status)."};
constexpr std::string_view unreadable_fix[] = {
    "Give the file as the program wrote it: an IIS log in W3C format with its #Fields line, in UTF-8.",
    "A log that is open elsewhere can be copied first; one without read permission needs an elevated prompt."};
constexpr std::string_view lines_fix[] = {
    "Copy the log again while nothing writes to it, without an editor that breaks long lines."};
constexpr std::string_view fields_fix[] = {
    "IIS Manager > Logging > Select Fields: tick Date, Time, Client IP Address, Method, URI Stem, URI Query, Protocol "
    "Status, Protocol Substatus, Win32 Status and User Agent."};
constexpr std::string_view fields_refs[] = {"Microsoft Learn: Log Files for a Web Site <logFile> (IIS)"};

rule const table[] = {
    {{"clock-skew-server",
      kind::cause,
      severity::warning,
      "The server's clock differs from this machine's",
      "More than five minutes break Kerberos, and certificates fresh from the CA look not yet valid. One of the two "
      "clocks is wrong.",
      clock_fix,
      {}},
     clock_skew},
    {{"evidence-unreadable",
      kind::cause,
      severity::warning,
      "A source of evidence could not be used",
      "What it says is missing from this diagnosis.",
      unreadable_fix,
      {}},
     unreadable},
    {{"iis-log-fields-missing", kind::cause, severity::info, "The IIS log lacks fields",
      "Some faults cannot be told apart without them.", fields_fix, fields_refs},
     fields_missing},
    {{"evidence-damaged-lines",
      kind::symptom,
      severity::info,
      "Lines of a log could not be read",
      "Damaged lines are counted and left out; the rest of the log is used.",
      lines_fix,
      {}},
     damaged_lines},
};

} // namespace

std::span<rule const> evidence_rules() { return table; }

} // namespace scepkit::inline v0::diagnosis::detail
