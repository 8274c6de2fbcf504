// SPDX-License-Identifier: BSL-1.0
#include <asn1/header.hpp>

#include <gtest/gtest.h>

namespace scepkit::inline v0::asn1::detail {
namespace {

/// The short way may look away and may never say anything else than the long one.
void compare(bytes_view input, std::size_t& plain)
{
    auto const found = plain_header(input);
    auto const judged = parse_header(input, 0);
    auto const is_der = judged && judged->form == header::length_form::minimal && !is_string_in_pieces(judged->tag);
    if(found) {
        ++plain;
        ASSERT_TRUE(is_der) << to_hex(input.first(std::min<std::size_t>(input.size(), 5)));
        EXPECT_EQ(found->tag, judged->tag);
        EXPECT_EQ(found->size, judged->size);
        EXPECT_EQ(found->length, judged->length);
        EXPECT_EQ(found->form, judged->form);
    } else {
        EXPECT_FALSE(is_der && judged->length < 0x10000) << to_hex(input.first(std::min<std::size_t>(input.size(), 5)));
    }
}

TEST(Header, ThePlainWayAgreesWithTheLongOne)
{
    std::size_t plain = 0;
    bytes input(0x10000 + 8);
    for(unsigned tag = 0; tag != 0x100; ++tag)
        for(unsigned length = 0; length != 0x100; ++length)
            for(auto const& [third, fourth] : {std::pair{0x00, 0x00},
                                               {0x00, 0x80},
                                               {0x7f, 0xff},
                                               {0x80, 0x00},
                                               {0xff, 0xff},
                                               {0x01, 0x00},
                                               {0x00, 0xff}}) {
                input[0] = static_cast<std::uint8_t>(tag);
                input[1] = static_cast<std::uint8_t>(length);
                input[2] = static_cast<std::uint8_t>(third);
                input[3] = static_cast<std::uint8_t>(fourth);
                auto const header_size = length < 0x80 ? 2u : 2u + (length & 0x7fu);
                for(std::size_t const size : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{3},
                                              std::size_t{4}, header_size + std::size_t{0x7f}, input.size()})
                    compare(bytes_view(input).first(size), plain);
            }
    EXPECT_GT(plain, 10'000u);
}

} // namespace
} // namespace scepkit::inline v0::asn1::detail
