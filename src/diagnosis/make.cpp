// SPDX-License-Identifier: BSL-1.0
#include <diagnosis/detail/make.hpp>

#include <algorithm>

namespace scepkit::inline v0::diagnosis::detail {

namespace {

constexpr std::size_t most_evidence = 12; // Of one finding; what it rests on is not cut.

std::string url_of(rule_context const& c) { return c.facts.target ? c.facts.target->url : std::string(); }

} // namespace

std::string describe(http_exchange const& e)
{
    auto out = e.method + " for " + std::string(name_of(e.question));
    if(e.question == question::long_query)
        out += " (" + std::to_string(e.query_bytes) + " bytes of query)";
    if(!e.status)
        return out + " got no answer: " + e.failure.value_or("nothing was recorded");
    out += " answered " + std::to_string(*e.status);
    if(e.location)
        out += ", Location: " + *e.location;
    if(auto const server = header(e, "Server"); !server.empty())
        out += ", Server: " + std::string(server);
    return out;
}

make::make(catalogue_entry const& entry)
{
    f_.id = entry.id;
    f_.severity = entry.usual_severity;
    f_.title = entry.title;
    f_.why = entry.why;
    f_.fix.assign(entry.fix.begin(), entry.fix.end());
    f_.references.assign(entry.references.begin(), entry.references.end());
}

make& make::is(when state)
{
    if(state == when::mended)
        f_.severity = severity::info;
    else if(state == when::now_and_then)
        f_.severity = std::min(f_.severity, severity::warning);
    return *this;
}

make& make::fix_first(std::string step)
{
    f_.fix.insert(f_.fix.begin(), std::move(step));
    return *this;
}

make& make::fix_instead_of_first(std::string step)
{
    f_.fix.at(0) = std::move(step);
    return *this;
}

make& make::add(evidence_item item, fact_ref ref)
{
    if(f_.evidence.size() < most_evidence)
        f_.evidence.push_back(std::move(item));
    if(std::ranges::find(f_.rests_on, ref) == f_.rests_on.end())
        f_.rests_on.push_back(ref);
    return *this;
}

make& make::on(rule_context const& c, http_exchange const& e)
{
    return add({.kind = "http",
                .source = e.url,
                .time = e.time.empty() ? std::nullopt : std::optional(e.time),
                .saw = describe(e)},
               {fact_ref::kind::exchange, index_of(c, e)});
}

make& make::on(attempt_ref const& a)
{
    for(auto const& line : a.attempt->samples)
        add({.kind = "iis-log",
             .source = line.source,
             .line = line.line,
             .time = line.time.empty() ? std::nullopt : std::optional(line.time),
             .saw = line.text},
            a.ref);
    if(a.attempt->samples.empty())
        add({.kind = "iis-log",
             .saw = counted(a.attempt->count, "attempt") + " at " + a.attempt->base_stem + ": " + a.attempt->shape},
            a.ref);
    return *this;
}

make& make::on(call_ref const& r)
{
    auto const& call = *r.call;
    evidence_item item{.kind = "iis-log"};
    if(!call.samples.empty()) {
        auto const& line = call.samples.front();
        item.source = line.source;
        item.line = line.line;
        item.time = line.time.empty() ? std::nullopt : std::optional(line.time);
        item.saw = line.text;
    } else {
        item.saw =
            call.cs_method + ' ' + call.cs_uri_stem + ' ' + call.operation + ": " + std::to_string(call.sc_status);
    }
    return add(std::move(item), r.ref);
}

make& make::on_target(rule_context const& c, std::string saw)
{
    return add({.kind = "http", .source = url_of(c), .saw = std::move(saw)}, {fact_ref::kind::target});
}

make& make::on_lookup(rule_context const& c, std::string saw)
{
    return add({.kind = "dns", .source = c.facts.lookup ? c.facts.lookup->host : url_of(c), .saw = std::move(saw)},
               {fact_ref::kind::lookup});
}

make& make::on_connection(rule_context const& c, std::size_t index)
{
    auto const& attempt = c.facts.connections[index];
    return add({.kind = "tcp",
                .source = attempt.address + " port " + std::to_string(attempt.port),
                .saw = attempt.failure ? "connecting failed: " + *attempt.failure + " after " +
                                             std::to_string(attempt.milliseconds) + " ms"
                                       : std::string("connected")},
               {fact_ref::kind::connection, index});
}

make& make::on_tls(rule_context const& c, std::string saw)
{
    return add({.kind = "tls", .source = url_of(c), .saw = std::move(saw)}, {fact_ref::kind::tls});
}

make& make::on_capabilities(rule_context const& c, std::string saw)
{
    return add({.kind = "http", .source = url_of(c), .saw = std::move(saw)}, {fact_ref::kind::capabilities});
}

make& make::on_certificate(rule_context const& c, std::size_t index, std::string saw)
{
    return add(
        {.kind = "certificate", .source = url_of(c), .saw = c.facts.ca->certificates[index].subject + ": " + saw},
        {fact_ref::kind::ca, index + 1});
}

make& make::on_ca(rule_context const& c, std::string saw)
{
    return add({.kind = "http", .source = url_of(c), .saw = std::move(saw)}, whole_bag());
}

make& make::predict(rule_context const& c, http_exchange const& e)
{
    return predict(fact_ref{fact_ref::kind::exchange, index_of(c, e)});
}

make& make::predict_silence(rule_context const& c)
{
    for(std::size_t log = 0; log < c.facts.iis_logs.size(); ++log)
        predict(silence(log));
    return *this;
}

make& make::predict_http(rule_context const& c)
{
    for(auto const& e : c.facts.exchanges)
        predict(c, e);
    predict_capabilities().predict_ca();
    if(c.facts.ca)
        for(std::size_t i = 0; i < c.facts.ca->certificates.size(); ++i)
            predict({fact_ref::kind::ca, i + 1});
    return *this;
}

make on_all(catalogue_entry const& entry, rule_context const& c, picks const& list)
{
    make f(entry);
    for(auto const* e : list)
        f.on(c, *e);
    return f;
}

std::string list_of(picks const& list)
{
    std::vector<std::string> names;
    for(auto const* e : list)
        if(std::string name(name_of(e->question)); std::ranges::find(names, name) == names.end())
            names.push_back(std::move(name));
    return joined(names, " and ");
}

} // namespace scepkit::inline v0::diagnosis::detail
