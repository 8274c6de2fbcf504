// SPDX-License-Identifier: BSL-1.0
#include <scepkit/facts/json.hpp>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace {

using namespace scepkit;

facts::iis_call_count call(std::string stem, std::int64_t status, std::uint64_t count, std::string first,
                           std::string last)
{
    facts::iis_call_count c;
    c.cs_uri_stem = std::move(stem);
    c.operation = "GetCACaps";
    c.cs_method = "GET";
    c.sc_status = status;
    c.count = count;
    c.first = first;
    c.last = std::move(last);
    c.samples.push_back({"x.log", count, std::move(first), "line " + std::to_string(count)});
    return c;
}

facts::iis_attempt_count attempt(std::string shape, std::uint64_t count, std::string first)
{
    facts::iis_attempt_count a;
    a.base_stem = "/certsrv/mscep";
    a.client = "ios";
    a.shape = std::move(shape);
    a.complete = true;
    a.count = count;
    a.ambiguous = count / 2;
    a.first = first;
    a.last = first;
    a.samples = {{"x.log", count, first, "one"}, {"x.log", count + 1, first, "two"}};
    return a;
}

facts::iis_summary part(int i)
{
    auto const day = "2026-11-0" + std::to_string(i) + "T00:00:00Z";
    facts::iis_summary s;
    s.sources = {std::to_string(i) + ".log"};
    s.lines = static_cast<std::uint64_t>(10 * i);
    s.entries = s.lines - 4;
    s.scep_entries = 5;
    s.bad_lines = 7;
    for(std::uint64_t n = 0; n < 7; ++n)
        s.first_bad_lines.push_back(n * 3 + static_cast<std::uint64_t>(i));
    s.missing_fields = {i % 2 == 0 ? "date" : "cs-method"};
    s.first = day;
    s.last = day;
    s.calls = {call("/certsrv/mscep", 301, static_cast<std::uint64_t>(i), day, day),
               call("/only/" + std::to_string(i), 200, 1, day, day)};
    s.attempts = {attempt("caps:200 cert:200 pki:405", static_cast<std::uint64_t>(i), day)};
    s.dropped_rows = 1;
    return s;
}

facts::iis_summary merged(std::vector<facts::iis_summary> const& parts)
{
    facts::iis_summary out;
    for(auto const& p : parts)
        merge(out, p);
    return out;
}

std::string text_of(facts::iis_summary const& s)
{
    facts::fact_set f;
    f.iis_logs.push_back(s);
    return boost::json::serialize(facts::to_json(f));
}

TEST(IisSummary, AddsWhatIsMerged)
{
    auto const all = merged({part(1), part(2)});
    EXPECT_EQ(all.lines, 30u);
    EXPECT_EQ(all.scep_entries, 10u);
    EXPECT_EQ(all.bad_lines, 14u);
    EXPECT_EQ(all.first_bad_lines.size(), 10u);
    EXPECT_EQ(all.dropped_rows, 2u);
    EXPECT_EQ(all.first, "2026-11-01T00:00:00Z");
    EXPECT_EQ(all.last, "2026-11-02T00:00:00Z");
    EXPECT_EQ(all.missing_fields, (std::vector<std::string>{"cs-method", "date"}));
    ASSERT_EQ(all.calls.size(), 3u);
    EXPECT_EQ(all.calls[0].count, 3u);
    EXPECT_EQ(all.calls[0].first, "2026-11-01T00:00:00Z");
    EXPECT_EQ(all.calls[0].last, "2026-11-02T00:00:00Z");
    ASSERT_EQ(all.attempts.size(), 1u);
    EXPECT_EQ(all.attempts[0].count, 3u);
    EXPECT_EQ(all.attempts[0].ambiguous, 1u);
    EXPECT_EQ(all.attempts[0].samples.size(), 2u);
    EXPECT_EQ(all.attempts[0].samples[0].line, 1u); // The earlier attempt's lines, together.
}

TEST(IisSummary, MergesInAnyOrder)
{
    auto const expected = text_of(merged({part(1), part(2), part(3)}));
    EXPECT_EQ(text_of(merged({part(3), part(2), part(1)})), expected);
    EXPECT_EQ(text_of(merged({part(2), part(1), part(3)})), expected);
}

TEST(IisSummary, MergesInAnyGrouping)
{
    auto const expected = text_of(merged({part(1), part(2), part(3)}));
    EXPECT_EQ(text_of(merged({merged({part(1), part(2)}), part(3)})), expected);
    EXPECT_EQ(text_of(merged({part(1), merged({part(2), part(3)})})), expected);
}

TEST(IisSummary, IsUnchangedByNothing)
{
    auto const one = merged({part(1)});
    EXPECT_EQ(text_of(merged({one, {}})), text_of(one));
    EXPECT_EQ(text_of(merged({facts::iis_summary{}, one})), text_of(one));
}

TEST(IisSummary, KeepsThreeSamplesOfACallTheEarliest)
{
    auto const all = merged({part(4), part(3), part(2), part(1)});
    ASSERT_EQ(all.calls[0].samples.size(), 3u);
    EXPECT_EQ(all.calls[0].samples[0].line, 1u);
    EXPECT_EQ(all.calls[0].samples[2].line, 3u);
}

TEST(IisSummary, BoundsItsRowsAndKeepsTheFrequentOnes)
{
    facts::iis_summary many;
    for(std::uint64_t i = 0; i < 10005; ++i)
        many.calls.push_back(call("/made/up/" + std::to_string(i), 404, i == 7 ? 99u : 1u, "", ""));
    auto const all = merged({many});
    EXPECT_EQ(all.calls.size(), 10000u);
    EXPECT_EQ(all.dropped_rows, 5u);
    EXPECT_TRUE(std::any_of(all.calls.begin(), all.calls.end(), [](auto const& c) { return c.count == 99; }));
}

} // namespace
