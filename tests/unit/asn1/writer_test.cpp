// SPDX-License-Identifier: BSL-1.0
#include "walk.hpp"

#include <scepkit/asn1/oids.hpp>

#include <gtest/gtest.h>
#include <random>

using namespace scepkit;
using asn1::tag;
using asn1::writer;

namespace {

template <class Inside>
std::string written(Inside inside)
{
    return to_hex(asn1::encode(inside));
}

} // namespace

TEST(Writer, FillsInLengthsOfEverySize)
{
    for(std::size_t const size : {0u, 1u, 127u, 128u, 255u, 256u, 65535u, 65536u, 70000u}) {
        auto const data = asn1::encode([&](writer& w) {
            w.sequence([&] { w.constructed(asn1::context_constructed(0), [&] { w.octet_string(bytes(size, 7)); }); });
        });
        asn1::reader top(data);
        auto const content =
            top.enter(tag::sequence).value().enter(asn1::context_constructed(0)).value().read_octet_string();
        ASSERT_TRUE(content) << size;
        EXPECT_EQ(content->size(), size);
        EXPECT_TRUE(top.finish());
    }
}

TEST(Writer, WritesIntegersMinimally)
{
    std::pair<std::int64_t, char const*> const vectors[] = {{0, "020100"},
                                                            {127, "02017f"},
                                                            {128, "02020080"},
                                                            {255, "020200ff"},
                                                            {256, "02020100"},
                                                            {-1, "0201ff"},
                                                            {-128, "020180"},
                                                            {-129, "0202ff7f"},
                                                            {32768, "0203008000"},
                                                            {INT64_MAX, "02087fffffffffffffff"},
                                                            {INT64_MIN, "02088000000000000000"}};
    for(auto const& [value, expected] : vectors)
        EXPECT_EQ(written([v = value](writer& w) { w.integer(v); }), expected) << value;
    EXPECT_EQ(written([](writer& w) { w.unsigned_integer({}); }), "020100");
    EXPECT_EQ(written([](writer& w) { w.unsigned_integer(bytes{0, 0, 0}); }), "020100");
    EXPECT_EQ(written([](writer& w) { w.unsigned_integer(bytes{0, 0, 0x80}); }), "02020080");
    EXPECT_EQ(written([](writer& w) { w.unsigned_integer(bytes{0x7f, 0xff}); }), "02027fff");
}

TEST(Writer, WritesEachPrimitive)
{
    EXPECT_EQ(written([](writer& w) { w.boolean(true), w.boolean(false); }), "0101ff010100");
    EXPECT_EQ(written([](writer& w) { w.null(); }), "0500");
    EXPECT_EQ(written([](writer& w) { w.oid(asn1::oids::common_name); }), "0603550403");
    EXPECT_EQ(written([](writer& w) { w.bit_string(bytes{1, 2}); }), "0303000102");
    EXPECT_EQ(written([](writer& w) { w.raw(bytes{5, 0}); }), "0500");
    EXPECT_EQ(written([](writer& w) { w.algorithm(asn1::oids::sha256, true); }), "300d06096086480165030402010500");
    EXPECT_EQ(written([](writer& w) { w.algorithm(asn1::oids::sha256, false); }), "300b0609608648016503040201");
    EXPECT_EQ(written([](writer& w) { w.directory_string("ab c"); }), "130461622063");
    EXPECT_EQ(written([](writer& w) { w.directory_string("a@b"); }), "0c03614062");
}

TEST(Writer, NamedBitsHaveNoZeroAtTheirEnd)
{
    EXPECT_EQ(written([](writer& w) { w.named_bits(0); }), "030100");
    EXPECT_EQ(written([](writer& w) { w.named_bits(0b101); }), "030205a0");
    EXPECT_EQ(written([](writer& w) { w.named_bits(0x80); }), "03020001");
    EXPECT_EQ(written([](writer& w) { w.named_bits(0x100); }), "0303070080");
    for(unsigned bit = 0; bit < 32; ++bit) {
        auto const bits = std::uint32_t{1} << bit | (bit > 3 ? 2u : 0u);
        auto const data = asn1::encode([&](writer& w) { w.named_bits(bits); });
        asn1::reader r(data);
        EXPECT_EQ(r.read_named_bits().value(), bits);
    }
}

TEST(Writer, WritesTimesAsRfc5280Wants)
{
    auto const text = [](std::string_view time) {
        auto const data = asn1::encode([&](writer& w) { w.time(from_iso8601(time).value()); });
        return std::string(as_text(bytes_view(data).subspan(2))) + (data[0] == 0x17 ? " utc" : " generalized");
    };
    EXPECT_EQ(text("2026-11-26T13:01:51Z"), "261126130151Z utc");
    EXPECT_EQ(text("1950-01-01T00:00:00Z"), "500101000000Z utc");
    EXPECT_EQ(text("2049-12-31T23:59:59Z"), "491231235959Z utc");
    EXPECT_EQ(text("2050-01-01T00:00:00Z"), "20500101000000Z generalized");
    EXPECT_EQ(text("1949-12-31T23:59:59Z"), "19491231235959Z generalized");
    EXPECT_EQ(text("9999-12-31T23:59:59Z"), "99991231235959Z generalized");
}

TEST(Writer, SortsSetsOf)
{
    auto const one = [](std::string_view a, std::string_view b, std::string_view c) {
        return written([&](writer& w) { w.set_of({test::hex(a), test::hex(b), test::hex(c)}); });
    };
    auto const expected = "310b 0201 05 0202 0100 0402 aabb";
    auto const sorted = to_hex(test::hex(expected));
    EXPECT_EQ(one("0402aabb", "020105", "02020100"), sorted);
    EXPECT_EQ(one("02020100", "0402aabb", "020105"), sorted);
    EXPECT_EQ(written([](writer& w) { w.set_of({}); }), "3100");
}

// A seeded generator, so that a failure can be run again.
TEST(Writer, RoundTripsRandomTrees)
{
    std::mt19937 random(20261126);
    auto const pick = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    auto const grow = [&](auto& self, writer& w, int depth) -> void {
        for(auto count = pick(4); count > 0; --count) {
            if(depth < 8 && pick(2) == 0)
                w.constructed(pick(2) == 0 ? tag::sequence : asn1::context_constructed(pick(31)),
                              [&] { self(self, w, depth + 1); });
            else if(pick(8) == 0)
                w.primitive(tag::octet_string, bytes(pick(300), static_cast<std::uint8_t>(pick(256))));
            else
                w.integer(static_cast<std::int64_t>(random()) << pick(32));
        }
    };
    for(int round = 0; round < 300; ++round) {
        auto const data = asn1::encode([&](writer& w) { w.sequence([&] { grow(grow, w, 0); }); });
        auto const again = test::walk(data);
        ASSERT_TRUE(again) << again.error();
        EXPECT_EQ(*again, data);
    }
}
