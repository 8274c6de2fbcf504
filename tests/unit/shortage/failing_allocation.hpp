// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

namespace scepkit::test {

/// Lets allocations fail while it lives, one object at a time: `operator new` throws, OpenSSL gets a null pointer.
class failing_allocation
{
public:
    enum class whose { ours, openssl };
    enum class how { once, from_then_on };
    enum class where { this_thread, other_threads };

    /// The `n`th from now, counted from 1.
    failing_allocation(std::size_t n, whose w, how h, where place = where::this_thread) noexcept;
    ~failing_allocation();
    failing_allocation(failing_allocation const&) = delete;
    failing_allocation& operator=(failing_allocation const&) = delete;

    bool happened() const noexcept; ///< So many allocations there were.
};

/// Blocks of the whole program that have been allocated and not given back.
std::size_t blocks_alive(failing_allocation::whose w) noexcept;

} // namespace scepkit::test
