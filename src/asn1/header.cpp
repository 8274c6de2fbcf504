// SPDX-License-Identifier: BSL-1.0
#include <asn1/header.hpp>

#include <base/try.hpp>
#include <cstdint>

namespace scepkit::inline v0::asn1::detail {

namespace {

std::string_view universal_name(unsigned number) noexcept
{
    switch(number) {
    case 0x01: return "BOOLEAN";
    case 0x02: return "INTEGER";
    case 0x03: return "BIT STRING";
    case 0x04: return "OCTET STRING";
    case 0x05: return "NULL";
    case 0x06: return "OBJECT IDENTIFIER";
    case 0x0a: return "ENUMERATED";
    case 0x0c: return "UTF8String";
    case 0x10: return "SEQUENCE";
    case 0x11: return "SET";
    case 0x12: return "NumericString";
    case 0x13: return "PrintableString";
    case 0x14: return "TeletexString";
    case 0x16: return "IA5String";
    case 0x17: return "UTCTime";
    case 0x18: return "GeneralizedTime";
    case 0x1a: return "VisibleString";
    case 0x1c: return "UniversalString";
    case 0x1e: return "BMPString";
    default: return {};
    }
}

result<void> check_identifier(tag t, std::size_t offset)
{
    if(tag_number(t) == 0x1f)
        return error_at(errc::unexpected_tag, offset, "a tag number above 30, which nothing here uses");
    if(!is_universal(t))
        return success();
    auto const kind = shape_of(t);
    if(kind == shape::reserved)
        return error_at(errc::unexpected_tag, offset,
                        tag_number(t) == 0 ? "end-of-contents octets where no indefinite length is open"
                                           : "a reserved universal tag");
    if(is_constructed(t) ? kind == shape::primitive : kind == shape::constructed)
        return error_at(errc::unexpected_tag, offset,
                        describe(t) + (is_constructed(t) ? " cannot be constructed" : " cannot be primitive"));
    return success();
}

} // namespace

result<header> parse_header(bytes_view from, std::size_t offset)
{
    if(from.empty())
        return error_at(errc::truncated, offset, "the encoding ends where a value should begin");
    if(from.size() < 2)
        return error_at(errc::truncated, offset, "the encoding ends behind a tag, before its length");
    header out{.tag = static_cast<tag>(from[0]), .size = 2};
    SCEPKIT_CHECK(check_identifier(out.tag, offset));

    std::uint8_t const first = from[1];
    if(first == 0x80) {
        if(!is_constructed(out.tag))
            return error_at(errc::bad_length, offset, "an indefinite length of a primitive value");
        out.form = header::length_form::indefinite;
        return out;
    }
    if(first == 0xff)
        return error_at(errc::bad_length, offset, "a length field that starts with the reserved octet 0xff");
    if(first < 0x80) {
        out.length = first;
    } else {
        std::size_t const count = first & 0x7fu;
        if(from.size() - 2 < count)
            return error_at(errc::truncated, offset, "the encoding ends within a length field");
        out.size += count;
        for(auto const octet : from.subspan(2, count)) {
            if(out.length > (SIZE_MAX >> 8))
                return error_at(errc::bad_length, offset, "a length that no memory holds");
            out.length = out.length << 8 | octet;
        }
        if(out.length < 0x80 || from[2] == 0)
            out.form = header::length_form::longer_than_needed;
    }
    if(out.length > from.size() - out.size)
        return error_at(errc::truncated, offset,
                        describe(out.tag) + " promises " + std::to_string(out.length) + " bytes and has " +
                            std::to_string(from.size() - out.size));
    return out;
}

error error_at(errc code, std::size_t offset, std::string message)
{
    return {code, diagnostics{.message = std::move(message), .layer = "asn1", .offset = offset}};
}

std::string describe(tag t)
{
    auto const number = tag_number(t);
    if(is_universal(t)) {
        if(auto const name = universal_name(number); !name.empty())
            return std::string(name);
    } else if(static_cast<unsigned>(t) >> 6 == 2) {
        return '[' + std::to_string(number) + ']';
    }
    auto const octet = static_cast<std::uint8_t>(t);
    return "tag 0x" + to_hex({&octet, 1});
}

} // namespace scepkit::inline v0::asn1::detail
