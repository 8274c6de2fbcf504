// SPDX-License-Identifier: BSL-1.0
#include "allocation_count.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <malloc.h>
#include <new>

namespace {

std::atomic<std::size_t> total_bytes = 0;
std::atomic<std::size_t> largest_request = 0;
std::atomic<std::size_t> alive = 0;
std::atomic<std::size_t> most_alive = 0;
std::atomic<std::size_t> alive_at_start = 0;

void raise_to(std::atomic<std::size_t>& mark, std::size_t value) noexcept
{
    for(auto seen = mark.load(); seen < value && !mark.compare_exchange_weak(seen, value);) {
    }
}

void* allocate(std::size_t size)
{
    void* const memory = std::malloc(size);
    if(memory == nullptr)
        throw std::bad_alloc();
    total_bytes += size;
    raise_to(largest_request, size);
    raise_to(most_alive, alive += ::malloc_usable_size(memory));
    return memory;
}

void release(void* memory) noexcept
{
    if(memory != nullptr)
        alive -= ::malloc_usable_size(memory);
    std::free(memory);
}

} // namespace

// The array and nothrow forms of the library end in these.
void* operator new(std::size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }

namespace scepkit::test {

allocation_count::allocation_count() noexcept
{
    total_bytes = 0;
    largest_request = 0;
    alive_at_start = alive.load();
    most_alive = alive.load();
}

std::size_t allocation_count::total() const noexcept { return total_bytes; }
std::size_t allocation_count::largest() const noexcept { return largest_request; }
std::size_t allocation_count::peak() const noexcept
{
    return most_alive - std::min(most_alive.load(), alive_at_start.load());
}

} // namespace scepkit::test
