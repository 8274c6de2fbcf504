// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/diagnosis/diagnose.hpp>

#include <support/fact_builder.hpp>

#include <string>

namespace scepkit::test {

/// What a terminal, a parser or a person could be misled with.
inline std::string hostile_text()
{
    return "\x1b[31mred\x1b]8;;http://x\x07 link \x9b"
           "1m \xc2\x9b"
           "C1 \x7f\b\r\n# \xe2\x80\xae override \xff\xfe\xed\xa0\x80 <b>\"quote\"\\ \xf0\x9f\x98\x80";
}

/// Facts with hostile text wherever a server or a file could have put it.
inline facts::fact_set hostile_facts(std::size_t repeats = 1)
{
    std::string text;
    for(std::size_t i = 0; i < repeats; ++i)
        text += hostile_text();
    auto f = missing_dll();
    f.target->url += text;
    f.target->host += text;
    for(auto& e : f.exchanges) {
        e.url += text;
        e.html_title = text;
        e.html_markers.push_back(text);
        for(auto& h : e.headers)
            h.value += text;
        if(e.location)
            *e.location += text;
    }
    f.lookup->failure = text;
    f.connections[0].failure = text;
    f.tls->name_matches = false;
    f.tls->chain[0].subject = text;
    f.tls->chain[0].dns_names = {text};
    f.tls->trust_source = text;
    f.ca->certificates[1].subject = text;
    f.ca->certificates[1].not_after = "2026-11-01T00:00:00Z";
    f.ca->tolerances = {text};
    f.capabilities->words = {text};
    f.proxy_variables = {text};
    f.unreadable.push_back({text, text, text});
    facts::iis_summary log;
    log.sources = {text};
    log.entries = log.scep_entries = 9;
    log.missing_fields = {text};
    log.calls.push_back({.cs_uri_stem = "/certsrv/mscep",
                         .operation = "PKIOperation",
                         .cs_method = text,
                         .sc_status = 405,
                         .count = 2,
                         .first = text,
                         .last = text,
                         .samples = {{text, 1, text, text}}});
    log.attempts.push_back({.base_stem = "/certsrv/mscep",
                            .client = "ios",
                            .shape = "caps:301>200 cert:301>200 pki:405",
                            .complete = true,
                            .count = 2,
                            .first = text,
                            .last = text,
                            .samples = {{text, 1, text, text}}});
    f.iis_logs.push_back(log);
    return f;
}

inline diagnosis::diagnosis diagnosed(facts::fact_set f) { return diagnosis::diagnose(std::move(f), {.now = now()}); }

} // namespace scepkit::test
