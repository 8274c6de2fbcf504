// SPDX-License-Identifier: BSL-1.0
#include <scepkit/net/client.hpp>

#include <net/detail/exchange_operation.hpp>
#include <net/detail/failures.hpp>
#include <net/detail/transaction_operation.hpp>
#include <pki/detail/openssl.hpp>

#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/system_executor.hpp>

#include <exception>
#include <new>
#include <system_error>
#include <thread>

namespace scepkit::inline v0::net {

using namespace detail;

namespace {

/// How often a blocking call looks at `client_options::cancel`.
constexpr std::chrono::milliseconds glance{50};

/// Lets the handler's own cancellation slot stop the operation. The slot can outlive both the operation and its
/// context, so it holds no more than a weak pointer.
template <class Handler>
void listen_for_cancellation(Handler const& done, std::shared_ptr<operation> const& what)
{
    auto slot = asio::get_associated_cancellation_slot(done);
    if(!slot.is_connected())
        return;
    slot.assign([weak = std::weak_ptr(what)](asio::cancellation_type type) {
        auto const alive = weak.lock();
        if(alive && type != asio::cancellation_type::none)
            alive->abort();
    });
}

/// Keeps the context of the handler's executor running until the handler was called.
template <class Handler>
auto work_for(Handler const& done, asio::any_io_executor const& otherwise)
{
    return asio::prefer(asio::get_associated_executor(done, otherwise), asio::execution::outstanding_work.tracked);
}

void rethrow(std::exception_ptr const& thrown)
{
    if(thrown)
        std::rethrow_exception(thrown);
}

error no_executor()
{
    return make_failure(errc::invalid_argument, "net",
                        "this client was made for blocking calls; give it an executor for the asynchronous ones");
}

error_code tell(error const& why, diagnostics* detail)
{
    if(detail != nullptr)
        *detail = why.details();
    return why.error_code();
}

} // namespace

struct client::state {
    explicit state(client_options chosen) : options(std::move(chosen)) {}
    state(asio::any_io_executor executor, client_options chosen)
        : options(std::move(chosen)),
          outer(executor),
          remote(std::make_shared<client_core>(std::move(executor), options))
    {
    }
    ~state()
    {
        try {
            if(auto const alive = outstanding.lock())
                alive->abort();
        } catch(std::bad_alloc const&) { // It ends by its own timeouts.
        }
        if(local)
            local->idle.reset();
    }
    state(state const&) = delete;
    state& operator=(state const&) = delete;

    std::shared_ptr<client_core> const& local_core()
    {
        if(!local) {
            context = std::make_shared<asio::io_context>(1);
            local = std::make_shared<client_core>(context->get_executor(), options, context);
        }
        return local;
    }

    /// Runs `what` to its end on the private context.
    template <class Operation>
    void block_on(std::shared_ptr<Operation> const& what)
    {
        bool ended = false;
        bool told = false;
        std::exception_ptr thrown;
        asio::co_spawn(local->executor, what->run(), [&](std::exception_ptr e) {
            ended = true;
            thrown = e;
        });
        while(!ended) {
            context->restart();
            context->run_one_for(glance);
            if(!told && options.cancel != nullptr && options.cancel->load()) {
                told = true;
                what->abort();
            }
        }
        tidy_up();
        rethrow(thrown);
    }

    void tidy_up()
    {
        context->restart();
        context->poll();
        pki::detail::empty_error_queue();
        if(context->stopped())
            return;
        // A lookup that was given up still sits in getaddrinfo, which nothing can interrupt; the context's destructor
        // would wait for it. So that happens elsewhere, and the next call gets a new context.
        local->idle.reset();
        local.reset();
        try {
            std::thread([left = std::move(context)] { left->run(); }).detach();
        } catch(std::exception const&) { // No thread to be had: then it is waited for here.
        }
    }

    client_options options;
    asio::any_io_executor outer;
    std::shared_ptr<asio::io_context> context;
    std::shared_ptr<client_core> local;  ///< On `context`.
    std::shared_ptr<client_core> remote; ///< On the caller's executor; null without one.
    std::weak_ptr<operation> outstanding;
};

client::client(client_options options) : state_(std::make_unique<state>(std::move(options))) {}
client::client(boost::asio::any_io_executor executor, client_options options)
    : state_(std::make_unique<state>(std::move(executor), std::move(options)))
{
}
client::client(client&&) noexcept = default;
client& client::operator=(client&&) noexcept = default;
client::~client() = default;

client_options const& client::options() const noexcept { return state_->options; }

exchange client::perform(http::endpoint const& server, http::request request)
{
    auto const what = std::make_shared<exchange_operation>(state_->local_core(), server, std::move(request),
                                                           state_->options.tls.verification);
    state_->block_on(what);
    return what->take();
}

template <class Outcome>
result<Outcome> client::run(scep::transaction<Outcome>& transaction, http::endpoint const& server)
{
    auto const what = std::make_shared<transaction_operation<Outcome>>(state_->local_core(), transaction, server);
    state_->block_on(what);
    return what->take();
}

void client::start_perform(http::endpoint server, http::request request, perform_handler done)
{
    if(!state_->remote) {
        exchange record;
        record.server = std::move(server);
        record.request = std::move(request);
        record.started = current_time();
        record.failure = no_executor();
        asio::post(asio::system_executor(),
                   asio::append(std::move(done), record.failure->error_code(), std::move(record)));
        return;
    }
    auto what = std::make_shared<exchange_operation>(state_->remote, std::move(server), std::move(request),
                                                     state_->options.tls.verification);
    state_->outstanding = what;
    listen_for_cancellation(done, what);
    auto work = work_for(done, state_->outer);
    auto body = what->run();
    asio::co_spawn(state_->remote->executor, std::move(body),
                   [what = std::move(what), done = std::move(done), work](std::exception_ptr thrown) mutable {
                       auto record = what->take();
                       what.reset();
                       rethrow(thrown);
                       auto const code = record.failure ? record.failure->error_code() : error_code();
                       asio::dispatch(work, asio::append(std::move(done), code, std::move(record)));
                   });
}

template <class Outcome>
void client::start_run(scep::transaction<Outcome>& transaction, http::endpoint server, diagnostics* detail,
                       run_handler<Outcome> done)
{
    if(!state_->remote) {
        auto const code = tell(no_executor(), detail);
        asio::post(asio::system_executor(), asio::append(std::move(done), code, Outcome()));
        return;
    }
    auto what = std::make_shared<transaction_operation<Outcome>>(state_->remote, transaction, std::move(server));
    state_->outstanding = what;
    listen_for_cancellation(done, what);
    auto work = work_for(done, state_->outer);
    auto body = what->run();
    asio::co_spawn(state_->remote->executor, std::move(body),
                   [what = std::move(what), done = std::move(done), work, detail](std::exception_ptr thrown) mutable {
                       auto outcome = what->take();
                       what.reset();
                       rethrow(thrown);
                       auto const code = outcome ? error_code() : tell(outcome.error(), detail);
                       auto value = outcome ? *std::move(outcome) : Outcome();
                       asio::dispatch(work, asio::append(std::move(done), code, std::move(value)));
                   });
}

template result<scep::enrollment_outcome> client::run(scep::transaction<scep::enrollment_outcome>&,
                                                      http::endpoint const&);
template result<scep::query_outcome> client::run(scep::transaction<scep::query_outcome>&, http::endpoint const&);
template void client::start_run(scep::transaction<scep::enrollment_outcome>&, http::endpoint, diagnostics*,
                                run_handler<scep::enrollment_outcome>);
template void client::start_run(scep::transaction<scep::query_outcome>&, http::endpoint, diagnostics*,
                                run_handler<scep::query_outcome>);

} // namespace scepkit::inline v0::net
