// SPDX-License-Identifier: BSL-1.0
#include <net/detail/transaction_operation.hpp>

#include <net/detail/failures.hpp>
#include <pki/detail/openssl.hpp>

#include <scepkit/http/scep_mapping.hpp>

#include <boost/asio/post.hpp>

namespace scepkit::inline v0::net::detail {
namespace {

error cancelled() { return make_failure(errc::cancelled, "net", "the transaction was cancelled"); }

} // namespace

template <class Outcome>
transaction_operation<Outcome>::transaction_operation(std::shared_ptr<client_core> core,
                                                      scep::transaction<Outcome>& transaction, http::endpoint server)
    : core_(std::move(core)), transaction_(&transaction), server_(std::move(server)), timer_(core_->executor)
{
}

template <class Outcome>
asio::awaitable<void> transaction_operation<Outcome>::run()
{
    try {
        co_await steps();
    } catch(std::exception const& e) {
        outcome_ = make_failure(errc::io_failed, "net", e.what());
    }
    if(aborted_) // Late or not: who cancelled hears of nothing else.
        outcome_ = cancelled();
    exchange_.reset();
    timer_.cancel();
    pki::detail::empty_error_queue();
    core_.reset();
}

template <class Outcome>
asio::awaitable<void> transaction_operation<Outcome>::steps()
{
    auto next = transaction_->start();
    while(!aborted_) {
        if(!next) {
            outcome_ = next.error();
            co_return;
        }
        if(auto* const outcome = std::get_if<Outcome>(&*next)) {
            outcome_ = std::move(*outcome);
            co_return;
        }
        if(auto const* const pause = std::get_if<scep::wait>(&*next)) {
            co_await wait(pause->delay);
            if(aborted_)
                co_return;
            next = transaction_->on_timer();
        } else {
            auto what = std::get<scep::send>(*std::move(next));
            next = co_await send(std::move(what));
        }
    }
}

template <class Outcome>
asio::awaitable<void> transaction_operation<Outcome>::wait(std::chrono::seconds delay)
{
    core_->trace("scep", "wait", std::to_string(delay.count()) + " s");
    timer_.expires_after(delay);
    co_await timer_.async_wait(to_tuple);
}

template <class Outcome>
auto transaction_operation<Outcome>::send(scep::send what) -> asio::awaitable<result<step>>
{
    exchange_ = std::make_shared<exchange_operation>(core_, server_,
                                                     http::make_request(server_, what, core_->options.user_agent),
                                                     tls_client_options::mode::require);
    co_await exchange_->run();
    auto const record = exchange_->take();
    exchange_.reset();
    if(record.failure) // Whether that is the end is the transaction's to say.
        co_return transaction_->on_no_reply(*record.failure, current_time());
    if(auto const target = record.redirect()) {
        auto failure = make_failure(errc::redirected, "http",
                                    "the server redirects to " + *target + "; put the right URL into the profile");
        auto details = failure.details();
        details.http_status = record.response->status;
        co_return error(errc::redirected, std::move(details));
    }
    co_return transaction_->on_reply(http::make_reply(*record.response), current_time());
}

template <class Outcome>
void transaction_operation<Outcome>::abort()
{
    asio::post(timer_.get_executor(), [self = this->shared_from_this()] {
        self->aborted_ = true;
        self->timer_.cancel();
        if(self->exchange_)
            self->exchange_->stop(errc::cancelled);
    });
}

template class transaction_operation<scep::enrollment_outcome>;
template class transaction_operation<scep::query_outcome>;

} // namespace scepkit::inline v0::net::detail
