// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <memory>

namespace scepkit::inline v0::pki::detail {

/// Keeps one object that is costly to make ready, between its uses.
///
/// Who finds none makes another one, and the last to come back stays: nobody waits for anybody.
template <class T, class Free = std::default_delete<T>>
class spare
{
public:
    using pointer = std::unique_ptr<T, Free>;

    spare() noexcept = default;
    ~spare() { take(); }
    spare(spare&& other) noexcept : waiting_(other.take().release()) {}
    spare& operator=(spare&&) = delete;

    /// Null if none waits.
    pointer take() noexcept { return pointer(waiting_.exchange(nullptr, std::memory_order_acq_rel)); }
    /// Only what is still as good as new: an object whose use failed is dropped.
    void keep(pointer one) noexcept { pointer const old(waiting_.exchange(one.release(), std::memory_order_acq_rel)); }

private:
    std::atomic<T*> waiting_{nullptr};
};

} // namespace scepkit::inline v0::pki::detail
