// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

// libFuzzer's own mutator; not there where seeds are only replayed.
extern "C" __attribute__((weak)) std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size,
                                                              std::size_t max_size);

namespace scepkit::fuzz {

/// Changes one value of a DER tree and corrects the lengths around it. Flipping bytes alone seldom gets behind
/// the outermost length.
class tlv_mutator
{
public:
    explicit tlv_mutator(unsigned seed) : random_(seed) {}

    std::size_t mutate(std::uint8_t* data, std::size_t size, std::size_t max_size)
    {
        std::vector<node> top;
        // One time in four the plain mutator: broken lengths are wanted too.
        if(pick(4) == 0 || !parse(data, size, 0, top) || top.empty())
            return LLVMFuzzerMutate(data, size, max_size);
        change_one(top);
        std::vector<std::uint8_t> out;
        for(auto const& n : top)
            write(n, out);
        if(out.empty() || out.size() > max_size)
            return LLVMFuzzerMutate(data, size, max_size);
        std::memcpy(data, out.data(), out.size());
        return out.size();
    }

private:
    struct node {
        std::uint8_t tag = 0;
        std::vector<std::uint8_t> content; ///< Of a primitive value.
        std::vector<node> children;        ///< Of a constructed one.
    };

    std::size_t pick(std::size_t n) { return static_cast<std::size_t>(random_()) % n; }

    static bool parse(std::uint8_t const* data, std::size_t size, int depth, std::vector<node>& out)
    {
        while(size != 0) {
            if(size < 2 || depth > 40 || (data[0] & 0x1f) == 0x1f)
                return false;
            std::size_t length = data[1];
            std::size_t header = 2;
            if(length >= 0x80) {
                std::size_t const count = length & 0x7f;
                if(count == 0 || count > 4 || size < 2 + count)
                    return false;
                length = 0;
                for(std::size_t i = 0; i < count; ++i)
                    length = length << 8 | data[2 + i];
                header += count;
            }
            if(length > size - header)
                return false;
            node n{data[0], {}, {}};
            if((n.tag & 0x20) == 0)
                n.content.assign(data + header, data + header + length);
            else if(!parse(data + header, length, depth + 1, n.children))
                return false;
            out.push_back(std::move(n));
            data += header + length;
            size -= header + length;
        }
        return true;
    }

    static void write(node const& n, std::vector<std::uint8_t>& out)
    {
        std::vector<std::uint8_t> content = n.content;
        for(auto const& child : n.children)
            write(child, content);
        out.push_back(n.tag);
        if(content.size() < 0x80) {
            out.push_back(static_cast<std::uint8_t>(content.size()));
        } else {
            std::vector<std::uint8_t> octets;
            for(auto rest = content.size(); rest != 0; rest >>= 8)
                octets.push_back(static_cast<std::uint8_t>(rest));
            out.push_back(static_cast<std::uint8_t>(0x80 | octets.size()));
            out.insert(out.end(), octets.rbegin(), octets.rend());
        }
        out.insert(out.end(), content.begin(), content.end());
    }

    void change_one(std::vector<node>& siblings)
    {
        auto const index = pick(siblings.size());
        auto& chosen = siblings[index];
        // Deeper most of the time, where there is something deeper.
        if(!chosen.children.empty() && pick(8) != 0)
            return change_one(chosen.children);
        auto const at = siblings.begin() + static_cast<std::ptrdiff_t>(index);
        switch(pick(6)) {
        case 0: siblings.erase(at); return;
        case 1: siblings.insert(at, node(chosen)); return;
        case 2: std::swap(chosen, siblings[pick(siblings.size())]); return;
        case 3: {
            constexpr std::uint8_t tags[] = {0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x13, 0x16, 0x17, 0x18,
                                             0x1e, 0x30, 0x31, 0x80, 0x81, 0x86, 0xa0, 0xa1, 0xa3};
            auto const tag = tags[pick(sizeof(tags))];
            // A primitive value keeps its bytes, a constructed one its children, so the form stays.
            chosen.tag = static_cast<std::uint8_t>((tag & ~0x20) | (chosen.tag & 0x20));
            return;
        }
        default: change_content(chosen);
        }
    }

    void change_content(node& n)
    {
        if((n.tag & 0x20) != 0) {
            std::shuffle(n.children.begin(), n.children.end(), random_);
            return;
        }
        auto const size = n.content.size();
        n.content.resize(size + 64);
        n.content.resize(LLVMFuzzerMutate(n.content.data(), size, n.content.size()));
    }

    std::minstd_rand random_;
};

} // namespace scepkit::fuzz

/// In one source of a fuzz target: makes the target's mutations those of DER.
#define SCEPKIT_FUZZ_TLV_MUTATOR                                                                                       \
    extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,         \
                                                   unsigned seed);                                                     \
    extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,         \
                                                   unsigned seed)                                                      \
    {                                                                                                                  \
        return ::scepkit::fuzz::tlv_mutator(seed).mutate(data, size, max_size);                                        \
    }                                                                                                                  \
    static_assert(true)
