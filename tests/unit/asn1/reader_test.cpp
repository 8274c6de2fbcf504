// SPDX-License-Identifier: BSL-1.0
#include "walk.hpp"

#include <gtest/gtest.h>
#include <support/files.hpp>

using namespace scepkit;
using asn1::reader;
using asn1::tag;
using test::hex;

namespace {

/// The code a read of `encoding` ends with; the reader has to stay where it was.
template <class Read>
errc code_of(std::string_view encoding, Read read)
{
    auto const input = hex(encoding);
    reader r(input);
    auto const got = read(r);
    if(got)
        return errc{};
    EXPECT_EQ(r.offset(), 0u) << encoding;
    EXPECT_EQ(got.error().details().layer, "asn1") << encoding;
    EXPECT_EQ(got.error().details().offset, 0u) << encoding;
    return got.error().code();
}

auto const any = [](reader& r) { return r.read_any(); };
auto const integer = [](reader& r) { return r.read_integer(); };
auto const magnitude = [](reader& r) { return r.read_unsigned(); };
auto const small = [](reader& r) { return r.read_small_integer(); };
auto const boolean = [](reader& r) { return r.read_boolean(); };
auto const named_bits = [](reader& r) { return r.read_named_bits(); };
auto const bit_string = [](reader& r) { return r.read_bit_string(); };
auto const a_time = [](reader& r) { return r.read_time(); };
auto const null = [](reader& r) { return r.read_null(); };
auto const object = [](reader& r) { return r.read_oid(); };

template <class Read>
auto value_of(std::string_view encoding, Read read)
{
    // What is read may be a view: the bytes outlive the call.
    static bytes input;
    input = hex(encoding);
    reader r(input);
    auto const got = read(r);
    EXPECT_TRUE(got) << encoding << ' ' << got.error();
    EXPECT_TRUE(r.at_end()) << encoding;
    return *got;
}

std::string hex_of(bytes_view data) { return to_hex(data); }

time_point at(std::string_view text) { return from_iso8601(text).value(); }

std::string time_encoding(unsigned t, std::string_view text)
{
    return to_hex(asn1::encode([&](asn1::writer& w) { w.string(static_cast<tag>(t), text); }));
}

} // namespace

TEST(Reader, RefusesWhatIsNotDer)
{
    EXPECT_EQ(code_of("3080 0000", any), errc::not_der);   // indefinite
    EXPECT_EQ(code_of("2403 0401aa", any), errc::not_der); // OCTET STRING in pieces
    EXPECT_EQ(code_of("2303 030100", any), errc::not_der); // BIT STRING in pieces
    EXPECT_EQ(code_of("2c03 0401aa", any), errc::not_der); // UTF8String in pieces
    EXPECT_EQ(code_of("048101aa", any), errc::not_der);    // 1 in long form
    EXPECT_EQ(code_of("04820080" + std::string(256, 'a'), any), errc::not_der);
    EXPECT_EQ(code_of("04850000000001 aa", any), errc::not_der);
    EXPECT_EQ(code_of("0480aa0000", any), errc::bad_length); // indefinite and primitive
    EXPECT_EQ(code_of("04ff", any), errc::bad_length);
    EXPECT_EQ(code_of("0489 010000000000000000", any), errc::bad_length);
    EXPECT_EQ(code_of("1f8101 00", any), errc::unexpected_tag); // number above 30
    EXPECT_EQ(code_of("bf2a00", any), errc::unexpected_tag);
    EXPECT_EQ(code_of("0000", any), errc::unexpected_tag);       // end-of-contents
    EXPECT_EQ(code_of("1000", any), errc::unexpected_tag);       // a primitive SEQUENCE
    EXPECT_EQ(code_of("2203020101", any), errc::unexpected_tag); // a constructed INTEGER
    EXPECT_EQ(code_of("0f00", any), errc::unexpected_tag);       // reserved
}

TEST(Reader, SaysTruncatedWhereBytesAreMissing)
{
    for(auto const* text : {"", "04", "0401", "0482", "048201", "04820100", "3003020101"})
        EXPECT_EQ(code_of(text, any), text == std::string_view("3003020101") ? errc{} : errc::truncated) << text;
    EXPECT_EQ(code_of("", [](reader& r) { return r.read(tag::sequence); }), errc::truncated);
}

TEST(Reader, StepsThroughNestedValuesWithOffsetsInTheWholeInput)
{
    auto const input = hex("300a 0201 05 3105 0603 550403");
    reader top(input);
    auto inside = top.enter(tag::sequence);
    ASSERT_TRUE(inside);
    EXPECT_TRUE(top.at_end());
    EXPECT_EQ(inside->offset(), 2u);
    EXPECT_EQ(*inside->read_small_integer(), 5);
    EXPECT_TRUE(inside->next_is(tag::set));
    EXPECT_EQ(inside->peek(), tag::set);
    EXPECT_EQ(hex_of(inside->remaining()), "31050603550403");
    auto set = inside->enter(tag::set);
    ASSERT_TRUE(set);
    EXPECT_EQ(set->offset(), 7u);
    EXPECT_EQ(set->finish().error(), errc::trailing_data);
    EXPECT_EQ(set->finish().error().details().offset, 7u);
    auto const e = set->read(tag::object_identifier);
    ASSERT_TRUE(e);
    EXPECT_EQ(e->offset, 7u);
    EXPECT_EQ(hex_of(e->encoded), "0603550403");
    EXPECT_EQ(hex_of(e->content), "550403");
    EXPECT_TRUE(set->finish());
    EXPECT_EQ(set->peek(), std::nullopt);
    EXPECT_TRUE(inside->finish());
    EXPECT_EQ(set->read(tag::null).error(), errc::truncated);
    EXPECT_EQ(set->read(tag::null).error().details().offset, 12u);
}

TEST(Reader, LeavesOptionalValuesOfAnotherTag)
{
    auto const input = hex("a003020105 0500");
    reader r(input);
    EXPECT_FALSE(*r.read_optional(tag::null));
    EXPECT_FALSE(*r.enter_optional(tag::sequence));
    auto const zero = r.enter_optional(asn1::context_constructed(0));
    ASSERT_TRUE(zero && *zero);
    auto inner = **zero;
    EXPECT_EQ(*inner.read_small_integer(), 5);
    EXPECT_TRUE(*r.read_optional(tag::null));
    EXPECT_FALSE(*r.read_optional(tag::null));
    EXPECT_TRUE(r.finish());

    auto const broken = hex("a005020105");
    reader b(broken);
    EXPECT_EQ(b.enter_optional(asn1::context_constructed(0)).error(), errc::truncated);
    EXPECT_EQ(b.read_optional(asn1::context_constructed(0)).error(), errc::truncated);
    EXPECT_EQ(b.offset(), 0u);
}

TEST(Reader, CountsLevelsThroughWrappedValuesToo)
{
    auto const input = hex("3005 3003 0401 05");
    limits bounds;
    bounds.nesting = 2;
    reader top(input, bounds);
    auto one = top.enter(tag::sequence);
    ASSERT_TRUE(one);
    auto const e = one->read_any();
    ASSERT_TRUE(e);
    auto two = one->inside(*e);
    ASSERT_TRUE(two);
    auto const octets = two->read(tag::octet_string);
    ASSERT_TRUE(octets);
    auto const three = two->nested(octets->content, 6);
    ASSERT_FALSE(three);
    EXPECT_EQ(three.error(), errc::nested_too_deep);
    EXPECT_EQ(three.error().details().offset, 6u);

    auto const wrapped = one->nested(octets->content, 6);
    ASSERT_TRUE(wrapped);
    EXPECT_EQ(wrapped->offset(), 6u);
}

TEST(Reader, ReadsIntegersOfMinimalFormAlone)
{
    EXPECT_EQ(hex_of(value_of("02020080", integer)), "0080");
    EXPECT_EQ(hex_of(value_of("02020080", magnitude)), "80");
    EXPECT_EQ(hex_of(value_of("020100", magnitude)), "00");
    EXPECT_EQ(code_of("020180", magnitude), errc::bad_value);
    EXPECT_EQ(code_of("0200", integer), errc::bad_value);
    EXPECT_EQ(code_of("0202007f", integer), errc::not_der);
    EXPECT_EQ(code_of("0202ff80", integer), errc::not_der);
    EXPECT_EQ(code_of("0a0105", integer), errc::unexpected_tag);
    EXPECT_EQ(value_of("020180", small), -128);
    EXPECT_EQ(value_of("0202ff7f", small), -129);
    EXPECT_EQ(value_of("02087fffffffffffffff", small), INT64_MAX);
    EXPECT_EQ(value_of("02088000000000000000", small), INT64_MIN);
    EXPECT_EQ(code_of("0209008000000000000000", small), errc::bad_value);
}

TEST(Reader, ReadsBooleansOfDer)
{
    EXPECT_TRUE(value_of("0101ff", boolean));
    EXPECT_FALSE(value_of("010100", boolean));
    EXPECT_EQ(code_of("010101", boolean), errc::not_der);
    EXPECT_EQ(code_of("0100", boolean), errc::bad_value);
    EXPECT_EQ(code_of("0102ffff", boolean), errc::bad_value);
}

TEST(Reader, ReadsBitStrings)
{
    EXPECT_EQ(hex_of(value_of("03030001ff", bit_string)), "01ff");
    EXPECT_EQ(hex_of(value_of("030100", bit_string)), "");
    EXPECT_EQ(code_of("03020100", bit_string), errc::bad_value); // seven bits
    EXPECT_EQ(code_of("0300", bit_string), errc::bad_value);
    EXPECT_EQ(code_of("030101", bit_string), errc::bad_value);
    EXPECT_EQ(code_of("03020800", bit_string), errc::bad_value);
    EXPECT_EQ(code_of("03020101", named_bits), errc::not_der); // an unused bit is set
    EXPECT_EQ(value_of("030205a0", named_bits), 0b101u);       // digitalSignature, keyEncipherment
    EXPECT_EQ(value_of("0303070080", named_bits), 0x100u);     // decipherOnly
    EXPECT_EQ(value_of("030100", named_bits), 0u);
    EXPECT_EQ(value_of("030200a0", named_bits), 0b101u); // zero bits at the end
    EXPECT_EQ(value_of("03050000000001", named_bits), 0x80000000u);
    EXPECT_EQ(value_of("0306008000000000", named_bits), 1u);
    EXPECT_EQ(code_of("0306070000000080", named_bits), errc::bad_value);
}

TEST(Reader, ReadsNull)
{
    EXPECT_EQ(code_of("0500", null), errc{});
    EXPECT_EQ(code_of("050100", null), errc::bad_value);
}

TEST(Reader, ReadsObjectIdentifiers)
{
    EXPECT_EQ(value_of("0603550403", object).to_dotted(), "2.5.4.3");
    EXPECT_EQ(code_of("0600", object), errc::bad_value);
    EXPECT_EQ(code_of("060180", object), errc::bad_value);
    EXPECT_EQ(code_of("0603558001", object), errc::bad_value);
    EXPECT_EQ(code_of("0628" + std::string(80, '1'), object), errc::too_large);
}

TEST(Reader, ReadsTheTimesOfRfc5280)
{
    EXPECT_EQ(value_of(time_encoding(0x17, "261126130151Z"), a_time), at("2026-11-26T13:01:51Z"));
    EXPECT_EQ(value_of(time_encoding(0x17, "491231235959Z"), a_time), at("2049-12-31T23:59:59Z"));
    EXPECT_EQ(value_of(time_encoding(0x17, "500101000000Z"), a_time), at("1950-01-01T00:00:00Z"));
    EXPECT_EQ(value_of(time_encoding(0x18, "99991231235959Z"), a_time), at("9999-12-31T23:59:59Z"));
    EXPECT_EQ(value_of(time_encoding(0x18, "20240229000000Z"), a_time), at("2024-02-29T00:00:00Z"));
    for(auto const* bad : {"2611261301Z", "261126130151", "261126130151+0000", "261126130151.5Z", "261326130151Z",
                           "250229000000Z", "261126240000Z", "261126130160Z", " 61126130151Z", "26112613015-Z", ""})
        EXPECT_EQ(code_of(time_encoding(0x17, bad), a_time), errc::bad_value) << bad;
    for(auto const* bad : {"261126130151Z", "20261126130151", "20261126130151.0Z", "2026112613Z", "20261126130151z"})
        EXPECT_EQ(code_of(time_encoding(0x18, bad), a_time), errc::bad_value) << bad;
    EXPECT_EQ(code_of("0500", a_time), errc::unexpected_tag);
}

// Written by OpenSSL: tests/vectors/asn1/make.sh.
TEST(Reader, ReadsEveryTypeAsOpenSslWritesIt)
{
    auto const input = test::read_bytes(test::vector_path("asn1/types.der"));
    reader top(input);
    auto r = top.enter(tag::sequence).value();
    EXPECT_TRUE(r.read_boolean().value());
    EXPECT_EQ(hex_of(r.read_unsigned().value()), "0123456789abcdef0123456789abcdef");
    EXPECT_EQ(r.read_small_integer().value(), -129);
    EXPECT_TRUE(r.read_null());
    EXPECT_EQ(r.read_oid().value().to_dotted(), "2.25.340282366920938463463374607431768211455");
    for(int i = 0; i < 3; ++i)
        EXPECT_EQ(r.read_string().value(), "Zürich") << i;
    EXPECT_EQ(r.read_string().value(), "plain");
    EXPECT_EQ(r.read_string().value(), "a@b.example");
    EXPECT_EQ(r.read_time().value(), at("2026-11-26T13:01:51Z"));
    EXPECT_EQ(r.read_time().value(), at("2050-11-26T13:01:51Z"));
    EXPECT_EQ(hex_of(r.read_octet_string().value()), "00ff");
    EXPECT_EQ(r.read_named_bits().value(), 0b100001u);
    EXPECT_EQ(hex_of(r.read_bit_string().value()), "0102");
    EXPECT_EQ(hex_of(r.read(tag::enumerated).value().content), "03");
    EXPECT_EQ(r.enter(asn1::context_constructed(0)).value().read_small_integer().value(), 65537);
    EXPECT_EQ(as_text(r.read(asn1::context(1)).value().content), "text");
    EXPECT_EQ(r.enter(tag::set).value().read_small_integer().value(), 1);
    EXPECT_TRUE(r.finish());
    EXPECT_TRUE(top.finish());
}

TEST(Reader, WritesAgainWhatItHasRead)
{
    for(auto const* name : {"types", "certificate", "request", "signed-stream", "strings"}) {
        auto const input = test::read_bytes(test::vector_path("asn1/" + std::string(name) + ".der"));
        ASSERT_FALSE(input.empty());
        auto const again = test::walk(input);
        ASSERT_TRUE(again) << name << ' ' << again.error();
        EXPECT_EQ(*again, input) << name;
    }
}

// A message that is cut anywhere is an error, and the error lies within what is there.
TEST(Reader, RefusesACertificateCutAtAnyByte)
{
    auto const input = test::read_bytes(test::vector_path("asn1/certificate.der"));
    for(std::size_t size = 1; size < input.size(); ++size) {
        auto const cut = bytes_view(input).first(size);
        auto const walked = test::walk(cut);
        ASSERT_FALSE(walked) << size;
        EXPECT_EQ(walked.error(), errc::truncated) << size;
        EXPECT_LE(walked.error().details().offset.value(), size);
    }
}
