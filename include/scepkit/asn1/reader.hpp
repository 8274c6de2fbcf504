// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/asn1/oid.hpp>
#include <scepkit/base/bytes.hpp>
#include <scepkit/base/limits.hpp>
#include <scepkit/base/time.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace scepkit::inline v0::asn1 {

/// Identifier octets this library reads and writes. Tag numbers above 30 are refused.
enum class tag : std::uint8_t {
    boolean = 0x01,
    integer = 0x02,
    bit_string = 0x03,
    octet_string = 0x04,
    null = 0x05,
    object_identifier = 0x06,
    enumerated = 0x0a,
    utf8_string = 0x0c,
    numeric_string = 0x12,
    printable_string = 0x13,
    teletex_string = 0x14,
    ia5_string = 0x16,
    utc_time = 0x17,
    generalized_time = 0x18,
    visible_string = 0x1a,
    universal_string = 0x1c,
    bmp_string = 0x1e,
    sequence = 0x30,
    set = 0x31,
};
/// `[n]`, primitive or constructed.
constexpr tag context(unsigned number) noexcept { return static_cast<tag>(0x80 | number); }
constexpr tag context_constructed(unsigned number) noexcept { return static_cast<tag>(0xa0 | number); }
constexpr bool is_constructed(tag t) noexcept { return (static_cast<unsigned>(t) & 0x20) != 0; }

/// One TLV. Views point into the reader's input.
struct element {
    asn1::tag tag{};
    bytes_view encoded; ///< Tag, length and content.
    bytes_view content;
    std::size_t offset = 0; ///< Of the tag, from the start of the outermost input.
};

/// Reads DER strictly: minimal definite lengths, minimal integers, primitive strings, nothing behind the end.
///
/// A reader stands at a place inside one constructed value. `enter` gives a reader for the inside of the
/// next value; `finish` insists that everything has been read. Errors carry the offset in the whole input.
/// A read that fails leaves the reader where it was. A reader is a small value: copy it to look ahead.
class SCEPKIT_API reader
{
public:
    explicit reader(bytes_view input, limits const& bounds = {}) noexcept;

    bool at_end() const noexcept { return position_ == input_.size(); }
    std::size_t offset() const noexcept { return base_ + position_; }
    bytes_view remaining() const& noexcept { return input_.subspan(position_); }
    std::optional<tag> peek() const noexcept
    {
        return at_end() ? std::nullopt : std::optional(static_cast<tag>(input_[position_]));
    }
    bool next_is(tag expected) const noexcept
    {
        return !at_end() && input_[position_] == static_cast<std::uint8_t>(expected);
    }

    result<element> read_any();
    result<element> read(tag expected);
    /// Nothing if the next tag is another one or the end is reached.
    result<std::optional<element>> read_optional(tag expected);
    result<reader> enter(tag expected);
    result<std::optional<reader>> enter_optional(tag expected);
    /// A reader for the inside of an element that this reader (or a copy) has read: one level deeper.
    result<reader> inside(element const& outer) const;
    /// A reader for DER wrapped in an OCTET STRING or BIT STRING's content, one level deeper.
    result<reader> nested(bytes_view content, std::size_t content_offset) const;
    result<void> finish() const;

    result<oid> read_oid();
    result<bool> read_boolean();
    result<bytes_view> read_octet_string();
    /// Content octets of an INTEGER, two's complement, minimal.
    result<bytes_view> read_integer();
    /// Content without a leading zero (the number zero is one octet 00); errc::bad_value when negative.
    result<bytes_view> read_unsigned();
    /// errc::bad_value where 64 bits do not hold it.
    result<std::int64_t> read_small_integer();
    /// A BIT STRING whose length is a whole number of bytes.
    result<bytes_view> read_bit_string();
    /// A BIT STRING used as named bits: bit n of the result is bit n of the string. Zero bits at its end are
    /// accepted, which X.690, 11.2.2 forbids and CAs write; a bit above 31 is errc::bad_value.
    result<std::uint32_t> read_named_bits();
    result<void> read_null();
    /// UTCTime or GeneralizedTime in the forms RFC 5280 allows (Zulu, whole seconds).
    result<time_point> read_time();
    /// Any string type, as UTF-8. BMPString (as UTF-16), UniversalString and TeletexString (as Latin-1) are
    /// converted; malformed text is errc::bad_value. The others must be 7-bit, and no more is asked of them:
    /// peers write '@' and '_' into a PrintableString. NUL is kept: callers decide.
    result<std::string> read_string();

    error fail(errc code, std::string message) const; ///< An error that points to the current offset.

private:
    /// Steps over what stands here, if that needs no closer look.
    bool take_plain(element& out) noexcept;
    /// What `interpret` makes of the next element. Where it fails, the reader stays where it was.
    template <class Interpret>
    auto read_as(tag expected, Interpret interpret) -> decltype(interpret(element()));

    bytes_view input_;
    std::size_t position_ = 0;
    std::size_t base_ = 0;
    std::size_t depth_ = 0;
    std::size_t maximum_depth_;
};

/// The text of one string element, as `reader::read_string`.
SCEPKIT_API result<std::string> string_of(element const& e);

} // namespace scepkit::inline v0::asn1
