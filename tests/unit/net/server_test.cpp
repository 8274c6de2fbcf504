// SPDX-License-Identifier: BSL-1.0
#include "helpers.hpp"
#include "raw_peer.hpp"

#include <scepkit/net/server.hpp>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace scepkit::inline v0::net {
namespace {

using namespace std::chrono_literals;
using test::ask;
using test::body_of;
using test::failure_of;

http::response text(std::string_view body, unsigned status = 200)
{
    http::response r;
    r.status = status;
    r.body = to_bytes(as_bytes(body));
    return r;
}

/// Says what it was asked, and counts.
struct echo {
    explicit echo(server_options chosen = {}) : it(start(std::move(chosen))) {}

    server start(server_options chosen)
    {
        chosen.handler = [this](http::request const& r, peer const&) {
            ++calls;
            return text(r.method + " " + r.target + " " + std::to_string(r.body.size()));
        };
        return server::start(std::move(chosen)).value();
    }
    std::uint16_t port() const { return it.port(); }
    std::string url(std::string const& path = "/") const
    {
        return "http://127.0.0.1:" + std::to_string(it.port()) + path;
    }

    std::atomic<unsigned> calls{0};
    server it;
};

std::size_t count_of(std::string const& text, std::string_view word)
{
    std::size_t count = 0;
    for(auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
        ++count;
    return count;
}

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

server answering(std::function<server_answer(http::request const&, peer const&)> handler)
{
    server_options options;
    options.handler = std::move(handler);
    return server::start(std::move(options)).value();
}

constexpr std::string_view simple = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

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

// Bounds.

TEST(ThreatH2, LongGetsAreServedUpToTheLimit)
{
    echo const s;
    auto const get = [&](std::size_t size) {
        return ask(s.port(),
                   "GET /?message=" + std::string(size, 'M') + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    };
    EXPECT_TRUE(get(60u << 10).starts_with("HTTP/1.1 200 "));
    EXPECT_TRUE(get(64u << 10).starts_with("HTTP/1.1 431 "));
    EXPECT_TRUE(get(1u << 20).starts_with("HTTP/1.1 431 "));
    EXPECT_EQ(s.calls, 1u);
    // And the client sends one.
    auto const record = test::perform(s.url(), test::get("/?message=" + std::string(60u << 10, 'M')));
    EXPECT_FALSE(record.failure);
    EXPECT_EQ(record.response->status, 200u);
}

TEST(ThreatH1, HeadersWithoutEndAreRefused)
{
    echo const s({.header_limit = 2000});
    std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
    for(int i = 0; i < 500; ++i)
        many += "X-" + std::to_string(i) + ": y\r\n";
    EXPECT_TRUE(ask(s.port(), many).starts_with("HTTP/1.1 431 "));
    EXPECT_EQ(s.calls, 0u);
}

TEST(ThreatH1, BodiesAreBounded)
{
    echo const s({.body_limit = 1000});
    std::string const head = "POST / HTTP/1.1\r\nHost: x\r\n";
    std::string const body(5000, 'b');
    EXPECT_TRUE(ask(s.port(), head + "Content-Length: 5000\r\n\r\n" + body).starts_with("HTTP/1.1 413 "));
    EXPECT_TRUE(ask(s.port(), head + "Content-Length: 18446744073709551615\r\n\r\n").starts_with("HTTP/1.1 413 "));
    EXPECT_TRUE(ask(s.port(), head + "Transfer-Encoding: chunked\r\n\r\n1388\r\n" + body + "\r\n0\r\n\r\n")
                    .starts_with("HTTP/1.1 413 "));
    EXPECT_TRUE(ask(s.port(), head + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(200'000, 'e'))
                    .starts_with("HTTP/1.1 431 "));
    EXPECT_EQ(s.calls, 0u);
    EXPECT_TRUE(
        ask(s.port(), head + "Content-Length: 1000\r\n\r\n" + std::string(1000, 'b')).starts_with("HTTP/1.1 200 "));
}

TEST(ThreatH1, ARefusalReachesAClientThatStillSends)
{
    echo const s({.body_limit = 1000});
    for(int i = 0; i < 10; ++i) {
        auto const record = test::perform(s.url(), test::post(bytes(1u << 20, 'x')));
        ASSERT_TRUE(record.response) << record.failure->to_string();
        EXPECT_EQ(record.response->status, 413u);
    }
}

TEST(ThreatH1, SlowClientsAreLeftAndDisturbNobody)
{
    echo const s({.read_timeout = 80ms});
    std::vector<std::unique_ptr<test::raw_client>> slow;
    for(int i = 0; i < 50; ++i) {
        slow.push_back(std::make_unique<test::raw_client>(s.port()));
        slow.back()->send(i % 2 == 0 ? "GET / HTTP/1.1\r\nHo"
                                     : "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab");
    }
    EXPECT_FALSE(test::perform(s.url()).failure);
    for(auto const& c : slow)
        EXPECT_EQ(c->rest(), ""); // Closed without a word.
    EXPECT_EQ(s.calls, 1u);
}

TEST(ThreatH1, EachRequestHasItsOwnTime)
{
    echo const s({.read_timeout = 1s});
    test::raw_client c(s.port());
    std::string answers;
    for(int i = 0; i != 4; ++i) {
        std::this_thread::sleep_for(400ms);
        c.send(simple);
        boost::system::error_code closed;
        boost::asio::read_until(c.socket(), boost::asio::dynamic_buffer(answers), "GET / 0", closed);
        ASSERT_FALSE(closed) << i;
        answers.clear();
    }
    EXPECT_EQ(c.rest(), ""); // Then the server closes.
}

TEST(ThreatH1, WhoDoesNotReadIsLeft)
{
    server_options options{.write_timeout = 80ms, .maximum_connections = 1};
    options.handler = [](http::request const& r, peer const&) {
        return text(std::string(r.target == "/big" ? 64u << 20 : 1, 'x'));
    };
    auto const s = server::start(std::move(options)).value();
    test::raw_client c(s.port());
    c.send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    // There is room for another one once that connection is closed, long before the time to read has passed.
    EXPECT_FALSE(
        test::perform("http://127.0.0.1:" + std::to_string(s.port()) + "/", {}, {.request_timeout = 10s}).failure);
}

TEST(ThreatH1, RequestsSentAheadDoNotHoldOthersUp)
{
    std::atomic<test::raw_client*> other{nullptr};
    std::vector<std::string> asked;
    auto s = answering([&](http::request const& r, peer const&) {
        if(r.target == "/first")
            other.load()->send("GET /other HTTP/1.1\r\nHost: x\r\n\r\n");
        asked.push_back(r.target);
        return text(r.target);
    });
    test::raw_client b(s.port());
    std::string some;
    b.send(simple);
    boost::asio::read_until(b.socket(), boost::asio::dynamic_buffer(some), "\r\n\r\n/");
    other = &b;
    std::string ahead = "GET /first HTTP/1.1\r\nHost: x\r\n\r\n";
    for(int i = 0; i != 50; ++i)
        ahead += "GET /more HTTP/1.1\r\nHost: x\r\n\r\n";
    auto const answers = ask(s.port(), ahead);
    EXPECT_EQ(count_of(answers, "HTTP/1.1 200 OK"), 51u);
    s.stop();
    ASSERT_EQ(asked.size(), 53u);
    EXPECT_LT(std::find(asked.begin(), asked.end(), "/other") - asked.begin(), 10);
}

TEST(ThreatH1, ConnectionsAreBounded)
{
    echo const s({.maximum_connections = 2});
    test::raw_client first(s.port());
    test::raw_client second(s.port());
    first.send(simple);
    second.send(simple);
    std::string some;
    boost::asio::read_until(first.socket(), boost::asio::dynamic_buffer(some), "GET / 0");
    boost::asio::read_until(second.socket(), boost::asio::dynamic_buffer(some), "GET / 0");
    test::raw_client third(s.port());
    third.send(simple);
    third.end();
    std::this_thread::sleep_for(30ms);
    EXPECT_EQ(s.calls, 2u);
    first.end();
    EXPECT_TRUE(third.rest().ends_with("GET / 0"));
    EXPECT_EQ(s.calls, 3u);
}

// One request, one reading.

TEST(ThreatH5, RequestsWithTwoReadingsAreRefused)
{
    echo const s;
    std::string const post = "POST / HTTP/1.1\r\nHost: x\r\n";
    std::string const next = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
    for(std::string const& text : {
            post + "Content-Length: 3\r\nContent-Length: 5\r\n\r\nabc" + next,
            post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc" + next,
            post + "Content-Length: 3, 3\r\nContent-Length: 3\r\n\r\nabc" + next,
            post + "Content-Length: 3, 5\r\n\r\nabc" + next,
            post + "Content-Length: +3\r\n\r\nabc" + next,
            post + "Content-Length: -3\r\n\r\nabc" + next,
            post + "Content-Length: 0x3\r\n\r\nabc" + next,
            post + "Content-Length: 3 3\r\n\r\nabc" + next,
            post + "Content-Length:\r\n\r\n" + next,
            post + "Content-Length : 3\r\n\r\nabc" + next,
            post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + next,
            post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n" + next,
            post + "Transfer-Encoding: identity\r\n\r\n" + next,
            post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + next,
            post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + next,
            post + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" + next,
            post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + next,
            post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + next,
            post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + next,
            post +
                "Transfer-Encoding: \x0b"
                "chunked\r\n\r\n0\r\n\r\n" +
                next,
            std::string("POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") + next,
            post + "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\nabc" + next,
            post + "Transfer-Encoding: chunked\r\n\r\n-1\r\nabc" + next,
            post + "Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n" + next,
            post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n0\r\n\r\n" + next,
            std::string("GET / HTTP/1.1\nHost: x\n\n"), // bare LF
            std::string("GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n") + next,
            std::string("GET / HTTP/1.1\r\nHost: x\rX: y\r\n\r\n") + next, // bare CR
            std::string("GET / HTTP/1.1\r\n Host: x\r\n\r\n") + next,
            std::string("GET / HTTP/1.1\r\nHost: x\r\nNo colon\r\n\r\n") + next,
            std::string("GET / HTTP/1.1\r\nHost: x\r\n: empty\r\n\r\n") + next,
            "GET / HTTP/1.1\r\nHost: x\r\nA" + std::string(1, '\0') + ": y\r\n\r\n" + next,
            std::string("GET / HTTP/1.1\r\n\r\n") + next,                       // no Host
            std::string("GET / HTTP/1.1\r\nHost: x\r\nhost: y\r\n\r\n") + next, // two
            std::string("GET  / HTTP/1.1\r\nHost: x\r\n\r\n") + next,
            std::string("GET / HTTP/1.1 \r\nHost: x\r\n\r\n") + next,
            std::string("GET / HTTP/2.0\r\nHost: x\r\n\r\n") + next,
            std::string("GET / HTTP/1.2\r\nHost: x\r\n\r\n") + next,
            std::string("G\x01T / HTTP/1.1\r\nHost: x\r\n\r\n") + next,
            std::string("GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n") + next,
            std::string("\x16\x03\x01\x02\x01\x01\r\n\r\n") + next,
        }) {
        auto const answer = ask(s.port(), text);
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << text << "\n→ " << answer;
        EXPECT_EQ(count_of(answer, "HTTP/1.1 "), 1u) << text << "\n→ " << answer;
    }
    EXPECT_EQ(s.calls, 0u);
}

TEST(ThreatH5, AFoldedFieldIsOneField)
{
    // RFC 9112, 5.2 lets a server join the lines or refuse; never see two fields or two requests.
    std::atomic<unsigned> calls{0};
    auto const s = answering([&](http::request const& r, peer const&) {
        ++calls;
        EXPECT_EQ(r.fields.list().size(), 2u);
        EXPECT_FALSE(r.fields.contains("Transfer-Encoding"));
        return text("");
    });
    auto const answer = ask(s.port(), "GET / HTTP/1.1\r\nHost: x\r\nX: y\r\n Transfer-Encoding: chunked\r\n\r\n");
    EXPECT_EQ(count_of(answer, "HTTP/1.1 "), 1u);
    EXPECT_LE(calls, 1u);
}

TEST(ThreatH7, NothingOfARequestIsSaidBack)
{
    server_options options;
    options.header_limit = 4000;
    options.body_limit = 100;
    options.handler = [](http::request const&, peer const&) { return text("fixed"); };
    auto const s = server::start(options).value();
    std::string const canary = "ZZCANARYZZ";
    for(std::string const& text :
        {"GET /" + canary + " HTTP/9.9\r\n\r\n", canary + "\r\n\r\n", "GET /" + canary + " HTTP/1.1\r\n\r\n",
         "GET / HTTP/1.1\r\nHost: " + canary + "\r\nHost: " + canary + "\r\n\r\n",
         "GET / HTTP/1.1\r\nHost: x\r\n" + canary + "\r\n\r\n",
         "GET / HTTP/1.1\r\nHost: x\r\n" + canary + ": " + std::string(8000, 'a') + "\r\n\r\n",
         "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + canary + "\r\n\r\n",
         "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + canary,
         canary + " / HTTP/1.1\r\nHost: x\r\n\r\n"}) {
        auto const answer = ask(s.port(), text);
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 ")) << text;
        EXPECT_EQ(answer.find(canary), std::string::npos) << answer;
        EXPECT_EQ(answer.find('<'), std::string::npos) << answer;
    }
}

TEST(ThreatH10, ARequestCutAfterAnyByteIsNoRequest)
{
    echo const s;
    std::string const whole = "POST /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\nabcde";
    for(std::size_t cut = 0; cut < whole.size(); ++cut)
        ask(s.port(), std::string_view(whole).substr(0, cut));
    EXPECT_EQ(s.calls, 0u);
    EXPECT_TRUE(ask(s.port(), whole).ends_with("POST /x 5"));
}

TEST(ThreatH10, ARequestWithAnyByteChangedIsAnsweredOnceAtMost)
{
    echo const s;
    std::string const whole = "POST /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc";
    for(std::size_t at = 0; at < whole.size(); ++at)
        for(char const c : {'\0', '\r', '\n', ' ', ':', ',', '9', '\x7f', '\xff'}) {
            auto changed = whole;
            changed[at] = c;
            auto const answer = ask(s.port(), changed);
            EXPECT_LE(count_of(answer, "HTTP/1.1 "), 2u)
                << at; // Two where the length became 0 and "Connection" unknown.
        }
    EXPECT_TRUE(ask(s.port(), whole).ends_with("POST /x 3"));
}

TEST(ServerMalformed, AsksItsHook)
{
    std::vector<unsigned> asked;
    server_options options;
    options.header_limit = 1000;
    options.body_limit = 10;
    options.handler = [](http::request const&, peer const&) { return text(""); };
    options.malformed = [&](unsigned status, peer const& p) -> server_answer {
        asked.push_back(status);
        EXPECT_EQ(p.address, "127.0.0.1");
        if(status == 413)
            return drop_connection{};
        if(status == 431)
            throw std::runtime_error("no words");
        return text("as HTTP.sys says it", 400);
    };
    auto s = server::start(options).value();
    EXPECT_TRUE(ask(s.port(), "nonsense\r\n\r\n").ends_with("as HTTP.sys says it"));
    EXPECT_EQ(ask(s.port(), "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n"), "");
    EXPECT_TRUE(ask(s.port(), "GET /" + std::string(2000, 'a')).starts_with("HTTP/1.1 431 "));
    s.stop();
    EXPECT_EQ(asked, (std::vector<unsigned>{400, 413, 431}));
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
