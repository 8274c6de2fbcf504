// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <condition_variable>
#include <mutex>
#include <scepkit/base/config.hpp>
#include <string>
#include <unordered_set>
#include <utility>

namespace scepkit::inline v0::scep::detail {

/// Gives each transaction to one thread at a time: whoever comes meanwhile with the same transactionID waits and then
/// finds the result. So a message that arrives twice, even at the same moment, is judged and issued once.
class transaction_locks
{
public:
    /// Gives the transaction back when it goes.
    class [[nodiscard]] holder
    {
    public:
        holder(holder&& other) noexcept : locks_(std::exchange(other.locks_, nullptr)), id_(std::move(other.id_)) {}
        holder& operator=(holder&&) = delete;
        holder(holder const&) = delete;
        holder& operator=(holder const&) = delete;
        ~holder();

    private:
        friend class transaction_locks;
        holder(transaction_locks& locks, std::string id) noexcept : locks_(&locks), id_(std::move(id)) {}
        transaction_locks* locks_;
        std::string id_;
    };

    holder take(std::string const& transaction_id);

private:
    void give_back(std::string const& transaction_id) noexcept;

    std::mutex mutex_;
    std::condition_variable given_back_;
    std::unordered_set<std::string> taken_;
};

} // namespace scepkit::inline v0::scep::detail
