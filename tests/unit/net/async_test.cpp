// SPDX-License-Identifier: BSL-1.0
#include "helpers.hpp"
#include "raw_peer.hpp"

#include <scepkit/net/client.hpp>
#include <scepkit/net/server.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <thread>

namespace scepkit::inline v0::net {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using boost::system::error_code;
using test::body_of;
using test::failure_of;

class AsyncClient : public testing::Test
{
protected:
    static server start()
    {
        server_options options;
        options.handler = [](http::request const& r, peer const&) {
            http::response answer;
            answer.status = 200;
            answer.body = to_bytes(as_bytes(r.target));
            return answer;
        };
        return server::start(std::move(options)).value();
    }

    http::endpoint good() const
    {
        return test::endpoint("http://127.0.0.1:" + std::to_string(server_.port()) + "/hello");
    }
    http::endpoint silent() const { return test::endpoint(silent_.url()); }
    static http::endpoint refusing()
    {
        return test::endpoint("http://127.0.0.1:" + std::to_string(test::closed_port()) + "/");
    }

    server server_ = start();
    test::raw_peer silent_{[](test::tcp::socket& socket, unsigned) { test::read_all(socket); }};
};

TEST_F(AsyncClient, CompletesACallback)
{
    asio::io_context context;
    client c(context.get_executor(), {});
    bool initiating = true;
    int calls = 0;
    c.async_perform(good(), {}, [&](error_code code, exchange record) {
        EXPECT_FALSE(initiating);
        ++calls;
        EXPECT_FALSE(code);
        EXPECT_EQ(body_of(record), "/hello");
    });
    initiating = false;
    context.run();
    EXPECT_EQ(calls, 1);
}

TEST_F(AsyncClient, NeverCompletesInsideTheInitiatingCall)
{
    asio::io_context context;
    client c(context.get_executor(), {});
    auto const check = [&](http::endpoint const& server, http::request const& request, errc expected) {
        bool initiating = true;
        int calls = 0;
        // From inside the context, where a dispatch would run at once.
        asio::post(context, [&] {
            c.async_perform(server, request, [&](error_code code, exchange const& record) {
                EXPECT_FALSE(initiating);
                EXPECT_EQ(code, expected);
                EXPECT_EQ(failure_of(record), expected);
                ++calls;
            });
            initiating = false;
        });
        context.restart();
        context.run();
        EXPECT_EQ(calls, 1);
    };
    check(refusing(), {}, errc::connection_refused);
    check(good(), test::get("/a b"), errc::invalid_argument);
}

TEST_F(AsyncClient, CompletesAFuture)
{
    asio::io_context context;
    client c(context.get_executor(), {});
    auto future = c.async_perform(good(), {}, asio::use_future);
    std::thread worker([&] { context.run(); });
    EXPECT_EQ(body_of(future.get()), "/hello");
    worker.join();

    auto failing = c.async_perform(refusing(), {}, asio::use_future);
    context.restart();
    context.run();
    try {
        failing.get();
        FAIL() << "an exception was due";
    } catch(boost::system::system_error const& e) {
        EXPECT_EQ(e.code(), errc::connection_refused);
    }
}

TEST_F(AsyncClient, CompletesACoroutine)
{
    asio::io_context context;
    std::vector<std::string> bodies;
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
            // Named: GCC 12 copies braced temporaries of an expression with co_await bit by bit, short strings
            // included.
            client_options const options{.keep_alive = true};
            http::request const request;
            auto const executor = co_await asio::this_coro::executor;
            client c(executor, options);
            for(int i = 0; i < 3; ++i) {
                auto const record = co_await c.async_perform(good(), request, asio::use_awaitable);
                bodies.push_back(body_of(record));
                EXPECT_EQ(record.reused_connection, i > 0);
            }
            auto const [code, record] =
                co_await c.async_perform(refusing(), request, asio::as_tuple(asio::use_awaitable));
            EXPECT_EQ(code, errc::connection_refused);
            EXPECT_EQ(record.attempts.size(), 1u);
        },
        asio::detached);
    context.run();
    EXPECT_EQ(bodies, (std::vector<std::string>{"/hello", "/hello", "/hello"}));
}

TEST_F(AsyncClient, CompletesADeferredOperation)
{
    asio::io_context context;
    client c(context.get_executor(), {});
    auto operation = c.async_perform(good(), {}, asio::deferred);
    EXPECT_EQ(context.run(), 0u); // Nothing has begun.
    std::string body;
    std::move(operation)([&](error_code, exchange const& record) { body = body_of(record); });
    context.restart();
    context.run();
    EXPECT_EQ(body, "/hello");
}

TEST_F(AsyncClient, RunsTheHandlerOnItsExecutor)
{
    asio::io_context context;
    asio::thread_pool elsewhere(1);
    client c(context.get_executor(), {});
    std::promise<std::thread::id> where;
    auto ran = where.get_future();
    c.async_perform(good(), {}, asio::bind_executor(elsewhere.get_executor(), [&](error_code, exchange const&) {
                        where.set_value(std::this_thread::get_id());
                    }));
    context.run();
    EXPECT_NE(ran.get(), std::this_thread::get_id());
    elsewhere.join();

    // And on the client's own where it has none.
    auto strand = asio::make_strand(context);
    client on_strand(strand, {});
    bool inside = false;
    on_strand.async_perform(good(), {}, [&](error_code, exchange const&) { inside = strand.running_in_this_thread(); });
    context.restart();
    context.run();
    EXPECT_TRUE(inside);
}

TEST_F(AsyncClient, WorksOnAPoolOfThreads)
{
    asio::thread_pool pool(4);
    std::vector<std::unique_ptr<client>> clients;
    std::vector<std::future<exchange>> records;
    for(int i = 0; i < 24; ++i) {
        clients.push_back(std::make_unique<client>(pool.get_executor(), client_options{}));
        records.push_back(clients.back()->async_perform(good(), {}, asio::use_future));
    }
    for(auto& record : records)
        EXPECT_EQ(body_of(record.get()), "/hello");
    pool.join();
}

TEST_F(AsyncClient, CanBeCancelledInEveryPhase)
{
    struct wait {
        http::endpoint server;
        phase where;
    };
    for(auto const& w :
        {wait{test::endpoint("http://ndes.contoso.example/"), phase::resolve}, wait{silent(), phase::receive},
         wait{test::endpoint("https://127.0.0.1:" + std::to_string(silent_.port()) + "/"), phase::tls}}) {
        asio::io_context context; // First: the resolver keeps a handler of it.
        auto const stuck_names =
            std::make_shared<test::scripted_resolver>([](std::string const&) { return std::nullopt; });
        client c(context.get_executor(), {.resolver = stuck_names});
        asio::cancellation_signal signal;
        error_code code;
        exchange record;
        c.async_perform(w.server, {}, asio::bind_cancellation_slot(signal.slot(), [&](error_code e, exchange x) {
                            code = e;
                            record = std::move(x);
                            context.stop();
                        }));
        asio::steady_timer timer(context, 30ms);
        timer.async_wait([&](error_code) { signal.emit(asio::cancellation_type::terminal); });
        context.run_for(5s);
        EXPECT_EQ(code, errc::cancelled);
        EXPECT_EQ(failure_of(record), errc::cancelled);
        EXPECT_EQ(record.reached, w.where);
    }
}

TEST_F(AsyncClient, TurnsALateCancellationIntoAnError)
{
    // The answer has arrived and its completion waits in the queue when the caller changes its mind: whatever wins,
    // code and record agree.
    for(int delay = 0; delay < 40; ++delay) {
        asio::io_context context;
        client c(context.get_executor(), {});
        asio::cancellation_signal signal;
        int calls = 0;
        c.async_perform(good(), {}, asio::bind_cancellation_slot(signal.slot(), [&](error_code code, exchange record) {
                            ++calls;
                            EXPECT_TRUE(!code || code == errc::cancelled) << code.message();
                            EXPECT_EQ(static_cast<bool>(code), record.failure.has_value());
                        }));
        for(int i = 0; i < delay; ++i)
            context.run_one_for(50ms);
        signal.emit(asio::cancellation_type::terminal);
        context.run();
        signal.emit(asio::cancellation_type::terminal); // Too late: nothing is left that could hear it.
        EXPECT_EQ(calls, 1);
    }
}

TEST_F(AsyncClient, ThatIsDestroyedCancels)
{
    asio::io_context context;
    auto c = std::make_unique<client>(context.get_executor(), client_options{});
    error_code code;
    c->async_perform(silent(), {}, [&](error_code e, exchange const&) { code = e; });
    context.run_for(30ms);
    c.reset();
    context.restart();
    context.run_for(5s);
    EXPECT_EQ(code, errc::cancelled);
}

TEST_F(AsyncClient, LeavesNothingBehindInADestroyedContext)
{
    for(int steps = 0; steps < 12; ++steps) {
        auto context = std::make_unique<asio::io_context>();
        client c(context->get_executor(), {});
        c.async_perform(silent(), {}, [](error_code, exchange const&) { ADD_FAILURE() << "nobody runs this"; });
        for(int i = 0; i < steps; ++i)
            context->run_one_for(5ms);
        {
            client gone(std::move(c)); // The client goes before the context, as it must.
        }
        context.reset();
    }
}

TEST_F(AsyncClient, NeedsAnExecutor)
{
    client c(client_options{});
    std::promise<std::pair<error_code, exchange>> said;
    c.async_perform(good(), {}, [&](error_code e, exchange x) { said.set_value({e, std::move(x)}); });
    auto const [code, record] = said.get_future().get();
    EXPECT_EQ(code, errc::invalid_argument);
    EXPECT_EQ(failure_of(record), errc::invalid_argument);
}

TEST_F(AsyncClient, CanBlockToo)
{
    asio::io_context context; // Not run by anybody.
    client c(context.get_executor(), {});
    EXPECT_EQ(body_of(c.perform(good(), {})), "/hello");
}

} // namespace
} // namespace scepkit::inline v0::net
