// SPDX-License-Identifier: BSL-1.0
#include <scepkit/asn1/reader.hpp>

#include <asn1/header.hpp>
#include <base/civil_time.hpp>
#include <base/try.hpp>

#include <algorithm>

namespace scepkit::inline v0::asn1 {

using detail::describe;
using detail::error_at;
using detail::header;

namespace {

error value_error(errc code, element const& e, std::string_view what)
{
    return error_at(code, e.offset, describe(e.tag) + ": " + std::string(what));
}

result<bytes_view> integer_content(element const& e)
{
    auto const content = e.content;
    if(content.empty())
        return value_error(errc::bad_value, e, "has no content");
    if(content.size() > 1 && ((content[0] == 0 && content[1] < 0x80) || (content[0] == 0xff && content[1] >= 0x80)))
        return value_error(errc::not_der, e, "has more octets than its value needs");
    return content;
}

/// The bits' octets, and how many bits of the last one stand for nothing.
struct bit_content {
    bytes_view octets;
    unsigned unused = 0;
};

result<bit_content> bit_string_content(element const& e)
{
    if(e.content.empty())
        return value_error(errc::bad_value, e, "has no content");
    bit_content out{e.content.subspan(1), e.content[0]};
    if(out.unused > 7 || (out.octets.empty() && out.unused != 0))
        return value_error(errc::bad_value, e, "counts unused bits that it does not have");
    if(!out.octets.empty() && (out.octets.back() & ((1u << out.unused) - 1)) != 0)
        return value_error(errc::not_der, e, "has unused bits that are not zero");
    return out;
}

// RFC 5280, 4.1.2.5: seconds are there, the zone is Z, fractions are not; UTCTime means 1950 to 2049.
result<time_point> time_of(element const& e)
{
    auto text = as_text(e.content);
    auto const bad = [&] { return value_error(errc::bad_value, e, "is not a time that RFC 5280 allows"); };
    std::size_t const year_digits = e.tag == tag::utc_time ? 2 : 4;
    if(text.size() != year_digits + 11 || text.back() != 'Z')
        return bad();
    auto const year = scepkit::detail::read_digits(text.substr(0, year_digits));
    text.remove_prefix(year_digits);
    auto const pair = [&](std::size_t index) { return scepkit::detail::read_digits(text.substr(index * 2, 2)); };
    auto const month = pair(0), day = pair(1), hour = pair(2), minute = pair(3), second = pair(4);
    if(!year || !month || !day || !hour || !minute || !second)
        return bad();
    auto const century = e.tag != tag::utc_time ? 0u : *year < 50 ? 2000u : 1900u;
    auto const time =
        scepkit::detail::to_time_point({static_cast<int>(*year + century), *month, *day, *hour, *minute, *second});
    if(!time)
        return bad();
    return *time;
}

} // namespace

reader::reader(bytes_view input, limits const& bounds) noexcept : input_(input), maximum_depth_(bounds.nesting) {}

inline bool reader::take_plain(element& out) noexcept
{
    auto const from = remaining();
    auto const head = detail::plain_header(from);
    if(!head)
        return false;
    out.tag = head->tag;
    out.encoded = from.first(head->size + head->length);
    out.content = out.encoded.subspan(head->size);
    out.offset = offset();
    position_ += out.encoded.size();
    return true;
}

result<element> reader::read_any()
{
    element out;
    if(take_plain(out))
        return out;
    SCEPKIT_TRY(auto const head, detail::parse_header(remaining(), offset()));
    if(head.form == header::length_form::indefinite)
        return fail(errc::not_der, describe(head.tag) + " has an indefinite length");
    if(head.form == header::length_form::longer_than_needed)
        return fail(errc::not_der, describe(head.tag) + " has a length field longer than needed");
    if(detail::is_string_in_pieces(head.tag))
        return fail(errc::not_der, describe(head.tag) + " comes in pieces");
    out = {.tag = head.tag,
           .encoded = remaining().first(head.size + head.length),
           .content = remaining().subspan(head.size, head.length),
           .offset = offset()};
    position_ += out.encoded.size();
    return out;
}

result<element> reader::read(tag expected)
{
    if(next_is(expected))
        return read_any();
    if(at_end())
        return fail(errc::truncated, "the value ends where " + describe(expected) + " should begin");
    return fail(errc::unexpected_tag, "here is " + describe(*peek()) + " and should be " + describe(expected));
}

result<std::optional<element>> reader::read_optional(tag expected)
{
    if(!next_is(expected))
        return std::optional<element>();
    SCEPKIT_TRY(auto const found, read_any());
    return std::optional(found);
}

template <class Interpret>
auto reader::read_as(tag expected, Interpret interpret) -> decltype(interpret(element()))
{
    auto const start = position_;
    element found;
    if(!next_is(expected) || !take_plain(found)) {
        SCEPKIT_TRY(found, read(expected)); // Which also says what is wrong.
    }
    auto value = interpret(found);
    if(!value)
        position_ = start;
    return value;
}

result<reader> reader::enter(tag expected)
{
    return read_as(expected, [this](element const& outer) { return inside(outer); });
}

result<std::optional<reader>> reader::enter_optional(tag expected)
{
    if(!next_is(expected))
        return std::optional<reader>();
    SCEPKIT_TRY(auto const in, enter(expected));
    return std::optional(in);
}

result<reader> reader::inside(element const& outer) const
{
    return nested(outer.content, outer.offset + (outer.encoded.size() - outer.content.size()));
}

result<reader> reader::nested(bytes_view content, std::size_t content_offset) const
{
    if(depth_ >= maximum_depth_)
        return error_at(errc::nested_too_deep, content_offset,
                        "nested deeper than " + std::to_string(maximum_depth_) + " levels");
    auto in = *this;
    in.input_ = content;
    in.position_ = 0;
    in.base_ = content_offset;
    in.depth_ = depth_ + 1;
    return in;
}

result<void> reader::finish() const
{
    if(!at_end())
        return fail(errc::trailing_data, std::to_string(remaining().size()) + " bytes follow the last expected value");
    return success();
}

result<oid> reader::read_oid()
{
    return read_as(tag::object_identifier, [](element const& e) {
        auto value = oid::from_content(e.content);
        if(!value)
            value = value_error(value.error().code(), e, value.error().details().message);
        return value;
    });
}

result<bool> reader::read_boolean()
{
    return read_as(tag::boolean, [](element const& e) -> result<bool> {
        if(e.content.size() != 1)
            return value_error(errc::bad_value, e, "is not one octet");
        if(e.content[0] != 0 && e.content[0] != 0xff)
            return value_error(errc::not_der, e, "is neither 00 nor ff");
        return e.content[0] != 0;
    });
}

result<bytes_view> reader::read_octet_string()
{
    SCEPKIT_TRY(auto const e, read(tag::octet_string));
    return e.content;
}

result<bytes_view> reader::read_integer() { return read_as(tag::integer, integer_content); }

result<bytes_view> reader::read_unsigned()
{
    return read_as(tag::integer, [](element const& e) -> result<bytes_view> {
        SCEPKIT_TRY(auto const content, integer_content(e));
        if(content[0] >= 0x80)
            return value_error(errc::bad_value, e, "is negative");
        return content.size() > 1 && content[0] == 0 ? content.subspan(1) : content;
    });
}

result<std::int64_t> reader::read_small_integer()
{
    return read_as(tag::integer, [](element const& e) -> result<std::int64_t> {
        SCEPKIT_TRY(auto const content, integer_content(e));
        if(content.size() > 8)
            return value_error(errc::bad_value, e, "needs more than 64 bits");
        std::uint64_t value = content[0] >= 0x80 ? ~std::uint64_t{0} : 0;
        for(auto const octet : content)
            value = value << 8 | octet;
        return static_cast<std::int64_t>(value);
    });
}

result<bytes_view> reader::read_bit_string()
{
    return read_as(tag::bit_string, [](element const& e) -> result<bytes_view> {
        SCEPKIT_TRY(auto const bits, bit_string_content(e));
        if(bits.unused != 0)
            return value_error(errc::bad_value, e, "is not a whole number of bytes");
        return bits.octets;
    });
}

result<std::uint32_t> reader::read_named_bits()
{
    return read_as(tag::bit_string, [](element const& e) -> result<std::uint32_t> {
        SCEPKIT_TRY(auto const bits, bit_string_content(e));
        std::uint32_t value = 0;
        for(std::size_t i = 0; i < bits.octets.size(); ++i) {
            if(i >= 4 && bits.octets[i] != 0)
                return value_error(errc::bad_value, e, "sets a bit above 31");
            for(std::size_t bit = 0; i < 4 && bit < 8; ++bit)
                if((bits.octets[i] & (0x80u >> bit)) != 0)
                    value |= std::uint32_t{1} << (i * 8 + bit);
        }
        return value;
    });
}

result<void> reader::read_null()
{
    return read_as(tag::null, [](element const& e) -> result<void> {
        if(!e.content.empty())
            return value_error(errc::bad_value, e, "has content");
        return success();
    });
}

result<time_point> reader::read_time()
{
    return read_as(next_is(tag::utc_time) ? tag::utc_time : tag::generalized_time, time_of);
}

result<std::string> reader::read_string()
{
    auto const start = position_;
    SCEPKIT_TRY(auto const e, read_any());
    auto text = string_of(e);
    if(!text)
        position_ = start;
    return text;
}

error reader::fail(errc code, std::string message) const { return error_at(code, offset(), std::move(message)); }

} // namespace scepkit::inline v0::asn1
