// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/extensions.hpp>

#include <base/try.hpp>
#include <pki/detail/errors.hpp>
#include <pki/detail/sid.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace scepkit::inline v0::pki {
namespace {

namespace oids = asn1::oids;

result<basic_constraints> read_basic_constraints(asn1::reader& from)
{
    SCEPKIT_TRY(auto inside, from.enter(asn1::tag::sequence));
    basic_constraints out;
    // Certificates with the default written out are many, and the writers' mistake is harmless.
    if(inside.next_is(asn1::tag::boolean)) {
        SCEPKIT_TRY(out.ca, inside.read_boolean());
    }
    if(inside.next_is(asn1::tag::integer)) {
        auto const offset = inside.offset();
        SCEPKIT_TRY(auto const length, inside.read_small_integer());
        if(length < 0 || length > 0x7fffffff)
            return detail::fail(errc::bad_value, "a path length out of range", offset);
        out.path_length = static_cast<std::uint32_t>(length);
    }
    SCEPKIT_CHECK(inside.finish());
    return out;
}

result<std::vector<asn1::oid>> read_extended_key_usage(asn1::reader& from, limits const& bounds)
{
    SCEPKIT_TRY(auto inside, from.enter(asn1::tag::sequence));
    std::vector<asn1::oid> out;
    while(!inside.at_end()) {
        if(out.size() == bounds.extensions)
            return inside.fail(errc::too_many, "too many extended key usages");
        SCEPKIT_TRY(auto const id, inside.read_oid());
        out.push_back(id);
    }
    return out;
}

result<std::optional<bytes>> read_authority_key_id(asn1::reader& from)
{
    SCEPKIT_TRY(auto inside, from.enter(asn1::tag::sequence));
    SCEPKIT_TRY(auto const id, inside.read_optional(asn1::context(0)));
    SCEPKIT_CHECK(inside.read_optional(asn1::context_constructed(1))); // authorityCertIssuer
    SCEPKIT_CHECK(inside.read_optional(asn1::context(2)));             // authorityCertSerialNumber
    SCEPKIT_CHECK(inside.finish());
    return id ? std::optional(to_bytes(id->content)) : std::nullopt;
}

// KB5014754: SEQUENCE { [0] { szOID_NTDS_OBJECTSID, [0] OCTET STRING "S-1-5-21-…" } }
result<std::string> read_sid(asn1::reader& from)
{
    SCEPKIT_TRY(auto names, from.enter(asn1::tag::sequence));
    SCEPKIT_TRY(auto other, names.enter(asn1::context_constructed(0)));
    SCEPKIT_CHECK(names.finish());
    auto const offset = other.offset();
    SCEPKIT_TRY(auto const id, other.read_oid());
    if(id != oids::ntds_object_sid)
        return detail::fail(errc::bad_value, "a security extension that holds no object SID", offset);
    SCEPKIT_TRY(auto value, other.enter(asn1::context_constructed(0)));
    SCEPKIT_CHECK(other.finish());
    SCEPKIT_TRY(auto const text, value.read_octet_string());
    SCEPKIT_CHECK(value.finish());
    if(!detail::is_sid(as_text(text)))
        return detail::fail(errc::bad_value, "a security extension whose SID is none", offset);
    return std::string(as_text(text));
}

/// False for an id that is not understood here.
result<bool> interpret(extension_set& out, asn1::oid const& id, asn1::reader value, limits const& bounds)
{
    if(id == oids::basic_constraints) {
        SCEPKIT_TRY(out.basic_constraints, read_basic_constraints(value));
    } else if(id == oids::key_usage) {
        SCEPKIT_TRY(auto const bits, value.read_named_bits());
        out.key_usage = static_cast<key_usage>(bits);
    } else if(id == oids::extended_key_usage) {
        SCEPKIT_TRY(out.extended_key_usage, read_extended_key_usage(value, bounds));
    } else if(id == oids::subject_alt_name) {
        SCEPKIT_TRY(out.subject_alt_names, read_general_names(value, bounds));
    } else if(id == oids::subject_key_identifier) {
        SCEPKIT_TRY(auto const key_id, value.read_octet_string());
        out.subject_key_id = to_bytes(key_id);
    } else if(id == oids::authority_key_identifier) {
        SCEPKIT_TRY(out.authority_key_id, read_authority_key_id(value));
    } else if(id == oids::ntds_ca_security) {
        SCEPKIT_TRY(out.sid, read_sid(value));
    } else
        return false;
    SCEPKIT_CHECK(value.finish());
    return true;
}

result<void> read_one(extension_set& out, asn1::reader& from, limits const& bounds)
{
    auto const offset = from.offset();
    SCEPKIT_TRY(auto inside, from.enter(asn1::tag::sequence));
    extension e;
    SCEPKIT_TRY(e.id, inside.read_oid());
    if(inside.next_is(asn1::tag::boolean)) {
        SCEPKIT_TRY(e.critical, inside.read_boolean());
    }
    SCEPKIT_TRY(auto const value, inside.read_octet_string());
    auto const value_offset = inside.offset() - value.size();
    SCEPKIT_CHECK(inside.finish());
    if(out.find(e.id) != nullptr)
        return detail::fail(errc::bad_certificate, "the extension " + e.id.to_dotted() + " stands there twice", offset);
    SCEPKIT_TRY(auto content, inside.nested(value, value_offset));
    SCEPKIT_TRY(auto const understood, interpret(out, e.id, content, bounds));
    if(e.critical && !understood)
        out.unknown_critical.push_back(e.id);
    e.value = to_bytes(value);
    out.all.push_back(std::move(e));
    return success();
}

template <class Inside>
extension made(asn1::oid const& id, bool critical, Inside&& inside)
{
    return {id, critical, asn1::encode(std::forward<Inside>(inside))};
}

} // namespace

namespace detail {

bool is_sid(std::string_view text) noexcept
{
    if(!text.starts_with("S-1-"))
        return false;
    text.remove_prefix(4);
    for(std::size_t count = 0; count != 16; ++count) {
        auto const dash = text.find('-');
        auto const part = text.substr(0, dash);
        std::uint64_t value = 0;
        auto const [end, status] = std::from_chars(part.data(), part.data() + part.size(), value);
        auto const maximum = count == 0 ? 0xffff'ffff'ffffu : 0xffff'ffffu; // The authority has 48 bits.
        if(status != std::errc{} || end != part.data() + part.size() || value > maximum)
            return false;
        if(dash == std::string_view::npos)
            return count != 0;
        text.remove_prefix(dash + 1);
    }
    return false;
}

} // namespace detail

std::string to_string(key_usage set)
{
    static constexpr std::array<std::string_view, 9> names{"digitalSignature", "nonRepudiation", "keyEncipherment",
                                                           "dataEncipherment", "keyAgreement",   "keyCertSign",
                                                           "cRLSign",          "encipherOnly",   "decipherOnly"};
    std::string out;
    for(std::size_t bit = 0; bit != names.size(); ++bit)
        if(((static_cast<std::uint32_t>(set) >> bit) & 1u) != 0)
            out.append(out.empty() ? "" : ", ").append(names[bit]);
    return out;
}

result<extension_set> extension_set::read(asn1::reader& from, limits const& bounds)
{
    extension_set out;
    out.all.reserve(8); // More than most certificates have.
    while(!from.at_end()) {
        if(out.all.size() == bounds.extensions)
            return from.fail(errc::too_many, "more than " + std::to_string(bounds.extensions) + " extensions");
        if(auto const one = read_one(out, from, bounds); !one)
            return detail::recode(one.error(), errc::bad_certificate);
    }
    return out;
}

extension const* extension_set::find(asn1::oid const& id) const noexcept
{
    auto const found = std::ranges::find(all, id, &extension::id);
    return found == all.end() ? nullptr : &*found;
}

extension make_key_usage(key_usage bits)
{
    return made(oids::key_usage, true, [&](asn1::writer& w) { w.named_bits(static_cast<std::uint32_t>(bits)); });
}

extension make_extended_key_usage(std::vector<asn1::oid> const& ids)
{
    return made(oids::extended_key_usage, false, [&](asn1::writer& w) {
        w.sequence([&] {
            for(auto const& id : ids)
                w.oid(id);
        });
    });
}

extension make_subject_alt_names(std::vector<general_name> const& names)
{
    return made(oids::subject_alt_name, false, [&](asn1::writer& w) {
        w.sequence([&] {
            for(auto const& one : names)
                w.raw(one.der);
        });
    });
}

extension make_basic_constraints(pki::basic_constraints const& value)
{
    return made(oids::basic_constraints, true, [&](asn1::writer& w) {
        w.sequence([&] {
            if(value.ca)
                w.boolean(true);
            if(value.path_length)
                w.integer(*value.path_length);
        });
    });
}

extension make_subject_key_id(bytes_view key_id)
{
    return made(oids::subject_key_identifier, false, [&](asn1::writer& w) { w.octet_string(key_id); });
}

extension make_authority_key_id(bytes_view key_id)
{
    return made(oids::authority_key_identifier, false,
                [&](asn1::writer& w) { w.sequence([&] { w.primitive(asn1::context(0), key_id); }); });
}

result<extension> make_sid(std::string_view sid)
{
    if(!detail::is_sid(sid))
        return detail::fail(errc::invalid_argument, "no security identifier (S-1-5-21-…)");
    return made(oids::ntds_ca_security, false, [&](asn1::writer& w) {
        w.sequence([&] {
            w.constructed(asn1::context_constructed(0), [&] {
                w.oid(oids::ntds_object_sid);
                w.constructed(asn1::context_constructed(0), [&] { w.octet_string(as_bytes(sid)); });
            });
        });
    });
}

void write(asn1::writer& to, extension const& e)
{
    to.sequence([&] {
        to.oid(e.id);
        if(e.critical)
            to.boolean(true);
        to.octet_string(e.value);
    });
}

} // namespace scepkit::inline v0::pki
