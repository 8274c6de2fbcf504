// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/asn1/reader.hpp>

#include <array>

namespace scepkit::inline v0::asn1::detail {

/// The length field of DER: definite, minimal.
class length_octets
{
public:
    explicit constexpr length_octets(std::size_t length) noexcept
    {
        if(length < 0x80) {
            octets_.back() = static_cast<std::uint8_t>(length);
            size_ = 1;
            return;
        }
        for(; length != 0; length >>= 8)
            octets_[octets_.size() - ++size_] = static_cast<std::uint8_t>(length);
        octets_[octets_.size() - size_ - 1] = static_cast<std::uint8_t>(0x80 | size_);
        ++size_;
    }
    constexpr bytes_view view() const noexcept { return bytes_view(octets_).last(size_); }

private:
    std::array<std::uint8_t, 9> octets_{};
    std::size_t size_ = 0;
};

constexpr std::size_t header_size(std::size_t length) noexcept { return 1 + length_octets(length).view().size(); }

inline void append_header(bytes& out, tag t, std::size_t length)
{
    length_octets const octets(length);
    out.push_back(static_cast<std::uint8_t>(t));
    out.insert(out.end(), octets.view().begin(), octets.view().end());
}

} // namespace scepkit::inline v0::asn1::detail
