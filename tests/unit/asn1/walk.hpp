// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/asn1/reader.hpp>
#include <scepkit/asn1/writer.hpp>

namespace scepkit::test {

/// Reads everything that `in` holds, strictly, and writes it again with `out`.
inline result<void> walk(asn1::reader in, asn1::writer& out)
{
    while(!in.at_end()) {
        auto const e = in.read_any();
        if(!e)
            return e.error();
        if(!asn1::is_constructed(e->tag)) {
            out.primitive(e->tag, e->content);
            continue;
        }
        auto const inside = in.inside(*e);
        if(!inside)
            return inside.error();
        auto walked = success();
        out.constructed(e->tag, [&] { walked = walk(*inside, out); });
        if(!walked)
            return walked.error();
    }
    return success();
}

inline result<bytes> walk(bytes_view input, limits const& bounds = {})
{
    asn1::writer out;
    if(auto const walked = walk(asn1::reader(input, bounds), out); !walked)
        return walked.error();
    return std::move(out).take();
}

/// Hexadecimal digits to bytes, for test data alone.
inline bytes hex(std::string_view text) { return from_hex(text).value(); }

} // namespace scepkit::test
