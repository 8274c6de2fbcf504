// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "failing_allocation.hpp"

#include <scepkit/base/result.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <new>
#include <optional>
#include <string>

namespace scepkit::test {

/// How allocations fail, for messages and loops.
struct shortage {
    char const* name;
    failing_allocation::whose victim;
    failing_allocation::how manner;
};
inline constexpr shortage shortages[]{
    {"one of ours", failing_allocation::whose::ours, failing_allocation::how::once},
    {"ours from one on", failing_allocation::whose::ours, failing_allocation::how::from_then_on},
    {"one of OpenSSL's", failing_allocation::whose::openssl, failing_allocation::how::once},
    {"OpenSSL's from one on", failing_allocation::whose::openssl, failing_allocation::how::from_then_on},
};

/// What a call under shortage came to.
template <class T>
struct attempt {
    bool failed = false;     ///< An allocation did.
    std::optional<T> result; ///< Absent: std::bad_alloc was thrown.
};

template <class Operation>
auto try_with(shortage const& s, std::size_t n, Operation const& operation)
{
    attempt<decltype(operation())> out;
    failing_allocation const armed(n, s.victim, s.manner);
    try {
        out.result.emplace(operation());
    } catch(std::bad_alloc const&) {
    }
    out.failed = armed.happened();
    return out;
}

/// An operation never takes as many allocations; it does not end, then.
inline constexpr std::size_t most_allocations = 100'000;

/// Some functions of OpenSSL 3.0 crash or leave much behind when memory is short. There only the library's own
/// allocations fail.
enum class openssl_is { sound, unsound };

/// Lets the first allocation of an operation fail, then the second, and so on until it gets through; of the library's
/// own and of OpenSSL's, one alone and all that follow. `make` returns the operation, a new one for each time, and that
/// returns a result.
///
/// Never a crash, a block that stays behind, or a wrong result. A shortage of the library's own ends in std::bad_alloc;
/// OpenSSL often fails without a word of memory (and speaks of memory where it lacks none), so there it may be any
/// error.
template <class Make, class IsRight>
void sweep_anew(Make const& make, IsRight const& is_right, openssl_is openssl = openssl_is::sound)
{
    using whose = failing_allocation::whose;
    // OpenSSL keeps the texts of up to 16 errors a thread.
    constexpr std::size_t kept_texts = 16;

    // The first run fetches and prepares what stays.
    for(int i = 0; i != 2; ++i) {
        auto const r = make()();
        ASSERT_TRUE(r) << r.error();
        ASSERT_TRUE(is_right(*r));
    }
    auto const ours = blocks_alive(whose::ours);
    auto const of_openssl = blocks_alive(whose::openssl);
    for(auto const& s : shortages) {
        bool const by_openssl = s.victim == whose::openssl;
        if(by_openssl && openssl == openssl_is::unsound)
            continue;
        bool failed = true;
        for(std::size_t n = 1; failed; ++n) {
            auto const where = [&] { return std::string(s.name) + ", allocation " + std::to_string(n); };
            ASSERT_LT(n, most_allocations) << where();
            {
                auto const operation = make();
                auto const a = try_with(s, n, operation);
                failed = a.failed;
                if(a.result && *a.result) {
                    ASSERT_TRUE(is_right(**a.result)) << where();
                } else if(a.result) {
                    ASSERT_TRUE(failed && by_openssl) << where() << ": " << a.result->error();
                } else {
                    ASSERT_TRUE(failed) << where();
                }
            }
            ASSERT_LE(blocks_alive(whose::ours), ours) << where();
        }
    }
    EXPECT_LE(blocks_alive(whose::openssl), of_openssl + kept_texts);
}

/// The same operation again and again: what it keeps between its calls must stay good.
template <class Operation, class IsRight>
void sweep(Operation const& operation, IsRight const& is_right, openssl_is openssl = openssl_is::sound)
{
    sweep_anew([&] { return std::cref(operation); }, is_right, openssl);
}

} // namespace scepkit::test
