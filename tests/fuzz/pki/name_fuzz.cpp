// SPDX-License-Identifier: BSL-1.0
// A name that is read from text or DER is printed without control characters and reads back as the same values.
#include "../require.hpp"

#include <scepkit/pki/name.hpp>

#include <algorithm>

using namespace scepkit;
using fuzz::require;

namespace {

bool same_values(pki::name const& a, pki::name const& b)
{
    return std::ranges::equal(a.attributes(), b.attributes(), [](auto const& x, auto const& y) {
        return x.type == y.type && x.value == y.value && x.is_hex == y.is_hex;
    });
}

// Parts of one RDN are sorted when they are encoded, so only their set is the same.
bool is_plain(pki::name const& n)
{
    return std::ranges::none_of(n.attributes(), [](auto const& a) { return a.same_rdn || a.value.empty(); });
}

void check_text(pki::name const& n)
{
    auto const text = n.to_string();
    require(std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }),
            "a printed name has no control character");
    auto const back = pki::name::parse(text);
    if(!back) {
        // Foreign DER may hold what RFC 5280's types do not allow for this attribute (an umlaut in a country).
        fuzz::require_foreign(back.error());
        return;
    }
    require(!is_plain(n) || same_values(*back, n), "text reads back as the same values");
    require(back->attributes().size() == n.attributes().size(), "no part is lost or added");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    bytes_view const input(data, size);
    if(auto const n = pki::name::from_der(input)) {
        require(equal(n->der(), input), "a name keeps its bytes");
        check_text(*n);
    } else
        fuzz::require_foreign(n.error());
    if(auto const n = pki::name::parse(as_text(input))) {
        require(pki::name::from_der(n->der()).value() == *n, "what is written from text is DER");
        check_text(*n);
    } else
        fuzz::require_foreign(n.error());
    return 0;
}
