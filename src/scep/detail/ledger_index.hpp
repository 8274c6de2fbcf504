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
    /// What `apply` replaced.
    struct undo {
        change done;
        std::optional<place> transaction_before;
        std::optional<place> serial_before;
        bool has_spent = false;
        bool has_freed = false;
    };

    place const* find(short_key const& transaction) const noexcept;
    place const* find_certificate(short_key const& serial) const noexcept;
    bool is_spent(spent_key const& key) const { return spent_.contains(key); }
    std::size_t size() const noexcept { return transactions_.size(); }
    std::vector<place> reserved() const; ///< Oldest first.

    undo apply(change const& record);
    void take_back(undo const& last); ///< The last first.

private:
    void set(short_key const& transaction, std::optional<place> const& where);

    std::unordered_map<short_key, place, hash_of_key> transactions_;
    std::unordered_map<short_key, place, hash_of_key> serials_;
    std::unordered_set<spent_key, hash_of_key> spent_;
    std::map<std::uint64_t, place> reserved_; ///< By offset.
};

} // namespace scepkit::inline v0::scep::detail
