// SPDX-License-Identifier: BSL-1.0
#include "limit.hpp"

#include <scepkit/diagnosis/diagnose.hpp>
#include <scepkit/evidence/iis_log.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace {

using namespace scepkit;

// A shared web server's log: one SCEP attempt that fails among a hundred ordinary lines, 64 MiB in all.
std::string const& log_file()
{
    static std::string const path = [] {
        auto const file =
            (std::filesystem::temp_directory_path() / ("scepkit-bench-" + std::to_string(::getpid()) + ".log"))
                .string();
        std::ofstream out(file, std::ios::binary);
        out << "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n#Date: 2026-11-20 "
               "08:11:52\r\n"
               "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) "
               "cs(Referer) sc-status sc-substatus sc-win32-status time-taken\r\n";
        auto const line = [&](unsigned second, std::string_view method, std::string_view stem, std::string_view query,
                              unsigned client, std::string_view agent, std::string_view end) {
            char time[32];
            std::snprintf(time, sizeof time, "2026-11-20 %02u:%02u:%02u", second / 3600 % 24, second / 60 % 60,
                          second % 60);
            out << time << " 10.1.5.20 " << method << ' ' << stem << ' ' << query << " 443 - 10.1."
                << client / 250 % 250 << '.' << client % 250 << ' ' << agent << " - " << end << "\r\n";
        };
        auto const browser =
            "Mozilla/5.0+(Windows+NT+10.0;+Win64;+x64)+AppleWebKit/537.36+(KHTML,+like+Gecko)+Chrome/130.0.0.0";
        auto const phone = "profiled/1.0+CFNetwork/1498.700.2+Darwin/23.6.0";
        for(unsigned i = 0; out.tellp() < (64 << 20); ++i) {
            auto const second = i / 40;
            if(i % 100 != 0) {
                line(second, "GET", "/portal/assets/app-" + std::to_string(i % 997) + ".js", "v=" + std::to_string(i),
                     i, browser, "200 0 0 15");
                continue;
            }
            for(auto const* query :
                {"operation=GetCACert&message=SCEP%20Authority", "operation=GetCACaps&message=SCEP%20Authority"}) {
                line(second, "GET", "/certsrv/mscep", query, i, phone, "301 0 0 0");
                line(second, "GET", "/certsrv/mscep/", query, i, phone, "200 0 0 31");
            }
            line(second, "POST", "/certsrv/mscep", "operation=PKIOperation", i, phone, "405 0 0 0");
        }
        return file;
    }();
    return path;
}

void remove_log() { std::remove(log_file().c_str()); }

// Its count goes through a pipe: into /dev/null grep stops at the first match.
void run_grep()
{
    auto const command = "grep -c ' 405 ' " + log_file();
    auto* const out = ::popen(command.c_str(), "r");
    long count = 0;
    if(out == nullptr || std::fscanf(out, "%ld", &count) != 1 || ::pclose(out) != 0 || count == 0)
        throw std::runtime_error("grep did not run");
}

// From the file to the verdict, beside `grep -c ' 405 '` on the same file.
void iis_log_to_verdict(benchmark::State& state)
{
    log_file();
    std::atexit(remove_log);
    run_grep(); // Both read from the page cache.
    bench::against_limit(
        state,
        [] {
            facts::fact_set seen;
            seen.iis_logs.push_back(evidence::read_iis_log(log_file()).value());
            auto const judged = diagnosis::diagnose(std::move(seen), {.now = time_point{}});
            if(!judged.root_cause || judged.findings[*judged.root_cause].id != "url-missing-mscep-dll")
                throw std::runtime_error("the wrong verdict");
        },
        run_grep);
}
BENCHMARK(iis_log_to_verdict)->UseManualTime()->Unit(benchmark::kMillisecond);

} // namespace
