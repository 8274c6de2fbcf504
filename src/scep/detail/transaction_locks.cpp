// SPDX-License-Identifier: BSL-1.0
#include <scep/detail/transaction_locks.hpp>

namespace scepkit::inline v0::scep::detail {

transaction_locks::holder::~holder()
{
    if(locks_ != nullptr)
        locks_->give_back(id_);
}

transaction_locks::holder transaction_locks::take(std::string const& transaction_id)
{
    auto id = transaction_id; // Before it is taken: who has it must be able to give it back.
    std::unique_lock lock(mutex_);
    given_back_.wait(lock, [&] { return !taken_.contains(id); });
    taken_.insert(id);
    return {*this, std::move(id)};
}

void transaction_locks::give_back(std::string const& transaction_id) noexcept
{
    {
        std::lock_guard const lock(mutex_);
        taken_.erase(transaction_id);
    }
    given_back_.notify_all();
}

} // namespace scepkit::inline v0::scep::detail
