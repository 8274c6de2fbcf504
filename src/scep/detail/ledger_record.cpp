// SPDX-License-Identifier: BSL-1.0
#include <scep/detail/ledger_record.hpp>

namespace scepkit::inline v0::scep::detail {

namespace {

error invalid(char const* message)
{
    return {errc::invalid_argument, diagnostics{.message = message, .layer = "ledger"}};
}

} // namespace

ledger_entry clone(ledger_entry const& entry)
{
    ledger_entry out;
    out.stage = entry.stage;
    out.transaction_id = entry.transaction_id;
    out.message_type = entry.message_type;
    out.owner = entry.owner;
    out.request_digest = entry.request_digest;
    out.request = entry.request.clone();
    out.signer = entry.signer;
    out.is_renewal = entry.is_renewal;
    out.tolerances = entry.tolerances;
    out.spends = entry.spends;
    out.serial = entry.serial;
    out.at = entry.at;
    out.certificate = entry.certificate;
    return out;
}

result<void> check_entry(ledger_entry const& entry)
{
    using stage = ledger_stage;
    if(entry.transaction_id.empty())
        return invalid("an entry needs a transactionID");
    if(!entry.spends.empty() && entry.spends.size() != spends_size)
        return invalid("what an entry spends is named by an HMAC-SHA-256");
    if(is_spending(entry.stage) && entry.serial.empty())
        return invalid("a serial number belongs to an entry from its reservation on");
    if(entry.certificate.has_value() != (entry.stage == stage::issued))
        return invalid("issued entries have a certificate, and only they");
    return success();
}

bool is_same_reservation(ledger_entry const& known, ledger_entry const& next) noexcept
{
    return known.stage == ledger_stage::reserved && known.serial == next.serial && known.spends == next.spends;
}

error already_spent(std::string const& transaction_id)
{
    return {errc::already_spent,
            diagnostics{.message = "what transaction " + transaction_id + " wants to spend was spent before",
                        .layer = "ledger"}};
}

} // namespace scepkit::inline v0::scep::detail
