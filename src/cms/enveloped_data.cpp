// SPDX-License-Identifier: BSL-1.0
#include <scepkit/cms/enveloped_data.hpp>

#include <base/try.hpp>
#include <cms/detail/content_encryption.hpp>
#include <cms/detail/kem.hpp>
#include <cms/detail/key_agreement.hpp>
#include <cms/detail/key_transport.hpp>
#include <cms/detail/password.hpp>
#include <cms/detail/reading.hpp>
#include <scepkit/asn1/oids.hpp>

#include <algorithm>
#include <cstddef>

namespace scepkit::inline v0::cms {

using asn1::tag;
using detail::failure;

namespace {

struct envelope {
    bool authenticated = false;
    std::vector<recipient> recipients;
    asn1::oid content_type;
    content_cipher cipher{};
    bytes iv;
    std::size_t tag_size = 0;
    bytes mac;
    bytes authenticated_attributes;
    bytes encrypted_content;
    quirk_set tolerances;
};

/// One RecipientInfo; a key agreement may hold several recipients.
result<void> read_recipient(asn1::reader& from, limits const& bounds, std::vector<recipient>& into)
{
    auto const next = from.peek();
    if(next == asn1::context_constructed(1))
        return detail::read_key_agreement(from, bounds, into);
    recipient r;
    if(next == asn1::context_constructed(2)) {
        r.type = recipient::kind::key_encryption;
        SCEPKIT_CHECK(from.read_any());
    } else if(next == asn1::context_constructed(3)) {
        SCEPKIT_TRY(r, detail::read_password(from));
    } else if(next == asn1::context_constructed(4)) {
        SCEPKIT_TRY(r, detail::read_other(from, bounds));
    } else if(next != tag::sequence) {
        r.type = recipient::kind::other;
        SCEPKIT_CHECK(from.read_any());
    } else {
        SCEPKIT_TRY(r, detail::read_key_transport(from, bounds));
    }
    into.push_back(std::move(r));
    return success();
}

result<void> read_recipients(asn1::reader from, limits const& bounds, envelope& e)
{
    if(from.at_end())
        return failure(errc::no_recipient, "An envelope for nobody.", from.offset(), "RFC 5652, 6.1");
    while(!from.at_end()) {
        if(e.recipients.size() == bounds.recipients)
            return failure(errc::too_many, "More than " + std::to_string(bounds.recipients) + " recipients.",
                           from.offset());
        SCEPKIT_CHECK(read_recipient(from, bounds, e.recipients));
    }
    return success();
}

result<void> read_iv(asn1::reader& algorithm, std::size_t offset, envelope& e)
{
    SCEPKIT_TRY(auto iv, algorithm.read_octet_string());
    SCEPKIT_CHECK(algorithm.finish());
    if(iv.size() != detail::iv_size_of(e.cipher))
        return failure(errc::algorithm_not_allowed,
                       "An IV of " + std::to_string(iv.size()) + " bytes for " + std::string(name_of(e.cipher)) + ".",
                       offset, "RFC 3565, 2.3.1");
    e.iv = to_bytes(iv);
    return success();
}

/// GCMParameters (RFC 5084, 3.2). The length of the tag is what they say, and 12 where they say nothing.
result<void> read_gcm_parameters(asn1::reader& algorithm, std::size_t offset, envelope& e)
{
    SCEPKIT_TRY(auto parameters, algorithm.enter(tag::sequence));
    SCEPKIT_CHECK(algorithm.finish());
    SCEPKIT_TRY(auto nonce, parameters.read_octet_string());
    std::int64_t tag_size = detail::shortest_tag;
    if(!parameters.at_end()) {
        SCEPKIT_TRY(tag_size, parameters.read_small_integer());
    }
    SCEPKIT_CHECK(parameters.finish());
    if(nonce.size() != detail::iv_size_of(e.cipher) || tag_size < std::int64_t{detail::shortest_tag} ||
       tag_size > std::int64_t{detail::full_tag})
        return failure(errc::algorithm_not_allowed,
                       std::string(name_of(e.cipher)) + " with a nonce of " + std::to_string(nonce.size()) +
                           " bytes and a tag of " + std::to_string(tag_size) + "; 12 and 12 to 16 are read.",
                       offset, "RFC 5084, 3.2");
    e.iv = to_bytes(nonce);
    e.tag_size = static_cast<std::size_t>(tag_size);
    return success();
}

result<void> read_cipher(asn1::reader& from, quirk_set allowed, envelope& e)
{
    auto const offset = from.offset();
    SCEPKIT_TRY(auto algorithm, from.enter(tag::sequence));
    SCEPKIT_TRY(auto id, algorithm.read_oid());
    auto const cipher = detail::content_cipher_of(id);
    // An authenticated cipher in an EnvelopedData would go unchecked, and the reverse would pretend a check.
    if(!cipher || is_authenticated(*cipher) != e.authenticated)
        return failure(errc::algorithm_not_allowed,
                       "Content encrypted with " + id.to_dotted() +
                           (e.authenticated ? "; AES-GCM is read here." : "; AES-CBC and, by leniency, DES are read."),
                       offset, e.authenticated ? "RFC 5084, 3.2" : "RFC 8894, 3.5.2");
    e.cipher = *cipher;
    auto const refusal = [&] {
        return failure(errc::algorithm_not_allowed,
                       "Content encrypted with " + std::string(name_of(e.cipher)) +
                           ", which this profile does not accept.",
                       offset, "RFC 8894, 2.9");
    };
    if(e.cipher == content_cipher::des_cbc)
        SCEPKIT_CHECK(detail::tolerate(quirk::single_des, allowed, e.tolerances, refusal()));
    if(e.cipher == content_cipher::des_ede3_cbc)
        SCEPKIT_CHECK(detail::tolerate(quirk::triple_des, allowed, e.tolerances, refusal()));
    return e.authenticated ? read_gcm_parameters(algorithm, offset, e) : read_iv(algorithm, offset, e);
}

/// [0] IMPLICIT OCTET STRING: whole, or in pieces, which the normaliser cannot know to be one string.
result<void> read_encrypted(asn1::reader& from, quirk_set allowed, envelope& e)
{
    auto const offset = from.offset();
    if(from.at_end())
        return failure(errc::content_missing, "The envelope is empty: its content was to come by other means.", offset,
                       "RFC 5652, 6.1");
    if(from.next_is(asn1::context_constructed(0))) {
        SCEPKIT_TRY(auto pieces, from.enter(asn1::context_constructed(0)));
        SCEPKIT_CHECK(detail::tolerate(quirk::ber_encoding, allowed, e.tolerances,
                                       failure(errc::not_der, "The encrypted content is in pieces (BER).", offset)));
        while(!pieces.at_end()) {
            SCEPKIT_TRY(auto piece, pieces.read_octet_string());
            e.encrypted_content.insert(e.encrypted_content.end(), piece.begin(), piece.end());
        }
    } else {
        SCEPKIT_TRY(auto whole, from.read(asn1::context(0)));
        e.encrypted_content = to_bytes(whole.content);
    }
    SCEPKIT_CHECK(from.finish());
    if(!e.authenticated && (e.encrypted_content.empty() || e.encrypted_content.size() % block_size_of(e.cipher) != 0))
        return failure(errc::bad_length,
                       "Encrypted content of " + std::to_string(e.encrypted_content.size()) +
                           " bytes: not a multiple of the cipher's block.",
                       offset, "RFC 5652, 6.3");
    return success();
}

/// authAttrs [1], as they are hashed: under the tag SET OF (RFC 5083, 2.2).
result<void> read_authenticated_attributes(asn1::reader& body, limits const& bounds, envelope& e)
{
    auto inside = body; // Looks into the element that `body` steps over.
    SCEPKIT_TRY(auto set, body.read_optional(asn1::context_constructed(1)));
    std::vector<attribute> found;
    if(set) {
        SCEPKIT_TRY(auto attributes, inside.enter(asn1::context_constructed(1)));
        bytes_view before;
        while(!attributes.at_end()) {
            auto const offset = attributes.offset();
            if(found.size() == bounds.attributes)
                return failure(errc::too_many,
                               "More than " + std::to_string(bounds.attributes) + " authenticated attributes.", offset);
            auto const rest = attributes.remaining();
            SCEPKIT_TRY(auto next, detail::read_attribute(attributes, bounds));
            auto const encoded = rest.first(rest.size() - attributes.remaining().size());
            if(std::ranges::any_of(found, [&](attribute const& a) { return a.type == next.type; }))
                return failure(errc::attribute_doubled, "Attribute " + next.type.to_dotted() + " is there twice.",
                               offset, "RFC 5083, 2.1");
            if(std::lexicographical_compare(encoded.begin(), encoded.end(), before.begin(), before.end()))
                return failure(errc::not_der, "The authenticated attributes are not in DER order.", offset,
                               "RFC 5083, 2.2");
            before = encoded;
            found.push_back(std::move(next));
        }
        e.authenticated_attributes = to_bytes(set->encoded);
        e.authenticated_attributes.front() = static_cast<std::uint8_t>(tag::set);
    }
    auto const type = std::ranges::find(found, asn1::oids::content_type, &attribute::type);
    if(type == found.end()) {
        if(e.content_type != asn1::oids::data)
            return failure(errc::attribute_missing, "The contentType attribute is missing.", body.offset(),
                           "RFC 5083, 2.1");
        return success();
    }
    auto const expected = asn1::encode([&](asn1::writer& w) { w.oid(e.content_type); });
    if(type->values.size() != 1 || type->values.front() != expected)
        return failure(errc::attribute_malformed, "The contentType attribute does not say what the content is.",
                       set->offset, "RFC 5083, 2.1");
    return success();
}

/// What comes behind the encrypted content of an AuthEnvelopedData.
result<void> read_authentication(asn1::reader& body, limits const& bounds, envelope& e)
{
    SCEPKIT_CHECK(read_authenticated_attributes(body, bounds, e));
    auto const offset = body.offset();
    SCEPKIT_TRY(auto mac, body.read_octet_string());
    // unauthAttrs: not protected by anything, so not looked at.
    SCEPKIT_CHECK(body.read_optional(asn1::context_constructed(2)));
    SCEPKIT_CHECK(body.finish());
    if(mac.size() != e.tag_size)
        return failure(errc::algorithm_not_allowed,
                       "A tag of " + std::to_string(mac.size()) + " bytes where the parameters say " +
                           std::to_string(e.tag_size) + ".",
                       offset, "RFC 5084, 3.2");
    e.mac = to_bytes(mac);
    return success();
}

result<void> check_version(std::int64_t version, std::size_t offset, bool authenticated)
{
    if(version == 0 || (!authenticated && (version == 2 || version == 3)))
        return success();
    if(authenticated)
        return failure(errc::bad_value, "An AuthEnvelopedData of version " + std::to_string(version) + "; 0 is read.",
                       offset, "RFC 5083, 2.1");
    return failure(errc::bad_value, "An EnvelopedData of version " + std::to_string(version) + "; 0, 2 and 3 are read.",
                   offset, "RFC 5652, 6.1");
}

result<envelope> read(bytes_view message, quirk_set allowed, limits const& bounds)
{
    envelope e;
    SCEPKIT_TRY(auto info, detail::read_content_info(message, bounds));
    e.authenticated = info.type == asn1::oids::auth_enveloped_data;
    if(!e.authenticated && info.type != asn1::oids::enveloped_data)
        return detail::wrong_content_type(info, asn1::oids::enveloped_data);
    if(e.authenticated)
        SCEPKIT_CHECK(detail::tolerate(quirk::authenticated_envelope, allowed, e.tolerances,
                                       detail::wrong_content_type(info, asn1::oids::enveloped_data)));
    SCEPKIT_TRY(auto body, info.enter());
    auto const version_offset = body.offset();
    SCEPKIT_TRY(auto version, body.read_small_integer());
    SCEPKIT_CHECK(check_version(version, version_offset, e.authenticated));
    auto const originator_offset = body.offset();
    SCEPKIT_TRY(auto originator_info, body.read_optional(asn1::context_constructed(0)));
    SCEPKIT_TRY(auto recipients, body.enter(tag::set));
    SCEPKIT_TRY(auto content_info, body.enter(tag::sequence));

    SCEPKIT_TRY(e.content_type, content_info.read_oid());
    SCEPKIT_CHECK(read_cipher(content_info, allowed, e));
    SCEPKIT_CHECK(read_recipients(recipients, bounds, e));
    if(originator_info &&
       std::ranges::none_of(e.recipients, [](recipient const& r) { return r.type == recipient::kind::key_agreement; }))
        return failure(errc::unexpected_tag, "originatorInfo belongs to key agreement, and there is none.",
                       originator_offset, "RFC 5652, 6.1");
    SCEPKIT_CHECK(read_encrypted(content_info, allowed, e));
    if(e.authenticated) {
        SCEPKIT_CHECK(read_authentication(body, bounds, e));
        return e;
    }
    // unprotectedAttrs: not protected by anything, so not looked at.
    SCEPKIT_CHECK(body.read_optional(asn1::context_constructed(1)));
    SCEPKIT_CHECK(body.finish());
    return e;
}

} // namespace

result<enveloped_data> enveloped_data::parse(bytes_view message, quirk_set allowed, limits const& bounds)
{
    auto read_once =
        detail::read_der_or_ber(message, allowed, bounds, [&](bytes_view der) { return read(der, allowed, bounds); });
    if(!read_once)
        return read_once.error().in("cms");
    enveloped_data parsed;
    parsed.recipients_ = std::move(read_once->recipients);
    parsed.cipher_ = read_once->cipher;
    parsed.iv_ = std::move(read_once->iv);
    parsed.tag_ = std::move(read_once->mac);
    parsed.authenticated_attributes_ = std::move(read_once->authenticated_attributes);
    parsed.encrypted_content_ = std::move(read_once->encrypted_content);
    parsed.tolerances_ = read_once->tolerances;
    return parsed;
}

} // namespace scepkit::inline v0::cms
