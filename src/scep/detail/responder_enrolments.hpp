// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scep/detail/responder_replies.hpp>
#include <scep/detail/transaction_locks.hpp>

namespace scepkit::inline v0::scep::detail {

/// The message types that can end in a certificate, and the one path on which one comes to be:
/// authorize, reserve, sign, record, reply.
class enrolments
{
public:
    /// responder::make_grant, which is private: only this class is handed it.
    using grant_maker = grant (*)(pki::certificate_request request, std::string transaction_id, bytes serial,
                                  time_point now, std::optional<pki::certificate> renewed);

    enrolments(scep::ledger& transactions, transaction_locks& locks, grant_maker make_grant) noexcept
        : ledger_(transactions), locks_(locks), make_grant_(make_grant)
    {
    }

    verdict request(served_message& c); ///< PKCSReq, RenewalReq
    verdict poll(served_message& c);    ///< CertPoll

    /// Issues what a crash left reserved. Errors are the ledger's; what the issuer does not give now stays reserved.
    result<void> finish(responder_snapshot const& with);

private:
    struct asked;

    verdict ask(served_message const& c, asked what);
    result<pki::certificate> issue(responder_snapshot const& with, ledger_entry const& reserved,
                                   pki::certificate_request const& request,
                                   std::optional<pki::certificate> const& renewed, time_point now);
    result<pki::certificate> complete(responder_snapshot const& with, ledger_entry const& reserved, time_point now);
    result<bytes> name_of_spent(accept const& consent) const;

    scep::ledger& ledger_;
    transaction_locks& locks_;
    grant_maker make_grant_;
};

} // namespace scepkit::inline v0::scep::detail
