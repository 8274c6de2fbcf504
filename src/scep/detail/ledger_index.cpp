// SPDX-License-Identifier: BSL-1.0
#include <scep/detail/ledger_index.hpp>

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

void ledger_index::set(short_key const& transaction, std::optional<place> const& where)
{
    if(auto const known = transactions_.find(transaction); known != transactions_.end()) {
        reserved_.erase(known->second.offset);
        if(!where)
            transactions_.erase(known);
        else
            known->second = *where;
    } else if(where) {
        transactions_.emplace(transaction, *where);
    }
    if(where && where->stage == ledger_stage::reserved)
        reserved_.emplace(where->offset, *where);
}

ledger_index::undo ledger_index::apply(change const& record)
{
    undo out{.done = record, .transaction_before = {}, .serial_before = {}};
    if(auto const* known = find(record.transaction))
        out.transaction_before = *known;
    set(record.transaction, record.where);
    if(record.spends && is_spending(record.where.stage))
        out.has_spent = spent_.insert(*record.spends).second;
    if(record.frees)
        out.has_freed = spent_.erase(*record.frees) != 0;
    if(record.serial) {
        if(auto const* known = find_certificate(*record.serial))
            out.serial_before = *known;
        serials_.insert_or_assign(*record.serial, record.where);
    }
    return out;
}

void ledger_index::take_back(undo const& last)
{
    auto const& record = last.done;
    if(record.serial) {
        if(last.serial_before)
            serials_.insert_or_assign(*record.serial, *last.serial_before);
        else
            serials_.erase(*record.serial);
    }
    if(last.has_freed)
        spent_.insert(*record.frees);
    if(last.has_spent)
        spent_.erase(*record.spends);
    set(record.transaction, last.transaction_before);
}

} // namespace scepkit::inline v0::scep::detail
