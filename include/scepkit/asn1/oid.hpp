// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/bytes.hpp>

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace scepkit::inline v0::asn1 {

/// An OBJECT IDENTIFIER, kept as its DER content: comparing is comparing bytes.
///
/// Longer than 39 content bytes is refused when read; no identifier of this field comes near.
class oid
{
public:
    static constexpr std::size_t maximum_size = 39;

    constexpr oid() noexcept = default;
    /// From dotted form at compile time: `constexpr oid data{"1.2.840.113549.1.7.1"};`
    consteval explicit oid(char const* dotted);

    /// From the content octets of a DER OBJECT IDENTIFIER; errc::bad_value, errc::too_large.
    SCEPKIT_API static result<oid> from_content(bytes_view content);
    SCEPKIT_API static result<oid> from_dotted(std::string_view dotted);

    constexpr bytes_view content() const& noexcept { return {content_.data(), size_}; }
    SCEPKIT_API std::string to_dotted() const;
    constexpr bool empty() const noexcept { return size_ == 0; }

    friend constexpr bool operator==(oid const&, oid const&) noexcept = default;
    friend constexpr auto operator<=>(oid const&, oid const&) noexcept = default;

private:
    constexpr void append_arc(std::uint64_t arc);

    std::array<std::uint8_t, maximum_size> content_{};
    std::uint8_t size_ = 0;
};

constexpr void oid::append_arc(std::uint64_t arc)
{
    std::array<std::uint8_t, 10> digits{};
    std::size_t count = 0;
    do {
        digits[count++] = static_cast<std::uint8_t>(arc & 0x7f);
        arc >>= 7;
    } while(arc != 0);
    while(count-- > 0)
        content_[size_++] = static_cast<std::uint8_t>(digits[count] | (count != 0 ? 0x80 : 0));
}

consteval oid::oid(char const* dotted)
{
    std::uint64_t first = 0;
    std::size_t index = 0;
    while(true) {
        std::uint64_t arc = 0;
        while(*dotted >= '0' && *dotted <= '9')
            arc = arc * 10 + static_cast<std::uint64_t>(*dotted++ - '0');
        if(index == 0)
            first = arc;
        else
            append_arc(index == 1 ? first * 40 + arc : arc);
        ++index;
        if(*dotted == '\0')
            break;
        ++dotted; // the dot
    }
}

} // namespace scepkit::inline v0::asn1
