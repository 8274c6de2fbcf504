// SPDX-License-Identifier: BSL-1.0
#include <scep/detail/transaction_ledger.hpp>

namespace scepkit::inline v0::scep::detail {

transaction_ledger::reservation::~reservation()
{
    if(ledger_ != nullptr)
        ledger_->release(id_);
}

void transaction_ledger::reservation::remember(record value) { ledger_->store(id_, std::move(value)); }

transaction_ledger::reservation transaction_ledger::reserve(std::string const& transaction_id)
{
    std::unique_lock lock(mutex_);
    released_.wait(lock, [&] { return !reserved_.contains(transaction_id); });
    std::optional<record> known;
    if(auto const place = index_.find(transaction_id); place != index_.end()) {
        entries_.splice(entries_.begin(), entries_, place->second);
        known = place->second->second;
    }
    reserved_.insert(transaction_id);
    return {*this, transaction_id, std::move(known)};
}

std::size_t transaction_ledger::size() const
{
    std::lock_guard const lock(mutex_);
    return entries_.size();
}

void transaction_ledger::release(std::string const& id)
{
    {
        std::lock_guard const lock(mutex_);
        reserved_.erase(id);
    }
    released_.notify_all();
}

void transaction_ledger::store(std::string const& id, record value)
{
    std::lock_guard const lock(mutex_);
    if(auto const place = index_.find(id); place != index_.end()) {
        place->second->second = std::move(value);
        entries_.splice(entries_.begin(), entries_, place->second);
        return;
    }
    entries_.emplace_front(id, std::move(value));
    index_.emplace(entries_.front().first, entries_.begin());
    while(entries_.size() > capacity_) {
        index_.erase(entries_.back().first);
        entries_.pop_back();
    }
}

} // namespace scepkit::inline v0::scep::detail
