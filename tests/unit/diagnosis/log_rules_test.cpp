// SPDX-License-Identifier: BSL-1.0
#include "cases.hpp"

namespace {

using namespace scepkit;
using namespace scepkit::test;
using facts::fact_set;

constexpr auto error = severity::error;
constexpr auto warning = severity::warning;
constexpr auto info = severity::info;
constexpr auto never = std::optional<severity>();

constexpr std::string_view dll = "/certsrv/mscep/mscep.dll";
constexpr std::string_view caps = "operation=GetCACaps&message=default", cert = "operation=GetCACert&message=default",
                           pki = "operation=PKIOperation",
                           pki_get = "operation=PKIOperation&message=MIAGCSqGSIb3DQEHAqCA";

// GetCACaps and GetCACert, both with `status`, at an hour.
std::string gets(std::string_view status, std::string const& hour = "08")
{
    return line({hour + ":25:00", "GET", dll, caps, status, test::windows}) +
           line({hour + ":25:01", "GET", dll, cert, status, test::windows});
}

fact_set one(std::string_view method, std::string_view query, std::string_view status)
{
    return logged(line({"08:20:10", method, dll, query, status}));
}

TEST(IisRules, FollowTheStatusesOfTheLog)
{
    check({
        {"P7", as_is(logged(gets("500 0 1346"))), "iis-impersonation-right", error, confidence::certain},
        {"500 otherwise", as_is(logged(gets("500 0 0"))), "iis-impersonation-right", never, {}},
        {"P8", as_is(logged(gets("500 0 0"))), "ndes-start-failure", error, confidence::likely},
        {"P7 is another", as_is(logged(gets("500 0 1346"))), "ndes-start-failure", never, {}},
        {"500 to enrolments alone",
         as_is(logged(gets("200 0 0") + line({"08:26:00", "POST", dll, pki, "500 0 0"}) +
                      line({"08:27:00", "POST", dll, pki, "500 0 0"}))),
         "ndes-start-failure",
         never,
         {}},
        {"P5 query", as_is(one("GET", pki_get, "404 15 0")), "iis-query-limit", error, confidence::certain},
        {"P5 URL", as_is(one("GET", pki_get, "404 14 0")), "iis-url-limit", warning, {}},
        {"P5 content", as_is(one("POST", pki, "404 13 0")), "iis-content-limit", error, {}},
        {"a prober's long GetCACaps", as_is(one("GET", caps, "404 15 0")), "iis-query-limit", never, {}},
        {"plain 404", as_is(one("GET", pki_get, "404 0 2")), "iis-query-limit", never, {}},
        {"P5e double escaping", as_is(one("GET", pki_get, "404 11 0")), "iis-double-escaping", error, {}},
        {"P5e sequence", as_is(one("GET", pki_get, "404 5 0")), "iis-denied-sequence", error, {}},
        {"P5e rule", as_is(one("GET", pki_get, "404 18 0")), "iis-filter-rule", error, {}},
        {"P12", as_is(logged(gets("401 2 5"))), "iis-anonymous-off", error, {}},
        {"an administrator's page",
         as_is(logged(line({"08:00:00", "GET", "/certsrv/mscep_admin/", "-", "401 2 5"}))),
         "iis-anonymous-off",
         never,
         {}},
        {"P13", as_is(logged(gets("404 2 1260"))), "iis-isapi-blocked", error, {}},
        {"404.0", as_is(logged(gets("404 0 2"))), "iis-isapi-blocked", never, {}},
        {"P23", as_is(logged(gets("403 4 5"))), "http-403-4", error, {}},
        {"the module's 403", as_is(one("GET", "-", "403 0 0")), "http-403-4", never, {}},
        {"P22 configuration", as_is(logged(gets("500 19 5"))), "iis-config-broken", error, {}},
        {"P22 module", as_is(logged(gets("500 21 0"))), "iis-module-missing", error, {}},
        {"P21", as_is(one("POST", pki, "413 1 0")), "iis-entity-too-large", error, {}},
        {"P16",
         as_is(logged(line({"08:00:00", "POST", dll, pki, "200 0 64"}) +
                      line({"08:05:00", "POST", dll, pki, "200 0 1236"}))),
         "answer-cut", warning, confidence::possible},
        {"once", as_is(one("POST", pki, "200 0 64")), "answer-cut", never, {}},
    });
    // None of them on a good log.
    auto const d = judge(logged(good_attempt() + gets("200 0 0")));
    for(auto const& f : d.findings)
        EXPECT_EQ(f.severity, info) << f.id;
}

TEST(IisRules, TellNowFromThen)
{
    auto const id = "iis-impersonation-right";
    check({
        {"still", as_is(logged(gets("200 0 0", "07") + gets("500 0 1346", "08"))), id, error, {}},
        {"mended", as_is(logged(gets("500 0 1346", "08") + gets("200 0 0", "09"))), id, info, {}},
        {"now and then",
         as_is(logged(gets("500 0 1346", "08") + line({"08:25:09", "GET", dll, caps}))),
         id,
         warning,
         {}},
        {"asked just now, all is well",
         after(healthy_ndes(), [](auto& f) { f.iis_logs = logged(gets("500 0 1346")).iis_logs; }),
         id,
         info,
         {}},
    });
    EXPECT_FALSE(judge(logged(gets("500 0 1346", "08") + gets("200 0 0", "09"))).root_cause);
}

TEST(IisRules, ExplainWhatIsSeenLive)
{
    struct row {
        std::string log;
        std::int64_t status;
        char const* cause;
        char const* symptom;
    };
    for(auto const& r : {row{gets("500 0 1346"), 500, "iis-impersonation-right", "http-500-start"},
                         row{gets("500 0 0"), 500, "ndes-start-failure", "http-500-start"},
                         row{gets("401 2 5"), 401, "iis-anonymous-off", "http-401"},
                         row{gets("404 2 1260"), 404, "iis-isapi-blocked", "http-404"}}) {
        auto f = logged(r.log);
        f.target = target_of("https", "ndes.contoso.com", std::string(dll));
        for(auto const q : {question::bare_get, question::get_ca_caps, question::get_ca_cert})
            f.exchanges.push_back(exchange(q, "GET", f.target->url, r.status));
        auto const d = judge(f);
        EXPECT_EQ(root_of(d), r.cause) << ids_of(d);
        ASSERT_NE(test::find(d, r.symptom), nullptr) << r.symptom;
        EXPECT_EQ(test::find(d, r.symptom)->explained_by, r.cause) << ids_of(d);
    }
}

TEST(IisRules, ExplainTheLadder)
{
    auto f = healthy_ndes();
    std::erase_if(f.exchanges,
                  [](auto const& e) { return e.question == question::long_query && e.query_bytes > 2049; });
    f.exchanges.back().status = 404;
    f.iis_logs = one("GET", pki_get, "404 15 0").iis_logs;
    auto const d = judge(f);
    EXPECT_EQ(root_of(d), "iis-query-limit");
    EXPECT_EQ(test::find(d, "longurl-iis-query")->explained_by, "iis-query-limit");
}

TEST(AttemptRules, FollowTheDevices)
{
    auto const stops = [](std::string_view query, int times) {
        std::string out;
        for(int i = 0; i < times; ++i)
            out += line({"0" + std::to_string(i) + ":00:00", "GET", dll, query});
        return out;
    };
    auto const both = [](int times) {
        std::string out;
        for(int i = 0; i < times; ++i)
            out += line({"0" + std::to_string(i) + ":00:00", "GET", dll, cert}) +
                   line({"0" + std::to_string(i) + ":00:01", "GET", dll, caps});
        return out;
    };
    check({
        {"P3", as_is(logged(stops(cert, 3))), "device-stops-after-getcacert", error, confidence::likely},
        {"once", as_is(logged(stops(cert, 1))), "device-stops-after-getcacert", never, {}},
        {"others go on", as_is(logged(stops(cert, 3) + good_attempt("10.9.9.9", "09:00:"))),
         "device-stops-after-getcacert", warning, confidence::possible},
        {"Android asks so",
         as_is(logged(line({"08:00:00", "GET", dll, cert, "200 0 0", test::android}) +
                      line({"09:00:00", "GET", dll, cert, "200 0 0", test::android}))),
         "device-stops-after-getcacert",
         never,
         {}},
        {"P4", as_is(logged(both(2))), "device-stops-before-pkioperation", error, confidence::likely},
        {"others go on",
         as_is(logged(both(2) + good_attempt("10.9.9.9", "09:00:"))),
         "device-stops-before-pkioperation",
         warning,
         {}},
        {"once", as_is(logged(both(1))), "device-stops-before-pkioperation", never, {}},
        {"P1", as_is(logged(good_attempt())), "transport-ok", info, {}},
        {"405", as_is(logged(short_url_attempt())), "transport-ok", never, {}},
        {"P20",
         as_is(logged(line({"08:00:00", "GET", dll, caps, "200 0 0", "Mozilla/5.0+(WindowsPowerShell)"}))),
         "probe-noise",
         info,
         {}},
        {"devices", as_is(logged(good_attempt())), "probe-noise", never, {}},
        {"P15", as_is(logged(line({"08:00:00", "GET", "/", "-"}))), "requests-never-arrive", warning,
         confidence::possible},
        {"devices", as_is(logged(good_attempt())), "requests-never-arrive", never, {}},
    });
}

TEST(EvidenceRules, SayWhatIsMissing)
{
    fact_set unreadable = healthy_ndes();
    unreadable.unreadable.push_back({"x.log", "file_unreadable", "x.log: No such file or directory"});
    auto const fields = [](std::vector<std::string> names) {
        auto f = logged(good_attempt());
        f.iis_logs[0].missing_fields = std::move(names);
        return f;
    };
    check({
        {"a file among good evidence", as_is(unreadable), "evidence-unreadable", warning, {}},
        {"all readable", as_is(healthy_ndes()), "evidence-unreadable", never, {}},
        {"a line that is being written",
         as_is(logged(good_attempt() + "2026-11-20 08")),
         "evidence-damaged-lines",
         info,
         {}},
        {"half of the log",
         as_is(logged([] {
             std::string out = good_attempt();
             for(int i = 0; i < 20; ++i)
                 out += "damaged\r\n";
             return out;
         }())),
         "evidence-damaged-lines",
         warning,
         {}},
        {"no damage", as_is(logged(good_attempt())), "evidence-damaged-lines", never, {}},
        {"no sub-status", as_is(fields({"sc-substatus"})), "iis-log-fields-missing", info, {}},
        {"no query", as_is(fields({"cs-uri-query"})), "iis-log-fields-missing", warning, {}},
        {"all fields", as_is(logged(good_attempt())), "iis-log-fields-missing", never, {}},
        {"an hour behind",
         after(healthy_ndes(), [](auto& f) { f.exchanges[0].headers[0].value = "Thu, 26 Nov 2026 11:00:00 GMT"; }),
         "clock-skew-server",
         warning,
         {}},
        {"two minutes",
         after(healthy_ndes(), [](auto& f) { f.exchanges[0].headers[0].value = "Thu, 26 Nov 2026 12:02:00 GMT"; }),
         "clock-skew-server",
         never,
         {}},
        {"no date",
         after(healthy_ndes(),
               [](auto& f) {
                   for(auto& e : f.exchanges)
                       e.headers.clear();
               }),
         "clock-skew-server",
         never,
         {}},
    });
}

} // namespace
