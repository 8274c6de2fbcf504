// SPDX-License-Identifier: BSL-1.0
#include <scepkit/diagnosis/rule.hpp>

#include <diagnosis/detail/make.hpp>

#include <algorithm>

namespace scepkit::inline v0::diagnosis {

namespace {

// In the order in which findings of the same weight lead a report: what is nearer to the client first, so that a server
// that cannot be reached is not judged by what it would have said.
std::vector<rule> const& by_priority()
{
    static std::vector<rule> const list = [] {
        std::vector<rule> out;
        for(auto const group :
            {detail::url_rules(), detail::reach_rules(), detail::tls_rules(), detail::redirect_rules(),
             detail::iis_rules(), detail::http_rules(), detail::post_rules(), detail::caps_rules(),
             detail::cacert_rules(), detail::attempt_rules(), detail::longurl_rules(), detail::evidence_rules()})
            out.insert(out.end(), group.begin(), group.end());
        return out;
    }();
    return list;
}

std::vector<rule> const& by_id()
{
    static std::vector<rule> const list = [] {
        auto out = by_priority();
        std::ranges::sort(out, {}, [](rule const& r) { return r.entry.id; });
        return out;
    }();
    return list;
}

// Placeholders such as <host> are no HTML.
std::string markdown(std::string_view text)
{
    std::string out;
    for(char const c : text) {
        if(c == '<' || c == '*' || c == '|')
            out += '\\';
        out += c;
    }
    return out;
}

std::string_view name_of(catalogue_entry::kind k) noexcept
{
    return k == catalogue_entry::kind::cause ? "cause" : "symptom";
}

} // namespace

std::span<rule const> all_rules() { return by_id(); }

catalogue_entry const* find_entry(std::string_view id)
{
    auto const& list = by_id();
    auto const found = std::ranges::lower_bound(list, id, {}, [](rule const& r) { return r.entry.id; });
    return found != list.end() && found->entry.id == id ? &found->entry : nullptr;
}

std::string catalogue_markdown()
{
    std::string out = R"(# Findings

Every finding that a diagnosis can have, by its id. Ids are public and stable. This page is written by the
program from the catalogue that the rules carry; a test compares the two. The severity is the usual one: what
else is seen can lower or raise it. A cause can explain symptoms and other causes; a report leads with what
nothing else explains.

| id | kind | severity | title |
|---|---|---|---|
)";
    for(auto const& r : by_id()) {
        out += "| [" + std::string(r.entry.id) + "](#" + std::string(r.entry.id) + ") | ";
        out += name_of(r.entry.type);
        out += " | ";
        out += name_of(r.entry.usual_severity);
        out += " | " + markdown(r.entry.title) + " |\n";
    }
    for(auto const& r : by_id()) {
        out += "\n## " + std::string(r.entry.id) + "\n\n**" + markdown(r.entry.title) + "** (";
        out += name_of(r.entry.type);
        out += ", ";
        out += name_of(r.entry.usual_severity);
        out += ")\n\n" + markdown(r.entry.why) + "\n";
        std::size_t step = 0;
        for(auto const text : r.entry.fix) {
            out += step == 0 ? "\n" : "";
            out += std::to_string(++step) + ". " + markdown(text) + "\n";
        }
        for(auto const text : r.entry.references)
            out += (text.data() == r.entry.references.front().data() ? "\nSources: " : "; ") + markdown(text);
        out += r.entry.references.empty() ? "" : ".\n";
    }
    return out;
}

namespace detail {

std::size_t priority_of(std::string_view id)
{
    auto const& list = by_priority();
    auto const found = std::ranges::find(list, id, [](rule const& r) { return r.entry.id; });
    return static_cast<std::size_t>(found - list.begin());
}

} // namespace detail

} // namespace scepkit::inline v0::diagnosis
