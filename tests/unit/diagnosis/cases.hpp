// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/diagnosis/diagnose.hpp>
#include <scepkit/evidence/iis_log.hpp>

#include <support/fact_builder.hpp>

#include "../evidence/logs.hpp"

#include <algorithm>
#include <functional>
#include <gtest/gtest.h>
#include <ostream>

namespace scepkit::test {

using diagnosis::confidence;
using diagnosis::expectation;
using diagnosis::finding;
using diagnosis::severity;
using facts::question;

inline finding const* find(diagnosis::diagnosis const& d, std::string_view id)
{
    auto const found = std::find_if(d.findings.begin(), d.findings.end(), [&](auto const& f) { return f.id == id; });
    return found == d.findings.end() ? nullptr : &*found;
}

inline std::string root_of(diagnosis::diagnosis const& d)
{
    return d.root_cause ? d.findings.at(*d.root_cause).id : std::string();
}

inline std::string ids_of(diagnosis::diagnosis const& d)
{
    std::string out;
    for(auto const& f : d.findings)
        out += f.id + '[' + std::string(name_of(f.severity)) + (f.explained_by ? "<-" + *f.explained_by : "") + "] ";
    return out;
}

inline diagnosis::diagnosis judge(facts::fact_set f, expectation e = expectation::any)
{
    return diagnosis::diagnose(std::move(f), {.now = now(), .expected = e});
}

/// The facts of a log with these lines (see logs.hpp; every layout is the default one).
inline facts::fact_set logged(std::string const& lines)
{
    facts::fact_set f;
    auto r = read(std::string(head) + lines);
    EXPECT_TRUE(r.has_value());
    if(r)
        f.iis_logs.push_back(*std::move(r));
    return f;
}

/// One row of the tables: a change to facts, and the finding that must or must not follow.
struct rule_case {
    char const* what;
    std::function<facts::fact_set()> facts;
    char const* id;
    std::optional<severity> found; ///< Nothing: the finding must not be there.
    std::optional<confidence> sure;
    expectation expected = expectation::any;
};

inline void check(std::vector<rule_case> const& cases)
{
    for(auto const& one : cases) {
        SCOPED_TRACE(std::string(one.id) + ": " + one.what);
        ASSERT_NE(diagnosis::find_entry(one.id), nullptr);
        auto const d = judge(one.facts(), one.expected);
        auto const* f = find(d, one.id);
        if(!one.found) {
            EXPECT_EQ(f, nullptr) << ids_of(d);
            continue;
        }
        ASSERT_NE(f, nullptr) << ids_of(d);
        EXPECT_EQ(name_of(f->severity), name_of(*one.found));
        if(one.sure) {
            EXPECT_EQ(name_of(f->confidence), name_of(*one.sure));
        }
        EXPECT_FALSE(f->saw.empty());
        EXPECT_FALSE(f->why.empty());
        EXPECT_FALSE(f->evidence.empty());
        if(f->severity != severity::info) {
            EXPECT_FALSE(f->fix.empty());
        }
    }
}

/// `base` after `change`.
template <class Change>
std::function<facts::fact_set()> after(facts::fact_set base, Change change)
{
    return [base = std::move(base), change] {
        auto f = base;
        change(f);
        return f;
    };
}

inline std::function<facts::fact_set()> as_is(facts::fact_set f)
{
    return [f = std::move(f)] { return f; };
}

} // namespace scepkit::test
