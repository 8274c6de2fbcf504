// SPDX-License-Identifier: BSL-1.0
#include "allocation_count.hpp"
#include "walk.hpp"

#include <scepkit/asn1/normalise.hpp>

#include <algorithm>
#include <functional>
#include <gtest/gtest.h>
#include <limits>
#include <pthread.h>
#include <support/files.hpp>

using namespace scepkit;
using test::hex;

namespace {

#if defined(__SANITIZE_ADDRESS__)
#define SCEPKIT_TEST_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SCEPKIT_TEST_ADDRESS_SANITIZER 1
#endif
#endif
#ifdef SCEPKIT_TEST_ADDRESS_SANITIZER
// Its frames are larger: redzones around each local.
constexpr std::size_t small_stack = 1u << 20;
#else
constexpr std::size_t small_stack = 256u << 10;
#endif

void on_a_small_stack(std::function<void()> work)
{
    pthread_attr_t attributes;
    ASSERT_EQ(pthread_attr_init(&attributes), 0);
    ASSERT_EQ(pthread_attr_setstacksize(&attributes, small_stack), 0);
    pthread_t thread{};
    auto* const entry = +[](void* argument) -> void* {
        (*static_cast<std::function<void()>*>(argument))();
        return nullptr;
    };
    ASSERT_EQ(pthread_create(&thread, &attributes, entry, &work), 0);
    ASSERT_EQ(pthread_join(thread, nullptr), 0);
    pthread_attr_destroy(&attributes);
}

/// `levels` values in each other, indefinite; with their ends or without.
bytes nested_indefinite(std::uint8_t t, std::size_t levels, std::size_t ends)
{
    bytes out;
    for(std::size_t i = 0; i < levels; ++i)
        out.insert(out.end(), {t, 0x80});
    out.resize(out.size() + ends * 2, 0);
    return out;
}

/// `levels` values in each other, definite; written from the inside out, so that it takes linear time.
bytes nested_definite(std::uint8_t t, std::size_t levels)
{
    bytes reversed;
    for(std::size_t i = 0; i < levels; ++i) {
        auto const size = reversed.size();
        auto rest = size;
        std::uint8_t count = 0;
        do {
            reversed.push_back(static_cast<std::uint8_t>(rest));
            rest >>= 8;
            ++count;
        } while(rest != 0);
        if(size >= 0x80)
            reversed.push_back(static_cast<std::uint8_t>(0x80 | count));
        reversed.push_back(t);
    }
    std::ranges::reverse(reversed);
    return reversed;
}

constexpr std::size_t levels_tried[] = {1, 2, 10, 31, 32, 33, 34, 100, 1000, 10000, 100000};
constexpr std::uint8_t tags_tried[] = {0x30, 0x31, 0xa0, 0xbe, 0x24, 0x23, 0x2c};

limits unlimited_size()
{
    limits bounds;
    bounds.message_size = std::size_t{64} << 20;
    return bounds;
}

/// A BER tree with everything in it, of about `size` bytes.
bytes ber_of_size(std::size_t size)
{
    auto const unit = hex("3080 2480 0403aabbcc 2403 0401dd 0000 0484000000 02 eeff a080 0101ff 0000 2303 030100 0000");
    bytes out{0x30, 0x80};
    while(out.size() < size)
        out.insert(out.end(), unit.begin(), unit.end());
    out.insert(out.end(), {0, 0});
    return out;
}

} // namespace

TEST(ThreatR1, ReaderStopsAtTheNestingLimit)
{
    on_a_small_stack([] {
        for(auto const t : {std::uint8_t{0x30}, std::uint8_t{0x31}, std::uint8_t{0xa0}}) {
            for(auto const levels : levels_tried) {
                auto const input = nested_definite(t, levels);
                auto const walked = test::walk(input);
                if(levels <= limits{}.nesting) {
                    ASSERT_TRUE(walked) << levels << ' ' << walked.error();
                    EXPECT_EQ(*walked, input);
                } else {
                    ASSERT_FALSE(walked) << levels;
                    EXPECT_EQ(walked.error(), errc::nested_too_deep) << levels;
                    EXPECT_EQ(walked.error().condition(), condition::limit_exceeded);
                }
            }
        }
    });
}

TEST(ThreatR1, NormaliserStopsAtTheNestingLimit)
{
    on_a_small_stack([] {
        for(auto const t : tags_tried) {
            for(auto const levels : levels_tried) {
                for(auto const& input : {nested_definite(t, levels), nested_indefinite(t, levels, levels),
                                         nested_indefinite(t, levels, 0)}) {
                    auto const r = asn1::normalise_ber(input);
                    bool const complete = input.size() != levels * 2 || input[1] != 0x80;
                    if(levels > limits{}.nesting) {
                        ASSERT_FALSE(r) << levels;
                        EXPECT_EQ(r.error(), errc::nested_too_deep) << levels;
                    } else if(complete) {
                        EXPECT_TRUE(r) << levels << ' ' << r.error();
                    } else {
                        EXPECT_EQ(r.error(), errc::truncated) << levels;
                    }
                }
            }
        }
    });
}

// Who raises the limit pays with heap, not with stack.
TEST(ThreatR1, NormaliserTakesNoStackForNesting)
{
    on_a_small_stack([] {
        auto bounds = unlimited_size();
        bounds.nesting = 200000;
        for(auto const t : tags_tried) {
            auto const input = nested_indefinite(t, 100000, 100000);
            auto const r = asn1::normalise_ber(input, bounds);
            ASSERT_TRUE(r) << r.error();
            EXPECT_FALSE(r->was_der);
            bool const is_string = t < 0x30;
            if(!is_string) {
                EXPECT_EQ(r->der, nested_definite(t, 100000));
            } else {
                EXPECT_EQ(to_hex(r->der), t == 0x23 ? "030100" : t == 0x24 ? "0400" : "0c00");
            }
        }
    });
}

TEST(ThreatR2, ALengthThatLiesIsATypedErrorAndCostsNoMemory)
{
    auto const vector = test::read_bytes(test::vector_path("asn1/certificate.der"));
    // Every place where a length field starts, found by the reader itself.
    std::vector<std::size_t> places;
    auto const collect = [&](auto& self, asn1::reader in) -> void {
        while(!in.at_end()) {
            auto const e = in.read_any().value();
            places.push_back(e.offset + 1);
            if(asn1::is_constructed(e.tag))
                self(self, in.inside(e).value());
        }
    };
    collect(collect, asn1::reader(vector));
    ASSERT_GT(places.size(), 30u);

    for(auto const place : places) {
        std::size_t const old_size = vector[place] < 0x80 ? 1 : 1u + (vector[place] & 0x7fu);
        for(unsigned bit = 7; bit <= 64; ++bit) {
            // 2^7 … 2^63, then 2^64 - 1.
            auto const length = bit < 64 ? std::uint64_t{1} << bit : std::numeric_limits<std::uint64_t>::max();
            bytes field;
            for(auto rest = length; rest != 0; rest >>= 8)
                field.insert(field.begin(), static_cast<std::uint8_t>(rest));
            field.insert(field.begin(), static_cast<std::uint8_t>(0x80 | field.size()));
            auto input = vector;
            auto const at = input.begin() + static_cast<std::ptrdiff_t>(place);
            input.erase(at, at + static_cast<std::ptrdiff_t>(old_size));
            input.insert(input.begin() + static_cast<std::ptrdiff_t>(place), field.begin(), field.end());

            test::allocation_count const count;
            auto const read = test::walk(input);
            auto const normal = asn1::normalise_ber(input);
            EXPECT_LT(count.peak(), 8 * input.size() + 4096) << place << ' ' << bit;
            EXPECT_LT(count.largest(), 4 * input.size() + 1024) << place << ' ' << bit;
            for(auto const& e : {read.error(), normal.error()}) {
                auto const code = e.code();
                EXPECT_TRUE(code == errc{} || code == errc::truncated || code == errc::bad_length ||
                            code == errc::unexpected_tag || code == errc::trailing_data || code == errc::not_der ||
                            code == errc::bad_value)
                    << place << ' ' << bit << ' ' << e;
            }
            if(length > input.size()) {
                EXPECT_EQ(read.error(), errc::truncated) << place << ' ' << bit;
                EXPECT_EQ(normal.error(), errc::truncated) << place << ' ' << bit;
            }
        }
    }
}

TEST(ThreatR2, ALengthOfMoreThanEightOctetsIsRefused)
{
    for(std::size_t octets = 1; octets <= 126; ++octets) {
        bytes input(2 + octets + 300);
        input[0] = 0x04;
        input[1] = static_cast<std::uint8_t>(0x80 | octets);
        std::fill_n(input.begin() + 2, octets, std::uint8_t{0xff});
        auto const expected = octets > 8 ? errc::bad_length : octets == 1 ? errc::not_der : errc::truncated;
        auto const read = asn1::reader(input).read_any();
        if(octets == 1)
            EXPECT_TRUE(read); // 255 bytes of content are there
        else
            EXPECT_EQ(read.error(), expected) << octets;
        EXPECT_EQ(asn1::normalise_ber(input).error(), octets == 1 ? errc::trailing_data : expected) << octets;
    }
}

TEST(ThreatR2, ManySmallValuesStayWithinEightTimesTheirSize)
{
    // Two bytes a value: the most values a message can hold, and the most memory a tree would need.
    for(auto const* pattern : {"3000", "0500", "2400"}) {
        auto const unit = hex(pattern);
        bytes input;
        while(input.size() + 8 < limits{}.message_size)
            input.insert(input.end(), unit.begin(), unit.end());
        auto const whole = [&](bytes_view head, bytes_view tail) {
            bytes out(head.begin(), head.end());
            out.insert(out.end(), input.begin(), input.end());
            out.insert(out.end(), tail.begin(), tail.end());
            return out;
        }(bytes{0x30, 0x80}, bytes{0, 0});
        test::allocation_count const count;
        auto const r = asn1::normalise_ber(whole);
        auto const peak = count.peak();
        ASSERT_TRUE(r) << r.error();
        EXPECT_LE(peak, 8 * whole.size() + (4u << 20)) << pattern;
        EXPECT_GE(count.total(), r->der.size());
    }
}

TEST(ThreatR3, AMissingEndOfContentsIsTruncated)
{
    for(auto const* text :
        {"3080", "308000", "3080 0500", "3080 3080 0000", "3006 3080 0500 05", "2480 0401aa", "a080 30 02 0500 00"})
        EXPECT_EQ(asn1::normalise_ber(hex(text)).error(), errc::truncated) << text;
    // The end of an indefinite value may not lie behind the end of what holds it.
    EXPECT_EQ(asn1::normalise_ber(hex("3004 3080 0500 0000")).error(), errc::truncated);
}

TEST(ThreatR3, EndOfContentsElsewhereIsRefused)
{
    for(auto const* text : {"0000", "3002 0000", "3080 3002 0000 0000", "2402 0000", "3080 0001 00 0000"})
        EXPECT_EQ(asn1::normalise_ber(hex(text)).error(), errc::unexpected_tag) << text;
}

TEST(ThreatR3, TrailingBytesAreRefused)
{
    for(auto const* text : {"0500 00", "3003 020105 0500", "3080 0000 0000", "3080 020105 0000 00", "2480 0000 0400"})
        EXPECT_EQ(asn1::normalise_ber(hex(text)).error(), errc::trailing_data) << text;
    EXPECT_EQ(asn1::normalise_ber({}).error(), errc::truncated);
    auto const input = hex("3003 020105 00");
    asn1::reader r(input);
    ASSERT_TRUE(r.enter(asn1::tag::sequence));
    EXPECT_EQ(r.finish().error(), errc::trailing_data);
}

TEST(ThreatR3, APrimitiveValueOfIndefiniteLengthIsRefused)
{
    for(auto const* text : {"0480 aa 0000", "0280 05 0000", "8080 0000", "0580 0000", "3080 0480 0000 0000"})
        EXPECT_EQ(asn1::normalise_ber(hex(text)).error(), errc::bad_length) << text;
}

TEST(ThreatR3, InputAboveTheLimitIsRefused)
{
    limits bounds;
    bounds.message_size = 5;
    EXPECT_TRUE(asn1::normalise_ber(hex("3003 020105"), bounds));
    EXPECT_EQ(asn1::normalise_ber(hex("3004 02020100"), bounds).error(), errc::too_large);
    EXPECT_EQ(asn1::normalise_ber(bytes((2u << 20) + 1, 0)).error(), errc::too_large);
}

TEST(ThreatR3, NormalisedOutputIsDerAndNormalisesToItself)
{
    for(auto const* name :
        {"signed-stream.ber", "enveloped-stream.ber", "strings-pieces.ber", "strings-indefinite.ber"}) {
        auto const once = asn1::normalise_ber(test::read_bytes(test::vector_path("asn1/" + std::string(name))));
        ASSERT_TRUE(once) << name;
        auto const twice = asn1::normalise_ber(once->der);
        ASSERT_TRUE(twice) << name;
        EXPECT_TRUE(twice->was_der) << name;
        EXPECT_EQ(twice->der, once->der) << name;
        EXPECT_TRUE(test::walk(once->der)) << name;
    }
}

TEST(ThreatR3, AStreamCutAtAnyByteIsTruncated)
{
    auto const input = test::read_bytes(test::vector_path("asn1/signed-stream.ber"));
    for(std::size_t size = 0; size < input.size(); ++size)
        ASSERT_EQ(asn1::normalise_ber(bytes_view(input).first(size)).error(), errc::truncated) << size;
}

// Each bit of a real message is turned: a typed error, or DER that the reader walks.
TEST(ThreatR3, AnyTurnedBitGivesAnErrorOrDer)
{
    auto const input = test::read_bytes(test::vector_path("asn1/strings-indefinite.ber"));
    std::size_t accepted = 0;
    for(std::size_t bit = 0; bit < input.size() * 8; ++bit) {
        auto turned = input;
        turned[bit / 8] = static_cast<std::uint8_t>(turned[bit / 8] ^ (1u << bit % 8));
        auto const r = asn1::normalise_ber(turned);
        if(!r) {
            EXPECT_EQ(r.error().condition(), condition::peer_misbehaved) << bit << ' ' << r.error();
            EXPECT_LE(r.error().details().offset.value(), turned.size());
            continue;
        }
        ++accepted;
        auto const walked = test::walk(r->der);
        ASSERT_TRUE(walked) << bit << ' ' << walked.error();
        EXPECT_EQ(*walked, r->der) << bit;
    }
    EXPECT_GT(accepted, input.size()); // content bits, most of all
}

// Memory handed out is a measure of work that no busy machine changes: twice the input, at most twice and a half.
TEST(ThreatR3, WorkIsLinear)
{
    auto const bounds = unlimited_size();
    std::size_t previous = 0;
    for(std::size_t size = 1u << 10; size <= (4u << 20); size *= 2) {
        auto const input = ber_of_size(size);
        test::allocation_count const count;
        auto const r = asn1::normalise_ber(input, bounds);
        auto const total = count.total();
        ASSERT_TRUE(r) << r.error();
        EXPECT_LE(r->der.size(), input.size());
        EXPECT_LE(total, 16 * input.size() + 4096) << size;
        if(previous != 0) {
            EXPECT_LE(total, previous * 5 / 2 + 4096) << size;
        }
        previous = total;
    }
}

TEST(ThreatR3, MillionsOfPiecesAreJoined)
{
    bytes input{0x24, 0x80};
    constexpr std::size_t pieces = 1600000;
    for(std::size_t i = 0; i < pieces; ++i)
        input.insert(input.end(), {0x04, 0x01, static_cast<std::uint8_t>(i)});
    input.insert(input.end(), {0, 0});
    test::allocation_count const count;
    auto const r = asn1::normalise_ber(input, unlimited_size());
    auto const total = count.total();
    ASSERT_TRUE(r) << r.error();
    EXPECT_EQ(r->der.size(), pieces + 5);
    EXPECT_EQ(r->der.back(), static_cast<std::uint8_t>(pieces - 1));
    EXPECT_LE(total, 2 * r->der.size());
}
