// SPDX-License-Identifier: BSL-1.0
#include "servers.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace scepkit::inline v0::net {
namespace {

using namespace std::chrono_literals;
using namespace scepkit::test;

TEST(Server, Answers)
{
    echo const s;
    EXPECT_EQ(s.it.address(), "127.0.0.1");
    EXPECT_EQ(ask(s.port(), "GET /a?b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nGET /a?b 0");
}

TEST(Server, AnswersPipelinedRequestsInOrder)
{
    echo const s;
    auto const answers = ask(s.port(), "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
                                       "POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
                                       "GET /3 HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(count_of(answers, "HTTP/1.1 200 OK"), 3u);
    EXPECT_LT(answers.find("GET /1 0"), answers.find("POST /2 3"));
    EXPECT_LT(answers.find("POST /2 3"), answers.find("GET /3 0"));
}

TEST(Server, ReadsChunkedBodies)
{
    echo const s;
    auto const answer = ask(s.port(), "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                                      "3;a=b\r\nabc\r\n4\r\ndefg\r\n0\r\nContent-Length: 99\r\n\r\n");
    // A length in the trailer is one of two readings.
    EXPECT_EQ(count_of(answer, "HTTP/1.1 400"), 1u);
    EXPECT_NE(ask(s.port(), "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                            "3;a=b\r\nabc\r\n4\r\ndefg\r\n0\r\nX-Trailer: y\r\n\r\n")
                  .find("POST / 7"),
              std::string::npos);
}

TEST(Server, AnswersHeadWithoutABody)
{
    echo const s;
    EXPECT_EQ(ask(s.port(), "HEAD /abc HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              "HTTP/1.1 200 OK\r\nContent-Length: 11\r\nConnection: close\r\n\r\n");
}

TEST(Server, SpeaksHttp10)
{
    echo const s;
    EXPECT_EQ(ask(s.port(), "GET / HTTP/1.0\r\n\r\n"),
              "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nGET / 0");
}

TEST(Server, AsksForABodyThatWaits)
{
    echo const s;
    test::raw_client c(s.port());
    c.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n");
    std::string interim;
    boost::asio::read_until(c.socket(), boost::asio::dynamic_buffer(interim), "\r\n\r\n");
    EXPECT_EQ(interim, "HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_EQ(s.calls, 0u);
    c.send("abc");
    EXPECT_TRUE(c.rest().ends_with("POST / 3"));
}

TEST(Server, KnowsItsPeer)
{
    peer seen;
    server_options options;
    options.handler = [&](http::request const&, peer const& p) {
        seen = p;
        return text("");
    };
    auto s = server::start(options).value();
    test::raw_client c(s.port());
    c.send("GET / HTTP/1.0\r\n\r\n");
    c.rest();
    s.stop();
    EXPECT_EQ(seen.address, "127.0.0.1");
    EXPECT_EQ(seen.port, c.socket().local_endpoint().port());
    EXPECT_EQ(seen.local_address, "127.0.0.1");
    EXPECT_EQ(seen.local_port, s.port());
}

// What a handler may answer.

TEST(ServerAnswer, CanBeRawBytes)
{
    auto const s = answering(
        [](http::request const&, peer const&) { return raw_answer{to_bytes(as_bytes("\x01 not HTTP at all"))}; });
    EXPECT_EQ(ask(s.port(), simple), "\x01 not HTTP at all");
}

TEST(ServerAnswer, CanBeSilence)
{
    auto const s = answering([](http::request const&, peer const&) { return drop_connection{}; });
    EXPECT_EQ(ask(s.port(), simple), "");
    auto const record = test::perform("http://127.0.0.1:" + std::to_string(s.port()) + "/");
    EXPECT_EQ(failure_of(record), errc::connection_closed);
}

TEST(ServerAnswer, KeepsTheHandlersFields)
{
    auto const s = answering([](http::request const&, peer const&) {
        auto r = text("abc", 301);
        r.reason = "Moved Permanently";
        r.fields.add("Server", "Microsoft-IIS/10.0");
        r.fields.add("Content-Length", "3");
        r.fields.add("Connection", "close");
        return r;
    });
    EXPECT_EQ(ask(s.port(), simple), "HTTP/1.1 301 Moved Permanently\r\nServer: Microsoft-IIS/10.0\r\n"
                                     "Content-Length: 3\r\nConnection: close\r\n\r\nabc");
}

TEST(ServerAnswer, WithAFalseLengthEndsTheConnection)
{
    auto const s = answering([](http::request const&, peer const&) {
        auto r = text("abc");
        r.fields.add("Content-Length", "30");
        return r;
    });
    auto const answer = ask(s.port(), std::string(simple) + std::string(simple));
    EXPECT_EQ(count_of(answer, "HTTP/1.1"), 1u);
}

TEST(ServerAnswer, WithoutABodyHasNoLength)
{
    auto const s = answering([](http::request const&, peer const&) { return text("", 204); });
    EXPECT_EQ(ask(s.port(), simple).find("Content-Length"), std::string::npos);
}

TEST(ServerAnswer, OfAHandlerThatThrowsIs500)
{
    auto const s = answering(
        [](http::request const&, peer const&) -> server_answer { throw std::runtime_error("secret of the handler"); });
    auto const answer = ask(s.port(), simple);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 500 "));
    EXPECT_EQ(answer.find("secret"), std::string::npos);
}

TEST(ThreatH4, AnAnswerThatWouldSplitIs500)
{
    for(int kind = 0; kind < 4; ++kind) {
        auto const s = answering([kind](http::request const&, peer const&) {
            auto r = text("x");
            if(kind == 0)
                r.fields.add("Location", "/\r\nSet-Cookie: a=b");
            else if(kind == 1)
                r.fields.add("X\r\nY", "z");
            else if(kind == 2)
                r.reason = "OK\r\nSet-Cookie: a=b";
            else
                r.status = 1000;
            return r;
        });
        auto const answer = ask(s.port(), simple);
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 500 ")) << kind;
        EXPECT_EQ(answer.find("Set-Cookie"), std::string::npos) << kind;
    }
}

// Beginning and end.

TEST(Server, RefusesToStartWithoutAPlace)
{
    echo const s;
    server_options options;
    options.handler = [](http::request const&, peer const&) { return text(""); };
    options.port = s.port();
    EXPECT_EQ(server::start(options).error(), errc::io_failed);
    options.port = 0;
    options.address = "ndes.contoso.example";
    EXPECT_EQ(server::start(options).error(), errc::invalid_argument);
    EXPECT_EQ(server::start({}).error(), errc::invalid_argument); // No handler.
}

TEST(Server, StopsWithConnectionsOpen)
{
    echo s;
    test::raw_client idle(s.port());
    test::raw_client half(s.port());
    half.send("GET / HT");
    test::raw_client kept(s.port());
    kept.send(simple);
    std::string some;
    boost::asio::read_until(kept.socket(), boost::asio::dynamic_buffer(some), "GET / 0");
    auto const port = s.port();
    s.it.stop();
    EXPECT_EQ(idle.rest(), "");
    EXPECT_EQ(half.rest(), "");
    EXPECT_EQ(kept.rest(), "");
    EXPECT_EQ(failure_of(test::perform("http://127.0.0.1:" + std::to_string(port) + "/")), errc::connection_refused);
    s.it.stop();
}

TEST(Server, FinishesTheAnswerItIsComputingWhenStopped)
{
    std::mutex lock;
    std::condition_variable changed;
    bool entered = false;
    bool go_on = false;
    auto s = answering([&](http::request const&, peer const&) {
        std::unique_lock guard(lock);
        entered = true;
        changed.notify_all();
        changed.wait(guard, [&] { return go_on; });
        return text(std::string(100'000, 'x'));
    });
    test::raw_client c(s.port());
    c.send(simple);
    {
        std::unique_lock guard(lock);
        changed.wait(guard, [&] { return entered; });
    }
    std::thread first([&] { s.stop(); });
    std::thread second([&] { s.stop(); });
    std::this_thread::sleep_for(20ms);
    {
        std::lock_guard const guard(lock);
        go_on = true;
    }
    changed.notify_all();
    auto const answer = c.rest();
    first.join();
    second.join();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK"));
    EXPECT_TRUE(answer.ends_with(std::string(100'000, 'x')));
}

TEST(Server, CanBeMoved)
{
    echo s;
    server moved(std::move(s.it));
    EXPECT_TRUE(ask(moved.port(), simple).ends_with("GET / 0"));
    moved.stop();
    s.it.stop(); // NOLINT(bugprone-use-after-move): nothing left to stop.
    EXPECT_EQ(s.it.port(), 0);
}

TEST(Server, ListensOnIpv6)
{
    server_options options;
    options.address = "::1";
    options.handler = [](http::request const&, peer const& p) { return text(p.address); };
    auto const s = server::start(options);
    if(!s)
        GTEST_SKIP() << "no IPv6 on this machine";
    auto const record = test::perform("http://[::1]:" + std::to_string(s->port()) + "/");
    EXPECT_FALSE(record.failure);
    EXPECT_EQ(body_of(record), "::1");
}

TEST(ListenAddress, ReadsItsThreeForms)
{
    auto a = listen_address::parse("8080").value();
    EXPECT_EQ(a.address, "127.0.0.1");
    EXPECT_EQ(a.port, 8080);
    a = listen_address::parse("0.0.0.0:0").value();
    EXPECT_EQ(a.address, "0.0.0.0");
    EXPECT_EQ(a.port, 0);
    a = listen_address::parse("[::1]:443").value();
    EXPECT_EQ(a.address, "::1");
    EXPECT_EQ(a.port, 443);
    EXPECT_EQ(listen_address::parse("localhost:1").value().address, "127.0.0.1");
}

TEST(ListenAddress, RefusesEverythingElse)
{
    for(auto const* text : {"", ":", ":80", "1.2.3.4", "1.2.3.4:", "1.2.3.4:65536", "::1:80", "[1.2.3.4]:80", "[::1]",
                            "ndes.example:80", "80 ", "-1", "[::1:80", "1.2.3.4:8o"})
        EXPECT_EQ(listen_address::parse(text).error(), errc::invalid_argument) << text;
}

} // namespace
} // namespace scepkit::inline v0::net
