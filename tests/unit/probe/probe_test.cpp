// SPDX-License-Identifier: BSL-1.0
#include "ca_kit.hpp"
#include "scripted_server.hpp"

#include <scepkit/cms/certificate_bag.hpp>
#include <scepkit/probe/probe.hpp>

#include <algorithm>
#include <atomic>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

#include <boost/asio/post.hpp>

using namespace scepkit;
using namespace scepkit::test;
using facts::question;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::Le;

namespace {

constexpr char const* dll = "/certsrv/mscep/mscep.dll";

std::string const& ndes_bag()
{
    static std::string const bag = [] {
        auto const ca = make_ca("CN=Contoso Issuing CA");
        std::vector<pki::certificate> const all{
            ca.certificate, issue(ca, "CN=NDES01-MSCEP-RA", pki::key_usage::digital_signature).certificate,
            issue(ca, "CN=NDES01-MSCEP-RA", pki::key_usage::key_encipherment).certificate};
        return std::string(as_text(cms::certificate_bag::make(all)));
    }();
    return bag;
}

net::server_answer healthy(http::request const& r) { return as_ndes(r, ndes_bag()); }

probe::probe_options quick()
{
    probe::probe_options options;
    options.client.user_agent = "scepkit-doctor/test";
    options.client.request_timeout = std::chrono::seconds(20);
    return options;
}

std::vector<question> questions(facts::fact_set const& f)
{
    std::vector<question> out;
    for(auto const& e : f.exchanges)
        if(out.empty() || out.back() != question::long_query || e.question != question::long_query)
            out.push_back(e.question);
    return out;
}

std::size_t count(facts::fact_set const& f, question q)
{
    return static_cast<std::size_t>(
        std::count_if(f.exchanges.begin(), f.exchanges.end(), [&](auto const& e) { return e.question == q; }));
}

std::int64_t status(facts::fact_set const& f, question q)
{
    auto const* e = f.find(q);
    return e == nullptr ? -1 : e->status.value_or(0);
}

/// A resolver that has never heard of anything.
class knows_nothing final : public net::resolver
{
public:
    void async_resolve(std::string, boost::asio::any_io_executor executor, handler done) override
    {
        boost::asio::post(executor, [done = std::move(done)]() mutable {
            std::move(done)(make_error_code(errc::name_not_found), std::vector<std::string>{});
        });
    }
};

net::tls_server_options throw_away_tls()
{
    auto ca = make_ca("CN=Nobody's CA");
    auto leaf = issue(ca, "CN=localhost", pki::key_usage::digital_signature);
    return {{leaf.certificate, ca.certificate}, leaf.key};
}

} // namespace

TEST(Probe, AsksAHealthyServerEachQuestionOnce)
{
    scripted_server server(healthy);
    auto const f = probe::examine(server.at(dll), quick());
    EXPECT_THAT(questions(f), ElementsAre(question::bare_get, question::get_ca_caps, question::get_ca_cert,
                                          question::empty_post, question::admin_page, question::long_query));
    EXPECT_EQ(count(f, question::long_query), 10u);
    EXPECT_EQ(f.exchanges.back().query_bytes, 40'000);
    EXPECT_LT(f.exchanges.back().url.size(), 400u);
    EXPECT_EQ(status(f, question::bare_get), 200);
    EXPECT_EQ(f.find(question::bare_get)->html_title, "Network Device Enrollment Service");
    EXPECT_EQ(status(f, question::admin_page), 401);
    EXPECT_FALSE(f.interrupted);

    ASSERT_TRUE(f.target);
    EXPECT_EQ(f.target->path, dll);
    EXPECT_TRUE(f.target->loopback);
    ASSERT_EQ(f.connections.size(), 1u);
    EXPECT_FALSE(f.connections[0].failure);

    ASSERT_TRUE(f.capabilities);
    EXPECT_THAT(f.capabilities->words,
                ElementsAre("POSTPKIOperation", "Renewal", "SHA-512", "SHA-256", "SHA-1", "DES3"));
    EXPECT_FALSE(f.capabilities->failure);
    ASSERT_TRUE(f.ca);
    EXPECT_EQ(f.ca->content_type, "application/x-x509-ca-ra-cert");
    EXPECT_FALSE(f.ca->single);
    ASSERT_EQ(f.ca->certificates.size(), 3u);
    EXPECT_EQ(f.ca->certificates[1].issued_by, 0);
}

TEST(Probe, SendsNothingThatCouldEnrol)
{
    scripted_server server(healthy);
    static_cast<void>(probe::examine(server.at(dll), quick()));
    EXPECT_EQ(server.posts(), 1u);
    for(auto const& r : server.asked()) {
        EXPECT_TRUE(r.body.empty());
        EXPECT_EQ(r.fields.first("User-Agent"), "scepkit-doctor/test");
        EXPECT_FALSE(r.fields.contains("Authorization"));
        EXPECT_FALSE(r.fields.contains("Cookie"));
        EXPECT_FALSE(r.fields.contains("Transfer-Encoding"));
        if(r.method == "POST") {
            EXPECT_EQ(r.fields.first("Content-Length"), "0");
        }
        auto const doubled = [&](std::string_view name) {
            return std::count_if(r.fields.list().begin(), r.fields.list().end(),
                                 [&](auto const& field) { return field.first == name; });
        };
        EXPECT_LE(doubled("Content-Length"), 1);
        EXPECT_LE(doubled("User-Agent"), 1);
        EXPECT_EQ(doubled("Host"), 1);
    }
}

TEST(Probe, ProvesThatTheFileNameIsMissing)
{
    for(auto const* path : {"/certsrv/mscep", "/CertSrv/mscep", "/certsrv/mscep/"}) {
        scripted_server server(healthy);
        auto const f = probe::examine(server.at(path), quick());
        EXPECT_EQ(status(f, question::empty_post), 405) << path;
        EXPECT_EQ(status(f, question::empty_post_dll), 200) << path;
        EXPECT_EQ(status(f, question::get_ca_caps_dll), 200) << path;
        EXPECT_TRUE(f.find(question::empty_post_dll)->url.find("/mscep/mscep.dll") != std::string::npos);
        EXPECT_EQ(server.posts(), 2u) << path;
        ASSERT_TRUE(f.capabilities) << path;
        EXPECT_EQ(f.capabilities->words.size(), 6u);
        ASSERT_TRUE(f.ca) << path;
        EXPECT_EQ(f.ca->certificates.size(), 3u);
    }
}

TEST(Probe, RecordsTheRedirectToTheFolderAndAsksThereItself)
{
    scripted_server server(healthy);
    auto const f = probe::examine(server.at("/certsrv/mscep"), quick());
    auto const* caps = f.find(question::get_ca_caps);
    ASSERT_NE(caps, nullptr);
    EXPECT_EQ(caps->status, 301);
    EXPECT_EQ(caps->location, "/certsrv/mscep/?operation=GetCACaps");
    EXPECT_EQ(status(f, question::slash_get), 200);
    for(auto const& e : f.exchanges)
        if(e.status == 200 && e.question == question::get_ca_cert) {
            EXPECT_NE(e.url.find("mscep.dll"), std::string::npos);
        }
}

TEST(Probe, AFolderOfAnotherNameIsRecognisedByItsRedirect)
{
    scripted_server server([](http::request const& r) -> net::server_answer {
        auto const key = key_of(r);
        if(key.starts_with("GET /enroll ") || key == "GET /enroll")
            return redirect_to("/enroll/");
        if(key.starts_with("POST /enroll "))
            return answer(405);
        return answer(404);
    });
    auto const f = probe::examine(server.at("/enroll"), quick());
    EXPECT_EQ(status(f, question::empty_post), 405);
    EXPECT_EQ(status(f, question::empty_post_dll), 404);
    EXPECT_EQ(server.posts(), 2u);
}

TEST(Probe, AnotherProductIsAskedLess)
{
    scripted_server server([](http::request const& r) -> net::server_answer {
        auto const key = key_of(r);
        http::response out{.status = 200};
        if(r.method == "POST")
            out.status = 500;
        else if(key == "GET /scep GetCACaps")
            out.body = to_bytes(as_bytes("SCEPStandard\nPOSTPKIOperation\n"));
        return out;
    });
    auto const f = probe::examine(server.at("/scep"), quick());
    EXPECT_EQ(server.posts(), 1u);
    EXPECT_EQ(status(f, question::empty_post), 500);
    EXPECT_EQ(f.find(question::admin_page), nullptr);
    EXPECT_EQ(count(f, question::long_query), 6u);
    EXPECT_THAT(f.capabilities->words, ElementsAre("SCEPStandard", "POSTPKIOperation"));
    ASSERT_TRUE(f.ca);
    EXPECT_TRUE(f.ca->failure) << "an empty GetCACert";
}

TEST(Probe, AMethodRefusedElsewhereIsPostedOnce)
{
    scripted_server server(
        [](http::request const& r) -> net::server_answer { return r.method == "POST" ? answer(405) : healthy(r); });
    auto const f = probe::examine(server.at(dll), quick());
    EXPECT_EQ(status(f, question::empty_post), 405);
    EXPECT_EQ(server.posts(), 1u);
    EXPECT_EQ(f.find(question::empty_post_dll), nullptr);
}

TEST(ThreatH3, RedirectsAreRecordedAndNeverFollowed)
{
    scripted_server other(healthy);
    auto const elsewhere = "http://localhost:" + std::to_string(other.port()) + "/certsrv/mscep/mscep.dll";
    for(auto const code : {301u, 302u, 303u, 307u, 308u}) {
        scripted_server server([&](http::request const&) { return redirect_to(elsewhere, code); });
        auto const f = probe::examine(server.at(dll), quick());
        EXPECT_EQ(f.find(question::get_ca_caps)->location, elsewhere);
        EXPECT_EQ(status(f, question::empty_post), code);
        EXPECT_LE(server.posts(), 2u);
    }
    EXPECT_TRUE(other.asked().empty());
}

TEST(ThreatH3, ARedirectToHttpsIsLookedAtOnceOnTheSameHost)
{
    scripted_server secure(healthy, throw_away_tls());
    scripted_server server([&](http::request const& r) {
        return redirect_to("https://127.0.0.1:" + std::to_string(secure.port()) + r.target);
    });
    auto const f = probe::examine(server.at(dll), quick());
    EXPECT_EQ(count(f, question::https_variant), 1u);
    EXPECT_EQ(status(f, question::https_variant), 200);
    EXPECT_EQ(secure.asked().size(), 1u);
    ASSERT_TRUE(f.capabilities);
    EXPECT_EQ(f.capabilities->words.size(), 6u);
    EXPECT_TRUE(f.tls);
}

TEST(Probe, UntrustedTlsIsAFactAndNoEnd)
{
    scripted_server server(healthy, throw_away_tls());
    auto options = quick();
    options.client.tls.anchors = {make_ca("CN=Some Anchor").certificate};
    auto const f = probe::examine(server.at(dll), options);
    ASSERT_TRUE(f.tls);
    EXPECT_FALSE(f.tls->chain_trusted);
    EXPECT_TRUE(f.tls->verify_code);
    EXPECT_FALSE(f.tls->name_matches);
    ASSERT_EQ(f.tls->chain.size(), 2u);
    EXPECT_EQ(f.tls->chain[0].issued_by, 1);
    ASSERT_TRUE(f.capabilities);
    EXPECT_EQ(f.capabilities->words.size(), 6u);
}

TEST(Probe, StopsWhereTheNameDoesNotExist)
{
    auto options = quick();
    options.client.resolver = std::make_shared<knows_nothing>();
    auto const f =
        probe::examine(http::endpoint::parse("https://ndes.invalid/certsrv/mscep/mscep.dll").value(), options);
    ASSERT_TRUE(f.lookup);
    EXPECT_EQ(f.lookup->host, "ndes.invalid");
    EXPECT_EQ(f.lookup->failure, "name_not_found");
    ASSERT_EQ(f.exchanges.size(), 1u);
    EXPECT_EQ(f.exchanges[0].failure, "name_not_found");
    EXPECT_EQ(f.exchanges[0].reached, "resolve");
}

TEST(Probe, StopsWhereNothingListens)
{
    scripted_server server(healthy);
    auto const url = server.at(dll);
    server.stop();
    auto const f = probe::examine(url, quick());
    ASSERT_EQ(f.exchanges.size(), 1u);
    EXPECT_EQ(f.exchanges[0].failure, "connection_refused");
    ASSERT_EQ(f.connections.size(), 1u);
    EXPECT_EQ(f.connections[0].failure, "connection_refused");
}

TEST(Probe, StopsWhereTlsFails)
{
    scripted_server server(healthy); // Speaks HTTP to a ClientHello.
    auto url = server.at(dll);
    url.scheme = "https";
    auto const f = probe::examine(url, quick());
    ASSERT_EQ(f.exchanges.size(), 1u);
    EXPECT_EQ(f.exchanges[0].reached, "tls");
    EXPECT_TRUE(f.exchanges[0].failure);
    EXPECT_FALSE(f.capabilities);
}

TEST(Probe, GivesUpOnAServerThatHangsUp)
{
    scripted_server server([](http::request const&) { return net::drop_connection{}; });
    auto const f = probe::examine(server.at(dll), quick());
    EXPECT_EQ(f.exchanges.size(), 3u);
    for(auto const& e : f.exchanges)
        EXPECT_EQ(e.failure, "connection_closed");
    EXPECT_EQ(server.posts(), 0u);
}

TEST(Probe, GivesUpOnASilentServerSooner)
{
    std::promise<void> over;
    auto const ended = over.get_future().share();
    scripted_server server([ended](http::request const&) -> net::server_answer {
        ended.wait();
        return net::drop_connection{};
    });
    auto options = quick();
    options.client.request_timeout = std::chrono::milliseconds(50);
    auto const f = probe::examine(server.at(dll), options);
    over.set_value();
    ASSERT_EQ(f.exchanges.size(), 2u);
    for(auto const& e : f.exchanges)
        EXPECT_EQ(e.failure, "timed_out");
}

TEST(Probe, AClosedGetCACapsAloneDoesNotStopIt)
{
    scripted_server server([](http::request const& r) -> net::server_answer {
        if(key_of(r).ends_with("GetCACaps"))
            return net::drop_connection{};
        return healthy(r);
    });
    auto const f = probe::examine(server.at(dll), quick());
    EXPECT_EQ(f.find(question::get_ca_caps)->failure, "connection_closed");
    EXPECT_EQ(status(f, question::get_ca_cert), 200);
    EXPECT_EQ(status(f, question::empty_post), 200);
    EXPECT_FALSE(f.capabilities);
    EXPECT_TRUE(f.ca);
}

TEST(Probe, EndsWithTheFactsSoFarWhenCancelled)
{
    std::atomic<bool> cancel{false};
    scripted_server server([&](http::request const& r) {
        if(key_of(r).ends_with("GetCACert"))
            cancel = true;
        return healthy(r);
    });
    auto options = quick();
    options.client.cancel = &cancel;
    auto const f = probe::examine(server.at(dll), options);
    EXPECT_TRUE(f.interrupted);
    EXPECT_EQ(status(f, question::get_ca_caps), 200);
    ASSERT_TRUE(f.capabilities);
    EXPECT_EQ(f.capabilities->words.size(), 6u);
    EXPECT_LE(server.asked().size(), 3u);
    EXPECT_EQ(server.posts(), 0u);

    scripted_server fresh(healthy);
    auto const none = probe::examine(fresh.at(dll), options);
    EXPECT_TRUE(none.interrupted);
    EXPECT_TRUE(none.exchanges.empty());
    EXPECT_TRUE(fresh.asked().empty());
}

TEST(Probe, AnOpenAdministratorsPageIsLookedAtOnce)
{
    scripted_server server([](http::request const&) {
        return answer(
            200,
            "<html><title>Network Device Enrollment Service</title>The enrollment challenge password is: X</html>");
    });
    auto const f = probe::examine(server.at("/certsrv/mscep_admin/"), quick());
    EXPECT_EQ(server.asked().size(), 1u);
    EXPECT_THAT(f.exchanges.at(0).html_markers, Contains("enrollment challenge password"));
}

TEST(Probe, TheLadderEndsAtTheFirstStepThatFails)
{
    scripted_server server([](http::request const& r) -> net::server_answer {
        auto const at = r.target.find('?');
        if(at != std::string::npos && r.target.size() - at - 1 > 2048)
            return answer(404);
        return healthy(r);
    });
    auto const f = probe::examine(server.at(dll), quick());
    ASSERT_EQ(count(f, question::long_query), 2u);
    EXPECT_EQ(f.exchanges.back().query_bytes, 2'049);
    EXPECT_EQ(f.exchanges.back().status, 404);

    auto options = quick();
    options.long_url_ladder = false;
    EXPECT_EQ(count(probe::examine(server.at(dll), options), question::long_query), 0u);
}

TEST(Probe, ReadsALoneCaCertificate)
{
    auto const ca = make_ca("CN=Lone CA");
    std::string const der(as_text(ca.certificate.der()));
    scripted_server server([&](http::request const& r) -> net::server_answer {
        if(key_of(r).ends_with("GetCACert"))
            return answer(200, der, "application/x-x509-ca-cert");
        return healthy(r);
    });
    auto const f = probe::examine(server.at(dll), quick());
    ASSERT_TRUE(f.ca);
    EXPECT_TRUE(f.ca->single);
    EXPECT_EQ(f.ca->certificates.size(), 1u);
}

TEST(Probe, ABodyCutShortIsSaidToBeCut)
{
    scripted_server server([](http::request const& r) -> net::server_answer {
        auto const key = key_of(r);
        if(key.ends_with("GetCACaps") || key.ends_with("GetCACert"))
            return net::raw_answer{
                to_bytes(as_bytes("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nPOSTPKIOperation\r\n"))};
        return healthy(r);
    });
    auto const f = probe::examine(server.at(dll), quick());
    ASSERT_TRUE(f.capabilities);
    EXPECT_EQ(f.capabilities->failure, "truncated");
    ASSERT_TRUE(f.ca);
    EXPECT_EQ(f.ca->failure, "truncated");
}

TEST(Probe, GarbageOfEveryKindEndsInFacts)
{
    std::mt19937 random(7);
    std::string noise(100'000, '\0');
    for(auto& c : noise)
        c = static_cast<char>(random() & 0xffu);
    std::string const nested = [] {
        std::string out;
        for(int i = 0; i < 100'000; ++i)
            out += "\x30\x80";
        return out;
    }();
    std::vector<std::string> const bodies{"",
                                          "<html><form action=/login></form></html>",
                                          noise,
                                          std::string(1000, '\0'),
                                          nested,
                                          std::string(5'000'000, 'A'),
                                          "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"};
    for(auto const& body : bodies) {
        scripted_server server([&](http::request const&) { return answer(200, body, "application/octet-stream"); });
        auto options = quick();
        options.client.body_limit = 1u << 20;
        auto const f = probe::examine(server.at(dll), options);
        EXPECT_LE(server.posts(), 2u);
        ASSERT_TRUE(f.ca) << body.size();
        EXPECT_TRUE(f.ca->failure) << body.size();
        for(auto const& e : f.exchanges)
            EXPECT_LE(e.body_bytes, std::int64_t{1} << 20);
    }
    for(std::string const raw : {"", "\r\n\r\n", "HTTP/1.1 banana\r\n\r\n", "\x15\x03\x03\x00\x02\x02\x28",
                                 "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"}) {
        scripted_server server([&](http::request const&) { return net::raw_answer{to_bytes(as_bytes(raw))}; });
        auto const f = probe::examine(server.at(dll), quick());
        EXPECT_FALSE(f.exchanges.empty());
        EXPECT_FALSE(f.capabilities);
        EXPECT_LE(server.posts(), 2u);
    }
}

TEST(Probe, AnEndlessBodyIsCutAtTheLimit)
{
    std::string endless = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for(int i = 0; i < 400; ++i)
        endless += "2000\r\n" + std::string(0x2000, 'x') + "\r\n";
    scripted_server server([&](http::request const&) { return net::raw_answer{to_bytes(as_bytes(endless))}; });
    auto options = quick();
    options.client.body_limit = 64u << 10;
    options.long_url_ladder = false;
    auto const f = probe::examine(server.at(dll), options);
    ASSERT_FALSE(f.exchanges.empty());
    for(auto const& e : f.exchanges)
        EXPECT_LE(e.body_bytes, 64 << 10);
}

TEST(ThreatL1, HostileAnswersAreEscaped)
{
    constexpr char const* canary = "\x1b]8;;http://evil\x07\xc2\x9b";
    scripted_server server([&](http::request const&) -> net::server_answer {
        std::string raw = "HTTP/1.1 302 Found\r\nServer: a";
        raw += canary;
        raw += "\r\nLocation: /x";
        raw += canary;
        raw += "\r\nSet-Cookie: session=secret\r\nContent-Length: 0\r\n\r\n";
        return net::raw_answer{to_bytes(as_bytes(raw))};
    });
    auto const f = probe::examine(server.at(dll), quick());
    auto const check = [](std::string const& text) {
        EXPECT_TRUE(std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }))
            << text;
        EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos);
        EXPECT_EQ(text.find("secret"), std::string::npos);
    };
    for(auto const& e : f.exchanges) {
        for(auto const& h : e.headers) {
            check(h.name);
            check(h.value);
        }
        check(e.location.value_or(""));
        check(e.failure_text.value_or(""));
    }
}
