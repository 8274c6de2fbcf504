// SPDX-License-Identifier: BSL-1.0
#include <cms/detail/key_agreement.hpp>

#include <base/try.hpp>
#include <cms/detail/key_derivation.hpp>
#include <cms/detail/key_wrap.hpp>
#include <cms/detail/reading.hpp>
#include <pki/detail/keys.hpp>
#include <scepkit/asn1/oids.hpp>

#include <algorithm>

namespace scepkit::inline v0::cms::detail {

using asn1::tag;
using pki::digest_algorithm;

namespace {

struct scheme_facts {
    asn1::oid id;
    digest_algorithm digest;
    bool cofactor;
};
constexpr scheme_facts schemes[] = {
    {asn1::oid{"1.3.133.16.840.63.0.2"}, digest_algorithm::sha1, false},
    {asn1::oid{"1.3.132.1.11.1"}, digest_algorithm::sha256, false},
    {asn1::oid{"1.3.132.1.11.2"}, digest_algorithm::sha384, false},
    {asn1::oid{"1.3.132.1.11.3"}, digest_algorithm::sha512, false},
    {asn1::oid{"1.3.133.16.840.63.0.3"}, digest_algorithm::sha1, true},
    {asn1::oid{"1.3.132.1.14.1"}, digest_algorithm::sha256, true},
    {asn1::oid{"1.3.132.1.14.2"}, digest_algorithm::sha384, true},
    {asn1::oid{"1.3.132.1.14.3"}, digest_algorithm::sha512, true},
};

asn1::oid curve_of(pki::key_kind kind)
{
    switch(kind) {
    case pki::key_kind::ec_p384: return asn1::oids::secp384r1;
    case pki::key_kind::ec_p521: return asn1::oids::secp521r1;
    default: return asn1::oids::secp256r1;
    }
}

/// originator [0]: the ephemeral key. False: another kind of originator, or a key of another kind.
result<bool> read_originator(asn1::reader& info, recipient::agreement& into)
{
    SCEPKIT_TRY(auto choice, info.enter(asn1::context_constructed(0)));
    if(!choice.next_is(asn1::context_constructed(1))) {
        // A certificate's key: static-static, which nobody in this field does.
        SCEPKIT_CHECK(choice.read_any());
        SCEPKIT_CHECK(choice.finish());
        return false;
    }
    SCEPKIT_TRY(auto whole, choice.read(asn1::context_constructed(1)));
    SCEPKIT_CHECK(choice.finish());
    SCEPKIT_TRY(auto key, choice.inside(whole));
    SCEPKIT_TRY(auto algorithm, key.enter(tag::sequence));
    SCEPKIT_TRY(auto point, key.read_bit_string());
    SCEPKIT_CHECK(key.finish());
    SCEPKIT_TRY(auto id, algorithm.read_oid());
    into.originator_point = to_bytes(point);
    // RFC 5753, 3.1.1: absent or a curve; NULL is what its predecessor wanted and NDES writes.
    if(algorithm.next_is(tag::null)) {
        SCEPKIT_CHECK(algorithm.read_null());
        SCEPKIT_CHECK(algorithm.finish());
        into.null_curve = true;
    } else if(!algorithm.at_end()) {
        into.originator_spki = to_bytes(whole.encoded);
        into.originator_spki->front() = static_cast<std::uint8_t>(tag::sequence);
    }
    return id == asn1::oids::ec_public_key;
}

/// KeyAgreeRecipientIdentifier: as elsewhere, but the key identifier is in a SEQUENCE [0] with a date and more.
result<certificate_identifier> read_agreement_identifier(asn1::reader& from, limits const& bounds)
{
    if(!from.next_is(asn1::context_constructed(0)))
        return read_identifier(from, bounds);
    certificate_identifier id;
    SCEPKIT_TRY(auto inside, from.enter(asn1::context_constructed(0)));
    SCEPKIT_TRY(auto key_id, inside.read_octet_string());
    SCEPKIT_CHECK(inside.read_optional(tag::generalized_time));
    SCEPKIT_CHECK(inside.read_optional(tag::sequence));
    SCEPKIT_CHECK(inside.finish());
    id.key_id = to_bytes(key_id);
    return id;
}

/// Reads the algorithm into `into`; false for one that is refused here.
result<bool> read_scheme(asn1::reader& info, recipient::agreement& into)
{
    SCEPKIT_TRY(auto algorithm, info.enter(tag::sequence));
    SCEPKIT_TRY(auto id, algorithm.read_oid());
    auto const known = std::ranges::find(schemes, id, &scheme_facts::id);
    if(known == std::end(schemes))
        return false;
    auto wrap = read_key_wrap(algorithm);
    if(!wrap || !algorithm.finish() || !wrap->wrap)
        return false;
    into.kdf_digest = known->digest;
    into.cofactor = known->cofactor;
    into.wrap = *wrap->wrap;
    into.wrap_algorithm_der = std::move(wrap->der);
    return true;
}

/// ECC-CMS-SharedInfo (RFC 5753, 7.2).
bytes shared_info(bytes_view wrap_algorithm, std::optional<bytes> const& ukm, std::size_t kek_size)
{
    auto const bits = static_cast<std::uint32_t>(kek_size * 8);
    bytes const length{static_cast<std::uint8_t>(bits >> 24), static_cast<std::uint8_t>(bits >> 16),
                       static_cast<std::uint8_t>(bits >> 8), static_cast<std::uint8_t>(bits)};
    return asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.raw(wrap_algorithm);
            if(ukm)
                w.constructed(asn1::context_constructed(0), [&] { w.octet_string(*ukm); });
            w.constructed(asn1::context_constructed(2), [&] { w.octet_string(length); });
        });
    });
}

bytes with_curve_of(pki::key_kind kind, bytes_view point)
{
    return asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.sequence([&] {
                w.oid(asn1::oids::ec_public_key);
                w.oid(curve_of(kind));
            });
            w.bit_string(point);
        });
    });
}

} // namespace

result<void> read_key_agreement(asn1::reader& from, limits const& bounds, std::vector<recipient>& into)
{
    SCEPKIT_TRY(auto info, from.enter(asn1::context_constructed(1)));
    auto const version_offset = info.offset();
    SCEPKIT_TRY(auto version, info.read_small_integer());
    if(version != 3)
        return failure(errc::bad_value, "A KeyAgreeRecipientInfo of version " + std::to_string(version) + ".",
                       version_offset, "RFC 5652, 6.2.2");
    recipient::agreement agreement;
    SCEPKIT_TRY(bool const ephemeral, read_originator(info, agreement));
    SCEPKIT_TRY(auto ukm, info.enter_optional(asn1::context_constructed(1)));
    if(ukm) {
        SCEPKIT_TRY(auto octets, ukm->read_octet_string());
        SCEPKIT_CHECK(ukm->finish());
        agreement.ukm = to_bytes(octets);
    }
    SCEPKIT_TRY(bool const known, read_scheme(info, agreement));
    SCEPKIT_TRY(auto keys, info.enter(tag::sequence));
    SCEPKIT_CHECK(info.finish());
    if(keys.at_end())
        return failure(errc::no_recipient, "A key agreement with nobody.", keys.offset(), "RFC 5652, 6.2.2");
    while(!keys.at_end()) {
        if(into.size() == bounds.recipients)
            return failure(errc::too_many, "More than " + std::to_string(bounds.recipients) + " recipients.",
                           keys.offset());
        recipient r;
        r.type = recipient::kind::key_agreement;
        SCEPKIT_TRY(auto one, keys.enter(tag::sequence));
        SCEPKIT_TRY(r.identifier, read_agreement_identifier(one, bounds));
        SCEPKIT_TRY(auto encrypted_key, one.read_octet_string());
        SCEPKIT_CHECK(one.finish());
        r.encrypted_key = to_bytes(encrypted_key);
        if(ephemeral && known)
            r.key_agreement = agreement;
        into.push_back(std::move(r));
    }
    return success();
}

result<pki::public_key> check_key_agreement(recipient const& entry, pki::public_key const& own, quirk_set allowed,
                                            quirk_set& noted)
{
    SCEPKIT_CHECK(tolerate(quirk::key_agreement, allowed, noted,
                           failure(errc::algorithm_not_allowed,
                                   "The content key is agreed upon by ECDH, which this profile does not accept.", {},
                                   "RFC 5753")));
    if(!entry.key_agreement)
        return failure(errc::algorithm_not_allowed,
                       "A key agreement that is not read: ephemeral ECDH with SHA-1 or SHA-2 and a key wrap is.", {},
                       "RFC 5753, 7.1");
    auto const& agreement = *entry.key_agreement;
    if(agreement.null_curve)
        SCEPKIT_CHECK(tolerate(quirk::key_agreement_null_curve, allowed, noted,
                               failure(errc::algorithm_not_allowed,
                                       "The originator's key has NULL for a curve, which this profile does not accept.",
                                       {}, "RFC 5753, 3.1.1")));
    auto const spki =
        agreement.originator_spki ? *agreement.originator_spki : with_curve_of(own.kind(), agreement.originator_point);
    auto originator = pki::public_key::from_spki(spki, {}, own.native().context);
    if(!originator || originator->kind() != own.kind())
        return failure(errc::algorithm_not_allowed,
                       "The originator's key is not one of the curve " + std::string(pki::name_of(own.kind())) + ".",
                       {}, "RFC 5753, 3.1.1");
    return originator;
}

result<secret_bytes> open_key_agreement(recipient const& entry, pki::public_key const& originator,
                                        pki::decrypter const& key, std::size_t content_key_size,
                                        pki::crypto_context const& context)
{
    auto const& agreement = *entry.key_agreement;
    auto const size = kek_size_of(agreement.wrap);
    SCEPKIT_TRY(auto secret, key.agree(originator));
    SCEPKIT_TRY(auto kek, x963(context, agreement.kdf_digest, secret.view(),
                               shared_info(agreement.wrap_algorithm_der, agreement.ukm, size), size));
    return unwrap_key(context, agreement.wrap, kek.view(), entry.encrypted_key, content_key_size);
}

result<bytes> seal_key_agreement(pki::certificate const& to, pki::public_key const& key, seal_options const& options,
                                 bytes_view content_key, pki::crypto_context const& context)
{
    auto const scheme = std::ranges::find(schemes, options.agreement_digest, &scheme_facts::digest);
    if(scheme == std::end(schemes))
        return failure(errc::invalid_argument,
                       "No key agreement uses " + std::string(pki::name_of(options.agreement_digest)) + ".");
    SCEPKIT_TRY(auto wrap, wrap_for(options.cipher));
    SCEPKIT_TRY(auto ephemeral, pki::private_key::generate(key.kind(), 0, context));
    SCEPKIT_TRY(auto secret, ephemeral.agree(key));
    auto const size = kek_size_of(wrap);
    auto const wrap_algorithm = encode_key_wrap(wrap);
    SCEPKIT_TRY(auto kek, x963(context, options.agreement_digest, secret.view(),
                               shared_info(wrap_algorithm, std::nullopt, size), size));
    SCEPKIT_TRY(auto wrapped, wrap_key(context, wrap, kek.view(), content_key));

    return asn1::encode([&](asn1::writer& w) {
        w.constructed(asn1::context_constructed(1), [&] {
            w.integer(3);
            w.constructed(asn1::context_constructed(0), [&] {
                w.constructed(asn1::context_constructed(1), [&] {
                    w.sequence([&] {
                        w.oid(asn1::oids::ec_public_key);
                        if(options.agreement_null_curve)
                            w.null();
                        else
                            w.oid(curve_of(key.kind()));
                    });
                    w.bit_string(ephemeral.public_key().native().point);
                });
            });
            w.sequence([&] {
                w.oid(scheme->id);
                w.raw(wrap_algorithm);
            });
            w.sequence([&] {
                w.sequence([&] {
                    write_issuer_and_serial(w, to);
                    w.octet_string(wrapped);
                });
            });
        });
    });
}

} // namespace scepkit::inline v0::cms::detail
