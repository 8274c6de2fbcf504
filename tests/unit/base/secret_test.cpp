// SPDX-License-Identifier: BSL-1.0
#include <scepkit/base/random_source.hpp>
#include <scepkit/base/secret.hpp>

#include <algorithm>
#include <gtest/gtest.h>
#include <new>
#include <type_traits>

using namespace scepkit;

static_assert(!std::is_copy_constructible_v<secret_bytes>);
static_assert(!std::is_copy_assignable_v<secret_bytes>);
static_assert(std::is_nothrow_move_constructible_v<secret_bytes>);

TEST(SecretBytes, MovesAndClonesOnPurpose)
{
    auto a = secret_bytes::from_text("hunter2");
    auto b = a.clone();
    EXPECT_TRUE(equal(a.view(), b.view()));
    EXPECT_NE(a.view().data(), b.view().data());
    secret_bytes c(std::move(a));
    EXPECT_EQ(as_text(c.view()), "hunter2");
    EXPECT_TRUE(a.empty()); // NOLINT(bugprone-use-after-move): moved-from is empty, by contract.
    b = secret_bytes::from_text("other");
    EXPECT_EQ(as_text(b.view()), "other");
    b = std::move(c);
    EXPECT_EQ(as_text(b.view()), "hunter2");
    EXPECT_EQ(secret_bytes(4).size(), 4u);
}

TEST(SecretBytes, TruncateWipesTheRest)
{
    auto a = secret_bytes::from_text("0123456789");
    auto* const memory = a.data();
    a.truncate(4);
    EXPECT_EQ(as_text(a.view()), "0123");
    EXPECT_EQ(memory, a.data());
    a.truncate(100);
    EXPECT_EQ(a.size(), 4u);
}

TEST(SecretBytes, TakesABufferOver)
{
    bytes buffer(32, 0x77);
    auto const* memory = buffer.data();
    secret_bytes const secret(std::move(buffer));
    EXPECT_EQ(secret.view().data(), memory);
    EXPECT_EQ(secret.size(), 32u);
}

TEST(Wipe, Overwrites)
{
    bytes data(64, 0xaa);
    wipe(data.data(), data.size());
    EXPECT_EQ(std::ranges::count(data, 0), 64);
    wipe(nullptr, 0);
}

TEST(SystemRandom, FillsEveryByte)
{
    EXPECT_TRUE(system_random().fill({}));
    // Each of 64 places stays zero in all of 32 draws with a chance of 2^-256.
    bytes seen(64, 0);
    for(int draw = 0; draw < 32; ++draw) {
        bytes out(64, 0);
        ASSERT_TRUE(system_random().fill(out));
        for(std::size_t i = 0; i < out.size(); ++i)
            seen[i] = static_cast<std::uint8_t>(seen[i] | out[i]);
    }
    EXPECT_EQ(std::ranges::count(seen, 0), 0);
}
