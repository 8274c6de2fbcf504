// SPDX-License-Identifier: BSL-1.0
#include "cases.hpp"

#include <scepkit/base/bytes.hpp>

#include <set>
#include <support/files.hpp>

namespace {

using namespace scepkit;
using namespace scepkit::test;
using diagnosis::verdict;

TEST(Diagnosis, FindsNoFaultInHealthyServers)
{
    struct row {
        char const* what;
        facts::fact_set facts;
        expectation expected;
        verdict wanted;
    };
    for(auto const& r : {row{"NDES with Intune", healthy_ndes(), expectation::any, verdict::ok},
                         row{"NDES with Intune, expected", healthy_ndes(), expectation::intune, verdict::ok},
                         row{"plain NDES", healthy_ndes(flavour::plain), expectation::any, verdict::ok},
                         row{"plain NDES, expected", healthy_ndes(flavour::plain), expectation::ndes, verdict::ok},
                         row{"scepserver", healthy_scepserver(), expectation::any, verdict::warning}}) {
        auto const d = judge(r.facts, r.expected);
        EXPECT_EQ(name_of(d.verdict), name_of(r.wanted)) << r.what << ": " << ids_of(d);
        for(auto const& f : d.findings)
            EXPECT_NE(f.severity, severity::error) << r.what << ": " << f.id;
    }
    // The one true warning of micromdm's CA.
    EXPECT_EQ(root_of(judge(healthy_scepserver())), "ca-ku-encipher");
}

TEST(Diagnosis, KnowsNothingWithoutEvidence)
{
    auto const nothing = judge({});
    EXPECT_EQ(nothing.verdict, verdict::unknown);
    EXPECT_EQ(nothing.exit_code(), 3);
    EXPECT_FALSE(nothing.root_cause);

    facts::fact_set only_unreadable;
    only_unreadable.unreadable.push_back({"a", "unknown_evidence", "no log"});
    EXPECT_EQ(judge(only_unreadable).verdict, verdict::unknown);
    EXPECT_NE(test::find(judge(only_unreadable), "evidence-unreadable"), nullptr);

    facts::fact_set interrupted;
    interrupted.target = target_of("https", "ndes.contoso.com", "/certsrv/mscep/mscep.dll");
    interrupted.interrupted = true;
    EXPECT_EQ(judge(interrupted).verdict, verdict::unknown);

    facts::fact_set empty_log;
    empty_log.iis_logs.emplace_back();
    EXPECT_EQ(judge(empty_log).verdict, verdict::unknown);
}

TEST(Diagnosis, TakesAnUnreadableFileAmongGoodOnesForAWarning)
{
    auto facts = healthy_ndes();
    facts.unreadable.push_back({"a", "unknown_evidence", "no log"});
    auto const d = judge(facts);
    EXPECT_EQ(d.verdict, verdict::warning);
    EXPECT_EQ(d.exit_code(), 1);
    EXPECT_EQ(root_of(d), "evidence-unreadable");
}

TEST(Diagnosis, RanksErrorsBeforeWarningsAndCausesBeforeSymptoms)
{
    auto facts = healthy_ndes();
    facts.ca->certificates[1].not_after = facts.ca->certificates[2].not_after = "2026-11-25T00:00:00Z"; // error, cause
    facts.capabilities->words.clear();                      // error, symptom
    facts.tls->chain[0].not_after = "2026-12-01T00:00:00Z"; // warning
    auto const d = judge(facts);
    EXPECT_EQ(root_of(d), "ra-expired");
    auto const at = [&](std::string_view id) { return test::find(d, id) - d.findings.data(); };
    EXPECT_LT(at("ra-expired"), at("caps-empty"));
    EXPECT_LT(at("caps-empty"), at("tls-expiring-soon"));
    EXPECT_LT(at("tls-expiring-soon"), at("longurl-ok"));
}

TEST(Diagnosis, PutsExplainedFindingsLastAndNamesThemWithTheirCause)
{
    auto const d = judge(missing_dll());
    bool explained = false;
    for(auto const& f : d.findings) {
        EXPECT_FALSE(explained && !f.explained_by) << f.id;
        explained = f.explained_by.has_value();
        if(!f.explained_by)
            continue;
        auto const* cause = test::find(d, *f.explained_by);
        ASSERT_NE(cause, nullptr);
        EXPECT_EQ(std::count(cause->explains.begin(), cause->explains.end(), f.id), 1);
    }
    EXPECT_TRUE(explained);
}

TEST(Diagnosis, ExplainsAFindingOnlyIfAllItsFactsAreForeseen)
{
    // A 405 at the full path, too: the short URL does not explain that one.
    auto facts = missing_dll();
    facts.iis_logs = logged(short_url_attempt() +
                            line({"08:30:00", "POST", "/certsrv/mscep/mscep.dll", "operation=PKIOperation", "405 0 1"}))
                         .iis_logs;
    auto const d = judge(facts);
    EXPECT_FALSE(test::find(d, "http-405")->explained_by == "url-missing-mscep-dll") << ids_of(d);
    EXPECT_EQ(root_of(d), "url-missing-mscep-dll");
    EXPECT_NE(test::find(d, "iis-verb-denied"), nullptr);
}

TEST(Diagnosis, IsNotMisledByItsOwnLinesInTheLog)
{
    // What this tool asks at the short URL of a healthy server stands in the log as well.
    std::string own;
    for(auto const* stem : {"/certsrv/mscep", "/certsrv/mscep/mscep.dll"})
        for(auto const* query : {"operation=GetCACaps", "operation=GetCACert"})
            own += line(
                {"08:00:00", "GET", stem, query, stem[14] == '\0' ? "301 0 0" : "200 0 0", "scepkit-doctor/0.1.0"});
    own += line({"08:00:01", "POST", "/certsrv/mscep", "operation=PKIOperation", "405 0 0", "scepkit-doctor/0.1.0"});
    own += line({"08:00:02", "GET", "/certsrv/mscep_admin/", "operation=GetCACaps", "401 2 5", "scepkit-doctor/0.1.0"});
    own += line({"08:00:03", "GET", "/certsrv/mscep/mscep.dll", "operation=GetCACaps&message=AAAA", "404 15 0",
                 "scepkit-doctor/0.1.0"});
    auto facts = healthy_ndes();
    facts.iis_logs = logged(own + own + good_attempt()).iis_logs;
    EXPECT_EQ(judge(facts).verdict, verdict::ok) << ids_of(judge(facts));
}

TEST(Diagnosis, NeverExplainsInACircle)
{
    // Every pair of causes that is seen here: follow the chain of each finding to its end.
    auto facts = missing_dll();
    facts.iis_logs = logged(short_url_attempt() +
                            line({"08:30:00", "GET", "/certsrv/mscep_admin/", "operation=GetCACaps", "401 2 5"}))
                         .iis_logs;
    facts.tls->alert = "unrecognized_name";
    for(auto const& f : {facts, missing_dll()}) {
        auto const d = judge(f);
        for(auto const& one : d.findings) {
            auto const* at = &one;
            for(std::size_t steps = 0; at->explained_by; ++steps) {
                ASSERT_LE(steps, d.findings.size()) << one.id;
                at = test::find(d, *at->explained_by);
                ASSERT_NE(at, nullptr);
            }
        }
    }
}

TEST(Diagnosis, IsTheSameForTheSameFacts)
{
    auto const a = judge(missing_dll()), b = judge(missing_dll());
    EXPECT_EQ(a.trace, b.trace);
    EXPECT_EQ(ids_of(a), ids_of(b));
}

TEST(Diagnosis, SurvivesFactsThatNoProbeWouldMake)
{
    facts::fact_set f;
    f.target = facts::target{};
    f.lookup = facts::name_lookup{"", {"", "::", "10"}, {}};
    f.tls = facts::tls_session{};
    f.tls->chain.resize(3);
    f.ca = facts::ca_certificates{};
    f.ca->certificates.resize(4);
    f.ca->certificates[0].issued_by = -7;
    f.ca->certificates[1].issued_by = 1'000'000;
    f.ca->certificates[2].is_ca = true;
    f.capabilities = facts::capability_list{{"", "\xff"}, {}, true};
    for(int q = 0; q < 10; ++q) {
        facts::http_exchange e;
        e.question = static_cast<question>(q);
        f.exchanges.push_back(e);
        e.status = 301;
        e.location = "://?#";
        f.exchanges.push_back(e);
        e.location = "";
        f.exchanges.push_back(e);
        e.location = std::string(100000, '/');
        f.exchanges.push_back(e);
        e.status = -5;
        f.exchanges.push_back(e);
    }
    facts::iis_summary log;
    log.entries = 1;
    log.scep_entries = 1;
    log.attempts.push_back({.base_stem = "/certsrv/mscep",
                            .client = "",
                            .shape = "pki:>,,>9 caps: :: pki:405>999999999999 cert",
                            .count = 3});
    log.calls.push_back({.cs_uri_stem = "/mscep",
                         .operation = "PKIOperation",
                         .sc_status = 405,
                         .count = 18446744073709551615u,
                         .first = "x",
                         .last = "y"});
    f.iis_logs.push_back(log);
    f.connections.resize(2);
    auto const d = judge(f);
    EXPECT_FALSE(d.trace.empty());
    std::set<std::string> ids;
    for(auto const& one : d.findings)
        EXPECT_TRUE(ids.insert(one.id).second) << "one finding an id: " << one.id;
}

TEST(Catalogue, HasEachIdOnceInOrderAndInFull)
{
    auto const rules = diagnosis::all_rules();
    EXPECT_GE(rules.size(), 100u);
    std::string_view before;
    for(auto const& r : rules) {
        SCOPED_TRACE(std::string(r.entry.id));
        EXPECT_LT(before, r.entry.id);
        before = r.entry.id;
        EXPECT_TRUE(std::all_of(r.entry.id.begin(), r.entry.id.end(),
                                [](char c) { return c == '-' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }));
        EXPECT_FALSE(r.entry.title.empty());
        EXPECT_FALSE(r.entry.why.empty());
        EXPECT_TRUE(r.entry.why.ends_with('.'));
        EXPECT_FALSE(r.entry.title.ends_with('.'));
        if(r.entry.usual_severity != severity::info) {
            EXPECT_FALSE(r.entry.fix.empty());
        }
        for(auto const step : r.entry.fix)
            EXPECT_FALSE(step.empty());
        ASSERT_NE(r.apply, nullptr);
        EXPECT_EQ(diagnosis::find_entry(r.entry.id), &r.entry);
    }
    EXPECT_EQ(diagnosis::find_entry("no-such-finding"), nullptr);
    EXPECT_EQ(diagnosis::find_entry(""), nullptr);
}

TEST(Catalogue, IsTheCommittedPage)
{
    auto const page = read_text(std::filesystem::path(SCEPKIT_SOURCE_DIR) / "docs/findings.md");
    EXPECT_EQ(page, diagnosis::catalogue_markdown()) << "write docs/findings.md again: it is catalogue_markdown()";
}

TEST(Catalogue, HoldsNoControlsAndNoMarkup)
{
    auto const page = diagnosis::catalogue_markdown();
    for(std::size_t at = 0; at < page.size();) {
        auto const end = page.find('\n', at);
        auto const one = page.substr(at, end - at);
        EXPECT_EQ(escape_controls(one), one);
        at = end + 1;
    }
    for(std::size_t at = page.find('<'); at != page.npos; at = page.find('<', at + 1))
        EXPECT_EQ(page[at - 1], '\\');
}

} // namespace
