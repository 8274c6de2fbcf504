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

std::string short_windows(char const* minute)
{
    return line({std::string(minute) + "00", "GET", "/certsrv/mscep/pkiclient.exe",
                 "operation=GetCACaps&message=default", "404 0 2", test::windows, "10.1.5.40"});
}

TEST(UrlMissingMscepDll, IsCertainWhenTheSecondPostIsTaken)
{
    auto const d = judge(missing_dll());
    auto const* f = test::find(d, "url-missing-mscep-dll");
    ASSERT_NE(f, nullptr);
    EXPECT_EQ(root_of(d), "url-missing-mscep-dll");
    EXPECT_EQ(f->confidence, confidence::certain);
    EXPECT_NE(f->fix.at(0).find("https://ndes.contoso.com/certsrv/mscep/mscep.dll"), std::string::npos);
    EXPECT_EQ(test::find(d, "redir-slash")->explained_by, "url-missing-mscep-dll");
    EXPECT_EQ(test::find(d, "http-405")->explained_by, "url-missing-mscep-dll");
    EXPECT_EQ(d.verdict, diagnosis::verdict::error);
    for(auto const& other : d.findings)
        EXPECT_TRUE(other.explained_by || other.id == f->id || other.severity == info) << other.id;
}

TEST(UrlMissingMscepDll, KeepsPortAndHostInTheCorrectedUrl)
{
    auto facts = missing_dll();
    facts.target->port = 8443;
    facts.target->path = "/CertSrv/mscep/";
    auto const d = judge(facts);
    ASSERT_EQ(root_of(d), "url-missing-mscep-dll");
    EXPECT_NE(d.findings[0].fix.at(0).find("https://ndes.contoso.com:8443/CertSrv/mscep/mscep.dll"), std::string::npos);
}

TEST(UrlMissingMscepDll, FollowsTheEvidence)
{
    auto const id = "url-missing-mscep-dll";
    check({
        {"proved", as_is(missing_dll()), id, error, confidence::certain},
        {"500 to the second POST is an answer",
         after(missing_dll(), [](auto& f) { set_status(f, question::empty_post_dll, 500); }), id, error,
         confidence::certain},
        {"405 and 301 alone",
         after(missing_dll(),
               [](auto& f) {
                   drop(f, question::empty_post_dll);
                   drop(f, question::get_ca_caps_dll);
               }),
         id, error, confidence::likely},
        {"405 at both: a firewall may stand there too",
         after(missing_dll(), [](auto& f) { set_status(f, question::empty_post_dll, 405, "waf"); }), id, error,
         confidence::likely},
        {"with a slash there is no 301",
         after(missing_dll(),
               [](auto& f) {
                   f.target->path = "/certsrv/mscep/";
                   for(auto const q : {question::bare_get, question::get_ca_caps, question::get_ca_cert})
                       set_status(f, q, 200);
               }),
         id, error, confidence::certain},
        {"POST taken at the folder",
         after(missing_dll(),
               [](auto& f) {
                   set_status(f, question::empty_post, 200);
                   for(auto const q : {question::bare_get, question::get_ca_caps, question::get_ca_cert})
                       set_status(f, q, 200);
               }),
         id,
         never,
         {}},
        {"the full path", as_is(healthy_ndes()), id, never, {}},
        {"405 at the full path is something else",
         after(healthy_ndes(), [](auto& f) { set_status(f, question::empty_post, 405); }),
         id,
         never,
         {}},
        {"405 of another product",
         after(healthy_scepserver(), [](auto& f) { set_status(f, question::empty_post, 405, ""); }),
         id,
         never,
         {}},
        {"two tries in a log", as_is(logged(short_url_attempt() + short_url_attempt("10.1.5.32", "08:20:"))), id, error,
         confidence::certain},
        {"one try in a log", as_is(logged(short_url_attempt())), id, error, confidence::likely},
        {"two tries of Windows", as_is(logged(short_windows("08:00:") + short_windows("08:10:"))), id, error,
         confidence::likely},
        {"one try of Windows", as_is(logged(short_windows("08:00:"))), id, error, confidence::possible},
        {"a good log", as_is(logged(good_attempt() + good_attempt("10.1.5.32"))), id, never, {}},
        {"a scanner's browser",
         as_is(logged(line({"08:00:00", "POST", "/certsrv/mscep", "operation=PKIOperation", "405 0 1",
                            "Mozilla/5.0+(X11)", "198.51.100.9"}))),
         id,
         never,
         {}},
        {"a proxy that rewrites the path",
         as_is(logged(line({"08:00:00", "POST", "/certsrv/mscep", "operation=PKIOperation", "200 0 0"}))),
         id,
         never,
         {}},
        {"corrected since",
         as_is(logged(short_url_attempt() + short_url_attempt("10.1.5.32", "08:15:") +
                      good_attempt("10.1.5.31", "09:12:"))),
         id, info, confidence::certain},
        {"a right profile beside it",
         as_is(logged(good_attempt() + short_url_attempt() + short_url_attempt("10.1.5.32", "08:15:") +
                      good_attempt("10.1.5.33", "09:12:"))),
         id, error, confidence::certain},
    });
}

TEST(UrlMissingMscepDll, ExplainsTheLogToo)
{
    auto const d = judge(logged(short_url_attempt() + short_url_attempt("10.1.5.32", "08:20:")));
    EXPECT_EQ(root_of(d), "url-missing-mscep-dll");
    EXPECT_EQ(test::find(d, "redir-slash")->explained_by, "url-missing-mscep-dll");
    EXPECT_EQ(test::find(d, "http-405")->explained_by, "url-missing-mscep-dll");
    EXPECT_EQ(d.exit_code(), 2);
}

TEST(UrlMissingMscepDll, IsOneRootCauseOfUrlAndLogTogether)
{
    auto facts = missing_dll();
    facts.iis_logs =
        logged(short_url_attempt() + short_url_attempt("10.1.5.32", "08:20:") + short_windows("08:30:")).iis_logs;
    auto const d = judge(facts);
    EXPECT_EQ(root_of(d), "url-missing-mscep-dll");
    EXPECT_EQ(std::count_if(d.findings.begin(), d.findings.end(),
                            [](auto const& f) { return f.severity != info && !f.explained_by; }),
              1)
        << ids_of(d);
    auto const& f = d.findings[0];
    EXPECT_TRUE(std::any_of(f.evidence.begin(), f.evidence.end(), [](auto const& e) { return e.kind == "http"; }));
    EXPECT_TRUE(std::any_of(f.rests_on.begin(), f.rests_on.end(),
                            [](auto const& r) { return r.type == diagnosis::fact_ref::kind::iis_attempt; }));
}

TEST(UrlMissingMscepDll, LeavesTheVerdictGoodOnceItIsMended)
{
    auto facts = healthy_ndes();
    facts.iis_logs =
        logged(short_url_attempt() + short_url_attempt("10.1.5.32", "08:15:") + good_attempt("10.1.5.31", "09:12:"))
            .iis_logs;
    auto const d = judge(facts);
    EXPECT_EQ(d.verdict, diagnosis::verdict::ok) << ids_of(d);
    EXPECT_FALSE(d.root_cause);
}

fact_set at(std::string const& scheme, std::string const& host, std::string const& path)
{
    auto f = healthy_ndes();
    f.target = target_of(scheme, host, path);
    return f;
}

fact_set admin(std::int64_t status)
{
    auto f = at("https", "ndes.contoso.com", "/certsrv/mscep_admin/");
    f.exchanges.clear();
    for(auto const q : {question::bare_get, question::get_ca_caps, question::get_ca_cert})
        f.exchanges.push_back(exchange(q, "GET", f.target->url, status));
    f.capabilities.reset();
    f.ca.reset();
    return f;
}

fact_set welcome_page(std::string const& path)
{
    auto f = at("https", "ndes.contoso.com", path);
    f.exchanges.clear();
    for(auto const q : {question::bare_get, question::get_ca_caps, question::get_ca_cert}) {
        f.exchanges.push_back(exchange(q, "GET", f.target->url, 200));
        f.exchanges.back().body = facts::body_kind::html;
        f.exchanges.back().body_bytes = 700;
        f.exchanges.back().html_title = "IIS Windows Server";
    }
    f.capabilities = facts::capability_list{{}, "html_instead_of_scep", false};
    f.ca = facts::ca_certificates{"text/html", false, {}, "html_instead_of_scep", {}, {}};
    return f;
}

TEST(UrlRules, FollowTheUrl)
{
    check({
        {"logon asked", as_is(admin(401)), "url-mscep-admin", error, {}},
        {"open page", as_is(admin(200)), "url-mscep-admin", error, {}},
        {"the right path", as_is(healthy_ndes()), "url-mscep-admin", never, {}},
        {"devices in a log",
         as_is(logged(line({"08:00:00", "GET", "/certsrv/mscep_admin/", "operation=GetCACaps", "401 2 5"}))),
         "url-mscep-admin",
         error,
         {}},
        {"an administrator in a log",
         as_is(logged(line({"08:00:00", "GET", "/certsrv/mscep_admin/", "-", "401 2 5"}))),
         "url-mscep-admin",
         never,
         {}},
        {"published with a logon",
         after(healthy_ndes(),
               [](auto& f) {
                   set_status(f, question::admin_page, 401);
                   test::find(f, question::admin_page).headers.push_back({"WWW-Authenticate", "Negotiate"});
               }),
         "url-admin-published",
         warning,
         {}},
        {"published without",
         after(healthy_ndes(),
               [](auto& f) {
                   set_status(f, question::admin_page, 200);
                   test::find(f, question::admin_page).html_markers = {"enrollment challenge password"};
               }),
         "url-admin-published",
         error,
         {}},
        {"not published", as_is(healthy_ndes()), "url-admin-published", never, {}},
        {"inside the network",
         after(healthy_ndes(),
               [](auto& f) {
                   set_status(f, question::admin_page, 401);
                   test::find(f, question::admin_page).headers.push_back({"WWW-Authenticate", "Negotiate"});
                   f.lookup->addresses = {"10.1.5.20"};
               }),
         "url-admin-published",
         never,
         {}},
        {"?operation= in the URL",
         after(healthy_ndes(), [](auto& f) { f.target->query = "operation=GetCACaps"; }),
         "url-query-in-base",
         error,
         {}},
        {"no query", as_is(healthy_ndes()), "url-query-in-base", never, {}},
        {"http", as_is(at("http", "ndes.contoso.com", "/certsrv/mscep/mscep.dll")), "url-http-scheme", warning, {}},
        {"https", as_is(healthy_ndes()), "url-http-scheme", never, {}},
        {"http on loopback", as_is(healthy_scepserver()), "url-http-scheme", never, {}},
        {"suffix",
         as_is(at("https", "ndes.contoso.com", "/certsrv/mscep/mscep.dll/pkiclient.exe")),
         "url-pkiclient-suffix",
         info,
         {}},
        {"no suffix", as_is(healthy_ndes()), "url-pkiclient-suffix", never, {}},
        {"root of the host", as_is(welcome_page("/")), "url-not-scep-root", error, {}},
        {"web enrolment", as_is(welcome_page("/certsrv")), "url-not-scep-root", error, {}},
        {"SCEP at the root", as_is(at("https", "scep.contoso.com", "/")), "url-not-scep-root", never, {}},
        {"slash behind the dll",
         as_is(at("https", "ndes.contoso.com", "/certsrv/mscep/mscep.dll/")),
         "url-trailing-slash-after-dll",
         warning,
         {}},
        {"no slash", as_is(healthy_ndes()), "url-trailing-slash-after-dll", never, {}},
        {"IPv4", as_is(at("https", "203.0.113.7", "/certsrv/mscep/mscep.dll")), "url-ip-literal", warning, {}},
        {"IPv6", as_is(at("https", "2001:db8::7", "/certsrv/mscep/mscep.dll")), "url-ip-literal", warning, {}},
        {"a name", as_is(healthy_ndes()), "url-ip-literal", never, {}},
        {"loopback", as_is(healthy_scepserver()), "url-ip-literal", never, {}},
    });
}

TEST(UrlRules, ExplainWhatFollowsFromAWrongPath)
{
    for(auto const& facts : {admin(401), welcome_page("/")}) {
        auto const d = judge(facts);
        EXPECT_EQ(std::count_if(d.findings.begin(), d.findings.end(),
                                [](auto const& f) { return f.severity == severity::error && !f.explained_by; }),
                  1)
            << ids_of(d);
    }
    EXPECT_EQ(root_of(judge(welcome_page("/"))), "url-not-scep-root");
    EXPECT_EQ(root_of(judge(admin(401))), "url-mscep-admin");
}

} // namespace
