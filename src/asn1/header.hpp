// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/asn1/reader.hpp>

#include <array>

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
constexpr unsigned tag_number(tag t) noexcept { return static_cast<unsigned>(t) & 0x1f; }
constexpr bool is_universal(tag t) noexcept { return static_cast<unsigned>(t) < 0x40; }
constexpr shape shape_of(tag universal) noexcept
{
    switch(tag_number(universal)) {
    case 0x01: // BOOLEAN
    case 0x02: // INTEGER
    case 0x05: // NULL
    case 0x06: // OBJECT IDENTIFIER
    case 0x09: // REAL
    case 0x0a: // ENUMERATED
    case 0x0d: // RELATIVE-OID
        return shape::primitive;
    case 0x08: // EXTERNAL
    case 0x0b: // EMBEDDED PDV
    case 0x10: // SEQUENCE
    case 0x11: // SET
    case 0x1d: // CHARACTER STRING
        return shape::constructed;
    case 0x03: // BIT STRING
    case 0x04: // OCTET STRING
    case 0x07: // ObjectDescriptor
    case 0x0c: // UTF8String
    case 0x12: // NumericString
    case 0x13: // PrintableString
    case 0x14: // TeletexString
    case 0x15: // VideotexString
    case 0x16: // IA5String
    case 0x17: // UTCTime
    case 0x18: // GeneralizedTime
    case 0x19: // GraphicString
    case 0x1a: // VisibleString
    case 0x1b: // GeneralString
    case 0x1c: // UniversalString
    case 0x1e: // BMPString
        return shape::string;
    default: return shape::reserved;
    }
}
/// A string type cut into pieces, which only BER knows.
inline bool is_string_in_pieces(tag t) noexcept
{
    return is_universal(t) && is_constructed(t) && shape_of(t) == shape::string;
}
/// Which identifier octets DER knows and this library reads.
inline constexpr auto der_tags = [] {
    std::array<bool, 256> table{};
    for(unsigned octet = 0; octet != table.size(); ++octet) {
        auto const t = static_cast<tag>(octet);
        auto const kind = shape_of(t);
        table[octet] = tag_number(t) != 0x1f &&
                       (!is_universal(t) || (is_constructed(t) ? kind == shape::constructed
                                                               : kind == shape::primitive || kind == shape::string));
    }
    return table;
}();

inline tag as_primitive(tag t) noexcept { return static_cast<tag>(static_cast<unsigned>(t) & ~0x20u); }

/// The header of nearly every value of nearly every input: a tag that DER knows, a minimal length below 64 KiB that
/// fits. Nothing where `parse_header` has to look closer.
inline std::optional<header> plain_header(bytes_view from) noexcept
{
    if(from.size() < 2 || !der_tags[from[0]])
        return std::nullopt;
    header out{.tag = static_cast<tag>(from[0]), .size = 2, .length = from[1]};
    if(out.length >= 0x80) {
        auto const octets = out.length & 0x7f;
        if(octets == 0 || octets > 2 || from.size() < 2 + octets)
            return std::nullopt;
        out.size += octets;
        out.length = octets == 1 ? from[2] : std::size_t{from[2]} << 8 | from[3];
        if(out.length < (octets == 1 ? 0x80u : 0x100u))
            return std::nullopt;
    }
    if(out.length > from.size() - out.size)
        return std::nullopt;
    return out;
}

/// The header at the start of `from`, whose first octet is octet `offset` of the whole input.
///
/// Its content fits into `from`. errc::truncated, bad_length, unexpected_tag (end-of-contents included).
result<header> parse_header(bytes_view from, std::size_t offset);

error error_at(errc code, std::size_t offset, std::string message);
/// "SEQUENCE", "[0]", "0x1f" …
std::string describe(tag t);

} // namespace scepkit::inline v0::asn1::detail
