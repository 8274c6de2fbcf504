// SPDX-License-Identifier: BSL-1.0
#include <scepkit/facts/iis_summary.hpp>

#include <algorithm>
#include <tuple>

namespace scepkit::inline v0::facts {

namespace {

constexpr std::size_t most_rows = 10000; // Of each kind: a merge of hostile logs stays bounded.
constexpr std::size_t most_call_samples = 3;
constexpr std::size_t most_bad_lines = 10;

auto place_of(log_place const& p) { return std::tie(p.time, p.source, p.line, p.text); }
bool earlier(log_place const& a, log_place const& b) { return place_of(a) < place_of(b); }
bool same(log_place const& a, log_place const& b) { return place_of(a) == place_of(b); }

auto key_of(iis_call_count const& c)
{
    return std::tie(c.cs_uri_stem, c.operation, c.cs_method, c.sc_status, c.sc_substatus, c.sc_win32_status);
}
auto key_of(iis_attempt_count const& a) { return std::tie(a.base_stem, a.client, a.shape, a.complete); }

void take_earlier(std::string& into, std::string const& more)
{
    if(into.empty() || (!more.empty() && more < into))
        into = more;
}
void take_later(std::string& into, std::string const& more) { into = std::max(into, more); }

template <class T>
void add_to_set(std::vector<T>& into, std::vector<T> const& more)
{
    into.insert(into.end(), more.begin(), more.end());
    std::ranges::sort(into);
    into.erase(std::unique(into.begin(), into.end()), into.end());
}

void add(iis_call_count& into, iis_call_count const& more)
{
    into.count += more.count;
    take_earlier(into.first, more.first);
    take_later(into.last, more.last);
    into.samples.insert(into.samples.end(), more.samples.begin(), more.samples.end());
    std::ranges::sort(into.samples, earlier);
    into.samples.erase(std::unique(into.samples.begin(), into.samples.end(), same), into.samples.end());
    if(into.samples.size() > most_call_samples)
        into.samples.resize(most_call_samples);
}

void add(iis_attempt_count& into, iis_attempt_count const& more)
{
    into.count += more.count;
    into.ambiguous += more.ambiguous;
    take_earlier(into.first, more.first);
    take_later(into.last, more.last);
    // The samples are the lines of one attempt: they stay together.
    if(into.samples.empty() ||
       (!more.samples.empty() && std::ranges::lexicographical_compare(more.samples, into.samples, earlier)))
        into.samples = more.samples;
}

template <class Row>
std::uint64_t add_rows(std::vector<Row>& into, std::vector<Row> const& more)
{
    std::vector<Row const*> order;
    for(auto const* list : {static_cast<std::vector<Row> const*>(&into), &more})
        for(auto const& row : *list)
            order.push_back(&row);
    std::ranges::stable_sort(order, [](Row const* a, Row const* b) { return key_of(*a) < key_of(*b); });
    std::vector<Row> merged;
    for(auto const* row : order) {
        if(!merged.empty() && key_of(merged.back()) == key_of(*row))
            add(merged.back(), *row);
        else
            merged.push_back(*row);
    }
    std::uint64_t dropped = 0;
    if(merged.size() > most_rows) {
        // What happened often says most.
        std::ranges::stable_sort(merged, [](Row const& a, Row const& b) { return a.count > b.count; });
        dropped = merged.size() - most_rows;
        merged.erase(merged.begin() + most_rows, merged.end());
        std::ranges::sort(merged, [](Row const& a, Row const& b) { return key_of(a) < key_of(b); });
    }
    into = std::move(merged);
    return dropped;
}

} // namespace

void merge(iis_summary& into, iis_summary const& more)
{
    add_to_set(into.sources, more.sources);
    into.lines += more.lines;
    into.entries += more.entries;
    into.scep_entries += more.scep_entries;
    into.bad_lines += more.bad_lines;
    into.first_bad_lines.insert(into.first_bad_lines.end(), more.first_bad_lines.begin(), more.first_bad_lines.end());
    std::ranges::sort(into.first_bad_lines);
    if(into.first_bad_lines.size() > most_bad_lines)
        into.first_bad_lines.resize(most_bad_lines);
    add_to_set(into.missing_fields, more.missing_fields);
    take_earlier(into.first, more.first);
    take_later(into.last, more.last);
    into.dropped_rows += more.dropped_rows;
    into.dropped_rows += add_rows(into.calls, more.calls);
    into.dropped_rows += add_rows(into.attempts, more.attempts);
}

} // namespace scepkit::inline v0::facts
