// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <net/detail/exchange_operation.hpp>

#include <scepkit/scep/query.hpp>

namespace scepkit::inline v0::net::detail {

/// Drives a transaction: performs what it wants sent, waits when it wants to wait, until it has an outcome. Made for
/// the outcomes of enrolments and queries, in one source file.
template <class Outcome>
class transaction_operation final : public operation,
                                    public std::enable_shared_from_this<transaction_operation<Outcome>>
{
public:
    /// `transaction` must live until the operation has ended.
    transaction_operation(std::shared_ptr<client_core> core, scep::transaction<Outcome>& transaction,
                          http::endpoint server);

    asio::awaitable<void> run();
    void abort() override;
    result<Outcome> take() { return std::move(outcome_); }

private:
    using step = typename scep::transaction<Outcome>::step;
    asio::awaitable<void> steps();
    asio::awaitable<void> wait(std::chrono::seconds delay);
    asio::awaitable<result<step>> send(scep::send what);

    std::shared_ptr<client_core> core_;
    scep::transaction<Outcome>* transaction_;
    http::endpoint server_;
    asio::steady_timer timer_;
    std::shared_ptr<exchange_operation> exchange_;
    result<Outcome> outcome_{Outcome{}};
    bool aborted_ = false;
};

extern template class transaction_operation<scep::enrollment_outcome>;
extern template class transaction_operation<scep::query_outcome>;

} // namespace scepkit::inline v0::net::detail
