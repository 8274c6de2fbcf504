// SPDX-License-Identifier: BSL-1.0
#include "simulated.hpp"

#include <scepkit/cms/certificate_bag.hpp>

#include <functional>
#include <map>

namespace scepkit {
namespace {

using namespace test;
using simulator::ndes;

std::string caps() { return dll_with("operation=GetCACaps"); }
std::string cacert() { return dll_with("operation=GetCACert"); }
std::string long_caps(std::size_t length)
{
    std::string query = "operation=GetCACaps&message=";
    query.append(length - query.size(), 'A');
    return dll_with(query);
}

pki::certificate sent_leaf(ndes const& server)
{
    auto const answer = ask(server, "GET", caps());
    return pki::certificate::from_der(answer.tls.value().sent_chain.at(0)).value();
}

/// Everything refused alike, by IIS.
void refuses_all(ndes const& server, unsigned expected)
{
    EXPECT_EQ(status(ask(server, "GET", std::string(dll))), expected);
    EXPECT_EQ(status(ask(server, "GET", caps())), expected);
    EXPECT_EQ(status(ask(server, "POST", dll_with("operation=PKIOperation"))), expected);
    EXPECT_EQ(field(ask(server, "GET", caps()), "Server"), "Microsoft-IIS/10.0");
}

void sends_html(ndes const& server, std::string const& target)
{
    auto const answer = ask(server, "GET", target);
    EXPECT_EQ(status(answer), 200u);
    EXPECT_EQ(field(answer, "Content-Type"), "text/html");
    EXPECT_TRUE(http::looks_like_html(answer.response->body));
}

std::vector<pki::certificate> bag_of(ndes const& server)
{
    auto const answer = ask(server, "GET", cacert());
    return cms::certificate_bag::parse(answer.response.value().body).value().certificates;
}

/// What can be seen of each fault from outside.
std::map<std::string_view, std::function<void(ndes const&)>> const& signs()
{
    static std::map<std::string_view, std::function<void(ndes const&)>> const table{
        {"url-missing-mscep-dll",
         [](ndes const& n) {
             EXPECT_TRUE(n.url().ends_with("/certsrv/mscep")) << n.url();
             EXPECT_EQ(status(ask(n, "POST", "/certsrv/mscep")), 405u);
             EXPECT_EQ(status(ask(n, "POST", dll_with("operation=PKIOperation"))), 200u);
         }},
        {"url-mscep-admin",
         [](ndes const& n) {
             EXPECT_TRUE(n.url().ends_with("/certsrv/mscep_admin/")) << n.url();
             EXPECT_EQ(status(ask(n, "GET", "/certsrv/mscep_admin/")), 401u);
         }},
        {"redir-login",
         [](ndes const& n) {
             auto const answer = ask(n, "GET", caps());
             EXPECT_EQ(status(answer), 302u);
             EXPECT_TRUE(field(answer, "Location").starts_with("https://login.microsoftonline.com/"));
         }},
        {"waf-post-block",
         [](ndes const& n) {
             EXPECT_EQ(status(ask(n, "GET", caps())), 200u);
             for(auto const* target : {"/certsrv/mscep/mscep.dll", "/certsrv/mscep", "/other"}) {
                 auto const answer = ask(n, "POST", target);
                 EXPECT_EQ(status(answer), 403u);
                 EXPECT_EQ(field(answer, "Server"), "");
             }
         }},
        {"conn-closed-no-data",
         [](ndes const& n) {
             auto const answer = ask(n, "GET", cacert());
             EXPECT_FALSE(answer.response);
             EXPECT_EQ(answer.failure.value().code(), errc::connection_closed);
         }},
        {"caps-conn-closed",
         [](ndes const& n) {
             EXPECT_FALSE(ask(n, "GET", caps()).response);
             EXPECT_EQ(status(ask(n, "GET", cacert())), 200u);
         }},
        {"tls-name-mismatch",
         [](ndes const& n) {
             auto const seen = ask(n, "GET", caps()).tls.value();
             EXPECT_FALSE(seen.name_matches);
             EXPECT_TRUE(seen.chain_trusted) << seen.verify_text;
         }},
        {"tls-expired",
         [](ndes const& n) {
             EXPECT_LT(sent_leaf(n).not_after(), current_time());
             EXPECT_FALSE(ask(n, "GET", caps()).tls.value().chain_trusted);
         }},
        {"tls-missing-intermediate",
         [](ndes const& n) {
             auto const seen = ask(n, "GET", caps()).tls.value();
             EXPECT_EQ(seen.sent_chain.size(), 1u);
             EXPECT_FALSE(seen.chain_trusted);
             EXPECT_NE(sent_leaf(n).issuer(), n.tls_ca().value().subject());
         }},
        {"http-503-httpsys",
         [](ndes const& n) {
             auto const answer = ask(n, "GET", caps());
             EXPECT_EQ(status(answer), 503u);
             EXPECT_EQ(field(answer, "Server"), "Microsoft-HTTPAPI/2.0");
             EXPECT_EQ(status(ask(n, "GET", "/")), 200u);
         }},
        {"longurl-httpsys",
         [](ndes const& n) {
             EXPECT_EQ(status(ask(n, "GET", long_caps(8300))), 200u);
             auto const answer = ask(n, "GET", long_caps(16500));
             EXPECT_EQ(status(answer), 400u);
             EXPECT_EQ(field(answer, "Server"), "Microsoft-HTTPAPI/2.0");
             EXPECT_NE(text(answer).find("Request Too Long"), std::string::npos);
         }},
        {"longurl-iis-query",
         [](ndes const& n) {
             EXPECT_EQ(status(ask(n, "GET", long_caps(2048))), 200u);
             auto const answer = ask(n, "GET", long_caps(2049));
             EXPECT_EQ(status(answer), 404u);
             EXPECT_EQ(field(answer, "Server"), "Microsoft-IIS/10.0");
         }},
        {"redir-https",
         [](ndes const& n) {
             auto const answer = ask(n, "GET", caps());
             EXPECT_EQ(status(answer), 301u);
             EXPECT_EQ(field(answer, "Location"), "https://127.0.0.1:" + std::to_string(n.port()) + caps());
         }},
        {"http-403-blocked", [](ndes const& n) { refuses_all(n, 403); }},
        {"http-404", [](ndes const& n) { refuses_all(n, 404); }},
        {"http-401",
         [](ndes const& n) {
             refuses_all(n, 401);
             EXPECT_EQ(field(ask(n, "GET", caps()), "WWW-Authenticate"), "Negotiate");
         }},
        {"iis-anonymous-off", [](ndes const& n) { refuses_all(n, 401); }},
        {"http-500-start", [](ndes const& n) { refuses_all(n, 500); }},
        {"iis-impersonation-right", [](ndes const& n) { refuses_all(n, 500); }},
        {"policy-module-inactive", [](ndes const& n) { EXPECT_EQ(status(ask(n, "GET", std::string(dll))), 200u); }},
        {"caps-empty",
         [](ndes const& n) {
             EXPECT_EQ(status(ask(n, "GET", caps())), 200u);
             EXPECT_EQ(text(ask(n, "GET", caps())), "");
         }},
        {"caps-html", [](ndes const& n) { sends_html(n, caps()); }},
        {"cacert-html", [](ndes const& n) { sends_html(n, cacert()); }},
        {"cacert-single-on-ndes",
         [](ndes const& n) {
             auto const answer = ask(n, "GET", cacert());
             EXPECT_EQ(field(answer, "Content-Type"), "application/x-x509-ca-cert");
             EXPECT_EQ(pki::certificate::from_der(answer.response.value().body).value(), n.ca());
         }},
        {"ra-expired",
         [](ndes const& n) {
             EXPECT_LT(n.ra_signing().not_after(), current_time());
             EXPECT_LT(n.ra_encryption().not_after(), current_time());
             EXPECT_TRUE(n.ra_signing().is_issued_by(n.ca()));
         }},
        {"ra-expiring",
         [](ndes const& n) {
             EXPECT_GT(n.ra_signing().not_after(), current_time());
             EXPECT_LT(n.ra_signing().not_after(), current_time() + std::chrono::days(14));
         }},
        {"ra-wrong-issuer",
         [](ndes const& n) {
             EXPECT_EQ(n.ra_signing().issuer(), n.ca().subject());
             EXPECT_FALSE(n.ra_signing().is_issued_by(n.ca()));
             EXPECT_FALSE(n.ra_encryption().verify_signature(n.ca().key().value()));
             EXPECT_EQ(bag_of(n).size(), 3u);
         }},
        {"ca-expired",
         [](ndes const& n) {
             EXPECT_LT(n.ca().not_after(), current_time());
             EXPECT_TRUE(n.ra_signing().is_issued_by(n.ca()));
         }},
    };
    return table;
}

class Fault : public ::testing::TestWithParam<simulator::fault>
{
};

TEST_P(Fault, ShowsItsSignAndLeavesNoTraceInTheState)
{
    auto const sign = signs().find(GetParam().id);
    ASSERT_NE(sign, signs().end()) << "this test knows no sign of the fault";
    EXPECT_FALSE(GetParam().what.empty());
    {
        auto const server = ndes::start(options_with({std::string(GetParam().id)}));
        ASSERT_TRUE(server) << server.error();
        sign->second(*server);
    }
    auto const healthy = ndes::start(options_with()).value();
    EXPECT_EQ(status(ask(healthy, "GET", caps())), 200u);
    EXPECT_TRUE(healthy.ra_signing().is_issued_by(healthy.ca()));
    EXPECT_TRUE(healthy.ra_signing().is_valid_at(current_time() + std::chrono::days(60)));
    EXPECT_TRUE(healthy.ca().is_valid_at(current_time()));
}

INSTANTIATE_TEST_SUITE_P(Catalogue, Fault,
                         ::testing::ValuesIn(simulator::all_faults().begin(), simulator::all_faults().end()),
                         [](auto const& tested) {
                             std::string name(tested.param.id);
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

TEST(Faults, AreNamedOnce)
{
    std::set<std::string_view> ids;
    for(auto const& f : simulator::all_faults())
        EXPECT_TRUE(ids.insert(f.id).second) << f.id;
    EXPECT_EQ(ids.size(), signs().size());
}

TEST(Faults, OfUnknownNameAreRefused)
{
    auto const server = ndes::start(options_with({"no-such-fault"}));
    ASSERT_FALSE(server);
    EXPECT_EQ(server.error().code(), errc::invalid_argument);
}

TEST(Faults, OfOnePlaceExcludeEachOther)
{
    EXPECT_EQ(ndes::start(options_with({"ra-expired", "ra-expiring"})).error().code(), errc::invalid_argument);
    auto tls = options_with({"redir-https"});
    tls.tls = true;
    EXPECT_EQ(ndes::start(tls).error().code(), errc::invalid_argument);
}

TEST(Faults, OfDifferentPlacesAddUp)
{
    auto const server = ndes::start(options_with({"url-missing-mscep-dll", "ra-expired", "caps-empty"})).value();
    EXPECT_TRUE(server.url().ends_with("/certsrv/mscep"));
    EXPECT_LT(server.ra_signing().not_after(), current_time());
    EXPECT_EQ(text(ask(server, "GET", caps())), "");
}

} // namespace
} // namespace scepkit
