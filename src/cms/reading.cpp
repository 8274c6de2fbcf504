// SPDX-License-Identifier: BSL-1.0
#include <cms/detail/reading.hpp>

#include <base/try.hpp>
#include <pki/detail/keys.hpp>
#include <scepkit/asn1/writer.hpp>

#include <algorithm>

namespace scepkit::inline v0::cms::detail {

using asn1::tag;

namespace {

constexpr asn1::oid digested_data{"1.2.840.113549.1.7.5"};
constexpr asn1::oid authenticated_data{"1.2.840.113549.1.9.16.1.2"};
constexpr asn1::oid signed_and_enveloped_data{"1.2.840.113549.1.7.4"};

error of_certificate(error const& inner, std::size_t index, std::size_t offset)
{
    auto details = inner.details();
    details.index = index;
    details.offset = details.offset.value_or(0) + offset;
    return {inner.code(), std::move(details)};
}

/// Null if none has these bytes and this OpenSSL.
pki::certificate const* find_same(std::span<pki::certificate const> known, bytes_view der,
                                  pki::crypto_context const& context)
{
    auto const is_same = [&](pki::certificate const& c) {
        return c.key() && &c.key()->native().context.handles() == &context.handles() && equal(c.der(), der);
    };
    auto const same = std::ranges::find_if(known, is_same);
    return same == known.end() ? nullptr : &*same;
}

} // namespace

error failure(errc code, std::string message, std::optional<std::size_t> offset, std::string reference)
{
    return {code,
            diagnostics{
                .message = std::move(message), .layer = "cms", .offset = offset, .reference = std::move(reference)}};
}

result<void> tolerate(quirk q, quirk_set allowed, quirk_set& noted, error refusal)
{
    if(!allowed.contains(q))
        return refusal;
    noted.insert(q);
    return success();
}

bool is_encoding_error(errc code) noexcept
{
    return code == errc::truncated || code == errc::trailing_data || code == errc::unexpected_tag ||
           code == errc::bad_length || code == errc::bad_value || code == errc::not_der;
}

std::string content_type_name(asn1::oid const& type)
{
    namespace oids = asn1::oids;
    if(type == oids::data)
        return "Data";
    if(type == oids::signed_data)
        return "SignedData";
    if(type == oids::enveloped_data)
        return "EnvelopedData";
    if(type == signed_and_enveloped_data)
        return "SignedAndEnvelopedData";
    if(type == digested_data)
        return "DigestedData";
    if(type == oids::encrypted_data)
        return "EncryptedData";
    if(type == authenticated_data)
        return "AuthenticatedData";
    if(type == oids::auth_enveloped_data)
        return "AuthEnvelopedData";
    return type.to_dotted();
}

result<content_info> read_content_info(bytes_view message, limits const& bounds)
{
    asn1::reader top(message, bounds);
    SCEPKIT_TRY(auto inside, top.enter(tag::sequence));
    SCEPKIT_CHECK(top.finish());
    auto const offset = inside.offset();
    SCEPKIT_TRY(auto type, inside.read_oid());
    return content_info{.type = type, .offset = offset, .content = inside};
}

result<asn1::reader> content_info::enter()
{
    SCEPKIT_TRY(auto wrapped, content.enter(asn1::context_constructed(0)));
    SCEPKIT_CHECK(content.finish());
    SCEPKIT_TRY(auto inside, wrapped.enter(tag::sequence));
    SCEPKIT_CHECK(wrapped.finish());
    return inside;
}

error wrong_content_type(content_info const& came, asn1::oid const& wanted)
{
    return failure(errc::wrong_content_type,
                   "A " + content_type_name(wanted) + " was expected, this is a " + content_type_name(came.type) + ".",
                   came.offset, "RFC 5652, 3");
}

result<asn1::reader> enter_content(bytes_view message, asn1::oid const& wanted, limits const& bounds)
{
    SCEPKIT_TRY(auto info, read_content_info(message, bounds));
    if(info.type != wanted)
        return wrong_content_type(info, wanted);
    return info.enter();
}

result<std::vector<pki::certificate>> read_certificates(asn1::reader from, limits const& bounds,
                                                        pki::crypto_context const& context,
                                                        std::span<pki::certificate const> known)
{
    std::vector<pki::certificate> found;
    while(!from.at_end()) {
        auto const index = found.size();
        auto const offset = from.offset();
        if(index == bounds.certificates)
            return failure(errc::too_many,
                           "More than " + std::to_string(bounds.certificates) + " certificates in one message.",
                           offset);
        SCEPKIT_TRY(auto element, from.read_any());
        // Attribute certificates and PKCS #6 leftovers: nobody in this field sends them, so they are not guessed at.
        if(element.tag != tag::sequence)
            return of_certificate(failure(errc::bad_certificate, "Not an X.509 certificate."), index, offset);
        if(auto const same = find_same(known, element.encoded, context)) {
            found.push_back(*same);
            continue;
        }
        auto parsed = pki::certificate::from_der(element.encoded, bounds, context);
        if(!parsed)
            return of_certificate(parsed.error(), index, offset);
        found.push_back(*std::move(parsed));
    }
    return found;
}

result<certificate_identifier> read_identifier(asn1::reader& from, limits const& bounds)
{
    certificate_identifier id;
    if(from.next_is(asn1::context(0))) {
        SCEPKIT_TRY(auto key_id, from.read(asn1::context(0)));
        id.key_id = to_bytes(key_id.content);
        return id;
    }
    SCEPKIT_TRY(auto issuer_and_serial, from.enter(tag::sequence));
    auto const offset = issuer_and_serial.offset();
    SCEPKIT_TRY(auto issuer, issuer_and_serial.read(tag::sequence));
    auto parsed = pki::name::from_der(issuer.encoded, bounds);
    if(!parsed)
        return parsed.error().at(offset);
    id.issuer = *std::move(parsed);
    SCEPKIT_TRY(auto serial, issuer_and_serial.read_integer());
    SCEPKIT_CHECK(issuer_and_serial.finish());
    id.serial = to_bytes(serial);
    return id;
}

void write_issuer_and_serial(asn1::writer& to, pki::certificate const& c)
{
    to.sequence([&] {
        to.raw(c.issuer().der());
        to.primitive(tag::integer, c.serial());
    });
}

result<attribute> read_attribute(asn1::reader& from, limits const& bounds)
{
    SCEPKIT_TRY(auto inside, from.enter(tag::sequence));
    attribute a;
    SCEPKIT_TRY(a.type, inside.read_oid());
    SCEPKIT_TRY(auto values, inside.enter(tag::set));
    SCEPKIT_CHECK(inside.finish());
    while(!values.at_end()) {
        if(a.values.size() == bounds.attributes)
            return failure(errc::too_many,
                           "More than " + std::to_string(bounds.attributes) + " values of one attribute.",
                           values.offset());
        SCEPKIT_TRY(auto value, values.read_any());
        a.values.push_back(to_bytes(value.encoded));
    }
    return a;
}

bool is_set_of_attributes(bytes_view content, limits const& bounds)
{
    if(content.empty() || content.front() != static_cast<std::uint8_t>(tag::set))
        return false;
    asn1::reader top(content, bounds);
    auto set = top.enter(tag::set);
    if(!set || !top.finish())
        return false;
    while(!set->at_end()) {
        auto inside = set->enter(tag::sequence);
        if(!inside || !inside->read_oid() || !inside->enter(tag::set) || !inside->finish())
            return false;
    }
    return true;
}

} // namespace scepkit::inline v0::cms::detail
