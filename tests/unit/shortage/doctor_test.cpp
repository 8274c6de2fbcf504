// SPDX-License-Identifier: BSL-1.0
#include "sweep.hpp"

#include <scepkit/diagnosis/diagnose.hpp>
#include <scepkit/evidence/iis_log.hpp>
#include <scepkit/facts/json.hpp>
#include <scepkit/http/scep_mapping.hpp>
#include <scepkit/report/json.hpp>
#include <scepkit/report/text.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <support/fact_builder.hpp>

using namespace scepkit;
using test::sweep;

namespace {

constexpr std::string_view log_text =
    "#Software: Microsoft Internet Information Services 10.0\r\n"
    "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status "
    "sc-substatus sc-win32-status time-taken\r\n"
    "2026-11-26 08:00:00 10.0.0.1 GET /certsrv/mscep operation=GetCACaps 80 - 10.0.0.9 CFNetwork 301 0 0 3\r\n"
    "2026-11-26 08:00:01 10.0.0.1 POST /certsrv/mscep/ operation=PKIOperation 80 - 10.0.0.9 CFNetwork 405 0 1 3\r\n"
    "a line that is none\r\n";

result<facts::iis_summary> read_log()
{
    evidence::iis_log_reader reader("u_ex261126.log");
    reader.feed(log_text);
    return reader.finish();
}

} // namespace

TEST(ThreatR9, ReadingALog)
{
    sweep([] { return read_log(); }, [](auto const& s) { return s.entries == 2 && s.bad_lines == 1; });
}

TEST(ThreatR9, DiagnosingAndReporting)
{
    auto facts = test::missing_dll();
    facts.iis_logs.push_back(read_log().value());
    auto const judge = [&]() -> result<diagnosis::diagnosis> {
        return diagnosis::diagnose(facts, {.now = test::now()});
    };
    sweep(judge, [](auto const& d) { return d.findings.at(*d.root_cause).id == "url-missing-mscep-dll"; });
    auto const d = judge().value();
    auto const text = report::to_text(d);
    sweep([&]() -> result<std::string> { return report::to_text(d); }, [&](auto const& t) { return t == text; });
    auto const json = report::to_json(d);
    sweep([&]() -> result<std::string> { return report::to_json(d); }, [&](auto const& t) { return t == json; });
}

TEST(ThreatR9, WritingFactsAndReadingThemBack)
{
    auto const facts = test::missing_dll();
    auto const text = boost::json::serialize(facts::to_json(facts));
    sweep([&]() -> result<std::string> { return boost::json::serialize(facts::to_json(facts)); },
          [&](auto const& t) { return t == text; });
    sweep([&] { return facts::from_json(boost::json::parse(text)); },
          [&](auto const& back) { return boost::json::serialize(facts::to_json(back)) == text; });
}

TEST(ThreatR9, ReadingUrlsAndRequests)
{
    constexpr std::string_view url = "https://NDES.contoso.com:8443/certsrv/mscep/mscep.dll";
    sweep([&] { return http::endpoint::parse(url); }, [](auto const& e) { return e.port == 8443; });
    http::request const request{.method = "GET",
                                .target = "/scep?operation=PKIOperation&message=MIAGCSqGSIb3DQEHAqCA%2BA%3D%3D"};
    sweep([&] { return http::read_request(request); },
          [](auto const& r) { return r.operation == scep::operation::pki_operation; });
}
