// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/config.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace scepkit::inline v0::evidence::detail {

inline constexpr std::uint32_t no_index = std::numeric_limits<std::uint32_t>::max();

/// Hash table from a key, kept elsewhere, to its index there. Open addressing, linear probing, no tombstones.
class index_table
{
public:
    index_table() : slots_(64) {}

    /// The index for which `same(index)` holds, or no_index.
    template <class Same>
    std::uint32_t find(std::uint64_t hash, Same&& same) const
    {
        for(auto at = hash & mask();; at = (at + 1) & mask()) {
            auto const& s = slots_[at];
            if(s.index == no_index)
                return no_index;
            if(s.hash == hash && same(s.index))
                return s.index;
        }
    }

    void insert(std::uint64_t hash, std::uint32_t index)
    {
        if((size_ + 1) * 2 > slots_.size())
            grow();
        put(hash, index);
        ++size_;
    }

    void erase(std::uint64_t hash, std::uint32_t index)
    {
        auto at = hash & mask();
        while(slots_[at].index != index)
            at = (at + 1) & mask();
        // Whatever probed past this slot moves up, so that lookups may stop at the first empty one.
        for(auto next = (at + 1) & mask(); slots_[next].index != no_index; next = (next + 1) & mask()) {
            auto const home = slots_[next].hash & mask();
            if(((next - home) & mask()) >= ((next - at) & mask())) {
                slots_[at] = slots_[next];
                at = next;
            }
        }
        slots_[at] = {};
        --size_;
    }

    std::size_t size() const noexcept { return size_; }

private:
    struct slot {
        std::uint64_t hash = 0;
        std::uint32_t index = no_index;
    };

    std::size_t mask() const noexcept { return slots_.size() - 1; }
    void put(std::uint64_t hash, std::uint32_t index)
    {
        auto at = hash & mask();
        while(slots_[at].index != no_index)
            at = (at + 1) & mask();
        slots_[at] = {hash, index};
    }
    void grow()
    {
        auto const old = std::exchange(slots_, std::vector<slot>(slots_.size() * 2));
        for(auto const& s : old)
            if(s.index != no_index)
                put(s.hash, s.index);
    }

    std::vector<slot> slots_;
    std::size_t size_ = 0;
};

} // namespace scepkit::inline v0::evidence::detail
