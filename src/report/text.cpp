// SPDX-License-Identifier: BSL-1.0
#include <scepkit/report/text.hpp>

#include <report/detail/fold.hpp>

#include <algorithm>

namespace scepkit::inline v0::report {

namespace {

using diagnosis::finding;
using diagnosis::severity;

constexpr std::size_t narrowest = 40;
constexpr std::size_t most_evidence = 8;
constexpr std::size_t longest_saw = 300; // Of one line of evidence; the JSON has all of it.

class writer
{
public:
    writer(diagnosis::diagnosis const& d, text_options const& options)
        : d_(d), options_(options), out_(std::max(options.width, narrowest))
    {
    }

    std::string write()
    {
        head();
        if(d_.root_cause && *d_.root_cause < d_.findings.size())
            root(d_.findings[*d_.root_cause]);
        others();
        explained();
        asked();
        logs();
        remarks();
        verdict();
        return out_.text();
    }

private:
    void colour(severity s)
    {
        if(options_.colour)
            out_.colour_last(s == severity::error ? "\x1b[1;31m" : s == severity::warning ? "\x1b[1;33m" : "\x1b[1m");
    }

    static std::string upper(std::string_view text)
    {
        std::string out(text);
        std::ranges::transform(out, out.begin(),
                               [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
        return out;
    }

    void head()
    {
        if(d_.facts.target)
            out_.paragraph("SCEP endpoint: ", d_.facts.target->url);
        for(auto const& log : d_.facts.iis_logs)
            for(auto const& source : log.sources)
                out_.paragraph("IIS log:       ", source);
        out_.blank();
    }

    void title(finding const& f)
    {
        out_.paragraph(upper(name_of(f.severity)) + ": ",
                       f.title + " (" + f.id + ", " + std::string(name_of(f.confidence)) + ")");
    }

    void evidence(finding const& f)
    {
        for(std::size_t i = 0; i < std::min(f.evidence.size(), most_evidence); ++i) {
            auto const& e = f.evidence[i];
            auto where = e.source;
            if(e.line)
                where += " line " + std::to_string(*e.line);
            auto saw = e.saw;
            if(saw.size() > longest_saw) {
                auto end = longest_saw;
                while(end > 0 && (static_cast<unsigned char>(saw[end]) & 0xc0) == 0x80)
                    --end;
                saw.resize(end);
                saw += " …";
            }
            out_.paragraph("  - ", where.empty() ? saw : where + ": " + saw);
        }
        if(f.evidence.size() > most_evidence)
            out_.paragraph("  - ", std::to_string(f.evidence.size() - most_evidence) + " more");
    }

    void fix(finding const& f)
    {
        std::size_t step = 0;
        for(auto const& text : f.fix)
            out_.paragraph("  " + std::to_string(++step) + ". ", text);
    }

    void root(finding const& f)
    {
        title(f);
        colour(f.severity);
        out_.blank();
        out_.paragraph(f.saw);
        evidence(f);
        out_.blank();
        out_.paragraph("Why: ", f.why);
        if(!f.fix.empty()) {
            out_.blank();
            out_.paragraph("Fix:");
            fix(f);
        }
        if(!f.references.empty()) {
            out_.blank();
            out_.paragraph("Sources:");
            for(auto const& r : f.references)
                out_.paragraph("  - ", r);
        }
        symptoms(f);
        out_.blank();
    }

    void symptoms(finding const& cause)
    {
        bool first = true;
        for(auto const& f : d_.findings) {
            if(f.explained_by != cause.id)
                continue;
            if(first) {
                out_.blank();
                out_.paragraph("Explained by this:");
            }
            first = false;
            out_.paragraph("  - ", f.id + ": " + f.saw);
        }
    }

    void others()
    {
        bool first = true;
        for(std::size_t i = 0; i < d_.findings.size(); ++i) {
            auto const& f = d_.findings[i];
            if(f.explained_by || d_.root_cause == i)
                continue;
            if(first && d_.root_cause)
                out_.paragraph("Also seen:");
            first = false;
            out_.blank();
            title(f);
            colour(f.severity);
            out_.paragraph("  ", f.saw);
            if(f.severity == severity::info)
                continue;
            evidence(f);
            out_.paragraph("  ", f.why);
            fix(f);
            symptoms(f);
        }
        out_.blank();
    }

    // What is explained by something that is explained itself would otherwise be shown nowhere.
    void explained()
    {
        for(auto const& f : d_.findings) {
            if(!f.explained_by)
                continue;
            auto const cause = std::ranges::find(d_.findings, *f.explained_by, &finding::id);
            if(cause != d_.findings.end() && cause->explained_by)
                out_.paragraph("  - ", f.id + ", explained by " + *f.explained_by + ": " + f.saw);
        }
        out_.blank();
    }

    static std::string answer(facts::http_exchange const& e)
    {
        std::string out = e.status ? std::to_string(*e.status) : e.failure.value_or("no answer");
        if(e.location)
            out += " -> " + *e.location;
        else if(e.status && !e.html_title.empty())
            out += " \"" + e.html_title + "\"";
        return out + ", " + std::to_string(e.milliseconds) + " ms";
    }

    void asked()
    {
        if(d_.facts.exchanges.empty())
            return;
        out_.blank();
        out_.paragraph("Asked:");
        for(auto const& e : d_.facts.exchanges) {
            auto url = e.url;
            if(e.question == facts::question::long_query)
                url = "(a query of " + std::to_string(e.query_bytes) + " bytes)";
            out_.paragraph("  " + e.method + (e.method.size() < 4 ? std::string(4 - e.method.size(), ' ') : "") + " ",
                           url + ": " + answer(e));
        }
    }

    void logs()
    {
        for(auto const& log : d_.facts.iis_logs) {
            out_.blank();
            auto text = std::to_string(log.lines) + " lines, " + std::to_string(log.entries) + " requests, " +
                        std::to_string(log.scep_entries) + " of them SCEP";
            if(!log.first.empty())
                text += ", from " + log.first + " to " + log.last;
            out_.paragraph("Log: ", text);
            if(log.dropped_rows != 0)
                out_.paragraph("     ", std::to_string(log.dropped_rows) + " entries did not fit into the summary");
        }
    }

    void remarks()
    {
        out_.blank();
        auto const& f = d_.facts;
        if(f.interrupted)
            out_.paragraph("Interrupted: what would have been asked next is missing.");
        if(!f.proxy_variables.empty()) {
            std::string names;
            for(auto const& name : f.proxy_variables)
                names += (names.empty() ? "" : ", ") + name;
            out_.paragraph("Proxy settings that are set here and were not used: ", names);
        }
        if(f.tls && !f.tls->trust_source.empty())
            out_.paragraph("TLS trust: ", f.tls->trust_source);
        if(f.ca && !f.ca->tolerances.empty()) {
            std::string names;
            for(auto const& name : f.ca->tolerances)
                names += (names.empty() ? "" : ", ") + name;
            out_.paragraph("Tolerances needed: ", names);
        }
        for(auto const& source : f.unreadable)
            out_.paragraph("Not used: ", source.source + ": " + source.text);
        out_.blank();
    }

    void verdict()
    {
        auto text = "Verdict: " + std::string(name_of(d_.verdict));
        auto weight = severity::info;
        if(d_.root_cause && *d_.root_cause < d_.findings.size()) {
            auto const& f = d_.findings[*d_.root_cause];
            text += " — root cause " + f.id + " (" + std::string(name_of(f.confidence)) + ")";
            weight = f.severity;
        } else if(d_.verdict == diagnosis::verdict::ok) {
            text += " — nothing is wrong with what was seen";
        } else if(d_.verdict == diagnosis::verdict::unknown) {
            text += " — nothing could be judged";
        }
        out_.line(text);
        colour(weight);
    }

    diagnosis::diagnosis const& d_;
    text_options const& options_;
    detail::text_writer out_;
};

} // namespace

std::string to_text(diagnosis::diagnosis const& d, text_options const& options) { return writer(d, options).write(); }

} // namespace scepkit::inline v0::report
