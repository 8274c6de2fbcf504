// SPDX-License-Identifier: BSL-1.0
#include <scep/detail/ledger_index.hpp>

#include <scep/detail/new_node.hpp>

#include <utility>

namespace scepkit::inline v0::scep::detail {

ledger_index::place const* ledger_index::find(short_key const& transaction) const noexcept
{
    auto const known = transactions_.find(transaction);
    return known == transactions_.end() ? nullptr : &known->second;
}

ledger_index::place const* ledger_index::find_certificate(short_key const& serial) const noexcept
{
    auto const known = serials_.find(serial);
    return known == serials_.end() ? nullptr : &known->second;
}

std::vector<ledger_index::place> ledger_index::reserved() const
{
    std::vector<place> out;
    out.reserve(reserved_.size());
    for(auto const& [offset, where] : reserved_)
        out.push_back(where);
    return out;
}

ledger_index::prepared ledger_index::prepare(change const& record)
{
    prepared out;
    out.record_ = record;
    if(!transactions_.contains(record.transaction))
        out.transaction_ = new_node(transactions_, {record.transaction, record.where});
    if(record.serial && !serials_.contains(*record.serial))
        out.serial_ = new_node(serials_, {*record.serial, record.where});
    if(record.spends && is_spending(record.where.stage) && !spent_.contains(*record.spends))
        out.spends_ = new_node(spent_, spent_key(*record.spends));
    if(record.where.stage == ledger_stage::reserved) {
        by_offset one{{record.where.offset, record.where}};
        out.reserved_ = one.extract(one.begin());
    }
    return out;
}

ledger_index::undo ledger_index::apply(prepared next) noexcept
{
    undo out;
    out.done_ = next.record_;
    auto const& record = next.record_;
    if(next.transaction_) {
        transactions_.insert(std::move(next.transaction_));
    } else {
        auto& known = transactions_.find(record.transaction)->second;
        out.transaction_before_ = std::exchange(known, record.where);
        out.reserved_before_ = reserved_.extract(out.transaction_before_->offset);
    }
    if(next.reserved_)
        reserved_.insert(std::move(next.reserved_));
    if(next.spends_) {
        spent_.insert(std::move(next.spends_));
        out.has_spent_ = true;
    }
    if(record.frees)
        out.freed_ = spent_.extract(*record.frees);
    if(next.serial_)
        serials_.insert(std::move(next.serial_));
    else if(record.serial)
        out.serial_before_ = std::exchange(serials_.find(*record.serial)->second, record.where);
    return out;
}

void ledger_index::take_back(undo last) noexcept
{
    auto const& record = last.done_;
    if(record.serial) {
        if(last.serial_before_)
            serials_.find(*record.serial)->second = *last.serial_before_;
        else
            serials_.erase(*record.serial);
    }
    if(last.freed_)
        spent_.insert(std::move(last.freed_));
    if(last.has_spent_)
        spent_.erase(*record.spends);
    reserved_.erase(record.where.offset);
    if(last.reserved_before_)
        reserved_.insert(std::move(last.reserved_before_));
    if(last.transaction_before_)
        transactions_.find(record.transaction)->second = *last.transaction_before_;
    else
        transactions_.erase(record.transaction);
}

} // namespace scepkit::inline v0::scep::detail
