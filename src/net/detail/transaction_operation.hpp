// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <net/detail/exchange_operation.hpp>

namespace scepkit::inline v0::net::detail {

/// Drives an enrolment: performs what it wants sent, waits when it wants to wait, until it has an outcome.
class enrollment_operation final : public operation, public std::enable_shared_from_this<enrollment_operation>
{
public:
    /// `transaction` must live until the operation has ended.
    enrollment_operation(std::shared_ptr<client_core> core, scep::enrollment& transaction, http::endpoint server);

    asio::awaitable<void> run();
    void abort() override;
    result<scep::enrollment_outcome> take() { return std::move(outcome_); }

private:
    asio::awaitable<void> steps();
    asio::awaitable<void> wait(std::chrono::seconds delay);
    asio::awaitable<result<scep::enrollment::step>> send(scep::enrollment::send step);

    std::shared_ptr<client_core> core_;
    scep::enrollment* transaction_;
    http::endpoint server_;
    asio::steady_timer timer_;
    std::shared_ptr<exchange_operation> exchange_;
    result<scep::enrollment_outcome> outcome_{scep::enrollment_outcome{}};
    bool aborted_ = false;
};

} // namespace scepkit::inline v0::net::detail
