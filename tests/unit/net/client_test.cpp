// SPDX-License-Identifier: BSL-1.0
#include "helpers.hpp"
#include "raw_peer.hpp"

#include <scepkit/net/client.hpp>

#include <mutex>
#include <sys/socket.h>
#include <thread>

namespace scepkit::inline v0::net {
namespace {

using namespace std::chrono_literals;
using test::body_of;
using test::failure_of;
using test::perform;
using test::raw_peer;
using test::tcp;

constexpr std::string_view small_answer =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nSHA-1";

/// A peer that reads the request and answers every connection with the same bytes.
raw_peer::script answers(std::string text)
{
    return [text = std::move(text)](tcp::socket& socket, unsigned) {
        test::read_request(socket);
        test::say(socket, text);
    };
}

/// Keeps the request of the first connection.
struct recorder {
    std::string request;
    raw_peer peer{[this](tcp::socket& socket, unsigned) {
        auto text = test::read_request(socket);
        if(request.empty())
            request = std::move(text);
        test::say(socket, small_answer);
    }};
};

TEST(Client, BringsAnAnswerHome)
{
    raw_peer const peer(answers(std::string(small_answer)));
    auto const record = perform(peer.url("/certsrv/mscep/mscep.dll?operation=GetCACaps"));
    EXPECT_FALSE(record.failure) << record.failure->to_string();
    ASSERT_TRUE(record.response);
    EXPECT_EQ(record.response->status, 200u);
    EXPECT_EQ(record.response->reason, "OK");
    EXPECT_EQ(record.response->fields.first("content-type"), "text/plain");
    EXPECT_EQ(body_of(record), "SHA-1");
    EXPECT_EQ(record.reached, phase::done);
    EXPECT_FALSE(record.response_truncated);
    EXPECT_EQ(record.addresses, std::vector<std::string>{"127.0.0.1"});
    ASSERT_EQ(record.attempts.size(), 1u);
    EXPECT_FALSE(record.attempts[0].failure);
    EXPECT_EQ(record.attempts[0].port, peer.port());
    EXPECT_FALSE(record.tls);
}

TEST(Client, SendsWhatTheRecordSays)
{
    recorder seen;
    auto const record = perform(seen.peer.url("/a?b=c"), {}, {.user_agent = "scepkit-doctor/1"});
    EXPECT_EQ(seen.request, "GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(seen.peer.port()) +
                                "\r\nUser-Agent: scepkit-doctor/1\r\nAccept: */*\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(record.request.target, "/a?b=c");
    EXPECT_EQ(record.request.fields.first("User-Agent"), "scepkit-doctor/1");
}

TEST(Client, KeepsTheFieldsOfTheCaller)
{
    recorder seen;
    auto request = test::get("/x");
    request.fields.add("User-Agent", "Mozilla/4.0 (compatible; Win32; NDES client 10.0)");
    request.fields.add("Host", "other.example");
    perform(seen.peer.url(), request);
    EXPECT_NE(seen.request.find("Host: other.example\r\n"), std::string::npos);
    EXPECT_NE(seen.request.find("User-Agent: Mozilla/4.0 (compatible; Win32; NDES client 10.0)\r\n"),
              std::string::npos);
    EXPECT_EQ(seen.request.find("scepkit"), std::string::npos);
}

TEST(Client, SendsPostsWithTheirLengthEvenWhenEmpty)
{
    recorder empty;
    perform(empty.peer.url(), test::post({}));
    EXPECT_NE(empty.request.find("\r\nContent-Length: 0\r\n"), std::string::npos);
    EXPECT_EQ(empty.request.find("chunked"), std::string::npos);

    recorder full;
    auto request = test::post(bytes(70'000, 'x'));
    request.fields.add("Content-Length", "3"); // What the caller believes is not sent.
    perform(full.peer.url(), request);
    EXPECT_NE(full.request.find("\r\nContent-Length: 70000\r\n"), std::string::npos);
    EXPECT_EQ(full.request.find("Content-Length: 3\r\n"), std::string::npos);
    EXPECT_TRUE(full.request.ends_with(std::string(70'000, 'x')));
}

TEST(ThreatH6, ContentEncodingIsNeitherOfferedNorUndone)
{
    std::string request;
    raw_peer const peer([&](tcp::socket& socket, unsigned) {
        request = test::read_request(socket);
        test::say(socket, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x01");
    });
    auto const record = perform(peer.url());
    EXPECT_EQ(request.find("Accept-Encoding"), std::string::npos);
    EXPECT_EQ(body_of(record), "\x1f\x8b\x08\x01");
}

TEST(ThreatH3, RedirectsAreRecordedAndNeverFollowed)
{
    raw_peer const peer(
        answers("HTTP/1.1 301 Moved Permanently\r\nLocation: /certsrv/mscep/\r\nContent-Length: 0\r\n\r\n"));
    auto const record = perform(peer.url("/certsrv/mscep"));
    EXPECT_FALSE(record.failure);
    EXPECT_EQ(record.redirect(), "/certsrv/mscep/");
    EXPECT_EQ(peer.connections(), 1u);
}

TEST(ThreatH4, NothingOfTheCallerEndsALine)
{
    // Each byte in each place: refused before anything is sent, or part of exactly one request.
    std::mutex lock;
    std::vector<std::string> seen;
    raw_peer const peer([&](tcp::socket& socket, unsigned) {
        auto text = test::read_request(socket);
        {
            std::lock_guard const guard(lock);
            seen.push_back(std::move(text));
        }
        test::say(socket, small_answer);
    });
    unsigned sent = 0;
    auto const check = [&](http::request request) {
        auto const record = perform(peer.url(), std::move(request));
        if(failure_of(record) == errc::invalid_argument)
            return;
        ++sent;
        ASSERT_FALSE(record.failure);
        std::lock_guard const guard(lock);
        auto const& text = seen.back();
        EXPECT_EQ(text.find("\r\n\r\n"), text.size() - 4);
        EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 7);
    };
    for(int byte = 0; byte < 256; ++byte) {
        std::string const c(1, static_cast<char>(byte));
        http::request in_target = test::get("/a" + c + "b");
        in_target.fields.add("X", "y");
        check(in_target);
        http::request in_value = test::get("/");
        in_value.fields.add("X", "a" + c + "b");
        check(in_value);
        http::request in_name = test::get("/");
        in_name.fields.add("X" + c, "y");
        check(in_name);
        http::request in_method = test::get("/");
        in_method.method = "GE" + c + "T";
        in_method.fields.add("X", "y");
        check(in_method);
    }
    EXPECT_EQ(peer.connections(), sent);
    EXPECT_GT(sent, 500u);
    EXPECT_LT(sent, 4 * 256u - 4 * 32u);
}

TEST(Client, ReadsChunkedBodies)
{
    raw_peer const peer(answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                "3;ext=1\r\nSHA\r\n2\r\n-1\r\n0\r\nX-Trailer: ignored\r\n\r\n"));
    auto const record = perform(peer.url());
    EXPECT_FALSE(record.failure) << record.failure->to_string();
    EXPECT_EQ(body_of(record), "SHA-1");
    EXPECT_FALSE(record.response->fields.contains("X-Trailer"));
}

TEST(Client, PassesOverInterimAnswers)
{
    raw_peer const peer(answers("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" +
                                std::string(small_answer)));
    auto const record = perform(peer.url());
    EXPECT_FALSE(record.failure);
    EXPECT_EQ(record.response->status, 200u);
    EXPECT_EQ(body_of(record), "SHA-1");
}

TEST(Client, TiresOfInterimAnswers)
{
    std::string endless;
    for(int i = 0; i < 1000; ++i)
        endless += "HTTP/1.1 102 Processing\r\n\r\n";
    raw_peer const peer(answers(endless));
    auto const record = perform(peer.url());
    EXPECT_EQ(failure_of(record), errc::bad_http);
    EXPECT_FALSE(record.response);
}

TEST(Client, ReadsHttp10UpToTheEnd)
{
    raw_peer const peer(answers("HTTP/1.0 200 OK\r\n\r\nold but whole"));
    auto const record = perform(peer.url());
    EXPECT_FALSE(record.failure);
    EXPECT_EQ(body_of(record), "old but whole");
}

TEST(Client, ExpectsNoBodyWhereThereIsNone)
{
    raw_peer const no_content([](tcp::socket& socket, unsigned) {
        test::read_request(socket);
        test::say(socket, "HTTP/1.1 204 No Content\r\n\r\n");
        test::read_all(socket); // Stays open.
    });
    EXPECT_EQ(perform(no_content.url()).response->status, 204u);

    raw_peer const head([](tcp::socket& socket, unsigned) {
        test::read_request(socket);
        test::say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
        test::read_all(socket);
    });
    http::request request;
    request.method = "HEAD";
    auto const record = perform(head.url(), request);
    EXPECT_FALSE(record.failure);
    EXPECT_EQ(record.response->fields.first("Content-Length"), "500");
    EXPECT_EQ(record.response->body.size(), 0u);
}

TEST(Client, KeepsFieldsInTheOrderOfTheWire)
{
    raw_peer const peer(answers("HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\na: 3\r\nContent-Length: 0\r\n\r\n"));
    auto const record = perform(peer.url());
    std::vector<std::pair<std::string, std::string>> const expected{
        {"A", "1"}, {"B", "2"}, {"a", "3"}, {"Content-Length", "0"}};
    EXPECT_EQ(record.response->fields.list(), expected);
}

TEST(Client, TakesAnAnswerThatCameEarly)
{
    raw_peer const peer([](tcp::socket& socket, unsigned) {
        std::string text;
        boost::asio::read_until(socket, boost::asio::dynamic_buffer(text), "\r\n\r\n");
        test::say(socket, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        socket.shutdown(tcp::socket::shutdown_send);
        test::read_all(socket);
    });
    auto const record = perform(peer.url(), test::post(bytes(4u << 20, 'x')));
    EXPECT_FALSE(record.failure);
    EXPECT_EQ(record.response->status, 413u);
}

// What goes wrong, each with its code and its phase.

TEST(Client, SaysThatNobodyListens)
{
    auto const record = perform("http://127.0.0.1:" + std::to_string(test::closed_port()) + "/");
    EXPECT_EQ(failure_of(record), errc::connection_refused);
    EXPECT_EQ(record.reached, phase::connect);
    ASSERT_EQ(record.attempts.size(), 1u);
    EXPECT_EQ(record.attempts[0].failure, errc::connection_refused);
    EXPECT_FALSE(record.response);
}

TEST(Client, TriesEveryAddressInOrder)
{
    raw_peer const peer(answers(std::string(small_answer)));
    auto const url = "http://ndes.contoso.example:" + std::to_string(peer.port()) + "/";
    auto const record = perform(url, {}, {.resolver = test::resolves_to({"127.0.0.2", "127.0.0.1"})});
    EXPECT_FALSE(record.failure);
    EXPECT_EQ(record.addresses, (std::vector<std::string>{"127.0.0.2", "127.0.0.1"}));
    ASSERT_EQ(record.attempts.size(), 2u);
    EXPECT_EQ(record.attempts[0].address, "127.0.0.2");
    EXPECT_EQ(record.attempts[0].failure, errc::connection_refused);
    EXPECT_EQ(record.attempts[1].address, "127.0.0.1");
    EXPECT_FALSE(record.attempts[1].failure);
}

TEST(Client, GivesUpConnectingWhenNobodyTakesTheCall)
{
    // A listener with a full backlog drops what comes: the nearest thing to a firewall that loopback has.
    boost::asio::io_context context;
    tcp::acceptor deaf(context);
    deaf.open(tcp::v4());
    deaf.bind(tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    deaf.listen(0);
    std::vector<tcp::socket> waiting;
    for(int i = 0; i < 4; ++i) {
        auto& socket = waiting.emplace_back(context, tcp::v4());
        socket.non_blocking(true);
        auto const where = deaf.local_endpoint();
        ::connect(socket.native_handle(), where.data(), static_cast<socklen_t>(where.size())); // Asio's would wait.
    }
    std::this_thread::sleep_for(50ms);
    auto const port = deaf.local_endpoint().port();
    auto const record = perform("http://ndes.contoso.example:" + std::to_string(port) + "/", {},
                                {.connect_timeout = 60ms, .resolver = test::resolves_to({"127.0.0.1", "127.0.0.1"})});
    EXPECT_EQ(failure_of(record), errc::timed_out);
    EXPECT_EQ(record.reached, phase::connect);
    ASSERT_EQ(record.attempts.size(), 2u); // Each address has its own time.
    EXPECT_EQ(record.attempts[0].failure, errc::timed_out);
    EXPECT_EQ(record.attempts[1].failure, errc::timed_out);
}

TEST(Client, SaysThatTheServerClosedWithoutAWord)
{
    raw_peer const peer([](tcp::socket& socket, unsigned) { test::read_request(socket); });
    auto const record = perform(peer.url());
    EXPECT_EQ(failure_of(record), errc::connection_closed);
    EXPECT_EQ(record.reached, phase::receive);
    EXPECT_FALSE(record.response);
}

TEST(Client, SaysThatTheServerReset)
{
    raw_peer const peer([](tcp::socket& socket, unsigned) {
        test::read_request(socket);
        test::reset(socket);
    });
    auto const record = perform(peer.url());
    EXPECT_EQ(failure_of(record), errc::connection_reset);
    EXPECT_EQ(record.reached, phase::receive);
}

TEST(ThreatH6, AnAnswerCutAfterAnyByteIsAnErrorOrWhole)
{
    std::string const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nSHA\r\n2\r\n-1\r\n0\r\n\r\n";
    for(std::string const& whole : {std::string(small_answer), chunked})
        for(bool const rudely : {false, true}) {
            raw_peer const peer([&](tcp::socket& socket, unsigned number) {
                test::read_request(socket);
                test::say(socket, std::string_view(whole).substr(0, number));
                if(rudely)
                    test::reset(socket);
            });
            for(std::size_t cut = 0; cut < whole.size(); ++cut) {
                auto const record = perform(peer.url());
                ASSERT_TRUE(record.failure) << cut;
                auto const code = record.failure->code();
                EXPECT_TRUE(code == errc::connection_closed || (rudely && code == errc::connection_reset))
                    << cut << ' ' << record.failure->to_string();
                EXPECT_EQ(record.response.has_value(), record.response_truncated);
                EXPECT_EQ(record.reached, phase::receive);
            }
            if(!rudely) {
                auto const record = perform(peer.url());
                EXPECT_FALSE(record.failure);
                EXPECT_EQ(body_of(record), "SHA-1");
            }
        }
}

TEST(Client, RefusesWhatIsNotHttp)
{
    for(std::string const text :
        {"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "<html>hello</html>\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n",
         "HTTP/1.1 abc OK\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "ICY 200 OK\r\n\r\n",
         "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
         "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"}) {
        raw_peer const peer(answers(text));
        auto const record = perform(peer.url());
        EXPECT_EQ(failure_of(record), errc::bad_http) << text;
    }
}

TEST(ThreatH5, AnswersWithTwoReadingsAreRefused)
{
    for(std::string const fields : {"Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5, 6\r\n",
                                    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                                    "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"}) {
        raw_peer const peer(answers("HTTP/1.1 200 OK\r\n" + fields + "\r\nSHA-1"));
        EXPECT_EQ(failure_of(perform(peer.url())), errc::bad_http) << fields;
    }
}

TEST(Client, SaysThatTheAnswerWasShorterThanAnnounced)
{
    raw_peer const peer(answers("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"));
    auto const record = perform(peer.url());
    EXPECT_EQ(failure_of(record), errc::connection_closed);
    EXPECT_TRUE(record.response_truncated);
    EXPECT_EQ(body_of(record), "half");
}

TEST(Client, TakesNoMoreThanWasAnnounced)
{
    raw_peer const peer(answers("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhalf and more"));
    client c({.keep_alive = true});
    auto const record = c.perform(test::endpoint(peer.url()), {});
    EXPECT_FALSE(record.failure);
    EXPECT_EQ(body_of(record), "half");
    // What followed belongs to no request: the connection is not used again.
    EXPECT_FALSE(c.perform(test::endpoint(peer.url()), {}).reused_connection);
}

TEST(ThreatH1, HeadersAreBounded)
{
    std::string many = "HTTP/1.1 200 OK\r\n";
    for(int i = 0; i < 5000; ++i)
        many += "X-Filler-" + std::to_string(i) + ": aaaaaaaaaaaaaaaaaaaa\r\n";
    raw_peer const fields(answers(many + "\r\n"));
    EXPECT_EQ(failure_of(perform(fields.url())), errc::too_large);
    raw_peer const endless(answers("HTTP/1.1 200 " + std::string(1u << 20, 'a')));
    EXPECT_EQ(failure_of(perform(endless.url())), errc::too_large);
    raw_peer const trailer(
        answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " + std::string(1u << 20, 'a')));
    EXPECT_EQ(failure_of(perform(trailer.url())), errc::too_large);
    raw_peer const extension(
        answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(1u << 20, 'a')));
    EXPECT_EQ(failure_of(perform(extension.url())), errc::too_large);
}

TEST(ThreatH1, BodiesAreBoundedAndTheirBeginningIsKept)
{
    std::string const megabyte(1u << 20, 'b');
    std::string const head = "HTTP/1.1 200 OK\r\n";
    for(auto const& text : {head + "Content-Length: 1048576\r\n\r\n" + megabyte, head + "\r\n" + megabyte,
                            head + "Transfer-Encoding: chunked\r\n\r\n100000\r\n" + megabyte + "\r\n0\r\n\r\n",
                            head + "Content-Length: 18446744073709551615\r\n\r\n" + megabyte}) {
        raw_peer const peer(answers(text));
        auto const record = perform(peer.url(), {}, {.body_limit = 1000});
        EXPECT_EQ(failure_of(record), errc::too_large);
        ASSERT_TRUE(record.response);
        EXPECT_TRUE(record.response_truncated);
        EXPECT_EQ(record.response->body, bytes(1000, 'b'));
    }
    raw_peer const exact(answers(head + "Content-Length: 1000\r\n\r\n" + std::string(1000, 'b')));
    EXPECT_FALSE(perform(exact.url(), {}, {.body_limit = 1000}).failure);
}

TEST(ThreatH1, SilenceIsGivenUp)
{
    raw_peer const silent([](tcp::socket& socket, unsigned) { test::read_all(socket); });
    auto const nothing = perform(silent.url(), {}, {.request_timeout = 60ms});
    EXPECT_EQ(failure_of(nothing), errc::timed_out);
    EXPECT_EQ(nothing.reached, phase::receive);

    raw_peer const stalled([](tcp::socket& socket, unsigned) {
        test::say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        test::read_all(socket);
    });
    auto const half = perform(stalled.url(), {}, {.request_timeout = 60ms});
    EXPECT_EQ(failure_of(half), errc::timed_out);
    EXPECT_TRUE(half.response_truncated);
    EXPECT_EQ(body_of(half), "half");
}

TEST(ThreatH1, DripsDoNotExtendTheDeadline)
{
    raw_peer const drip([](tcp::socket& socket, unsigned) {
        boost::system::error_code gone;
        boost::asio::write(socket, boost::asio::buffer(std::string_view("HTTP/1.1 200 ")), gone);
        for(int i = 0; i < 2000 && !gone; ++i) {
            boost::asio::write(socket, boost::asio::buffer("a", 1), gone);
            std::this_thread::sleep_for(5ms);
        }
    });
    EXPECT_EQ(failure_of(perform(drip.url(), {}, {.request_timeout = 100ms})), errc::timed_out);
}

TEST(ThreatH6, AResetWhileWritingKillsNobody)
{
    // SIGPIPE has its default disposition in this process: it would end the test program.
    raw_peer const peer([](tcp::socket& socket, unsigned) { test::reset(socket); });
    for(int i = 0; i < 20; ++i) {
        auto const record = perform(peer.url(), test::post(bytes(4u << 20, 'x')));
        EXPECT_EQ(failure_of(record), errc::connection_reset);
    }
}

TEST(Client, TakesTheLongestTimesThereAre)
{
    raw_peer const peer(answers(std::string(small_answer)));
    constexpr auto for_ever = std::chrono::milliseconds::max();
    auto const record = perform("http://ndes.contoso.example:" + std::to_string(peer.port()) + "/", {},
                                {.resolve_timeout = for_ever,
                                 .connect_timeout = for_ever,
                                 .tls_timeout = for_ever,
                                 .request_timeout = for_ever,
                                 .resolver = test::resolves_to({"127.0.0.1"})});
    EXPECT_FALSE(record.failure);
}

TEST(Client, StopsWhenCancelled)
{
    raw_peer const silent([](tcp::socket& socket, unsigned) { test::read_all(socket); });
    std::atomic<bool> cancel{false};
    std::thread interrupter([&] {
        std::this_thread::sleep_for(30ms);
        cancel = true;
    });
    auto const record = perform(silent.url(), {}, {.cancel = &cancel});
    interrupter.join();
    EXPECT_EQ(failure_of(record), errc::cancelled);
    EXPECT_EQ(record.reached, phase::receive);
}

TEST(Client, CanBeMoved)
{
    raw_peer const peer(answers(std::string(small_answer)));
    client first({.keep_alive = true});
    EXPECT_FALSE(first.perform(test::endpoint(peer.url()), {}).failure);
    client second(std::move(first));
    EXPECT_FALSE(second.perform(test::endpoint(peer.url()), {}).failure);
    EXPECT_TRUE(second.options().keep_alive);
}

TEST(Client, TellsItsObserver)
{
    struct list final : observer {
        void on_event(trace_event const& event) override { layers.emplace_back(event.layer); }
        std::vector<std::string> layers;
    } trace;
    raw_peer const peer(answers(std::string(small_answer)));
    perform("http://ndes.contoso.example:" + std::to_string(peer.port()) + "/", {},
            {.resolver = test::resolves_to({"127.0.0.1"}), .trace = &trace});
    EXPECT_EQ(trace.layers, (std::vector<std::string>{"dns", "tcp", "http"}));
}

} // namespace
} // namespace scepkit::inline v0::net
