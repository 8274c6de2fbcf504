// SPDX-License-Identifier: BSL-1.0
#include <cli/ndes_doctor_arguments.hpp>

#include <scepkit/diagnosis/diagnose.hpp>
#include <scepkit/evidence/iis_log.hpp>
#include <scepkit/probe/probe.hpp>
#include <scepkit/report/json.hpp>
#include <scepkit/report/text.hpp>

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <set>

namespace scepkit::inline v0::cli {

namespace {

constexpr std::string_view tool = "ndes-doctor";

/// The exit code, unless the output did not reach its reader: a report nobody got is no diagnosis.
int finish(streams const& s, int code)
{
    s.out.flush();
    if(s.out)
        return code;
    say(s, tool, "the output could not be written");
    return could_not_run;
}

int print(diagnosis::diagnosis const& d, doctor_request::format output, streams const& s)
{
    if(output == doctor_request::format::json)
        s.out << report::to_json(d);
    else
        s.out << report::to_text(d, {.width = s.width, .colour = s.colour});
    return finish(s, d.exit_code());
}

int refuse(doctor_refusal const& refusal, streams const& s)
{
    if(refusal.on_stderr == doctor_refusal::state::unsaid)
        say(s, tool, refusal.sentence);
    if(refusal.output == doctor_request::format::text)
        return could_not_run;
    diagnosis::diagnosis nothing;
    nothing.verdict = diagnosis::verdict::unknown;
    nothing.trace.push_back(escape_controls(refusal.sentence));
    return print(nothing, refusal.output, s);
}

std::string folded(std::string_view text, std::size_t width, std::string_view indent)
{
    std::string out;
    std::size_t column = 0;
    while(!text.empty()) {
        auto const end = std::min(text.find(' '), text.size());
        auto const word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if(column != 0 && column + 1 + word.size() > width) {
            out.append("\n").append(indent);
            column = indent.size();
        } else if(column != 0) {
            out.push_back(' ');
            ++column;
        }
        out.append(word);
        column += word.size();
    }
    return out;
}

int explain(std::string const& id, streams const& s)
{
    auto const* const entry = diagnosis::find_entry(id);
    if(entry == nullptr) {
        say(s, tool, "there is no finding " + id + "; --list-findings prints them all");
        return could_not_run;
    }
    std::size_t const width = std::max(40u, s.width);
    auto const cause = entry->type == diagnosis::catalogue_entry::kind::cause;
    s.out << entry->id << " (" << (cause ? "cause" : "symptom") << ", " << name_of(entry->usual_severity) << ")\n"
          << folded(entry->title, width, "") << "\n\n"
          << folded(entry->why, width, "") << '\n';
    if(!entry->fix.empty())
        s.out << "\nFix:\n";
    std::size_t step = 0;
    for(auto const text : entry->fix) {
        ++step;
        s.out << "  " << step << ". " << folded(text, width - 5, "     ") << '\n';
    }
    if(!entry->references.empty())
        s.out << "\nSources:\n";
    for(auto const text : entry->references)
        s.out << "  - " << folded(text, width - 4, "    ") << '\n';
    return finish(s, 0);
}

int list_findings(streams const& s)
{
    std::set<std::string_view> printed;
    for(auto const& rule : diagnosis::all_rules())
        if(printed.insert(rule.entry.id).second)
            s.out << rule.entry.id << '\t' << name_of(rule.entry.usual_severity) << '\t' << rule.entry.title << '\n';
    return finish(s, 0);
}

void add_unreadable(facts::fact_set& facts, std::string const& source, error const& e)
{
    facts.unreadable.push_back({escape_controls(source), std::string(name_of(e.code())), e.to_string()});
}

/// Files that the user calls IIS logs: together if they can all be read (attempts cross midnight), else each that can.
void read_logs(std::vector<std::string> const& paths, evidence::iis_reader_options const& options,
               facts::fact_set& facts)
{
    if(paths.empty())
        return;
    if(auto together = evidence::read_iis_logs(paths, options)) {
        facts.iis_logs.push_back(*std::move(together));
        return;
    }
    for(auto const& path : paths) {
        if(auto one = evidence::read_iis_log(path, options))
            facts.iis_logs.push_back(*std::move(one));
        else
            add_unreadable(facts, path, one.error());
    }
}

void read_evidence(doctor_request const& request, streams const& s, facts::fact_set& facts)
{
    evidence::iis_reader_options const options{.cancel = &s.stop};
    std::vector<std::string> logs;
    std::vector<std::string> others;
    std::set<std::filesystem::path> seen; // The same file twice would count everything twice.
    auto const sort_in = [&](std::string const& path, std::vector<std::string>& list) {
        std::error_code failed;
        auto const canonical = std::filesystem::weakly_canonical(path, failed);
        if(seen.insert(failed ? std::filesystem::path(path) : canonical).second)
            list.push_back(path);
    };
    for(auto const& path : request.logs) {
        std::error_code ignored;
        sort_in(path, std::filesystem::is_directory(path, ignored) ? others : logs);
    }
    for(auto const& path : request.evidence)
        sort_in(path, others);
    read_logs(logs, options, facts);
    if(others.empty())
        return;
    auto found = evidence::collect(others, options);
    for(auto& log : found.iis_logs)
        facts.iis_logs.push_back(std::move(log));
    for(auto const& [source, e] : found.unreadable)
        add_unreadable(facts, source, e);
}

void ask_server(doctor_request const& request, streams const& s, facts::fact_set& facts)
{
    probe::probe_options options;
    options.client = request.client;
    options.client.cancel = &s.stop;
    options.profile = request.profile;
    auto live = probe::examine(*request.url, options);
    live.proxy_variables = net::proxy_variables_set();
    live.iis_logs = std::move(facts.iis_logs);
    live.unreadable = std::move(facts.unreadable);
    facts = std::move(live);
}

int diagnose(doctor_request const& request, streams const& s)
{
    facts::fact_set facts;
    read_evidence(request, s, facts);
    if(request.url)
        ask_server(request, s, facts);
    facts.interrupted = facts.interrupted || s.stop.load();
    for(auto const& source : facts.unreadable)
        say(s, tool, "cannot be used: " + source.source + ": " + source.text);

    auto d = diagnosis::diagnose(std::move(facts), {.now = current_time(), .expected = request.expected});
    // Half an examination that met nothing bad has not shown that all is well.
    if(d.facts.interrupted && d.verdict == diagnosis::verdict::ok)
        d.verdict = diagnosis::verdict::unknown;
    return print(d, request.output, s);
}

} // namespace

int ndes_doctor(std::vector<std::string> const& arguments, streams const& s)
{
    return guarded(s, tool, [&] {
        auto const read = read_doctor_arguments(arguments, s);
        if(auto const* served = std::get_if<int>(&read))
            return finish(s, *served);
        if(auto const* refusal = std::get_if<doctor_refusal>(&read))
            return refuse(*refusal, s);
        auto const& request = std::get<doctor_request>(read);
        switch(request.what) {
        case doctor_request::task::explain: return explain(request.explain, s);
        case doctor_request::task::list_findings: return list_findings(s);
        case doctor_request::task::diagnose: break;
        }
        return diagnose(request, s);
    });
}

} // namespace scepkit::inline v0::cli
