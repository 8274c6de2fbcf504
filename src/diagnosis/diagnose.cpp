// SPDX-License-Identifier: BSL-1.0
#include <scepkit/diagnosis/diagnose.hpp>

#include <diagnosis/detail/make.hpp>

#include <algorithm>
#include <tuple>
#include <unordered_set>

namespace scepkit::inline v0::diagnosis {

namespace {

struct hash_of_ref {
    std::size_t operator()(fact_ref const& r) const noexcept
    {
        return (static_cast<std::size_t>(r.type) * 31 + r.log) * 1000003 + r.index;
    }
};
using ref_set = std::unordered_set<fact_ref, hash_of_ref>;

bool is_cause(finding const& f)
{
    auto const* entry = find_entry(f.id);
    return entry != nullptr && entry->type == catalogue_entry::kind::cause;
}

// Smaller leads.
auto rank_of(finding const& f)
{
    return std::tuple(-static_cast<int>(f.severity), is_cause(f) ? 0 : 1, -static_cast<int>(f.confidence),
                      detail::priority_of(f.id));
}

std::vector<finding> apply_rules(rule_context const& context)
{
    std::vector<finding> out;
    for(auto const& r : all_rules())
        if(auto found = r.apply(context, r.entry))
            out.push_back(*std::move(found));
    std::ranges::sort(out, {}, rank_of);
    return out;
}

// Who explains whom, by index in the list; its own index: nobody.
class explanations
{
public:
    explicit explanations(std::vector<finding> const& list) : list_(list), by_(list.size())
    {
        for(std::size_t i = 0; i < by_.size(); ++i) {
            by_[i] = i;
            predicted_.emplace_back(list[i].predicts.begin(), list[i].predicts.end());
        }
        // From the end, so that of two that would explain each other the one that leads stays unexplained.
        for(std::size_t i = by_.size(); i-- > 0;)
            by_[i] = find(i);
    }

    bool is_explained(std::size_t i) const noexcept { return by_[i] != i; }
    std::size_t by(std::size_t i) const noexcept { return by_[i]; }

private:
    std::size_t find(std::size_t i) const
    {
        for(std::size_t cause = 0; cause < list_.size(); ++cause)
            if(cause != i && covers(cause, i) && !rests_upon(cause, i))
                return cause;
        return i;
    }
    bool covers(std::size_t cause, std::size_t i) const
    {
        auto const& facts = list_[i].rests_on;
        return !facts.empty() &&
               std::ranges::all_of(facts, [&](auto const& ref) { return predicted_[cause].contains(ref); });
    }
    // Whether `i` explains `cause`, directly or over others.
    bool rests_upon(std::size_t cause, std::size_t i) const
    {
        for(; by_[cause] != cause; cause = by_[cause])
            if(by_[cause] == i)
                return true;
        return false;
    }

    std::vector<finding> const& list_;
    std::vector<std::size_t> by_;
    std::vector<ref_set> predicted_;
};

void mark(std::vector<finding>& list)
{
    explanations const why(list);
    for(std::size_t i = 0; i < list.size(); ++i) {
        if(!why.is_explained(i))
            continue;
        list[i].explained_by = list[why.by(i)].id;
        list[why.by(i)].explains.push_back(list[i].id);
    }
    std::stable_partition(list.begin(), list.end(), [](finding const& f) { return !f.explained_by; });
}

// Something was seen that can be judged at all.
bool saw_something(facts::fact_set const& f)
{
    bool const live = !f.exchanges.empty() || !f.connections.empty() || (f.lookup && f.lookup->failure);
    return live || std::ranges::any_of(f.iis_logs, [](auto const& log) { return log.entries != 0; });
}

verdict judge(std::vector<finding> const& list)
{
    auto worst = severity::info;
    for(auto const& f : list)
        if(!f.explained_by)
            worst = std::max(worst, f.severity);
    return worst == severity::error ? verdict::error : worst == severity::warning ? verdict::warning : verdict::ok;
}

std::string traced(finding const& f)
{
    auto text = f.id + ": " + std::string(name_of(f.severity)) + ", " + std::string(name_of(f.confidence)) +
                ", rests on " + detail::counted(f.rests_on.size(), "fact");
    if(!f.predicts.empty())
        text += ", predicts " + std::to_string(f.predicts.size());
    if(f.explained_by)
        text += ", explained by " + *f.explained_by;
    return text;
}

} // namespace

int diagnosis::exit_code() const noexcept
{
    switch(verdict) {
    case scepkit::diagnosis::verdict::ok: return 0;
    case scepkit::diagnosis::verdict::warning: return 1;
    case scepkit::diagnosis::verdict::error: return 2;
    case scepkit::diagnosis::verdict::unknown: break;
    }
    return 3;
}

diagnosis diagnose(facts::fact_set facts, diagnose_options const& options)
{
    diagnosis out;
    out.facts = std::move(facts);
    out.findings = apply_rules({.facts = out.facts, .now = options.now, .expected = options.expected});
    mark(out.findings);
    out.verdict = saw_something(out.facts) ? judge(out.findings) : verdict::unknown;
    if(!out.findings.empty() && !out.findings.front().explained_by && out.findings.front().severity != severity::info)
        out.root_cause = 0;
    out.trace.push_back(detail::counted(all_rules().size(), "rule") + " applied at " + to_iso8601(options.now));
    for(auto const& f : out.findings)
        out.trace.push_back(traced(f));
    return out;
}

} // namespace scepkit::inline v0::diagnosis
