// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace scepkit::inline v0::detail {

struct code_point {
    char32_t value;
    std::size_t size; ///< Bytes of its encoding.
};

/// The first code point of `text`; nothing where that is no UTF-8 (RFC 3629: shortest form, no surrogates).
inline std::optional<code_point> decode_utf8(std::string_view text) noexcept
{
    auto const at = [&](std::size_t i) -> std::uint32_t { return static_cast<std::uint8_t>(text[i]); };
    if(text.empty())
        return std::nullopt;
    auto const lead = at(0);
    if(lead < 0x80)
        return code_point{lead, 1};
    std::size_t const size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if(lead < 0xc2 || lead > 0xf4 || text.size() < size)
        return std::nullopt;
    char32_t value = lead & (0x7fu >> size);
    for(std::size_t i = 1; i < size; ++i) {
        if((at(i) & 0xc0) != 0x80)
            return std::nullopt;
        value = (value << 6) | (at(i) & 0x3f);
    }
    constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if(value < smallest[size] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return std::nullopt;
    return code_point{value, size};
}

/// Appends a code point that is a Unicode scalar value.
inline void append_utf8(std::string& out, char32_t value)
{
    auto const put = [&](char32_t byte) { out += static_cast<char>(static_cast<std::uint8_t>(byte)); };
    if(value < 0x80) {
        put(value);
    } else if(value < 0x800) {
        put(0xc0 | (value >> 6));
        put(0x80 | (value & 0x3f));
    } else if(value < 0x10000) {
        put(0xe0 | (value >> 12));
        put(0x80 | ((value >> 6) & 0x3f));
        put(0x80 | (value & 0x3f));
    } else {
        put(0xf0 | (value >> 18));
        put(0x80 | ((value >> 12) & 0x3f));
        put(0x80 | ((value >> 6) & 0x3f));
        put(0x80 | (value & 0x3f));
    }
}

} // namespace scepkit::inline v0::detail
