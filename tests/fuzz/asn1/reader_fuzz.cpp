// SPDX-License-Identifier: BSL-1.0
// Accepted DER, walked and written again, is the same bytes; so is each value that a typed read accepts.
#include "../require.hpp"
#include "../tlv_mutator.hpp"

#include <scepkit/asn1/reader.hpp>
#include <scepkit/asn1/writer.hpp>

#include <array>

using namespace scepkit;
using fuzz::require;

namespace {

/// The value of `e` through every typed read that its tag has, written again by the writer.
void read_typed(asn1::element const& e)
{
    asn1::reader const start(e.encoded);
    auto const same = [&](bytes const& again, char const* what) { require(equal(again, e.encoded), what); };

    auto r = start;
    if(auto const id = r.read_oid()) {
        require(asn1::oid::from_dotted(id->to_dotted()).value() == *id, "dotted form names the same identifier");
        same(asn1::encode([&](asn1::writer& w) { w.oid(*id); }), "an OBJECT IDENTIFIER is written as read");
    }
    r = start;
    if(auto const number = r.read_small_integer())
        same(asn1::encode([&](asn1::writer& w) { w.integer(*number); }), "an INTEGER is written as read");
    r = start;
    if(auto const number = r.read_unsigned())
        same(asn1::encode([&](asn1::writer& w) { w.unsigned_integer(*number); }), "a magnitude is written as read");
    r = start;
    if(auto const value = r.read_boolean())
        same(asn1::encode([&](asn1::writer& w) { w.boolean(*value); }), "a BOOLEAN is written as read");
    r = start;
    if(auto const bits = r.read_bit_string())
        same(asn1::encode([&](asn1::writer& w) { w.bit_string(*bits); }), "a BIT STRING is written as read");
    r = start;
    if(auto const bits = r.read_named_bits()) {
        auto const again = asn1::encode([&](asn1::writer& w) { w.named_bits(*bits); });
        require(asn1::reader(again).read_named_bits().value() == *bits, "named bits survive being written");
    }
    r = start;
    if(auto const time = r.read_time()) {
        require(from_iso8601(to_iso8601(*time)).value() == *time, "a time survives ISO 8601");
        auto const again = asn1::encode([&](asn1::writer& w) { w.time(*time); });
        require(asn1::reader(again).read_time().value() == *time, "a time survives being written");
    }
    r = start;
    if(auto const text = r.read_string()) {
        auto const again = asn1::encode([&](asn1::writer& w) { w.string(asn1::tag::utf8_string, *text); });
        require(asn1::reader(again).read_string().value() == *text, "every string that is read is UTF-8");
        require(escape_controls(*text).size() >= text->size() || text->empty(), "escaping only adds");
    }
}

bool walk(asn1::reader in, asn1::writer& out)
{
    while(!in.at_end()) {
        auto const before = in.offset();
        auto const e = in.read_any();
        if(!e) {
            fuzz::require_foreign(e.error());
            require(in.offset() == before, "a read that fails moves nothing");
            return false;
        }
        require(e->offset == before && in.offset() == before + e->encoded.size(), "offsets count the whole input");
        if(!asn1::is_constructed(e->tag)) {
            read_typed(*e);
            out.primitive(e->tag, e->content);
            continue;
        }
        auto const inside = in.inside(*e);
        if(!inside) {
            fuzz::require_foreign(inside.error());
            return false;
        }
        bool complete = false;
        out.constructed(e->tag, [&] { complete = walk(*inside, out); });
        if(!complete)
            return false;
    }
    return true;
}

} // namespace

SCEPKIT_FUZZ_TLV_MUTATOR;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    bytes_view const input(data, size);
    asn1::writer out;
    if(walk(asn1::reader(input), out))
        require(equal(out.data(), input), "accepted DER is written as read");
    return 0;
}
