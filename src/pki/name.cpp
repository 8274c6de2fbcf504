// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/name.hpp>

#include <scepkit/asn1/oids.hpp>
#include <scepkit/asn1/reader.hpp>
#include <scepkit/asn1/writer.hpp>

#include <base/try.hpp>
#include <pki/detail/errors.hpp>

#include <algorithm>

namespace scepkit::inline v0::pki {
namespace {

namespace oids = asn1::oids;

constexpr asn1::oid dn_qualifier{"2.5.4.46"};

bool is_string(asn1::tag t) noexcept
{
    switch(t) {
    case asn1::tag::utf8_string:
    case asn1::tag::printable_string:
    case asn1::tag::teletex_string:
    case asn1::tag::ia5_string:
    case asn1::tag::visible_string:
    case asn1::tag::universal_string:
    case asn1::tag::bmp_string: return true;
    default: return false;
    }
}

result<name::attribute> read_attribute(asn1::reader& from)
{
    SCEPKIT_TRY(auto inside, from.enter(asn1::tag::sequence));
    name::attribute out;
    SCEPKIT_TRY(out.type, inside.read_oid());
    SCEPKIT_TRY(auto const value, inside.read_any());
    SCEPKIT_CHECK(inside.finish());
    if(!is_string(value.tag)) {
        out.value = '#' + to_hex(value.encoded);
        out.is_hex = true;
        return out;
    }
    SCEPKIT_TRY(out.value, asn1::string_of(value));
    // CVE-2021-3712 and its kind: somebody down the line stops reading at the NUL.
    if(out.value.find('\0') != std::string::npos)
        return detail::fail(errc::bad_name, "a NUL inside a name", value.offset);
    return out;
}

result<std::vector<name::attribute>> read_attributes(asn1::reader& rdns, limits const& bounds)
{
    std::vector<name::attribute> out;
    out.reserve(4); // More than most names have.
    while(!rdns.at_end()) {
        SCEPKIT_TRY(auto rdn, rdns.enter(asn1::tag::set));
        if(rdn.at_end())
            return rdn.fail(errc::bad_name, "an empty relative name");
        for(bool joined = false; !rdn.at_end(); joined = true) {
            if(out.size() == bounds.name_parts)
                return rdn.fail(errc::too_many, "a name of more than " + std::to_string(bounds.name_parts) + " parts");
            SCEPKIT_TRY(auto part, read_attribute(rdn));
            part.same_rdn = joined;
            out.push_back(std::move(part));
        }
    }
    return out;
}

result<void> write_value(asn1::writer& to, name::attribute const& a)
{
    if(a.value.find('\0') != std::string::npos)
        return detail::fail(errc::bad_name, "a NUL inside a name");
    if(a.is_hex) {
        SCEPKIT_TRY(auto const encoded, from_hex(std::string_view(a.value).substr(a.value.starts_with('#') ? 1 : 0)));
        asn1::reader value(encoded);
        SCEPKIT_CHECK(value.read_any());
        SCEPKIT_CHECK(value.finish());
        to.raw(encoded);
        return success();
    }
    // Some types have one encoding only (RFC 5280, appendix A).
    if(a.type == oids::country || a.type == oids::serial_number || a.type == dn_qualifier) {
        if(!asn1::is_printable_string(a.value))
            return detail::fail(errc::bad_name, "a country, serial number or qualifier with characters that "
                                                "PrintableString does not have");
        to.string(asn1::tag::printable_string, a.value);
    } else if(a.type == oids::domain_component || a.type == oids::email_address) {
        if(!asn1::is_ia5_string(a.value))
            return detail::fail(errc::bad_name, "a domain component or mail address that is not ASCII");
        to.string(asn1::tag::ia5_string, a.value);
    } else
        to.directory_string(a.value);
    return success();
}

} // namespace

result<name> name::read(asn1::reader& from, limits const& bounds)
{
    auto const read = [&]() -> result<name> {
        auto copy = from;
        SCEPKIT_TRY(auto const whole, from.read(asn1::tag::sequence));
        SCEPKIT_TRY(auto rdns, copy.enter(asn1::tag::sequence));
        name out;
        SCEPKIT_TRY(out.attributes_, read_attributes(rdns, bounds));
        out.der_ = to_bytes(whole.encoded);
        return out;
    };
    auto out = read();
    if(!out)
        return detail::recode(out.error(), errc::bad_name);
    return out;
}

result<name> name::from_der(bytes_view der, limits const& bounds)
{
    asn1::reader input(der, bounds);
    SCEPKIT_TRY(auto out, read(input, bounds));
    if(auto const end = input.finish(); !end)
        return detail::recode(end.error(), errc::bad_name);
    return out;
}

result<name> name::from_attributes(std::vector<attribute> const& attributes)
{
    std::vector<std::vector<bytes>> rdns;
    for(auto const& a : attributes) {
        asn1::writer encoded;
        result<void> written = success();
        encoded.sequence([&] {
            encoded.oid(a.type);
            written = write_value(encoded, a);
        });
        if(!written)
            return detail::recode(written.error(), errc::bad_name);
        if(rdns.empty() || !a.same_rdn)
            rdns.emplace_back();
        rdns.back().push_back(std::move(encoded).take());
    }
    auto const der = asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            for(auto& rdn : rdns)
                w.set_of(std::move(rdn));
        });
    });
    return from_der(der); // Checks UTF-8 and the number of parts, and sorts the parts as they are encoded.
}

std::string name::first(asn1::oid const& type) const
{
    auto const found = std::ranges::find(attributes_, type, &attribute::type);
    return found == attributes_.end() ? std::string() : found->value;
}

} // namespace scepkit::inline v0::pki
