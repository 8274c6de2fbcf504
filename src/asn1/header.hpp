// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/asn1/reader.hpp>

namespace scepkit::inline v0::asn1::detail {

/// Identifier and length octets, read as BER; who wants DER looks at `form`.
struct header {
    enum class length_form : std::uint8_t { minimal, longer_than_needed, indefinite };

    asn1::tag tag{};
    length_form form = length_form::minimal;
    std::size_t size = 0;   ///< Octets of the header itself.
    std::size_t length = 0; ///< Octets of the content; zero when indefinite.
};

/// What X.690 says of a universal tag.
enum class shape : std::uint8_t {
    primitive,   ///< BOOLEAN, INTEGER, NULL, OBJECT IDENTIFIER …
    constructed, ///< SEQUENCE, SET, EXTERNAL …
    string,      ///< Primitive in DER; in BER also constructed, in pieces.
    reserved,
};
shape shape_of(tag universal) noexcept;

inline bool is_universal(tag t) noexcept { return static_cast<unsigned>(t) < 0x40; }
/// A string type cut into pieces, which only BER knows.
inline bool is_string_in_pieces(tag t) noexcept
{
    return is_universal(t) && is_constructed(t) && shape_of(t) == shape::string;
}
inline tag as_primitive(tag t) noexcept { return static_cast<tag>(static_cast<unsigned>(t) & ~0x20u); }

/// The header at the start of `from`, whose first octet is octet `offset` of the whole input.
///
/// Its content fits into `from`. errc::truncated, bad_length, unexpected_tag (end-of-contents included).
result<header> parse_header(bytes_view from, std::size_t offset);

error error_at(errc code, std::size_t offset, std::string message);
/// "SEQUENCE", "[0]", "0x1f" …
std::string describe(tag t);

} // namespace scepkit::inline v0::asn1::detail
