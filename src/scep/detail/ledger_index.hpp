// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scep/detail/ledger_record.hpp>

#include <array>
#include <cstring>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>

/// What a file ledger keeps in memory: where each transaction's last record is. About 200 bytes a transaction.
namespace scepkit::inline v0::scep::detail {

/// Keyed hashes stand for names of any length that strangers choose.
template <std::size_t Size>
using hash_key = std::array<std::uint8_t, Size>;
struct hash_of_key {
    template <std::size_t Size>
    std::size_t operator()(hash_key<Size> const& key) const noexcept
    {
        std::size_t out = 0;
        std::memcpy(&out, key.data(), sizeof(out));
        return out;
    }
};

class ledger_index
{
public:
    using short_key = hash_key<16>;
    using spent_key = hash_key<spends_size>;
    struct place {
        std::uint64_t offset = 0;
        std::uint32_t size = 0;
        ledger_stage stage{};
    };
    /// One record, as the index sees it.
    struct change {
        short_key transaction{};
        place where;
        std::optional<spent_key> spends;
        std::optional<spent_key> frees;
        std::optional<short_key> serial;
    };
    class prepared;
    class undo;

    place const* find(short_key const& transaction) const noexcept;
    place const* find_certificate(short_key const& serial) const noexcept;
    bool is_spent(spent_key const& key) const { return spent_.contains(key); }
    std::size_t size() const noexcept { return transactions_.size(); }
    std::vector<place> reserved() const; ///< Oldest first.

    // A record is written between the two, and what is written must be indexed: only the first can fail.
    prepared prepare(change const& record);
    undo apply(prepared next) noexcept;
    /// The last first.
    void take_back(undo last) noexcept;

private:
    using places = std::unordered_map<short_key, place, hash_of_key>;
    using spent = std::unordered_set<spent_key, hash_of_key>;
    using by_offset = std::map<std::uint64_t, place>;

    places transactions_;
    places serials_;
    spent spent_;
    by_offset reserved_;
};

/// A change and the memory for it.
class ledger_index::prepared
{
    friend class ledger_index;
    change record_;
    places::node_type transaction_; ///< These four: empty where the change adds none.
    places::node_type serial_;
    spent::node_type spends_;
    by_offset::node_type reserved_;
};

/// What `apply` replaced, and the memory to bring it back.
class ledger_index::undo
{
    friend class ledger_index;
    change done_;
    std::optional<place> transaction_before_;
    std::optional<place> serial_before_;
    bool has_spent_ = false;
    spent::node_type freed_;
    by_offset::node_type reserved_before_;
};

} // namespace scepkit::inline v0::scep::detail
