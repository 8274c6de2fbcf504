// SPDX-License-Identifier: BSL-1.0
#include <scepkit/diagnosis/diagnose.hpp>
#include <scepkit/evidence/iis_log.hpp>
#include <scepkit/report/text.hpp>

#include <cstdio>

int main()
{
    using namespace scepkit;
    evidence::iis_log_reader reader("made here");
    reader.feed("#Fields: date time cs-method cs-uri-stem cs-uri-query sc-status\n"
                "2026-11-20 08:14:41 GET /certsrv/mscep/mscep.dll operation=GetCACaps 200\n");
    auto summary = reader.finish();
    if(!summary || summary->scep_entries != 1)
        return 1;
    facts::fact_set seen;
    seen.iis_logs.push_back(*std::move(summary));
    auto const judged = diagnosis::diagnose(std::move(seen), {.now = current_time()});
    std::puts(report::to_text(judged).c_str());
    return judged.verdict == diagnosis::verdict::error ? 1 : 0;
}
