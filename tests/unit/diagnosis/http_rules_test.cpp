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

// Bare URL and both operations get `status`.
fact_set all_get(std::int64_t status, std::string const& server = "Microsoft-IIS/10.0")
{
    auto f = healthy_ndes();
    for(auto const q : {question::bare_get, question::get_ca_caps, question::get_ca_cert})
        set_status(f, q, status, server);
    drop(f, question::long_query);
    f.capabilities.reset();
    f.ca.reset();
    return f;
}

fact_set all_go_to(std::int64_t status, std::string const& location)
{
    auto f = all_get(status);
    for(auto& e : f.exchanges)
        if(e.status == status)
            e.location = location;
    return f;
}

fact_set none_answers(std::string const& failure)
{
    auto f = all_get(200);
    for(auto& e : f.exchanges)
        e = unanswered(e.question, e.url, failure, "receive");
    return f;
}

template <class Change>
std::function<fact_set()> first(std::int64_t status, Change change, std::string server = "Microsoft-IIS/10.0")
{
    return [=] {
        auto f = all_get(status, server);
        for(auto& e : f.exchanges)
            change(e);
        return f;
    };
}

TEST(RedirectRules, FollowTheLocation)
{
    auto const login = "https://login.microsoftonline.com/common/oauth2/authorize?response_type=code";
    check({
        {"Entra", as_is(all_go_to(302, login)), "redir-login", error, {}},
        {"AD FS", as_is(all_go_to(302, "https://sts.contoso.com/adfs/ls/?wa=wsignin1.0")), "redir-login", error, {}},
        {"healthy", as_is(healthy_ndes()), "redir-login", never, {}},
        {"https",
         after(all_go_to(301, "https://ndes.contoso.com/certsrv/mscep/mscep.dll?operation=GetCACaps"),
               [](auto& f) {
                   f.target = target_of("http", "ndes.contoso.com", "/certsrv/mscep/mscep.dll");
                   for(auto& e : f.exchanges)
                       e.url.erase(4, 1);
               }),
         "redir-https",
         error,
         {}},
        {"https with the body kept",
         after(all_go_to(308, "https://ndes.contoso.com/certsrv/mscep/mscep.dll?operation=GetCACaps"),
               [](auto& f) {
                   f.target = target_of("http", "ndes.contoso.com", "/certsrv/mscep/mscep.dll");
                   for(auto& e : f.exchanges)
                       e.url.erase(4, 1);
               }),
         "redir-https",
         warning,
         {}},
        {"other host", as_is(all_go_to(302, login)), "redir-https", never, {}},
        {"other host", as_is(all_go_to(301, "https://www.contoso.com/x?operation=GetCACaps")), "redir-host", error, {}},
        {"login", as_is(all_go_to(302, login)), "redir-host", never, {}},
        {"itself", as_is(all_go_to(301, "https://ndes.contoso.com/certsrv/mscep/mscep.dll")), "redir-loop", error, {}},
        {"healthy", as_is(healthy_ndes()), "redir-loop", never, {}},
        {"other path", as_is(all_go_to(302, "/sorry?operation=GetCACaps")), "redir-elsewhere", error, {}},
        {"healthy", as_is(healthy_ndes()), "redir-elsewhere", never, {}},
        {"query lost", as_is(all_go_to(301, "https://www.contoso.com/x")), "redir-querystring-lost", error, {}},
        {"query kept",
         as_is(all_go_to(301, "https://www.contoso.com/x?operation=GetCACaps")),
         "redir-querystring-lost",
         never,
         {}},
        {"NDES' folder", as_is(missing_dll()), "redir-slash", error, {}},
        {"another folder that takes POSTs",
         after(all_go_to(301, "/scep/?operation=GetCACaps"),
               [](auto& f) {
                   f.target = target_of("https", "scep.contoso.com", "/scep");
                   for(auto& e : f.exchanges)
                       e.url = "https://scep.contoso.com/scep";
               }),
         "redir-slash",
         warning,
         {}},
        {"healthy", as_is(healthy_ndes()), "redir-slash", never, {}},
        {"sign-in form",
         first(
             200,
             [](auto& e) {
                 e.body = facts::body_kind::html;
                 e.html_markers = {"form", "SAMLRequest"};
             },
             "F5"),
         "login-page-200", error, confidence::likely},
        {"a form only",
         first(
             200,
             [](auto& e) {
                 e.body = facts::body_kind::html;
                 e.html_markers = {"form"};
             },
             "F5"),
         "login-page-200", error, confidence::possible},
        {"NDES' page",
         first(200,
               [](auto& e) {
                   e.body = facts::body_kind::html;
                   e.html_markers = {"form", "Network Device Enrollment Service"};
               }),
         "login-page-200",
         never,
         {}},
    });
    auto const d = judge(all_go_to(302, login));
    EXPECT_EQ(root_of(d), "redir-login");
    EXPECT_EQ(std::count_if(d.findings.begin(), d.findings.end(),
                            [](auto const& f) { return f.severity == error && !f.explained_by; }),
              1)
        << ids_of(d);
}

TEST(HttpRules, FollowTheStatus)
{
    check({
        {"pool stopped", as_is(all_get(503, "Microsoft-HTTPAPI/2.0")), "http-503-httpsys", error, {}},
        {"a proxy's", as_is(all_get(503, "nginx")), "http-503-httpsys", never, {}},
        {"a proxy's", as_is(all_get(503, "nginx")), "http-503-other", error, {}},
        {"pool stopped", as_is(all_get(503, "Microsoft-HTTPAPI/2.0")), "http-503-other", never, {}},
        {"bad gateway", as_is(all_get(502, "")), "http-502", error, {}},
        {"healthy", as_is(healthy_ndes()), "http-502", never, {}},
        {"gateway timeout", as_is(all_get(504, "")), "http-504", error, {}},
        {"healthy", as_is(healthy_ndes()), "http-504", never, {}},
        {"logon", as_is(all_get(401)), "http-401", error, {}},
        {"logon at the admin page only",
         after(healthy_ndes(), [](auto& f) { set_status(f, question::admin_page, 401); }),
         "http-401",
         never,
         {}},
        {"the module's 403", as_is(healthy_ndes()), "http-403-healthy", info, {}},
        {"403 for all", as_is(all_get(403)), "http-403-healthy", never, {}},
        {"403 for all", as_is(all_get(403)), "http-403-blocked", error, confidence::likely},
        {"403 of a firewall", as_is(all_get(403, "BigIP")), "http-403-blocked", error, confidence::certain},
        {"the module's 403", as_is(healthy_ndes()), "http-403-blocked", never, {}},
        {"wrong path", as_is(all_get(404)), "http-404", error, confidence::certain},
        {"a bare 404 of another product", as_is(healthy_scepserver()), "http-404", never, {}},
        {"in a log",
         as_is(logged(line({"08:00:00", "GET", "/certsrv/mscep/mscep.dll", "operation=GetCACaps", "404 0 2"}))),
         "http-404", error, confidence::possible},
        {"start failure", as_is(all_get(500)), "http-500-start", error, confidence::certain},
        {"500 of another server", as_is(all_get(500, "")), "http-500-start", error, confidence::possible},
        {"500 to the empty POST of another product", as_is(healthy_scepserver()), "http-500-start", never, {}},
        {"twice in a log",
         as_is(logged(line({"08:00:00", "GET", "/certsrv/mscep/mscep.dl", "operation=GetCACaps", "404 0 2"}) +
                      line({"09:00:00", "GET", "/certsrv/mscep/mscep.dl", "operation=GetCACaps", "404 0 2"}))),
         "http-404", error, confidence::likely},
        {"once among good calls",
         as_is(
             logged(good_attempt() + line({"09:00:00", "GET", "/certsrv/mscep/x", "operation=GetCACaps", "404 0 2"}))),
         "http-404", info, confidence::possible},
        {"a browser in a log",
         as_is(logged(line({"09:00:00", "GET", "/certsrv/mscep/x", "operation=GetCACaps", "404 0 2", "Mozilla/5.0"}))),
         "http-404",
         never,
         {}},
        {"500 to the bare URL alone",
         after(healthy_scepserver(), [](auto& f) { set_status(f, question::bare_get, 500, ""); }),
         "http-500-start",
         never,
         {}},
        {"HTTP.sys", as_is(all_get(400, "Microsoft-HTTPAPI/2.0")), "http-400-httpsys", error, {}},
        {"an application", as_is(all_get(400, "")), "http-400-httpsys", never, {}},
        {"an application", as_is(all_get(400, "")), "http-400-app", error, {}},
        {"HTTP.sys", as_is(all_get(400, "Microsoft-HTTPAPI/2.0")), "http-400-app", never, {}},
        {"rate limit", as_is(all_get(429, "")), "http-429", warning, {}},
        {"healthy", as_is(healthy_ndes()), "http-429", never, {}},
        {"teapot", as_is(all_get(418, "")), "http-status-unexpected", error, {}},
        {"healthy", as_is(healthy_ndes()), "http-status-unexpected", never, {}},
        {"no user assigned",
         first(
             403, [](auto& e) { e.html_markers = {"corporate app can't be accessed"}; }, ""),
         "approxy-user-not-assigned",
         error,
         {}},
        {"403 for all", as_is(all_get(403)), "approxy-user-not-assigned", never, {}},
        {"connector error",
         first(
             500, [](auto& e) { e.html_markers = {"ConnectorError"}; }, ""),
         "approxy-connector-unauthorized",
         error,
         {}},
        {"500 for all", as_is(all_get(500)), "approxy-connector-unauthorized", never, {}},
    });
}

TEST(PostRules, FollowTheEmptyPost)
{
    std::string const dll = "/certsrv/mscep/mscep.dll";
    check({
        {"another server refuses",
         after(healthy_ndes(), [](auto& f) { set_status(f, question::empty_post, 403, "BigIP"); }), "waf-post-block",
         error, confidence::certain},
        {"the same server refuses", after(healthy_ndes(), [](auto& f) { set_status(f, question::empty_post, 403); }),
         "waf-post-block", error, confidence::likely},
        {"POST taken", as_is(healthy_ndes()), "waf-post-block", never, {}},
        {"a server that offers no POST",
         after(healthy_scepserver(),
               [](auto& f) {
                   set_status(f, question::empty_post, 405, "");
                   f.capabilities->words = {"SHA-256", "AES"};
               }),
         "waf-post-block",
         never,
         {}},
        {"IIS says 405 at the dll",
         after(healthy_ndes(), [](auto& f) { set_status(f, question::empty_post, 405); }),
         "iis-verb-denied",
         error,
         {}},
        {"405.6 in a log",
         as_is(logged(line({"08:00:00", "POST", dll, "operation=PKIOperation", "404 6 0"}))),
         "iis-verb-denied",
         error,
         {}},
        {"POST taken", as_is(healthy_ndes()), "iis-verb-denied", never, {}},
        {"405", as_is(missing_dll()), "http-405", error, {}},
        {"405 in a log", as_is(logged(short_url_attempt())), "http-405", error, {}},
        {"a server that offers no POST",
         after(healthy_scepserver(),
               [](auto& f) {
                   set_status(f, question::empty_post, 405, "");
                   f.capabilities->words = {"SHA-256", "AES"};
               }),
         "http-405",
         never,
         {}},
        {"POST taken", as_is(healthy_ndes()), "http-405", never, {}},
        {"all closed", as_is(none_answers("connection_closed")), "conn-closed-no-data", error, {}},
        {"healthy", as_is(healthy_ndes()), "conn-closed-no-data", never, {}},
        {"GetCACaps closed",
         after(healthy_ndes(),
               [](auto& f) {
                   auto& e = test::find(f, question::get_ca_caps);
                   e = unanswered(e.question, e.url, "connection_reset", "receive");
                   f.capabilities.reset();
               }),
         "caps-conn-closed",
         error,
         {}},
        {"all closed", as_is(none_answers("connection_closed")), "caps-conn-closed", never, {}},
        {"silence", as_is(none_answers("timed_out")), "http-no-answer", error, {}},
        {"healthy", as_is(healthy_ndes()), "http-no-answer", never, {}},
        {"no HTTP", as_is(none_answers("bad_http")), "http-malformed", error, {}},
        {"healthy", as_is(healthy_ndes()), "http-malformed", never, {}},
    });
    auto const d = judge(healthy_ndes());
    EXPECT_EQ(d.verdict, diagnosis::verdict::ok);
}

TEST(PolicyModule, IsJudgedByWhatIsExpected)
{
    auto const id = "policy-module-inactive";
    auto const bare_in_log =
        logged(line({"08:30:00", "GET", "/certsrv/mscep/mscep.dll", "-", "200 0 0", "Mozilla/5.0"}));
    check({
        {"nobody says", as_is(healthy_ndes(flavour::plain)), id, info, {}},
        {"Intune", as_is(healthy_ndes(flavour::plain)), id, error, confidence::certain, expectation::intune},
        {"plain NDES", as_is(healthy_ndes(flavour::plain)), id, never, {}, expectation::ndes},
        {"403", as_is(healthy_ndes()), id, never, {}, expectation::intune},
        {"another product", as_is(healthy_scepserver()), id, never, {}, expectation::intune},
        {"in a log", as_is(bare_in_log), id, error, confidence::likely, expectation::intune},
        {"in a log, nobody says", as_is(bare_in_log), id, info, confidence::possible},
        {"mended in the log",
         as_is(logged(line({"08:30:00", "GET", "/certsrv/mscep/mscep.dll", "-", "200 0 0", "Mozilla/5.0"}) +
                      line({"09:30:00", "GET", "/certsrv/mscep/mscep.dll", "-", "403 0 0", "Mozilla/5.0"}))),
         id,
         info,
         {},
         expectation::intune},
        {"live 403 counts more than the log",
         after(healthy_ndes(), [&](auto& f) { f.iis_logs = bare_in_log.iis_logs; }),
         id,
         never,
         {},
         expectation::intune},
    });
}

} // namespace
