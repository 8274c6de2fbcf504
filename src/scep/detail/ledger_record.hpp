// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/scep/ledger.hpp>

#include <cstddef>

/// What both ledgers know of an entry.
namespace scepkit::inline v0::scep::detail {

constexpr std::size_t ledger_secret_size = 32;
constexpr std::size_t spends_size = 32; ///< HMAC-SHA-256

/// Entries hold secrets, so a copy is asked for by name.
ledger_entry clone(ledger_entry const& entry);
/// What every stage must have: errc::invalid_argument. Keeps an entry out that no reader could use.
result<void> check_entry(ledger_entry const& entry);
/// Whether a transaction in this stage holds what it spends.
constexpr bool is_spending(ledger_stage stage) noexcept
{
    return stage == ledger_stage::reserved || stage == ledger_stage::issued;
}
/// Whether `next` is the reservation that `known` is already: written again, it spends nothing twice.
bool is_same_reservation(ledger_entry const& known, ledger_entry const& next) noexcept;
error already_spent(std::string const& transaction_id);

} // namespace scepkit::inline v0::scep::detail
