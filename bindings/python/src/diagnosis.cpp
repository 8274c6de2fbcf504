// SPDX-License-Identifier: BSL-1.0
#include "module.hpp"

#include <scepkit/diagnosis/diagnose.hpp>
#include <scepkit/evidence/iis_log.hpp>
#include <scepkit/probe/probe.hpp>
#include <scepkit/report/json.hpp>
#include <scepkit/report/text.hpp>

#include <boost/describe.hpp>
#include <boost/mp11.hpp>

namespace scepkit::python {
namespace {

py::object field(std::string const& text) { return to_text(text); }
template <class T>
py::object field(T const& value)
{
    return py::cast(value);
}

/// A read-only class from the one description of the fact. Text is cleaned on the way out: evidence may hold any bytes.
template <class Fact>
void bind_fact(py::module_& m, char const* name, char const* doc)
{
    py::class_<Fact> type(m, name, doc);
    using members = boost::describe::describe_members<Fact, boost::describe::mod_public>;
    boost::mp11::mp_for_each<members>([&](auto member) {
        type.def_property_readonly(member.name,
                                   [pointer = member.pointer](Fact const& f) { return field(f.*pointer); });
    });
    type.def("__repr__", [n = std::string(name)](Fact const&) { return "<scepkit." + n + ">"; });
}

diagnosis::expectation expectation_of(std::string_view text)
{
    if(text == "any")
        return diagnosis::expectation::any;
    if(text == "intune")
        return diagnosis::expectation::intune;
    if(text == "ndes")
        return diagnosis::expectation::ndes;
    throw py::value_error("expect is 'any', 'intune' or 'ndes'");
}

std::chrono::milliseconds milliseconds(double seconds)
{
    if(!(seconds > 0 && seconds < 86400))
        throw py::value_error("a timeout is a number of seconds above 0");
    return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

diagnosis::diagnosis judge(facts::fact_set seen, diagnosis::expectation expected)
{
    return diagnosis::diagnose(std::move(seen), {.now = current_time(), .expected = expected});
}

void add_evidence(facts::fact_set& seen, std::vector<std::string> const& paths, std::atomic<bool> const& cancel)
{
    auto collected = evidence::collect(paths, {.cancel = &cancel});
    for(auto& log : collected.iis_logs)
        seen.iis_logs.push_back(std::move(log));
    for(auto const& [source, e] : collected.unreadable)
        seen.unreadable.push_back({source, std::string(name_of(e.code())), e.to_string()});
}

diagnosis::diagnosis check(std::string const& url, std::vector<std::string> const& iis_logs, std::string const& expect,
                           double timeout, double connect_timeout, std::optional<std::string> const& ca_file,
                           std::vector<std::string> const& connect_to, std::string const& profile)
{
    auto const server =
        value_or_raise(http::endpoint::parse(url.find("://") == std::string::npos ? "https://" + url : url));
    auto const expected = expectation_of(expect);
    probe::probe_options options;
    options.client.user_agent = "scepkit-doctor/" SCEPKIT_VERSION;
    options.client.request_timeout = milliseconds(timeout);
    options.client.connect_timeout = milliseconds(connect_timeout);
    options.client.tls.ca_file = ca_file;
    options.profile = value_or_raise(scep::profile::named(profile));
    for(auto const& rule : connect_to)
        options.client.connect_to.push_back(value_or_raise(net::connect_to_rule::parse(rule)));
    return interruptible([&](std::atomic<bool> const& cancel) {
        options.client.cancel = &cancel;
        auto seen = probe::examine(server, options);
        add_evidence(seen, iis_logs, cancel);
        return judge(std::move(seen), expected);
    });
}

void add_findings(py::module_& m)
{
    using diagnosis::evidence_item;
    using diagnosis::finding;
    py::class_<evidence_item>(m, "Evidence", "Where a fact was seen.")
        .def_property_readonly("kind", [](evidence_item const& e) { return to_text(e.kind); })
        .def_property_readonly("source", [](evidence_item const& e) { return to_text(e.source); })
        .def_readonly("line", &evidence_item::line)
        .def_readonly("time", &evidence_item::time)
        .def_property_readonly("saw", [](evidence_item const& e) { return to_text(e.saw); })
        .def("__repr__", [](evidence_item const& e) { return to_text("<scepkit.Evidence " + e.saw + ">"); });
    py::class_<finding>(m, "Finding", "What the facts mean: a cause or a symptom, with proof and fix.")
        .def_readonly("id", &finding::id)
        .def_property_readonly("severity", [](finding const& f) { return std::string(diagnosis::name_of(f.severity)); })
        .def_property_readonly("confidence",
                               [](finding const& f) { return std::string(diagnosis::name_of(f.confidence)); })
        .def_property_readonly("title", [](finding const& f) { return to_text(f.title); })
        .def_property_readonly("saw", [](finding const& f) { return to_text(f.saw); })
        .def_property_readonly("why", [](finding const& f) { return to_text(f.why); })
        .def_property_readonly("fix",
                               [](finding const& f) {
                                   py::list steps;
                                   for(auto const& step : f.fix)
                                       steps.append(to_text(step));
                                   return steps;
                               })
        .def_readonly("references", &finding::references)
        .def_readonly("evidence", &finding::evidence)
        .def_readonly("explains", &finding::explains)
        .def_readonly("explained_by", &finding::explained_by)
        .def("__repr__", [](finding const& f) { return "<scepkit.Finding " + f.id + ">"; });

    using result_type = diagnosis::diagnosis;
    py::class_<result_type>(m, "Diagnosis", "Findings about one endpoint and its evidence. str() is the text report.")
        .def_property_readonly("verdict",
                               [](result_type const& d) { return std::string(diagnosis::name_of(d.verdict)); })
        .def_property_readonly("root_cause",
                               [](result_type const& d) -> std::optional<finding> {
                                   if(!d.root_cause)
                                       return std::nullopt;
                                   return d.findings[*d.root_cause];
                               })
        .def_readonly("findings", &result_type::findings)
        .def_property_readonly("exit_code", &result_type::exit_code)
        .def("to_json", [](result_type const& d) { return to_text(report::to_json(d)); })
        .def(
            "to_text",
            [](result_type const& d, std::size_t width) { return to_text(report::to_text(d, {.width = width})); },
            py::kw_only(), py::arg("width") = 80)
        .def("__str__", [](result_type const& d) { return to_text(report::to_text(d)); })
        .def("__repr__", [](result_type const& d) {
            auto text = "<scepkit.Diagnosis " + std::string(diagnosis::name_of(d.verdict));
            if(d.root_cause)
                text += ": " + d.findings[*d.root_cause].id;
            return text + ">";
        });
}

} // namespace

void add_diagnosis(py::module_& m)
{
    bind_fact<facts::log_place>(m, "LogPlace", "Where in a log something stood.");
    bind_fact<facts::iis_call_count>(m, "IisCallCount", "SCEP calls that look the same, counted.");
    bind_fact<facts::iis_attempt_count>(m, "IisAttemptCount", "Enrolment attempts of one shape, counted.");
    bind_fact<facts::iis_summary>(m, "IisSummary", "What an IIS W3C log says about SCEP.");
    add_findings(m);
    m.def("check", &check, py::arg("url"), py::kw_only(), py::arg("iis_logs") = std::vector<std::string>{},
          py::arg("expect") = "any", py::arg("timeout") = 30.0, py::arg("connect_timeout") = 10.0,
          py::arg("ca_file") = std::nullopt, py::arg("connect_to") = std::vector<std::string>{},
          py::arg("profile") = "ndes", "Examine a live SCEP endpoint (harmlessly) and, if given, its IIS logs.");
    m.def(
        "read_iis_log",
        [](std::string const& path) {
            return value_or_raise(interruptible(
                [&](std::atomic<bool> const& cancel) { return evidence::read_iis_log(path, {.cancel = &cancel}); }));
        },
        py::arg("path"), "Summarise an IIS W3C extended log of any size.");
    m.def(
        "diagnose",
        [](std::vector<std::string> const& paths, std::string const& expect) {
            auto const expected = expectation_of(expect);
            return interruptible([&](std::atomic<bool> const& cancel) {
                facts::fact_set seen;
                add_evidence(seen, paths, cancel);
                return judge(std::move(seen), expected);
            });
        },
        py::arg("paths"), py::kw_only(), py::arg("expect") = "any", "Judge evidence files alone, without any network.");
    m.def(
        "explain",
        [](std::string const& id) {
            auto const* entry = diagnosis::find_entry(id);
            if(entry == nullptr)
                throw py::value_error("no finding has this id");
            auto text =
                std::string(entry->id) + ": " + std::string(entry->title) + "\n\n" + std::string(entry->why) + "\n";
            for(auto step : entry->fix)
                text += "\n* " + std::string(step);
            return text;
        },
        py::arg("id"), "The catalogue's text for a finding id.");
    m.def(
        "finding_ids",
        [] {
            std::vector<std::string> ids;
            for(auto const& rule : diagnosis::all_rules())
                ids.emplace_back(rule.entry.id);
            return ids;
        },
        "Every id that a finding can have.");
}

} // namespace scepkit::python
