// SPDX-License-Identifier: BSL-1.0
#include "helpers.hpp"
#include "raw_peer.hpp"
#include "tls_pki.hpp"

#include <scepkit/http/scep_mapping.hpp>
#include <scepkit/net/client.hpp>
#include <scepkit/net/server.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <mutex>
#include <thread>

namespace scepkit::inline v0::net {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using boost::system::error_code;

/// A CA with a pair of RA certificates behind a real server; valid whenever the test runs.
class EndToEnd : public testing::Test
{
protected:
    EndToEnd()
        : ca_(test::authority::self_signed(test::timeless(test::ca_wish("CN=Net Test CA")), test::rsa_key("net ca"))),
          authorizer_(std::make_shared<test::spy_authorizer>(
              [this](scep::enrollment_claim const& claim) { return decide_(claim); }))
    {
        signing_ = ca_.issue(test::timeless({.subject = "CN=RA", .usage = pki::key_usage::digital_signature}),
                             test::rsa_key("net signing").public_key());
        encryption_ = ca_.issue(test::timeless({.subject = "CN=RA", .usage = pki::key_usage::key_encipherment}),
                                test::rsa_key("net encryption").public_key());
    }

    std::shared_ptr<scep::responder> responder(scep::capabilities offered) const
    {
        scep::responder_options o{.ca_chain = {ca_.certificate},
                                  .signing = {*signing_, test::rsa_key("net signing")},
                                  .decryption_certificate = *encryption_};
        o.decryption = pki::software_decrypter::create(test::rsa_key("net encryption")).value();
        o.ra_certificates = {*signing_, *encryption_};
        o.authorizer = authorizer_;
        o.issuer = std::make_shared<scep::local_issuer>(ca_.certificate, ca_.key);
        o.offered = offered;
        return scep::responder::create(std::move(o)).value();
    }

    server start(scep::capabilities offered = {.aes = true, .post_pki_operation = true, .sha256 = true},
                 std::optional<tls_server_options> tls = {})
    {
        server_options options;
        options.tls = std::move(tls);
        options.threads = 2;
        options.handler = [this, scep = serve(responder(offered), path)](http::request const& r, peer const& p) {
            {
                std::lock_guard const guard(lock_);
                methods_.push_back(r.method);
            }
            return scep(r, p);
        };
        return server::start(std::move(options)).value();
    }

    scep::enrollment transaction(std::string challenge = std::string(test::right_challenge),
                                 scep::poll_policy polling = {}) const
    {
        test::device d;
        d.name = "net device";
        d.challenge = std::move(challenge);
        return scep::enrollment::create(d.enrollment(), scep::ca_trust::pinned(ca_.certificate.sha256()).value(),
                                        {.polling = polling})
            .value();
    }

    static http::endpoint endpoint(server const& s, std::string const& scheme = "http")
    {
        return test::endpoint(scheme + "://127.0.0.1:" + std::to_string(s.port()) + path);
    }

    static constexpr char const* path = "/certsrv/mscep/mscep.dll";
    test::authority ca_;
    std::optional<pki::certificate> signing_;
    std::optional<pki::certificate> encryption_;
    std::function<scep::decision(scep::enrollment_claim const&)> decide_ = test::by_challenge;
    std::shared_ptr<test::spy_authorizer> authorizer_;
    std::mutex lock_;
    std::vector<std::string> methods_; // guarded by lock_
};

TEST_F(EndToEnd, ADeviceGetsItsCertificate)
{
    auto const s = start();
    auto t = transaction();
    auto const outcome = client({.keep_alive = true}).run(t, endpoint(s));
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    auto const* const issued = std::get_if<scep::issued>(&*outcome);
    ASSERT_NE(issued, nullptr);
    EXPECT_TRUE(issued->certificate.is_issued_by(ca_.certificate));
    EXPECT_EQ(issued->certificate.subject().first(asn1::oids::common_name), "net device");
    EXPECT_EQ(methods_, (std::vector<std::string>{"GET", "GET", "POST"}));
}

TEST_F(EndToEnd, GetCarriesTheMessageWherePostIsNotOffered)
{
    auto const s = start({.aes = true, .sha256 = true});
    auto t = transaction();
    auto const outcome = client({}).run(t, endpoint(s));
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    EXPECT_TRUE(std::holds_alternative<scep::issued>(*outcome));
    EXPECT_EQ(methods_, (std::vector<std::string>{"GET", "GET", "GET"}));
}

TEST_F(EndToEnd, AWrongChallengeIsARefusal)
{
    auto const s = start();
    auto t = transaction("wrong");
    auto const outcome = client({}).run(t, endpoint(s));
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    auto const* const rejected = std::get_if<scep::rejected>(&*outcome);
    ASSERT_NE(rejected, nullptr);
    EXPECT_EQ(rejected->fail_info, scep::fail_info::bad_message_check);
    EXPECT_EQ(authorizer_->asked, 1u);
}

TEST_F(EndToEnd, APendingRequestIsPolled)
{
    decide_ = [this](scep::enrollment_claim const&) -> scep::decision {
        if(authorizer_->asked < 2)
            return scep::hold{};
        return scep::accept{};
    };
    auto const s = start();
    auto t = transaction("", {.interval = 1s, .attempts = 3});
    auto const outcome = client({}).run(t, endpoint(s));
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    EXPECT_TRUE(std::holds_alternative<scep::issued>(*outcome));
}

TEST_F(EndToEnd, AWaitCanBeCancelled)
{
    decide_ = [](scep::enrollment_claim const&) -> scep::decision { return scep::hold{}; };
    auto const s = start();
    std::atomic<bool> cancel{false};
    client blocking({.cancel = &cancel});
    auto t = transaction("", {.interval = 600s, .attempts = 3});
    std::thread interrupter([&] {
        while(authorizer_->asked == 0)
            std::this_thread::sleep_for(5ms);
        std::this_thread::sleep_for(50ms);
        cancel = true;
    });
    auto const outcome = blocking.run(t, endpoint(s));
    interrupter.join();
    EXPECT_EQ(outcome.error(), errc::cancelled);

    asio::io_context context;
    client async(context.get_executor(), {});
    auto t2 = transaction("", {.interval = 600s, .attempts = 3});
    asio::cancellation_signal signal;
    diagnostics detail;
    error_code code;
    async.async_run(t2, endpoint(s), &detail,
                    asio::bind_cancellation_slot(signal.slot(), [&](error_code e, scep::enrollment_outcome const& o) {
                        code = e;
                        EXPECT_TRUE(std::holds_alternative<std::monostate>(o));
                    }));
    asio::steady_timer timer(context, 200ms);
    timer.async_wait([&](error_code) { signal.emit(asio::cancellation_type::terminal); });
    context.run_for(10s);
    EXPECT_EQ(code, errc::cancelled);
    EXPECT_FALSE(detail.message.empty());
}

TEST_F(EndToEnd, RunsOverAsio)
{
    auto const s = start();
    auto t = transaction();
    asio::io_context context;
    client c(context.get_executor(), {});
    auto future = c.async_run(t, endpoint(s), nullptr, asio::use_future);
    context.run();
    EXPECT_TRUE(std::holds_alternative<scep::issued>(future.get()));
}

TEST_F(EndToEnd, AFailureTellsItsCodeAndDetail)
{
    auto t = transaction();
    asio::io_context context;
    client c(context.get_executor(), {});
    diagnostics detail;
    auto const nobody = test::endpoint("http://127.0.0.1:" + std::to_string(test::closed_port()) + "/");
    int calls = 0;
    c.async_run(t, nobody, &detail, [&](error_code code, scep::enrollment_outcome const& outcome) {
        ++calls;
        EXPECT_EQ(code, errc::connection_refused);
        EXPECT_EQ(code, condition::transport);
        EXPECT_TRUE(std::holds_alternative<std::monostate>(outcome));
    });
    context.run();
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(detail.layer, "tcp");

    client blocking(client_options{});
    auto t2 = transaction();
    EXPECT_EQ(blocking.run(t2, nobody).error(), errc::connection_refused);
    auto t3 = transaction();
    std::promise<error_code> without;
    blocking.async_run(t3, nobody, &detail,
                       [&](error_code code, scep::enrollment_outcome const&) { without.set_value(code); });
    EXPECT_EQ(without.get_future().get(), errc::invalid_argument);
}

TEST_F(EndToEnd, ARedirectEndsIt)
{
    test::raw_peer const peer([](test::tcp::socket& socket, unsigned) {
        test::read_request(socket);
        test::say(socket, "HTTP/1.1 301 Moved Permanently\r\nLocation: /certsrv/mscep/\r\nContent-Length: 0\r\n\r\n");
    });
    auto t = transaction();
    auto const outcome = client({}).run(t, test::endpoint(peer.url("/certsrv/mscep")));
    EXPECT_EQ(outcome.error(), errc::redirected);
    EXPECT_EQ(outcome.error().details().http_status, 301u);
    EXPECT_EQ(peer.connections(), 1u);
}

TEST_F(EndToEnd, AnErrorStatusEndsIt)
{
    test::raw_peer const peer([](test::tcp::socket& socket, unsigned number) {
        test::read_request(socket);
        test::say(socket, number == 0 ? "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nAES\nSHA-256\n"
                                      : "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n");
    });
    auto t = transaction();
    EXPECT_EQ(client({}).run(t, test::endpoint(peer.url())).error(), errc::http_status);
    EXPECT_EQ(peer.connections(), 2u);
}

TEST_F(EndToEnd, ATruncatedAnswerEndsIt)
{
    test::raw_peer const peer([](test::tcp::socket& socket, unsigned) {
        test::read_request(socket);
        test::say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nAES\nPOSTPKIOperation\n");
    });
    auto t = transaction();
    EXPECT_EQ(client({}).run(t, test::endpoint(peer.url())).error(), errc::connection_closed);
}

TEST_F(EndToEnd, NeverGoesOnWithATlsServerItDoesNotTrust)
{
    auto const& tls = test::tls_pki::instance();
    auto const try_it = [&](tls_server_options shown) {
        auto const s = start({.aes = true, .post_pki_operation = true, .sha256 = true}, std::move(shown));
        client_options options;
        options.tls.verification = tls_client_options::mode::observe; // Not for an enrolment.
        options.tls.anchors = {tls.root.certificate};
        auto t = transaction();
        return client(options).run(t, endpoint(s, "https"));
    };
    EXPECT_EQ(try_it(tls.expired_server()).error(), errc::tls_not_trusted);
    EXPECT_EQ(try_it(tls.server_without_intermediate()).error(), errc::tls_not_trusted);
    EXPECT_EQ(try_it(tls.server_for("other.example")).error(), errc::name_mismatch);
    EXPECT_TRUE(methods_.empty());
    EXPECT_TRUE(try_it(tls.server()));
}

// serve()

TEST_F(EndToEnd, ServeAnswersBelowItsPathOnly)
{
    auto const s = start();
    auto const status = [&](std::string const& method, std::string const& target, std::string const& body = "") {
        http::request r;
        r.method = method;
        r.target = target;
        r.body = to_bytes(as_bytes(body));
        auto const record = client({}).perform(endpoint(s), r);
        return record.response ? record.response->status : 0u;
    };
    std::string const p = path;
    EXPECT_EQ(status("GET", p + "?operation=GetCACaps"), 200u);
    EXPECT_EQ(status("GET", p + "?operation=GetCACert&message=anything"), 200u);
    EXPECT_EQ(status("GET", p + "/pkiclient.exe?operation=GetCACaps"), 200u);
    EXPECT_EQ(status("GET", p + "/?operation=GetCACaps"), 200u);
    EXPECT_EQ(status("GET", "/certsrv/mscep?operation=GetCACaps"), 404u);
    EXPECT_EQ(status("GET", p + "x?operation=GetCACaps"), 404u);
    EXPECT_EQ(status("GET", p + "/other?operation=GetCACaps"), 404u);
    EXPECT_EQ(status("GET", "/"), 404u);
    EXPECT_EQ(status("PUT", p + "?operation=GetCACaps"), 405u);
    EXPECT_EQ(status("DELETE", p), 405u);
    EXPECT_EQ(status("GET", p), 400u);
    EXPECT_EQ(status("GET", p + "?operation=Nothing"), 400u);
    EXPECT_EQ(status("GET", p + "?operation=PKIOperation&message=%ff"), 400u);
    EXPECT_EQ(status("POST", p + "?operation=PKIOperation", "not a message"), 400u);
    EXPECT_EQ(authorizer_->asked, 0u);
}

TEST_F(EndToEnd, ServeSaysNothingBack)
{
    auto const s = start();
    for(std::string const target : {"/ZZCANARYZZ", "/certsrv/mscep/mscep.dll?operation=ZZCANARYZZ",
                                    "/certsrv/mscep/mscep.dll?operation=PKIOperation&message=ZZCANARYZZ"}) {
        auto const answer = test::ask(s.port(), "GET " + target + " HTTP/1.0\r\n\r\n");
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 40")) << answer;
        EXPECT_EQ(answer.find("CANARY"), std::string::npos) << answer;
    }
}

TEST_F(EndToEnd, ManyThreadsEnrolAtOnce)
{
    auto const s = start();
    std::atomic<unsigned> issued{0};
    std::vector<std::thread> threads;
    test::rsa_key("net device"); // Made before the race.
    for(int i = 0; i < 16; ++i)
        threads.emplace_back([&] {
            client c({.keep_alive = true});
            for(int n = 0; n < 2; ++n) {
                auto t = transaction();
                auto const outcome = c.run(t, endpoint(s));
                if(outcome && std::holds_alternative<scep::issued>(*outcome))
                    ++issued;
                else
                    ADD_FAILURE() << (outcome ? "no certificate" : outcome.error().to_string());
            }
        });
    for(auto& thread : threads)
        thread.join();
    EXPECT_EQ(issued, 32u);
}

} // namespace
} // namespace scepkit::inline v0::net
