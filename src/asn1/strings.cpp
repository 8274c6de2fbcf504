// SPDX-License-Identifier: BSL-1.0
#include <scepkit/asn1/reader.hpp>
#include <scepkit/asn1/writer.hpp>

#include <asn1/header.hpp>
#include <base/utf8.hpp>

#include <algorithm>

namespace scepkit::inline v0::asn1 {

namespace {

error bad_text(element const& e, std::string_view what)
{
    return detail::error_at(errc::bad_value, e.offset, detail::describe(e.tag) + ": " + std::string(what));
}

result<std::string> from_utf8(element const& e)
{
    auto const text = as_text(e.content);
    for(auto rest = text; !rest.empty();) {
        auto const next = scepkit::detail::decode_utf8(rest);
        if(!next)
            return bad_text(e, "is not UTF-8");
        rest.remove_prefix(next->size);
    }
    return std::string(text);
}

result<std::string> from_7_bit(element const& e)
{
    if(!is_ia5_string(as_text(e.content)))
        return bad_text(e, "has a byte above 0x7f");
    return std::string(as_text(e.content));
}

std::string from_latin1(element const& e)
{
    std::string out;
    out.reserve(e.content.size());
    for(auto const octet : e.content)
        scepkit::detail::append_utf8(out, octet);
    return out;
}

constexpr bool is_high_surrogate(char32_t c) noexcept { return c >= 0xd800 && c <= 0xdbff; }
constexpr bool is_low_surrogate(char32_t c) noexcept { return c >= 0xdc00 && c <= 0xdfff; }

// A BMPString has no surrogates by definition; Windows writes UTF-16 into it all the same.
result<std::string> from_utf16(element const& e)
{
    auto const in = e.content;
    if(in.size() % 2 != 0)
        return bad_text(e, "has an odd number of bytes");
    auto const unit = [&](std::size_t at) { return static_cast<char32_t>(in[at] << 8 | in[at + 1]); };
    std::string out;
    for(std::size_t at = 0; at < in.size(); at += 2) {
        auto value = unit(at);
        if(is_high_surrogate(value) && at + 2 < in.size() && is_low_surrogate(unit(at + 2))) {
            at += 2;
            value = 0x10000 + ((value - 0xd800) << 10) + (unit(at) - 0xdc00);
        }
        if(value >= 0xd800 && value <= 0xdfff)
            return bad_text(e, "has half a surrogate pair");
        scepkit::detail::append_utf8(out, value);
    }
    return out;
}

result<std::string> from_utf32(element const& e)
{
    auto const in = e.content;
    if(in.size() % 4 != 0)
        return bad_text(e, "is not a whole number of characters");
    std::string out;
    for(std::size_t at = 0; at < in.size(); at += 4) {
        auto const value =
            char32_t{in[at]} << 24 | char32_t{in[at + 1]} << 16 | char32_t{in[at + 2]} << 8 | char32_t{in[at + 3]};
        if(value > 0x10ffff || is_high_surrogate(value) || is_low_surrogate(value))
            return bad_text(e, "has a value that is no character");
        scepkit::detail::append_utf8(out, value);
    }
    return out;
}

} // namespace

result<std::string> string_of(element const& e)
{
    switch(e.tag) {
    case tag::utf8_string: return from_utf8(e);
    case tag::printable_string:
    case tag::numeric_string:
    case tag::ia5_string:
    case tag::visible_string: return from_7_bit(e);
    case tag::teletex_string: return from_latin1(e);
    case tag::bmp_string: return from_utf16(e);
    case tag::universal_string: return from_utf32(e);
    default:
        return detail::error_at(errc::unexpected_tag, e.offset,
                                "here is " + detail::describe(e.tag) + " and should be a string");
    }
}

bool is_printable_string(std::string_view text) noexcept
{
    return std::ranges::all_of(text, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               (c != '\0' && std::string_view(" '()+,-./:=?").find(c) != std::string_view::npos);
    });
}

bool is_ia5_string(std::string_view text) noexcept
{
    return std::ranges::all_of(text, [](char c) { return static_cast<std::uint8_t>(c) < 0x80; });
}

} // namespace scepkit::inline v0::asn1
