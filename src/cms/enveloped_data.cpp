// SPDX-License-Identifier: BSL-1.0
#include <scepkit/cms/enveloped_data.hpp>

#include <base/try.hpp>
#include <cms/detail/content_encryption.hpp>
#include <cms/detail/key_transport.hpp>
#include <cms/detail/reading.hpp>
#include <scepkit/asn1/oids.hpp>

namespace scepkit::inline v0::cms {

using asn1::tag;
using detail::failure;

namespace {

struct envelope {
    std::vector<recipient> recipients;
    content_cipher cipher{};
    bytes iv;
    bytes encrypted_content;
    quirk_set tolerances;
};

recipient::kind kind_of(asn1::tag t) noexcept
{
    if(t == tag::sequence)
        return recipient::kind::key_transport;
    if(t == asn1::context_constructed(1))
        return recipient::kind::key_agreement;
    if(t == asn1::context_constructed(2))
        return recipient::kind::key_encryption;
    if(t == asn1::context_constructed(3))
        return recipient::kind::password;
    return recipient::kind::other;
}

result<recipient> read_recipient(asn1::reader& from, limits const& bounds)
{
    recipient r;
    r.type = kind_of(from.peek().value_or(tag::sequence));
    if(r.type != recipient::kind::key_transport) {
        SCEPKIT_CHECK(from.read_any());
        return r;
    }
    SCEPKIT_TRY(auto info, from.enter(tag::sequence));
    auto const version_offset = info.offset();
    SCEPKIT_TRY(auto version, info.read_small_integer());
    // 0 with issuer and serial, 2 with a key identifier; a client that mixes them exists, and nothing depends on it.
    if(version != 0 && version != 2)
        return failure(errc::bad_value, "A KeyTransRecipientInfo of version " + std::to_string(version) + ".",
                       version_offset, "RFC 5652, 6.2.1");
    SCEPKIT_TRY(r.identifier, detail::read_identifier(info, bounds));
    SCEPKIT_TRY(auto algorithm, detail::read_transport(info));
    r.transport = algorithm.transport;
    r.oaep_empty_parameters = algorithm.empty_parameters;
    SCEPKIT_TRY(auto encrypted_key, info.read_octet_string());
    SCEPKIT_CHECK(info.finish());
    r.encrypted_key = to_bytes(encrypted_key);
    return r;
}

result<void> read_recipients(asn1::reader from, limits const& bounds, envelope& e)
{
    if(from.at_end())
        return failure(errc::no_recipient, "An envelope for nobody.", from.offset(), "RFC 5652, 6.1");
    while(!from.at_end()) {
        if(e.recipients.size() == bounds.recipients)
            return failure(errc::too_many, "More than " + std::to_string(bounds.recipients) + " recipients.",
                           from.offset());
        SCEPKIT_TRY(auto next, read_recipient(from, bounds));
        e.recipients.push_back(std::move(next));
    }
    return success();
}

result<void> read_cipher(asn1::reader& from, quirk_set allowed, envelope& e)
{
    auto const offset = from.offset();
    SCEPKIT_TRY(auto algorithm, from.enter(tag::sequence));
    SCEPKIT_TRY(auto id, algorithm.read_oid());
    auto const cipher = detail::content_cipher_of(id);
    if(!cipher)
        return failure(errc::algorithm_not_allowed,
                       "Content encrypted with " + id.to_dotted() + "; AES-CBC and, by leniency, DES are read.", offset,
                       "RFC 8894, 3.5.2");
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
    SCEPKIT_TRY(auto iv, algorithm.read_octet_string());
    SCEPKIT_CHECK(algorithm.finish());
    if(iv.size() != block_size_of(e.cipher))
        return failure(errc::algorithm_not_allowed,
                       "An IV of " + std::to_string(iv.size()) + " bytes for " + std::string(name_of(e.cipher)) + ".",
                       offset, "RFC 3565, 2.3.1");
    e.iv = to_bytes(iv);
    return success();
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
    if(e.encrypted_content.empty() || e.encrypted_content.size() % block_size_of(e.cipher) != 0)
        return failure(errc::bad_length,
                       "Encrypted content of " + std::to_string(e.encrypted_content.size()) +
                           " bytes: not a multiple of the cipher's block.",
                       offset, "RFC 5652, 6.3");
    return success();
}

result<envelope> read(bytes_view message, quirk_set allowed, limits const& bounds)
{
    envelope e;
    SCEPKIT_TRY(auto body, detail::enter_content(message, asn1::oids::enveloped_data, bounds));
    auto const version_offset = body.offset();
    SCEPKIT_TRY(auto version, body.read_small_integer());
    if(version != 0 && version != 2 && version != 3)
        return failure(errc::bad_value,
                       "An EnvelopedData of version " + std::to_string(version) + "; 0, 2 and 3 are read.",
                       version_offset, "RFC 5652, 6.1");
    if(body.next_is(asn1::context_constructed(0)))
        return failure(errc::unexpected_tag, "originatorInfo belongs to key agreement, which is not read.",
                       body.offset(), "RFC 5652, 6.1");
    SCEPKIT_TRY(auto recipients, body.enter(tag::set));
    SCEPKIT_TRY(auto content_info, body.enter(tag::sequence));
    // unprotectedAttrs: not protected by anything, so not looked at.
    SCEPKIT_CHECK(body.read_optional(asn1::context_constructed(1)));
    SCEPKIT_CHECK(body.finish());

    SCEPKIT_CHECK(content_info.read_oid());
    SCEPKIT_CHECK(read_cipher(content_info, allowed, e));
    SCEPKIT_CHECK(read_recipients(recipients, bounds, e));
    SCEPKIT_CHECK(read_encrypted(content_info, allowed, e));
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
    parsed.encrypted_content_ = std::move(read_once->encrypted_content);
    parsed.tolerances_ = read_once->tolerances;
    return parsed;
}

} // namespace scepkit::inline v0::cms
