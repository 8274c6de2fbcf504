// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/extensions.hpp>

#include <base/try.hpp>
#include <pki/detail/errors.hpp>
#include <pki/detail/ip_text.hpp>
#include <pki/detail/sid.hpp>

#include <algorithm>

namespace scepkit::inline v0::pki {
namespace {

namespace oids = asn1::oids;
using kind = general_name::kind;

result<std::string> ia5_text(asn1::element const& e)
{
    auto const text = as_text(e.content);
    if(!asn1::is_ia5_string(text) || text.find('\0') != std::string_view::npos)
        return detail::fail(errc::bad_value, "a name of an IA5String kind with a NUL or a byte outside ASCII",
                            e.offset);
    return std::string(text);
}

result<void> read_other_name(asn1::reader inside, general_name& out)
{
    SCEPKIT_TRY(out.other_type, inside.read_oid());
    SCEPKIT_TRY(auto value, inside.enter(asn1::context_constructed(0)));
    SCEPKIT_CHECK(inside.finish());
    auto const offset = value.offset();
    if(out.other_type == oids::upn) {
        SCEPKIT_TRY(out.text, value.read_string());
        if(out.text.find('\0') != std::string::npos)
            return detail::fail(errc::bad_value, "a NUL inside a user principal name", offset);
    } else
        SCEPKIT_CHECK(value.read_any());
    return value.finish();
}

result<general_name> read_general_name(asn1::reader& from, limits const& bounds)
{
    SCEPKIT_TRY(auto const e, from.read_any());
    general_name out;
    out.der = to_bytes(e.encoded);
    switch(static_cast<unsigned>(e.tag)) {
    case 0xa0: {
        out.type = kind::other_name;
        SCEPKIT_TRY(auto inside, from.inside(e));
        SCEPKIT_CHECK(read_other_name(inside, out));
        return out;
    }
    case 0x81: {
        out.type = kind::rfc822;
        SCEPKIT_TRY(out.text, ia5_text(e));
        return out;
    }
    case 0x82: {
        out.type = kind::dns;
        SCEPKIT_TRY(out.text, ia5_text(e));
        return out;
    }
    case 0xa3: out.type = kind::x400; return out;
    case 0xa4: {
        out.type = kind::directory;
        SCEPKIT_TRY(auto inside, from.inside(e)); // EXPLICIT, because Name is a CHOICE.
        SCEPKIT_TRY(auto const directory, name::read(inside, bounds));
        SCEPKIT_CHECK(inside.finish());
        out.text = directory.to_string();
        return out;
    }
    case 0xa5: out.type = kind::edi_party; return out;
    case 0x86: {
        out.type = kind::uri;
        SCEPKIT_TRY(out.text, ia5_text(e));
        return out;
    }
    case 0x87:
        out.type = kind::ip;
        out.text = detail::ip_text(e.content);
        if(out.text.empty())
            return detail::fail(errc::bad_value, "an iPAddress that is neither 4 nor 16 bytes long", e.offset);
        return out;
    case 0x88: {
        out.type = kind::registered_id;
        auto const id = asn1::oid::from_content(e.content);
        if(!id)
            return id.error().at(e.offset);
        out.text = id->to_dotted();
        return out;
    }
    default: return detail::fail(errc::unexpected_tag, "no kind of GeneralName has this tag", e.offset);
    }
}

// What is made here passes through the reader, so that both agree on what is allowed.
result<general_name> checked(bytes const& der)
{
    asn1::reader input(der);
    auto out = read_general_name(input, {});
    if(!out)
        return detail::recode(out.error(), errc::invalid_argument);
    return out;
}

result<general_name> ia5_name(unsigned number, std::string_view text)
{
    auto const bad = [](char c) { return c <= ' ' || c == '\x7f'; };
    if(text.empty() || std::ranges::any_of(text, bad))
        return detail::fail(errc::invalid_argument, "an alternative name that is empty or has blanks or control "
                                                    "characters");
    return checked(asn1::encode([&](asn1::writer& w) { w.string(asn1::context(number), text); }));
}

} // namespace

result<general_name> general_name::rfc822(std::string_view address) { return ia5_name(1, address); }
result<general_name> general_name::dns(std::string_view host) { return ia5_name(2, host); }
result<general_name> general_name::uri(std::string_view uri) { return ia5_name(6, uri); }

result<general_name> general_name::ip(std::string_view address)
{
    auto const parsed = detail::parse_ip(address);
    if(!parsed)
        return detail::fail(errc::invalid_argument, "no IPv4 or IPv6 address");
    return checked(asn1::encode([&](asn1::writer& w) { w.primitive(asn1::context(7), *parsed); }));
}

result<general_name> general_name::upn(std::string_view user_principal_name)
{
    if(user_principal_name.empty())
        return detail::fail(errc::invalid_argument, "an empty user principal name");
    return checked(asn1::encode([&](asn1::writer& w) {
        w.constructed(asn1::context_constructed(0), [&] {
            w.oid(oids::upn);
            w.constructed(asn1::context_constructed(0), [&] { w.string(asn1::tag::utf8_string, user_principal_name); });
        });
    }));
}

result<general_name> general_name::directory(name const& n)
{
    return checked(
        asn1::encode([&](asn1::writer& w) { w.constructed(asn1::context_constructed(4), [&] { w.raw(n.der()); }); }));
}

result<general_name> general_name::registered_id(asn1::oid const& id)
{
    return checked(asn1::encode([&](asn1::writer& w) { w.primitive(asn1::context(8), id.content()); }));
}

result<general_name> general_name::sid_uri(std::string_view sid)
{
    if(!detail::is_sid(sid))
        return detail::fail(errc::invalid_argument, "no security identifier (S-1-5-21-…)");
    return uri("tag:microsoft.com,2022-09-14:sid:" + std::string(sid));
}

result<std::vector<general_name>> read_general_names(asn1::reader& from, limits const& bounds)
{
    SCEPKIT_TRY(auto inside, from.enter(asn1::tag::sequence));
    std::vector<general_name> out;
    while(!inside.at_end()) {
        if(out.size() == bounds.extensions)
            return inside.fail(errc::too_many, "more than " + std::to_string(bounds.extensions) + " names");
        SCEPKIT_TRY(auto one, read_general_name(inside, bounds));
        out.push_back(std::move(one));
    }
    return out;
}

} // namespace scepkit::inline v0::pki
