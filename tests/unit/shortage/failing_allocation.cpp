// SPDX-License-Identifier: BSL-1.0
#include "failing_allocation.hpp"

#include <openssl/crypto.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace scepkit::test {

namespace {

using whose = failing_allocation::whose;

struct plan {
    whose victim{};
    bool persists = false;
    bool elsewhere = false; ///< Not in the thread that made it.
    std::atomic<std::size_t> left{0};
    std::atomic<bool> happened{false};
    std::atomic<bool> armed{false};
};
constinit plan current;
constinit thread_local bool is_mine = false; ///< Of this thread: it has made the plan.

bool fails(whose asking) noexcept
{
    if(!current.armed || asking != current.victim || is_mine == current.elsewhere)
        return false;
    auto left = current.left.load();
    while(left != 0 && !current.left.compare_exchange_weak(left, left - 1)) {
    }
    if(left > 1 || (left == 0 && !current.persists))
        return false;
    current.happened = true;
    return true;
}

constinit std::atomic<std::size_t> alive_of[2]{};

std::atomic<std::size_t>& alive(whose w) noexcept { return alive_of[w == whose::ours ? 0 : 1]; }

void* allocate(std::size_t size, whose w) noexcept
{
    if(fails(w))
        return nullptr;
    auto* const block = std::malloc(size != 0 ? size : 1);
    if(block != nullptr)
        ++alive(w);
    return block;
}
void release(void* block, whose w) noexcept
{
    if(block == nullptr)
        return;
    --alive(w);
    std::free(block);
}

void* openssl_malloc(std::size_t size, char const*, int)
{
    return size == 0 ? nullptr : allocate(size, whose::openssl);
}
void openssl_free(void* block, char const*, int) { release(block, whose::openssl); }
void* openssl_realloc(void* block, std::size_t size, char const*, int)
{
    if(block == nullptr)
        return openssl_malloc(size, nullptr, 0);
    if(size == 0) {
        release(block, whose::openssl);
        return nullptr;
    }
    return fails(whose::openssl) ? nullptr : std::realloc(block, size);
}
// Before main, when OpenSSL has allocated nothing yet.
bool const openssl_allocates_here =
    CRYPTO_set_mem_functions(&openssl_malloc, &openssl_realloc, &openssl_free) == 1 || (std::abort(), false);

} // namespace

failing_allocation::failing_allocation(std::size_t n, whose w, how h, where place) noexcept
{
    is_mine = true;
    current.victim = w;
    current.persists = h == how::from_then_on;
    current.elsewhere = place == where::other_threads;
    current.left = n;
    current.happened = false;
    current.armed = true;
}
failing_allocation::~failing_allocation()
{
    current.armed = false;
    is_mine = false;
}

bool failing_allocation::happened() const noexcept { return current.happened; }

std::size_t blocks_alive(whose w) noexcept { return alive(w); }

} // namespace scepkit::test

using scepkit::test::whose;

void* operator new(std::size_t size)
{
    if(auto* const block = scepkit::test::allocate(size, whose::ours))
        return block;
    throw std::bad_alloc();
}
void* operator new[](std::size_t size) { return ::operator new(size); }
void* operator new(std::size_t size, std::nothrow_t const&) noexcept
{
    return scepkit::test::allocate(size, whose::ours);
}
void* operator new[](std::size_t size, std::nothrow_t const&) noexcept
{
    return scepkit::test::allocate(size, whose::ours);
}
void operator delete(void* block) noexcept { scepkit::test::release(block, whose::ours); }
void operator delete[](void* block) noexcept { scepkit::test::release(block, whose::ours); }
void operator delete(void* block, std::size_t) noexcept { scepkit::test::release(block, whose::ours); }
void operator delete[](void* block, std::size_t) noexcept { scepkit::test::release(block, whose::ours); }
void operator delete(void* block, std::nothrow_t const&) noexcept { scepkit::test::release(block, whose::ours); }
