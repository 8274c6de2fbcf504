// SPDX-License-Identifier: BSL-1.0
#include "simulated.hpp"

#include <scepkit/asn1/oids.hpp>
#include <scepkit/cms/certificate_bag.hpp>

namespace scepkit {
namespace {

using namespace test;

simulator::ndes healthy() { return simulator::ndes::start(options_with()).value(); }

TEST(Ndes, ListsExactlyWhatServer2016To2022List)
{
    auto const server = healthy();
    auto const answer = ask(server, "GET", dll_with("operation=GetCACaps&message=ca"));
    EXPECT_EQ(status(answer), 200u);
    EXPECT_EQ(field(answer, "Content-Type"), "text/plain");
    EXPECT_EQ(text(answer), "POSTPKIOperation\nRenewal\nSHA-512\nSHA-256\nSHA-1\nDES3\n");
}

TEST(Ndes, LooksLikeIis10)
{
    auto const server = healthy();
    auto const answer = ask(server, "GET", dll_with("operation=GetCACaps"));
    EXPECT_EQ(field(answer, "Server"), "Microsoft-IIS/10.0");
    EXPECT_EQ(field(answer, "X-Powered-By"), "ASP.NET");
    EXPECT_EQ(field(answer, "Date").size(), std::string("Fri, 20 Nov 2026 08:11:52 GMT").size());
}

TEST(Ndes, SendsItsCaAndAnRaPairWithOneKeyUsageEach)
{
    auto const server = healthy();
    auto const answer = ask(server, "GET", dll_with("operation=GetCACert&message=SCEP%20Authority"));
    ASSERT_EQ(status(answer), 200u);
    EXPECT_EQ(field(answer, "Content-Type"), "application/x-x509-ca-ra-cert");
    auto const bag = cms::certificate_bag::parse(answer.response->body).value();
    ASSERT_EQ(bag.certificates.size(), 3u);
    std::vector<pki::certificate> ra;
    for(auto const& c : bag.certificates) {
        if(!c.is_ca())
            ra.push_back(c);
    }
    ASSERT_EQ(ra.size(), 2u);
    EXPECT_EQ(ra[0].subject(), ra[1].subject());
    std::set<std::uint32_t> usages;
    for(auto const& c : ra) {
        EXPECT_TRUE(c.is_issued_by(server.ca()));
        EXPECT_TRUE(c.has_extended_key_usage(asn1::oids::certificate_request_agent));
        usages.insert(static_cast<std::uint32_t>(c.extensions().key_usage.value()));
    }
    EXPECT_EQ(usages, (std::set<std::uint32_t>{static_cast<std::uint32_t>(pki::key_usage::digital_signature),
                                               static_cast<std::uint32_t>(pki::key_usage::key_encipherment)}));
}

TEST(Ndes, ShowsAPageAtTheBareUrlWithoutTheIntuneModule)
{
    auto const answer = ask(healthy(), "GET", std::string(dll));
    EXPECT_EQ(status(answer), 200u);
    EXPECT_NE(text(answer).find("<Title>Network Device Enrollment Service</Title>"), std::string::npos);
}

TEST(Ndes, RefusesTheBareUrlWithTheIntuneModuleAndNothingElse)
{
    auto options = options_with();
    options.product = simulator::product::ndes_intune;
    auto const server = simulator::ndes::start(options).value();
    auto const bare = ask(server, "GET", std::string(dll));
    EXPECT_EQ(status(bare), 403u);
    EXPECT_NE(text(bare).find("403 - Forbidden: Access is denied."), std::string::npos);
    EXPECT_EQ(status(ask(server, "GET", dll_with("operation=GetCACaps"))), 200u);
    EXPECT_EQ(status(ask(server, "GET", dll_with("operation=GetCACert"))), 200u);
}

TEST(Ndes, RedirectsADirectoryWithItsQueryAndServesTheDllBehindIt)
{
    auto const server = healthy();
    auto const first = ask(server, "GET", "/certsrv/mscep?operation=GetCACaps&message=ca");
    EXPECT_EQ(status(first), 301u);
    EXPECT_EQ(field(first, "Location"),
              "http://127.0.0.1:" + std::to_string(server.port()) + "/certsrv/mscep/?operation=GetCACaps&message=ca");
    EXPECT_NE(text(first).find("<title>Document Moved</title>"), std::string::npos);
    auto const second = ask(server, "GET", "/certsrv/mscep/?operation=GetCACaps&message=ca");
    EXPECT_EQ(status(second), 200u);
    EXPECT_EQ(text(second), text(ask(server, "GET", dll_with("operation=GetCACaps"))));
}

TEST(Ndes, EscapesTheQueryInTheRedirectPage)
{
    auto const server = healthy();
    auto const answer = ask(server, "GET", "/certsrv/mscep?a=\"><script>");
    // Whoever refuses the target before us is right as well; nobody may echo it.
    EXPECT_EQ(text(answer).find("<script>"), std::string::npos);
}

TEST(Ndes, RefusesAPostToTheDirectoryWithAndWithoutSlash)
{
    auto const server = healthy();
    for(auto const* path : {"/certsrv/mscep", "/certsrv/mscep/", "/CertSrv/MSCEP?operation=PKIOperation"}) {
        auto const answer = ask(server, "POST", path);
        EXPECT_EQ(status(answer), 405u) << path;
        EXPECT_EQ(field(answer, "Allow"), "GET, HEAD, OPTIONS, TRACE") << path;
    }
}

TEST(Ndes, LetsAnEmptyPostReachTheDll)
{
    auto const server = healthy();
    EXPECT_EQ(status(ask(server, "POST", dll_with("operation=PKIOperation"))), 200u);
    EXPECT_EQ(status(ask(server, "POST", std::string(dll) + "/pkiclient.exe?operation=PKIOperation")), 200u);
}

TEST(Ndes, AnswersJunkWith200AndNothing)
{
    auto const server = healthy();
    for(auto const* query :
        {"operation=PKIOperation", "operation=PKIOperation&message=!!!", "operation=PKIOperation&message=AAAA"}) {
        auto const answer = ask(server, "GET", dll_with(query));
        EXPECT_EQ(status(answer), 200u) << query;
        EXPECT_TRUE(text(answer).empty()) << query;
    }
    EXPECT_EQ(status(ask(server, "POST", dll_with("operation=PKIOperation"), bytes(100, 0x30))), 200u);
}

TEST(Ndes, IgnoresTheCaseOfPathsAndOperations)
{
    auto const server = healthy();
    for(auto const* target :
        {"/CERTSRV/MSCEP/MSCEP.DLL?operation=GetCACaps", "/certsrv/mscep/%6Dscep.dll?OPERATION=getcacaps",
         "/certsrv/mscep/mscep.dll/pkiclient.exe?operation=GetCACaps&message=default"}) {
        auto const answer = ask(server, "GET", target);
        EXPECT_EQ(status(answer), 200u) << target;
        EXPECT_TRUE(text(answer).starts_with("POSTPKIOperation")) << target;
    }
}

TEST(Ndes, KnowsNothingElseButItsFewPaths)
{
    auto const server = healthy();
    EXPECT_EQ(status(ask(server, "GET", "/")), 200u);
    EXPECT_EQ(status(ask(server, "POST", "/")), 405u);
    EXPECT_EQ(status(ask(server, "GET", "/certsrv/")), 401u);
    for(auto const* path : {"/certsrv/mscep/pkiclient.exe", "/certsrv/mscepx", "/index.html",
                            "/certsrv/mscep/mscep.dllx", "/certsrv/mscep/%2525"})
        EXPECT_EQ(status(ask(server, "GET", path)), 404u) << path;
}

TEST(Ndes, WantsALogonForTheChallengePage)
{
    auto const server = healthy();
    for(auto const* path : {"/certsrv/mscep_admin", "/certsrv/mscep_admin/", "/certsrv/mscep_admin/mscep.dll"}) {
        auto const answer = ask(server, "GET", path);
        EXPECT_EQ(status(answer), 401u) << path;
        std::vector<std::string> offered;
        for(auto const& [name, value] : answer.response->fields.list()) {
            if(name == "WWW-Authenticate")
                offered.push_back(value);
        }
        EXPECT_EQ(offered, (std::vector<std::string>{"Negotiate", "NTLM"})) << path;
    }
}

TEST(Ndes, AnswersHeadLikeGetWithoutABody)
{
    auto const server = healthy();
    auto const answer = ask(server, "HEAD", "/certsrv/mscep");
    EXPECT_EQ(status(answer), 301u);
    EXPECT_TRUE(text(answer).empty());
}

TEST(Ndes, AnswersLongQueriesUpToTheLimitsMicrosoftWants)
{
    auto const server = healthy();
    for(std::size_t const length : {2049u, 16500u, 40000u}) {
        std::string query = "operation=GetCACaps&message=";
        query.append(length - query.size(), 'A');
        EXPECT_EQ(status(ask(server, "GET", dll_with(query))), 200u) << length;
    }
    std::string beyond = "operation=GetCACaps&message=";
    beyond.append(66000, 'A');
    auto const refused = ask(server, "GET", dll_with(beyond));
    EXPECT_EQ(status(refused), 400u);
    EXPECT_EQ(field(refused, "Server"), "Microsoft-HTTPAPI/2.0");
}

TEST(Ndes, IssuesForItsChallenge)
{
    auto const server = healthy();
    auto const outcome = enroll(server, server.challenge());
    ASSERT_TRUE(outcome) << outcome.error();
    auto const* issued = std::get_if<scep::issued>(&*outcome);
    ASSERT_NE(issued, nullptr);
    EXPECT_TRUE(issued->certificate.is_issued_by(server.ca()));
    EXPECT_EQ(issued->microsoft_disposition, "Issued");
}

scep::enrollment_outcome talk(simulator::ndes const& server, scep::enrollment_request request,
                              scep::renewal_style renewal = scep::renewal_style::none)
{
    scep::enrollment_options options;
    options.profile = scep::profile::ndes();
    options.renewal = renewal;
    auto enrollment = scep::enrollment::create(std::move(request), scep::ca_trust::pinned(server.ca().sha256()).value(),
                                               std::move(options));
    if(!enrollment) {
        ADD_FAILURE() << enrollment.error();
        return {};
    }
    auto outcome = net::client(net::client_options{}).run(*enrollment, endpoint_of(server));
    if(!outcome) {
        ADD_FAILURE() << outcome.error();
        return {};
    }
    return *std::move(outcome);
}

pki::certificate_request request_of(pki::private_key const& key, std::string_view challenge = {},
                                    std::string_view subject = "CN=device 8")
{
    pki::certificate_request_builder builder;
    builder.subject(pki::name::parse(subject).value());
    if(!challenge.empty())
        builder.challenge_password(secret_bytes::from_text(challenge));
    return builder.sign(key).value();
}

TEST(Ndes, RenewsWithTheOldCertificateAndNoChallenge)
{
    auto const server = healthy();
    for(auto const kind : {pki::key_kind::rsa, pki::key_kind::ec_p256}) {
        auto const key = pki::private_key::generate(kind).value();
        auto const first =
            talk(server, {.request = request_of(key, server.challenge()), .key = key, .signer = {}, .signer_key = {}});
        auto const* old = std::get_if<scep::issued>(&first);
        ASSERT_NE(old, nullptr);
        // Answered by key agreement, with no curve named.
        EXPECT_EQ(old->tolerances.contains(scep::quirk::key_agreement_null_curve), kind != pki::key_kind::rsa);
        for(auto const style : {scep::renewal_style::pkcs_req, scep::renewal_style::renewal_req}) {
            auto const next = pki::private_key::generate(kind).value();
            auto const renewed =
                talk(server, {.request = request_of(next), .key = next, .signer = old->certificate, .signer_key = key},
                     style);
            auto const* got = std::get_if<scep::issued>(&renewed);
            ASSERT_NE(got, nullptr);
            EXPECT_EQ(got->certificate.subject(), old->certificate.subject());
            auto const another = talk(server,
                                      {.request = request_of(next, {}, "CN=administrator"),
                                       .key = next,
                                       .signer = old->certificate,
                                       .signer_key = key},
                                      style);
            EXPECT_TRUE(std::holds_alternative<scep::rejected>(another));
        }
    }
}

TEST(Ndes, RefusesAWrongChallengeWithAnHresult)
{
    auto const server = healthy();
    auto const outcome = enroll(server, "not the one");
    ASSERT_TRUE(outcome) << outcome.error();
    auto const* rejected = std::get_if<scep::rejected>(&*outcome);
    ASSERT_NE(rejected, nullptr);
    EXPECT_EQ(rejected->fail_info, scep::fail_info::bad_message_check);
    EXPECT_EQ(rejected->microsoft_error, (scep::hresult{0x80070057}));
}

TEST(Ndes, RefusesEverythingWithAnEmptyListOfChallenges)
{
    auto options = options_with();
    options.challenges.emplace();
    auto const server = simulator::ndes::start(options).value();
    EXPECT_EQ(server.challenge(), "");
    for(auto const* challenge : {"", "anything"}) {
        auto const outcome = enroll(server, challenge);
        ASSERT_TRUE(outcome) << outcome.error();
        EXPECT_TRUE(std::holds_alternative<scep::rejected>(*outcome));
    }
}

TEST(Ndes, PrintsTheUrlOfItsHost)
{
    auto options = options_with();
    options.host = "ndes.contoso.example";
    options.tls = true;
    auto const server = simulator::ndes::start(options).value();
    EXPECT_EQ(server.url(),
              "https://ndes.contoso.example:" + std::to_string(server.port()) + "/certsrv/mscep/mscep.dll");
    EXPECT_EQ(healthy().url().substr(0, 17), "http://127.0.0.1:");
}

TEST(Ndes, ServesTlsThatItsThrowAwayCaVouchesFor)
{
    auto options = options_with();
    options.tls = true;
    auto const server = simulator::ndes::start(options).value();
    auto const answer = ask(server, "GET", dll_with("operation=GetCACaps"));
    EXPECT_EQ(status(answer), 200u);
    ASSERT_TRUE(answer.tls);
    EXPECT_TRUE(answer.tls->chain_trusted) << answer.tls->verify_text;
    EXPECT_TRUE(answer.tls->name_matches);
}

TEST(Ndes, SaysWhyItCannotListen)
{
    auto const server = healthy();
    auto options = options_with();
    options.listen.port = server.port();
    auto const second = simulator::ndes::start(options);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), errc::io_failed);
}

TEST(Ndes, KnowsItsProductsByName)
{
    EXPECT_EQ(simulator::product_from_name("ndes"), simulator::product::ndes);
    EXPECT_EQ(simulator::product_from_name("ndes-intune"), simulator::product::ndes_intune);
    EXPECT_EQ(simulator::product_from_name("NDES"), std::nullopt);
}

} // namespace
} // namespace scepkit
