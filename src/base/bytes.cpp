// SPDX-License-Identifier: BSL-1.0
#include <scepkit/base/bytes.hpp>

#include <base/utf8.hpp>

#include <algorithm>
#include <array>
#include <openssl/crypto.h>

namespace scepkit::inline v0 {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int hex_value(char c) noexcept
{
    if(c >= '0' && c <= '9')
        return c - '0';
    if(c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if(c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

constexpr auto base64_values = [] {
    std::array<std::int8_t, 256> values{};
    values.fill(-1);
    for(std::size_t i = 0; i < base64_digits.size(); ++i)
        values[static_cast<std::uint8_t>(base64_digits[i])] = static_cast<std::int8_t>(i);
    return values;
}();

constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

error bad_text(std::size_t offset, std::string message)
{
    return {errc::bad_value, diagnostics{.message = std::move(message), .offset = offset}};
}

// What moves a cursor, starts a control sequence, ends a line or turns the order of what follows.
constexpr bool is_hostile(char32_t c) noexcept
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

void append_byte(std::string& out, std::uint8_t byte)
{
    out += "\\x";
    out += hex_digits[byte >> 4];
    out += hex_digits[byte & 0xf];
}

void append_escaped(std::string& out, char32_t value)
{
    if(value < 0x80)
        return append_byte(out, static_cast<std::uint8_t>(value));
    out += "\\u{";
    for(unsigned shift = 16; shift > 0;) {
        shift -= 4;
        out += hex_digits[(value >> shift) & 0xf];
    }
    out += '}';
}

} // namespace

bool equal(bytes_view a, bytes_view b) noexcept { return std::ranges::equal(a, b); }

bool equal_constant_time(bytes_view a, bytes_view b) noexcept
{
    return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

std::string to_hex(bytes_view data, std::string_view separator)
{
    std::string out;
    out.reserve(data.size() * (2 + separator.size()));
    for(auto const byte : data) {
        if(!out.empty())
            out += separator;
        out += hex_digits[byte >> 4];
        out += hex_digits[byte & 0xf];
    }
    return out;
}

result<bytes> from_hex(std::string_view text)
{
    bytes out;
    out.reserve(text.size() / 2);
    for(std::size_t i = 0; i < text.size();) {
        if(is_blank(text[i]) || (text[i] == ':' && !out.empty())) {
            ++i;
            continue;
        }
        auto const high = hex_value(text[i]);
        if(high < 0)
            return bad_text(i, "not a hexadecimal digit");
        auto const low = i + 1 < text.size() ? hex_value(text[i + 1]) : -1;
        if(low < 0)
            return bad_text(i, "hexadecimal digits come in pairs; the second one is missing here");
        out.push_back(static_cast<std::uint8_t>(high * 16 + low));
        i += 2;
    }
    return out;
}

std::string to_base64(bytes_view data)
{
    std::string out;
    out.reserve((data.size() + 2) / 3 * 4);
    for(std::size_t i = 0; i < data.size(); i += 3) {
        auto const left = data.size() - i;
        std::uint32_t const group = std::uint32_t{data[i]} << 16 | (left > 1 ? std::uint32_t{data[i + 1]} << 8 : 0u) |
                                    (left > 2 ? std::uint32_t{data[i + 2]} : 0u);
        out += base64_digits[group >> 18];
        out += base64_digits[(group >> 12) & 0x3f];
        out += left > 1 ? base64_digits[(group >> 6) & 0x3f] : '=';
        out += left > 2 ? base64_digits[group & 0x3f] : '=';
    }
    return out;
}

result<bytes> from_base64(std::string_view text)
{
    bytes out;
    out.reserve(text.size() / 4 * 3 + 3); // Never too little: a buffer that grows leaves half a key behind.
    std::uint32_t group = 0;
    unsigned digits = 0;
    unsigned padding = 0;
    for(std::size_t i = 0; i < text.size(); ++i) {
        auto const c = text[i];
        if(is_blank(c))
            continue;
        if(c == '=') {
            ++padding;
            if(digits % 4 + padding > 4 || digits % 4 < 2)
                return bad_text(i, "padding where base64 has none");
            continue;
        }
        auto const value = base64_values[static_cast<std::uint8_t>(c)];
        if(value < 0)
            return bad_text(i, "not a character of the base64 alphabet");
        if(padding != 0)
            return bad_text(i, "base64 goes on behind its padding");
        group = group << 6 | static_cast<std::uint32_t>(value);
        if(++digits % 4 == 0) {
            out.push_back(static_cast<std::uint8_t>(group >> 16));
            out.push_back(static_cast<std::uint8_t>(group >> 8));
            out.push_back(static_cast<std::uint8_t>(group));
            group = 0;
        }
    }
    auto const rest = digits % 4;
    if((rest + padding) % 4 != 0)
        return bad_text(text.size(), "base64 ends within a group of four characters");
    if(rest == 3) {
        if((group & 0x3) != 0)
            return bad_text(text.size(), "base64 with bits set that stand for nothing");
        out.push_back(static_cast<std::uint8_t>(group >> 10));
        out.push_back(static_cast<std::uint8_t>(group >> 2));
    } else if(rest == 2) {
        if((group & 0xf) != 0)
            return bad_text(text.size(), "base64 with bits set that stand for nothing");
        out.push_back(static_cast<std::uint8_t>(group >> 4));
    }
    return out;
}

std::string escape_controls(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    while(!text.empty()) {
        auto const next = detail::decode_utf8(text);
        if(!next)
            append_byte(out, static_cast<std::uint8_t>(text.front()));
        else if(is_hostile(next->value))
            append_escaped(out, next->value);
        else
            out += text.substr(0, next->size);
        text.remove_prefix(next ? next->size : 1);
    }
    return out;
}

} // namespace scepkit::inline v0
