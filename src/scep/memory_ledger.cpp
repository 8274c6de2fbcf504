// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/ledger.hpp>

#include <base/try.hpp>
#include <scep/detail/ledger_record.hpp>
#include <scep/detail/new_node.hpp>

#include <algorithm>
#include <array>
#include <list>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

namespace scepkit::inline v0::scep {

namespace {

using stage = ledger_stage;

struct hash_of_bytes {
    std::size_t operator()(bytes const& b) const noexcept { return std::hash<std::string_view>()(as_text(b)); }
};

class memory_ledger final : public ledger
{
public:
    memory_ledger(std::size_t capacity, secret_bytes secret) : capacity_(capacity), secret_(std::move(secret)) {}

    result<std::optional<ledger_entry>> find(std::string const& transaction_id) override
    {
        std::lock_guard const lock(mutex_);
        auto const known = index_.find(transaction_id);
        if(known == index_.end())
            return std::optional<ledger_entry>();
        touch(known->second);
        return std::optional(detail::clone(known->second->entry));
    }

    result<void> put(ledger_entry entry) override
    {
        SCEPKIT_CHECK(detail::check_entry(entry));
        std::lock_guard const lock(mutex_);
        auto const known = index_.find(entry.transaction_id);
        if(!may_spend(entry, known == index_.end() ? nullptr : &known->second->entry))
            return detail::already_spent(entry.transaction_id);
        remember(prepare(std::move(entry)));
        return success();
    }

    result<std::optional<pki::certificate>> find_certificate(bytes_view serial) override
    {
        std::lock_guard const lock(mutex_);
        auto const known = serials_.find(to_bytes(serial));
        if(known == serials_.end())
            return std::optional<pki::certificate>();
        touch(known->second);
        return known->second->entry.certificate;
    }

    result<std::vector<ledger_entry>> unfinished() override
    {
        std::lock_guard const lock(mutex_);
        std::vector<place> reserved;
        auto& list = list_of(stage::reserved);
        for(auto p = list.begin(); p != list.end(); ++p)
            reserved.push_back(p);
        std::ranges::sort(reserved, {}, [](place p) { return p->number; });
        std::vector<ledger_entry> out;
        for(auto const p : reserved)
            out.push_back(detail::clone(p->entry));
        return out;
    }

    bytes_view secret() const noexcept override { return secret_.view(); }

private:
    struct node {
        ledger_entry entry;
        bytes serial;             ///< Of the certificate, if there is one.
        std::uint64_t number = 0; ///< In order of writing.
    };
    using place = std::list<node>::iterator;
    using index = std::unordered_map<std::string_view, place>;
    using serials = std::unordered_map<bytes, place, hash_of_bytes>;
    using spent = std::unordered_set<bytes, hash_of_bytes>;

    /// An entry and the memory to remember it.
    struct prepared {
        std::list<node> entry; ///< One.
        index::node_type id;
        serials::node_type serial; ///< Empty without a certificate.
        spent::node_type spends;   ///< Empty where nothing is spent.
    };

    /// Forgotten in this order: what is finished can at worst be asked for again; a held entry is an applicant's place
    /// in the queue; a reserved one may have a certificate that nobody else knows of.
    enum rank : std::size_t { finished, waiting, promised, ranks };
    std::list<node>& list_of(stage s) noexcept
    {
        return lists_[s == stage::held ? waiting : s == stage::reserved ? promised : finished];
    }

    void touch(place p) noexcept
    {
        auto& list = list_of(p->entry.stage);
        list.splice(list.begin(), list, p);
    }

    bool may_spend(ledger_entry const& next, ledger_entry const* known) const
    {
        return next.stage != stage::reserved || next.spends.empty() || !spent_.contains(next.spends) ||
               (known != nullptr && detail::is_same_reservation(*known, next));
    }

    prepared prepare(ledger_entry entry)
    {
        prepared out;
        out.entry.push_front({std::move(entry), {}, written_ + 1});
        auto const newest = out.entry.begin();
        auto const& next = newest->entry;
        if(detail::is_spending(next.stage) && !next.spends.empty())
            out.spends = detail::new_node(spent_, next.spends);
        if(next.certificate) {
            newest->serial = to_bytes(next.certificate->serial());
            out.serial = detail::new_node(serials_, {newest->serial, newest});
        }
        out.id = detail::new_node(index_, {next.transaction_id, newest});
        return out;
    }

    void remember(prepared next) noexcept
    {
        auto const newest = next.entry.begin();
        if(auto const known = index_.find(newest->entry.transaction_id); known != index_.end()) {
            auto const& before = known->second->entry;
            if(before.stage == stage::reserved && newest->entry.stage == stage::released)
                spent_.erase(before.spends);
            forget(known);
        }
        ++written_;
        auto& list = list_of(newest->entry.stage);
        list.splice(list.begin(), next.entry);
        index_.insert(std::move(next.id));
        if(next.spends)
            spent_.insert(std::move(next.spends)); // Spent already by the very same reservation, perhaps.
        if(next.serial) {
            serials_.erase(newest->serial);
            serials_.insert(std::move(next.serial));
        }
        for(auto& oldest : lists_)
            while(index_.size() > capacity_ && !oldest.empty() && std::prev(oldest.end()) != newest)
                forget(index_.find(oldest.back().entry.transaction_id));
    }

    void forget(index::iterator known) noexcept
    {
        auto const p = known->second;
        if(auto const serial = serials_.find(p->serial); serial != serials_.end() && serial->second == p)
            serials_.erase(serial);
        index_.erase(known); // First: its key points into the node.
        list_of(p->entry.stage).erase(p);
    }

    std::size_t capacity_;
    secret_bytes secret_;
    std::mutex mutex_;
    std::array<std::list<node>, ranks> lists_; ///< Most recently used first.
    index index_;                              ///< Keys point into the entries.
    serials serials_;
    spent spent_; ///< Outlives the entries.
    std::uint64_t written_ = 0;
};

} // namespace

result<std::shared_ptr<ledger>> make_memory_ledger(std::size_t capacity, random_source& random)
{
    if(capacity == 0)
        return error(errc::invalid_argument,
                     diagnostics{.message = "a ledger holds at least one transaction", .layer = "ledger"});
    secret_bytes secret(detail::ledger_secret_size);
    SCEPKIT_CHECK(random.fill({secret.data(), secret.size()}));
    return std::shared_ptr<ledger>(std::make_shared<memory_ledger>(capacity, std::move(secret)));
}

} // namespace scepkit::inline v0::scep
