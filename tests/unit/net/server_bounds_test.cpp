// SPDX-License-Identifier: BSL-1.0
#include "servers.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

// What a server does not let its clients do to it.
namespace scepkit::inline v0::net {
namespace {

using namespace std::chrono_literals;
using namespace scepkit::test;

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

} // namespace
} // namespace scepkit::inline v0::net
