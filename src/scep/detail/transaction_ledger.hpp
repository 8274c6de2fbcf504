// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/scep/responder.hpp>

#include <condition_variable>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace scepkit::inline v0::scep::detail {

/// What a responder remembers of its transactions, bounded, least recently used first out.
///
/// A transaction belongs to the key that signed its first accepted message. `reserve` gives it to one thread at a time:
/// whoever comes meanwhile with the same transactionID waits and then finds the result. So a message that arrives
/// twice, even at the same moment, is judged and issued once.
class transaction_ledger
{
public:
    struct record {
        bytes owner;          ///< SHA-256 of the signer's SubjectPublicKeyInfo.
        bytes request_digest; ///< SHA-256 of the request; another request is another transaction.
        std::optional<enrollment_claim>
            held; ///< PENDING: what the authorizer will be asked again. `challenge` is null.
        std::optional<pki::certificate> issued;
        pki::name subject;
    };

    /// The right to decide about one transactionID; gives it back when it goes.
    class reservation
    {
    public:
        reservation(reservation&& other) noexcept
            : ledger_(std::exchange(other.ledger_, nullptr)), id_(std::move(other.id_)), known_(std::move(other.known_))
        {
        }
        reservation& operator=(reservation&&) = delete;
        reservation(reservation const&) = delete;
        reservation& operator=(reservation const&) = delete;
        ~reservation();

        /// What was remembered when the reservation was made.
        std::optional<record> const& known() const noexcept { return known_; }
        /// Replaces it; forgotten transactions stay forgotten if this is not called.
        void remember(record value);

    private:
        friend class transaction_ledger;
        reservation(transaction_ledger& ledger, std::string id, std::optional<record> known)
            : ledger_(&ledger), id_(std::move(id)), known_(std::move(known))
        {
        }
        transaction_ledger* ledger_;
        std::string id_;
        std::optional<record> known_;
    };

    explicit transaction_ledger(std::size_t capacity) : capacity_(capacity) {}

    reservation reserve(std::string const& transaction_id);
    std::size_t size() const;

private:
    using entry = std::pair<std::string, record>;

    void release(std::string const& id);
    void store(std::string const& id, record value);

    std::size_t capacity_;
    mutable std::mutex mutex_;
    std::condition_variable released_;
    std::list<entry> entries_;                                               ///< Most recently used first.
    std::unordered_map<std::string_view, std::list<entry>::iterator> index_; ///< Keys point into the entries.
    std::unordered_set<std::string> reserved_;
};

} // namespace scepkit::inline v0::scep::detail
