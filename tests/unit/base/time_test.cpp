// SPDX-License-Identifier: BSL-1.0
#include <scepkit/base/time.hpp>

#include <gtest/gtest.h>

using namespace scepkit;
using namespace std::chrono_literals;

TEST(Iso8601, WritesUtc)
{
    EXPECT_EQ(to_iso8601(time_point{}), "1970-01-01T00:00:00Z");
    EXPECT_EQ(to_iso8601(time_point{1795698111s}), "2026-11-26T13:01:51Z");
    EXPECT_EQ(to_iso8601(time_point{-1s}), "1969-12-31T23:59:59Z");
    EXPECT_EQ(to_iso8601(time_point{253402300799s}), "9999-12-31T23:59:59Z");
}

TEST(Iso8601, ReadsItsOwnFormAndTheOneWithABlank)
{
    for(auto const* text : {"2026-11-26T13:01:51Z", "2026-11-26 13:01:51Z", "2026-11-26 13:01:51"}) {
        auto const r = from_iso8601(text);
        ASSERT_TRUE(r) << text;
        EXPECT_EQ(*r, time_point{1795698111s}) << text;
    }
    EXPECT_EQ(*from_iso8601("2024-02-29T00:00:00Z"), time_point{1709164800s});
}

TEST(Iso8601, RefusesEverythingElse)
{
    for(auto const* text : {"",
                            "2026-11-26",
                            "2026-11-26T13:01:51",
                            "2026-11-26T13:01:51+01:00",
                            "2026-11-26T13:01:51.5Z",
                            "2026-13-01T00:00:00Z",
                            "2026-00-01T00:00:00Z",
                            "2025-02-29T00:00:00Z",
                            "2026-04-31T00:00:00Z",
                            "2026-11-26T24:00:00Z",
                            "2026-11-26T13:60:51Z",
                            "2026-11-26T23:59:60Z",
                            "2026-11-26t13:01:51Z",
                            "2026-11-26T13:01:51z",
                            " 026-11-26T13:01:51Z",
                            "+026-11-26T13:01:51Z",
                            "2026-11-26T13:01:51ZZ",
                            "2026/11/26T13:01:51Z",
                            "2026-11-26T13.01.51Z",
                            "2026-1-026T13:01:51Z"}) {
        auto const r = from_iso8601(text);
        ASSERT_FALSE(r) << text;
        EXPECT_EQ(r.error(), errc::bad_value) << text;
    }
}

TEST(Iso8601, RoundTripsOverTheCenturies)
{
    // A prime step, so that days and times of day vary.
    for(auto t = time_point{-62135596800s}; t < time_point{253402300799s}; t += 86400011s) {
        auto const back = from_iso8601(to_iso8601(t));
        ASSERT_TRUE(back) << to_iso8601(t);
        ASSERT_EQ(*back, t);
    }
}

TEST(CurrentTime, IsAfterThisWasWritten) { EXPECT_GT(current_time(), *from_iso8601("2020-01-01T00:00:00Z")); }
