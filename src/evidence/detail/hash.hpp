// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/config.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace scepkit::inline v0::evidence::detail {

/// One round: the word `w` into the state `h`.
constexpr std::uint64_t mix(std::uint64_t h, std::uint64_t w) noexcept
{
    h = (h ^ w) * 0x9e3779b97f4a7c15;
    return h ^ (h >> 29);
}

namespace hashing {

template <class Word>
std::uint64_t load(char const* p) noexcept
{
    Word word;
    std::memcpy(&word, p, sizeof(word));
    return word;
}

} // namespace hashing

/// A fast hash for tables whose keys come from a log. Seeded, so that nobody can write a log whose keys all collide.
inline std::uint64_t hash_of(std::string_view text, std::uint64_t seed) noexcept
{
    using hashing::load;
    char const* p = text.data();
    std::size_t const size = text.size();
    // Two lanes, so that one multiplication need not wait for the other; the last words overlap what came before.
    std::uint64_t a = seed ^ size, b = ~seed;
    if(size >= 16) {
        for(std::size_t at = 0; at + 16 < size; at += 16) {
            a = mix(a, load<std::uint64_t>(p + at));
            b = mix(b, load<std::uint64_t>(p + at + 8));
        }
        a = mix(a, load<std::uint64_t>(p + size - 16));
        b = mix(b, load<std::uint64_t>(p + size - 8));
    } else if(size >= 8) {
        a = mix(a, load<std::uint64_t>(p));
        b = mix(b, load<std::uint64_t>(p + size - 8));
    } else if(size >= 4) {
        a = mix(a, load<std::uint32_t>(p) << 32 | load<std::uint32_t>(p + size - 4));
    } else if(size != 0) {
        a = mix(a,
                load<std::uint8_t>(p) << 16 | load<std::uint8_t>(p + size / 2) << 8 | load<std::uint8_t>(p + size - 1));
    }
    // Turned, because both lanes see the same word of a text of eight bytes: their differences would cancel out.
    a = mix(a, std::rotl(b, 32));
    return a ^ (a >> 32);
}

} // namespace scepkit::inline v0::evidence::detail
