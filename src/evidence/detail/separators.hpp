// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/config.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace scepkit::inline v0::evidence::detail {

inline constexpr std::size_t separator_width = 64;

/// Bit i is set where byte i of the 64 at `data` is a blank or a control: what ends a field or a line of a log.
inline std::uint64_t separators(char const* data) noexcept
{
#if defined(__SSE2__)
    auto const blank = _mm_set1_epi8(0x20);
    std::uint64_t mask = 0;
    for(unsigned i = 0; i < 4; ++i) {
        auto const v = _mm_loadu_si128(reinterpret_cast<__m128i const*>(data + i * 16));
        auto const found = static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(v, blank), v)));
        mask |= std::uint64_t{found} << (i * 16);
    }
    return mask;
#else
    std::uint64_t mask = 0;
    for(unsigned i = 0; i < separator_width; ++i)
        mask |= std::uint64_t{static_cast<unsigned char>(data[i]) <= 0x20} << i;
    return mask;
#endif
}

/// Calls `sink(position)` for each blank or control of `data`, in order, until it returns false.
template <class Sink>
void for_each_separator(char const* data, std::size_t size, Sink&& sink)
{
    std::size_t at = 0;
    for(; at + separator_width <= size; at += separator_width) {
        for(auto mask = separators(data + at); mask != 0; mask &= mask - 1)
            if(!sink(at + static_cast<std::size_t>(std::countr_zero(mask))))
                return;
    }
    if(at == size)
        return;
    char tail[separator_width];
    std::memset(tail, 'x', sizeof(tail));
    std::memcpy(tail, data + at, size - at);
    for(auto mask = separators(tail); mask != 0; mask &= mask - 1)
        if(!sink(at + static_cast<std::size_t>(std::countr_zero(mask))))
            return;
}

} // namespace scepkit::inline v0::evidence::detail
