// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <asn1/header.hpp>

#include <vector>

namespace scepkit::inline v0::asn1::detail {

enum class event_kind : std::uint8_t { primitive, open, close, end };

struct ber_event {
    event_kind kind = event_kind::end;
    asn1::tag tag{};
    header::length_form form = header::length_form::minimal; ///< Of what is opened or of the primitive value.
    bytes_view content;                                      ///< Of a primitive value.
    std::size_t offset = 0;
};

/// Walks one BER value event by event, with a stack of its own: foreign nesting costs no machine stack.
class ber_cursor
{
public:
    ber_cursor(bytes_view input, std::size_t maximum_depth) noexcept : input_(input), maximum_depth_(maximum_depth) {}

    /// errc::truncated, bad_length, unexpected_tag, nested_too_deep, trailing_data.
    result<ber_event> next();

private:
    struct level {
        std::size_t end; ///< Of the content; of what encloses it, where the length is indefinite.
        asn1::tag tag;
        bool is_indefinite;
    };

    bytes_view input_;
    std::size_t maximum_depth_;
    std::size_t position_ = 0;
    std::vector<level> levels_;
};

} // namespace scepkit::inline v0::asn1::detail
