// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace scepkit::inline v0::evidence::detail {

/// A fast hash for tables whose keys come from a log. Seeded, so that nobody can write a log whose keys all collide.
inline std::uint64_t hash_of(std::string_view text, std::uint64_t seed) noexcept
{
    constexpr std::uint64_t factor = 0x9e3779b97f4a7c15;
    auto const mix = [](std::uint64_t h, std::uint64_t word) {
        h = (h ^ word) * factor;
        return h ^ (h >> 29);
    };
    std::uint64_t h = seed ^ (text.size() * factor);
    char const* p = text.data();
    std::size_t left = text.size();
    for(; left >= 8; p += 8, left -= 8) {
        std::uint64_t word;
        std::memcpy(&word, p, 8);
        h = mix(h, word);
    }
    std::uint64_t word = 0;
    if(left != 0)
        std::memcpy(&word, p, left);
    h = mix(h, word);
    return h ^ (h >> 32);
}

} // namespace scepkit::inline v0::evidence::detail
