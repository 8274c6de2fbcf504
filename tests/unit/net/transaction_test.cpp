// SPDX-License-Identifier: BSL-1.0
#include "helpers.hpp"
#include "raw_peer.hpp"
#include "tls_pki.hpp"

#include <scepkit/http/scep_mapping.hpp>
#include <scepkit/net/client.hpp>
#include <scepkit/net/server.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <iostream>
#include <iterator>
#include <mutex>
#include <support/process.hpp>
#include <thread>

namespace scepkit::inline v0::net {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using boost::system::error_code;

/// A CA of which every answer to a message is written by the test, behind a real server.
class OverHttp : public testing::Test
{
protected:
    OverHttp()
        : ca_(test::authority::self_signed(test::timeless(test::ca_wish("CN=Net Test CA")), test::rsa_key("net ca"))),
          leaf_(ca_.issue(test::timeless({.subject = "CN=net device"}), test::rsa_key("net device").public_key()))
    {
        server_options options;
        options.handler = [this](http::request const& r, peer const&) -> server_answer {
            auto const asked = http::read_request(r);
            if(!asked)
                return http::make_response({400, {}, {}});
            std::lock_guard const guard(lock_);
            switch(asked->operation) {
            case scep::operation::get_ca_caps:
                return http::make_response({200, "text/plain", to_bytes(as_bytes("SCEPStandard\nGetNextCACert\n"))});
            case scep::operation::get_ca_cert:
                return http::make_response({200, "application/x-x509-ca-cert", to_bytes(ca_.certificate.der())});
            case scep::operation::get_next_ca_cert: return http::make_response({501, {}, {}});
            case scep::operation::pki_operation: break;
            }
            ++messages_;
            return answer_(r.method, asked->body);
        };
        server_.emplace(server::start(std::move(options)).value());
    }

    http::endpoint endpoint() const
    {
        return test::endpoint("http://127.0.0.1:" + std::to_string(server_->port()) + "/scep");
    }
    http::response success(bytes_view request) const
    {
        test::reply_wish wish(request);
        wish.certificates = {leaf_};
        return http::make_response({200, "application/x-pki-message", wish.sign(ca_)});
    }
    http::response pending(bytes_view request) const
    {
        test::reply_wish wish(request);
        wish.attributes.pki_status = scep::pki_status::pending;
        return http::make_response({200, "application/x-pki-message", wish.sign(ca_)});
    }
    static http::response busy(std::string seconds)
    {
        auto r = http::make_response({503, {}, {}});
        r.fields.add("Retry-After", std::move(seconds));
        return r;
    }
    scep::ca_trust pin() const { return scep::ca_trust::pinned(ca_.certificate.sha256()).value(); }
    scep::enrollment enrollment(scep::poll_policy polling = {}, scep::profile profile = scep::profile::rfc8894()) const
    {
        test::device d;
        d.name = "net device";
        return scep::enrollment::create(d.enrollment(), pin(), {.profile = std::move(profile), .polling = polling})
            .value();
    }
    scep::query question() const
    {
        return scep::query::certificate(scep::issuer_and_serial::of(leaf_),
                                        {leaf_, test::rsa_key("net device"), nullptr}, pin())
            .value();
    }

    test::authority ca_;
    pki::certificate leaf_;
    std::mutex lock_;
    std::function<http::response(std::string const& method, bytes_view message)> answer_ =
        [this](std::string const&, bytes_view message) { return success(message); };
    std::atomic<unsigned> messages_{0};
    std::optional<server> server_;
};

TEST_F(OverHttp, BothDriversAskQuestions)
{
    auto first = question();
    auto const blocking = client({}).run(first, endpoint());
    ASSERT_TRUE(blocking) << blocking.error();
    EXPECT_EQ(std::get<scep::found_certificate>(*blocking).certificate, leaf_);

    asio::io_context context;
    client c(context.get_executor(), {});
    auto second = question();
    auto future = c.async_run(second, endpoint(), nullptr, asio::use_future);
    context.run();
    EXPECT_EQ(std::get<scep::found_certificate>(future.get()).certificate, leaf_);

    auto third = scep::query::ca(pin()).value();
    auto const known = client({}).run(third, endpoint());
    ASSERT_TRUE(known) << known.error();
    EXPECT_EQ(std::get<scep::ca_description>(*known).identity.issuing_ca, ca_.certificate);
}

TEST_F(OverHttp, AnOperationThatIsNotThereIsAnError)
{
    auto first = scep::query::next_ca(pin()).value();
    EXPECT_EQ(client({}).run(first, endpoint()).error(), errc::http_status);

    asio::io_context context;
    client c(context.get_executor(), {});
    auto second = scep::query::next_ca(pin()).value();
    diagnostics detail;
    error_code code;
    c.async_run(second, endpoint(), &detail, [&](error_code e, scep::query_outcome const& outcome) {
        code = e;
        EXPECT_TRUE(std::holds_alternative<std::monostate>(outcome));
    });
    context.run();
    EXPECT_EQ(code, errc::http_status);
    EXPECT_EQ(detail.http_status, 501u);
}

// One object, whoever drives it: a future, a coroutine, a callback, a blocking call.
TEST_F(OverHttp, EveryTokenDrivesTheSameEnrolment)
{
    asio::io_context context;
    client c(context.get_executor(), {});
    std::vector<pki::certificate> got;
    auto const keep = [&](scep::enrollment_outcome const& outcome) {
        if(auto const* const issued = std::get_if<scep::issued>(&outcome))
            got.push_back(issued->certificate);
    };

    auto by_future = enrollment();
    auto future = c.async_run(by_future, endpoint(), nullptr, asio::use_future);
    context.run();
    keep(future.get());

    context.restart();
    auto by_callback = enrollment();
    c.async_run(by_callback, endpoint(), nullptr, [&](error_code code, scep::enrollment_outcome const& outcome) {
        EXPECT_FALSE(code);
        keep(outcome);
    });
    context.run();

    context.restart();
    auto by_coroutine = enrollment();
    auto const where = endpoint();
    auto const body = [&]() -> asio::awaitable<void> {
        auto const outcome = co_await c.async_run(by_coroutine, where, nullptr, asio::use_awaitable);
        keep(outcome);
    };
    std::exception_ptr thrown;
    asio::co_spawn(context, body(), [&](std::exception_ptr e) { thrown = e; });
    context.run();
    EXPECT_FALSE(thrown);

    auto by_hand = enrollment();
    auto const outcome = client({}).run(by_hand, where);
    ASSERT_TRUE(outcome) << outcome.error();
    keep(*outcome);

    EXPECT_EQ(got, std::vector(4, leaf_));
    EXPECT_EQ(messages_, 4u);
}

TEST_F(OverHttp, RetryAfterIsWaitedForByBothDrivers)
{
    std::vector<bytes> seen;
    answer_ = [&](std::string const&, bytes_view message) {
        seen.push_back(to_bytes(message));
        return seen.size() % 2 == 1 ? busy("1") : success(message);
    };
    scep::poll_policy const patient{.attempts = 2, .jitter = 0};
    auto const begun = std::chrono::steady_clock::now();
    auto first = enrollment(patient);
    auto const blocking = client({}).run(first, endpoint());
    ASSERT_TRUE(blocking) << blocking.error();
    EXPECT_TRUE(std::holds_alternative<scep::issued>(*blocking));
    EXPECT_GE(std::chrono::steady_clock::now() - begun, 1s);

    asio::io_context context;
    client c(context.get_executor(), {});
    auto second = enrollment(patient);
    auto future = c.async_run(second, endpoint(), nullptr, asio::use_future);
    context.run();
    EXPECT_TRUE(std::holds_alternative<scep::issued>(future.get()));
    ASSERT_EQ(seen.size(), 4u);
    EXPECT_EQ(seen[0], seen[1]);
    EXPECT_EQ(seen[2], seen[3]);

    auto impatient = enrollment();
    EXPECT_EQ(client({}).run(impatient, endpoint()).error(), errc::http_status);
}

TEST_F(OverHttp, AWaitForABusyServerCanBeCancelledAndAPendingOneSaved)
{
    answer_ = [&](std::string const&, bytes_view) { return busy("600"); };
    std::atomic<bool> cancel{false};
    auto first = enrollment({.longest = 600s, .attempts = 2});
    std::thread interrupter([&] {
        while(messages_ == 0)
            std::this_thread::sleep_for(5ms);
        cancel = true;
    });
    auto const outcome = client({.cancel = &cancel}).run(first, endpoint());
    interrupter.join();
    EXPECT_EQ(outcome.error(), errc::cancelled);
    EXPECT_EQ(first.save().error(), errc::state_misuse);

    {
        std::lock_guard const guard(lock_);
        answer_ = [&](std::string const&, bytes_view message) { return pending(message); };
    }
    asio::io_context context;
    client c(context.get_executor(), {});
    asio::cancellation_signal signal;
    auto second = enrollment({.interval = 600s, .attempts = 2});
    error_code code;
    c.async_run(
        second, endpoint(), nullptr,
        asio::bind_cancellation_slot(signal.slot(), [&](error_code e, scep::enrollment_outcome const&) { code = e; }));
    asio::steady_timer timer(context, 5ms);
    std::function<void(error_code)> const look = [&](error_code) {
        if(second.save()) { // It waits.
            signal.emit(asio::cancellation_type::terminal);
            return;
        }
        timer.expires_after(5ms);
        timer.async_wait(look);
    };
    timer.async_wait(look);
    context.run_for(20s);
    EXPECT_EQ(code, errc::cancelled);

    // What was given up goes on later, from what was saved.
    auto const saved = second.save();
    ASSERT_TRUE(saved) << saved.error();
    {
        std::lock_guard const guard(lock_);
        answer_ = [&](std::string const&, bytes_view message) { return success(message); };
    }
    scep::enrollment::resume_keys keys{test::rsa_key("net device"), std::nullopt, nullptr, {}};
    auto resumed = scep::enrollment::resume(*saved, std::move(keys), pin(), {}, current_time());
    ASSERT_TRUE(resumed) << resumed.error();
    auto const finished = client({}).run(*resumed, endpoint());
    ASSERT_TRUE(finished) << finished.error();
    EXPECT_EQ(std::get<scep::issued>(*finished).certificate, leaf_);
}

TEST_F(OverHttp, AnEmptyAnswerToAPostIsAskedForByGet)
{
    answer_ = [&](std::string const& method, bytes_view message) {
        return method == "POST" ? http::make_response({200, {}, {}}) : success(message);
    };
    auto refused = enrollment();
    EXPECT_EQ(client({}).run(refused, endpoint()).error(), errc::truncated);
    auto tolerant = enrollment({}, scep::profile::ndes());
    auto const outcome = client({}).run(tolerant, endpoint());
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_TRUE(std::get<scep::issued>(*outcome).tolerances.contains(scep::quirk::empty_post_answer));
}

// Another process than the one that enrolled; started by the test below.
TEST(DISABLED_Resuming, HappensInAProcessOfItsOwn)
{
    std::string url;
    std::string pin;
    std::string saved;
    std::getline(std::cin, url);
    std::getline(std::cin, pin);
    std::getline(std::cin, saved);
    std::string const pem{std::istreambuf_iterator<char>(std::cin), {}};
    scep::enrollment::resume_keys keys{pki::private_key::from_pem(as_bytes(pem)).value(), std::nullopt, nullptr, {}};
    auto transaction = scep::enrollment::resume(from_hex(saved).value(), std::move(keys),
                                                scep::ca_trust::pinned_hex(pin).value(), {}, current_time());
    ASSERT_TRUE(transaction) << transaction.error();
    auto const outcome = client({}).run(*transaction, test::endpoint(url));
    ASSERT_TRUE(outcome) << outcome.error();
    std::cout << "\nissued " << to_hex(std::get<scep::issued>(*outcome).certificate.der()) << std::endl;
}

TEST_F(OverHttp, AnotherProcessGoesOnWithWhatWasSaved)
{
    answer_ = [&](std::string const&, bytes_view message) {
        auto const asked = scep::parsed_message::parse(message, scep::profile::strict()).value();
        return asked.attributes().message_type == scep::message_type::cert_poll ? success(message) : pending(message);
    };
    auto transaction = enrollment();
    auto const outcome = client({}).run(transaction, endpoint());
    ASSERT_TRUE(outcome) << outcome.error();
    ASSERT_TRUE(std::holds_alternative<scep::pending>(*outcome));
    auto const pem = test::rsa_key("net device").to_pem().value();
    auto const input = endpoint().url() + "\n" + to_hex(ca_.certificate.sha256()) + "\n" +
                       to_hex(transaction.save().value()) + "\n" + std::string(as_text(pem.view()));
    auto const child = test::run({test::this_program, "--gtest_also_run_disabled_tests",
                                  "--gtest_filter=DISABLED_Resuming.HappensInAProcessOfItsOwn"},
                                 to_bytes(as_bytes(input)));
    auto const said = std::string(as_text(child.out));
    EXPECT_EQ(child.exit_code, 0) << said << child.err;
    EXPECT_NE(said.find("\nissued " + to_hex(leaf_.der()) + "\n"), std::string::npos) << said;
    EXPECT_EQ(messages_, 2u);
}

// The servers of 2003 and 2008 that hang up on GetCACaps.
TEST_F(OverHttp, AServerThatHangsUpOnGetCaCapsHasNoCapabilities)
{
    unsigned connections = 0;
    test::raw_peer const peer([&](test::tcp::socket& socket, unsigned) {
        ++connections;
        auto const text = test::read_request(socket);
        if(text.find("operation=GetCACert") == std::string::npos)
            return;
        auto const der = to_bytes(ca_.certificate.der());
        test::say(socket, "HTTP/1.1 200 OK\r\nContent-Type: application/x-x509-ca-cert\r\nContent-Length: " +
                              std::to_string(der.size()) + "\r\n\r\n" + std::string(as_text(der)));
    });
    auto strict = scep::query::ca(pin(), {.floor = {.allow_sha1 = true}}).value();
    EXPECT_EQ(client({}).run(strict, test::endpoint(peer.url())).error(), errc::connection_closed);
    EXPECT_EQ(peer.connections(), 1u);
    auto tolerant = scep::query::ca(pin(), {.profile = scep::profile::ndes(), .floor = {.allow_sha1 = true}}).value();
    auto const outcome = client({}).run(tolerant, test::endpoint(peer.url()));
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_TRUE(
        std::get<scep::ca_description>(*outcome).identity.tolerances.contains(scep::quirk::capabilities_missing));
    EXPECT_EQ(peer.connections(), 3u);
}

} // namespace
} // namespace scepkit::inline v0::net
