// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

namespace scepkit::test {

/// A message taken apart, so that a test can change one node and put it together again with right lengths.
struct der_node {
    std::uint8_t tag = 0;
    std::vector<std::uint8_t> content; ///< Of a primitive.
    std::vector<der_node> children;    ///< Of a constructed one.

    bool constructed() const noexcept { return (tag & 0x20) != 0; }
    der_node& operator[](std::size_t index) { return children.at(index); }

    /// Definite lengths only; throws what a test should never give it.
    static der_node parse(std::span<std::uint8_t const> der)
    {
        auto all = parse_all(der);
        if(all.size() != 1)
            throw std::invalid_argument("not one value");
        return all.front();
    }

    std::vector<std::uint8_t> encode() const
    {
        std::vector<std::uint8_t> body = content;
        for(auto const& child : children) {
            auto const part = child.encode();
            body.insert(body.end(), part.begin(), part.end());
        }
        std::vector<std::uint8_t> out{tag};
        if(body.size() < 0x80) {
            out.push_back(static_cast<std::uint8_t>(body.size()));
        } else {
            std::vector<std::uint8_t> digits;
            for(auto size = body.size(); size != 0; size >>= 8)
                digits.insert(digits.begin(), static_cast<std::uint8_t>(size & 0xff));
            out.push_back(static_cast<std::uint8_t>(0x80 | digits.size()));
            out.insert(out.end(), digits.begin(), digits.end());
        }
        out.insert(out.end(), body.begin(), body.end());
        return out;
    }

private:
    static std::vector<der_node> parse_all(std::span<std::uint8_t const> data)
    {
        std::vector<der_node> found;
        while(!data.empty()) {
            std::size_t start = 2;
            if(data.size() < start)
                throw std::invalid_argument("cut");
            std::size_t length = data[1];
            if(length >= 0x80) {
                auto const digits = length & 0x7f;
                start += digits;
                length = 0;
                if(data.size() < start)
                    throw std::invalid_argument("cut");
                for(std::size_t i = 0; i != digits; ++i)
                    length = length << 8 | data[2 + i];
            }
            if(data.size() - start < length)
                throw std::invalid_argument("cut");
            der_node node{.tag = data[0], .content = {}, .children = {}};
            auto const inside = data.subspan(start, length);
            if(node.constructed())
                node.children = parse_all(inside);
            else
                node.content.assign(inside.begin(), inside.end());
            found.push_back(std::move(node));
            data = data.subspan(start + length);
        }
        return found;
    }
};

} // namespace scepkit::test
