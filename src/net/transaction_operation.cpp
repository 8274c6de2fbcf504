// SPDX-License-Identifier: BSL-1.0
#include <net/detail/enrollment_operation.hpp>

#include <net/detail/failures.hpp>

#include <scepkit/http/scep_mapping.hpp>

#include <boost/asio/post.hpp>

#include <openssl/err.h>

namespace scepkit::inline v0::net::detail {
namespace {

error cancelled() { return make_failure(errc::cancelled, "net", "the enrolment was cancelled"); }

} // namespace

enrollment_operation::enrollment_operation(std::shared_ptr<client_core> core, scep::enrollment& transaction,
                                           http::endpoint server)
    : core_(std::move(core)), transaction_(&transaction), server_(std::move(server)), timer_(core_->executor)
{
}

asio::awaitable<void> enrollment_operation::run()
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
    ERR_clear_error();
    core_.reset();
}

asio::awaitable<void> enrollment_operation::steps()
{
    auto step = transaction_->start();
    while(!aborted_) {
        if(!step) {
            outcome_ = step.error();
            co_return;
        }
        if(auto* const outcome = std::get_if<scep::enrollment_outcome>(&*step)) {
            outcome_ = std::move(*outcome);
            co_return;
        }
        if(auto const* const pause = std::get_if<scep::enrollment::wait>(&*step)) {
            co_await wait(pause->delay);
            if(aborted_)
                co_return;
            step = transaction_->on_timer();
        } else {
            auto what = std::get<scep::enrollment::send>(*std::move(step));
            step = co_await send(std::move(what));
        }
    }
}

asio::awaitable<void> enrollment_operation::wait(std::chrono::seconds delay)
{
    core_->trace("scep", "wait", std::to_string(delay.count()) + " s");
    timer_.expires_after(delay);
    co_await timer_.async_wait(to_tuple);
}

asio::awaitable<result<scep::enrollment::step>> enrollment_operation::send(scep::enrollment::send step)
{
    exchange_ = std::make_shared<exchange_operation>(core_, server_,
                                                     http::make_request(server_, step, core_->options.user_agent),
                                                     tls_client_options::mode::require);
    co_await exchange_->run();
    auto const record = exchange_->take();
    exchange_.reset();
    if(record.failure)
        co_return *record.failure;
    if(auto const target = record.redirect()) {
        auto failure = make_failure(errc::redirected, "http",
                                    "the server redirects to " + *target + "; put the right URL into the profile");
        auto details = failure.details();
        details.http_status = record.response->status;
        co_return error(errc::redirected, std::move(details));
    }
    co_return transaction_->on_reply(http::make_reply(*record.response), current_time());
}

void enrollment_operation::abort()
{
    asio::post(timer_.get_executor(), [self = shared_from_this()] {
        self->aborted_ = true;
        self->timer_.cancel();
        if(self->exchange_)
            self->exchange_->stop(errc::cancelled);
    });
}

} // namespace scepkit::inline v0::net::detail
