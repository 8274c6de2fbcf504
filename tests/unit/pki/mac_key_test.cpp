// SPDX-License-Identifier: BSL-1.0
#include <pki/detail/mac_key.hpp>

#include <gtest/gtest.h>

namespace scepkit::inline v0::pki {
namespace {

bytes hex(std::string_view text) { return from_hex(text).value(); }

// RFC 4231, 4.3 (test case 2).
TEST(MacKey, IsHmacOverAllParts)
{
    auto const key = detail::mac_key::create(as_bytes("Jefe")).value();
    auto const expected = hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(key.compute({as_bytes("what do ya want for nothing?")}).value(), expected);
    EXPECT_EQ(key.compute({as_bytes("what do ya "), {}, as_bytes("want for nothing?")}).value(), expected);
    EXPECT_NE(key.compute({}).value(), expected);
}

} // namespace
} // namespace scepkit::inline v0::pki
