// SPDX-License-Identifier: BSL-1.0
#include <scepkit/report/json.hpp>

#include <scepkit/facts/json.hpp>

#include <facts/detail/describe_json.hpp>

#include <algorithm>
#include <boost/json/serialize.hpp>

namespace scepkit::inline v0::report {

namespace {

namespace json = boost::json;

json::value text(std::string_view raw) { return json::string(facts::detail::valid_utf8(raw)); }

json::value texts(std::vector<std::string> const& list)
{
    json::array out;
    for(auto const& one : list)
        out.push_back(text(one));
    return out;
}

json::value item(diagnosis::evidence_item const& e)
{
    return json::object{{"kind", text(e.kind)},
                        {"source", text(e.source)},
                        {"line", e.line ? json::value(*e.line) : json::value(nullptr)},
                        {"time", e.time ? text(*e.time) : json::value(nullptr)},
                        {"saw", text(e.saw)}};
}

json::value one_finding(diagnosis::finding const& f)
{
    json::array evidence;
    for(auto const& e : f.evidence)
        evidence.push_back(item(e));
    return json::object{{"id", text(f.id)},
                        {"severity", text(name_of(f.severity))},
                        {"confidence", text(name_of(f.confidence))},
                        {"title", text(f.title)},
                        {"saw", text(f.saw)},
                        {"why", text(f.why)},
                        {"fix", texts(f.fix)},
                        {"explains", texts(f.explains)},
                        {"explained_by", f.explained_by ? text(*f.explained_by) : json::value(nullptr)},
                        {"evidence", std::move(evidence)},
                        {"references", texts(f.references)}};
}

json::value target(facts::fact_set const& f)
{
    std::vector<std::string> files;
    for(auto const& log : f.iis_logs)
        files.insert(files.end(), log.sources.begin(), log.sources.end());
    for(auto const& source : f.unreadable)
        if(std::ranges::find(files, source.source) == files.end())
            files.push_back(source.source);
    return json::object{{"url", f.target ? text(f.target->url) : json::value(nullptr)}, {"files", texts(files)}};
}

// Boost.JSON leaves DEL and the C1 controls as they are, which JSON allows and terminals obey.
std::string without_controls(std::string_view serialized)
{
    std::string out;
    out.reserve(serialized.size() + 1);
    for(std::size_t i = 0; i < serialized.size(); ++i) {
        auto const byte = static_cast<unsigned char>(serialized[i]);
        auto const next = i + 1 < serialized.size() ? static_cast<unsigned char>(serialized[i + 1]) : 0;
        constexpr std::string_view digits = "0123456789abcdef";
        bool const c1 = byte == 0xc2 && next >= 0x80 && next <= 0x9f;
        if(byte != 0x7f && !c1) {
            out += serialized[i];
            continue;
        }
        unsigned const value = c1 ? static_cast<unsigned>(next) : byte;
        out += "\\u00";
        out += digits[value >> 4];
        out += digits[value & 0xf];
        i += c1 ? 1 : 0;
    }
    return out;
}

} // namespace

std::string to_json(diagnosis::diagnosis const& d)
{
    json::array findings;
    for(auto const& f : d.findings)
        findings.push_back(one_finding(f));
    json::value root = nullptr;
    if(d.root_cause && *d.root_cause < d.findings.size()) {
        auto const& f = d.findings[*d.root_cause];
        root = json::object{{"id", text(f.id)}, {"confidence", text(name_of(f.confidence))}};
    }
    json::object const document{{"schema", "scepkit-diagnosis-1"}, {"verdict", text(name_of(d.verdict))},
                                {"target", target(d.facts)},       {"root_cause", std::move(root)},
                                {"findings", std::move(findings)}, {"facts", facts::to_json(d.facts)},
                                {"trace", texts(d.trace)}};
    return without_controls(json::serialize(document)) + '\n';
}

} // namespace scepkit::inline v0::report
