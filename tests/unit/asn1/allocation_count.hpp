// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

namespace scepkit::test {

/// What `operator new` of this program has handed out since the object was made, on any thread.
class allocation_count
{
public:
    allocation_count() noexcept;
    /// Bytes in all.
    std::size_t total() const noexcept;
    /// Bytes in the largest single request.
    std::size_t largest() const noexcept;
    /// Most bytes that were alive at one time, beyond what was alive at the start.
    std::size_t peak() const noexcept;
};

} // namespace scepkit::test
