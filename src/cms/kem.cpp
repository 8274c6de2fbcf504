// SPDX-License-Identifier: BSL-1.0
#include <cms/detail/kem.hpp>

#include <base/try.hpp>
#include <cms/detail/key_derivation.hpp>
#include <cms/detail/key_wrap.hpp>
#include <cms/detail/reading.hpp>
#include <pki/detail/post_quantum.hpp>

#include <gsl/gsl>

namespace scepkit::inline v0::cms::detail {

using asn1::tag;

namespace {

constexpr asn1::oid ori_kem{"1.2.840.113549.1.9.16.13.3"};
constexpr asn1::oid hkdf_with_sha256{"1.2.840.113549.1.9.16.3.28"};

/// The identifier of an algorithm that takes no parameters; nothing where it has some.
result<std::optional<asn1::oid>> read_plain_algorithm(asn1::reader& from)
{
    SCEPKIT_TRY(auto algorithm, from.enter(tag::sequence));
    SCEPKIT_TRY(auto id, algorithm.read_oid());
    if(!algorithm.at_end())
        return std::optional<asn1::oid>{};
    return std::optional(id);
}

/// CMSORIforKEMOtherInfo (RFC 9629, 5).
bytes other_info(key_wrap wrap, std::optional<bytes> const& ukm)
{
    return asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.raw(encode_key_wrap(wrap));
            w.integer(gsl::narrow<std::int64_t>(kek_size_of(wrap)));
            if(ukm)
                w.constructed(asn1::context_constructed(0), [&] { w.octet_string(*ukm); });
        });
    });
}

result<recipient> read_kem(asn1::reader& info, limits const& bounds)
{
    recipient r;
    r.type = recipient::kind::kem;
    auto const version_offset = info.offset();
    SCEPKIT_TRY(auto version, info.read_small_integer());
    if(version != 0)
        return failure(errc::bad_value, "A KEMRecipientInfo of version " + std::to_string(version) + ".",
                       version_offset, "RFC 9629, 3");
    SCEPKIT_TRY(r.identifier, read_identifier(info, bounds));
    SCEPKIT_TRY(auto kem, read_plain_algorithm(info));
    SCEPKIT_TRY(auto ciphertext, info.read_octet_string());
    SCEPKIT_TRY(auto kdf, read_plain_algorithm(info));
    SCEPKIT_TRY(auto kek_size, info.read_small_integer());
    SCEPKIT_TRY(auto ukm, info.enter_optional(asn1::context_constructed(0)));
    recipient::kem_info found{.kem = {}, .ciphertext = to_bytes(ciphertext), .wrap = {}, .ukm = std::nullopt};
    if(ukm) {
        SCEPKIT_TRY(auto octets, ukm->read_octet_string());
        SCEPKIT_CHECK(ukm->finish());
        found.ukm = to_bytes(octets);
    }
    SCEPKIT_TRY(auto wrap, read_key_wrap(info));
    SCEPKIT_TRY(auto encrypted_key, info.read_octet_string());
    SCEPKIT_CHECK(info.finish());
    r.encrypted_key = to_bytes(encrypted_key);

    auto const kind = kem ? pki::detail::kind_of(*kem) : std::nullopt;
    bool const right_kdf = kdf && *kdf == hkdf_with_sha256;
    // AES alone, and without parameters: the derivation hashes this identifier in the one form it has.
    bool const right_wrap = wrap.wrap && *wrap.wrap != key_wrap::des_ede3 && !wrap.has_parameters &&
                            kek_size == gsl::narrow<std::int64_t>(kek_size_of(*wrap.wrap));
    if(kind && pki::is_ml_kem(*kind) && right_kdf && right_wrap) {
        found.kem = *kind;
        found.wrap = *wrap.wrap;
        r.kem = std::move(found);
    }
    return r;
}

} // namespace

result<recipient> read_other(asn1::reader& from, limits const& bounds)
{
    SCEPKIT_TRY(auto info, from.enter(asn1::context_constructed(4)));
    SCEPKIT_TRY(auto type, info.read_oid());
    if(type != ori_kem) {
        recipient r;
        r.type = recipient::kind::other;
        return r;
    }
    SCEPKIT_TRY(auto value, info.enter(tag::sequence));
    SCEPKIT_CHECK(info.finish());
    return read_kem(value, bounds);
}

result<void> check_kem(recipient const& entry, pki::public_key const& own, quirk_set allowed, quirk_set& noted)
{
    SCEPKIT_CHECK(
        tolerate(quirk::kem_recipient, allowed, noted,
                 failure(errc::algorithm_not_allowed,
                         "The content key comes by ML-KEM, which this profile does not accept.", {}, "RFC 9629")));
    if(!entry.kem || entry.kem->kem != own.kind())
        return failure(errc::algorithm_not_allowed,
                       "A key encapsulation that is not read: the recipient's ML-KEM with HKDF-SHA256 and AES key "
                       "wrap is.",
                       {}, "RFC 9936, 2");
    return success();
}

result<secret_bytes> open_kem(recipient const& entry, pki::decrypter const& key, std::size_t content_key_size,
                              pki::crypto_context const& context)
{
    auto const& kem = *entry.kem;
    SCEPKIT_TRY(auto secret, key.decapsulate(kem.ciphertext));
    SCEPKIT_TRY(auto kek, hkdf_sha256(context, secret.view(), other_info(kem.wrap, kem.ukm), kek_size_of(kem.wrap)));
    return unwrap_key(context, kem.wrap, kek.view(), entry.encrypted_key, content_key_size);
}

result<bytes> seal_kem(pki::certificate const& to, pki::public_key const& key, seal_options const& options,
                       bytes_view content_key, pki::crypto_context const& context)
{
    Expects(pki::is_ml_kem(key.kind()));
    SCEPKIT_TRY(auto wrap, wrap_for(options.cipher));
    // Triple DES has 24 bytes of key as AES-192 has.
    if(wrap == key_wrap::des_ede3)
        wrap = key_wrap::aes192;
    SCEPKIT_TRY(auto encapsulation, key.encapsulate());
    SCEPKIT_TRY(auto kek,
                hkdf_sha256(context, encapsulation.secret.view(), other_info(wrap, std::nullopt), kek_size_of(wrap)));
    SCEPKIT_TRY(auto wrapped, wrap_key(context, wrap, kek.view(), content_key));

    return asn1::encode([&](asn1::writer& w) {
        w.constructed(asn1::context_constructed(4), [&] {
            w.oid(ori_kem);
            w.sequence([&] {
                w.integer(0);
                write_issuer_and_serial(w, to);
                w.algorithm(pki::detail::oid_of(key.kind()), false);
                w.octet_string(encapsulation.ciphertext);
                w.algorithm(hkdf_with_sha256, false);
                w.integer(gsl::narrow<std::int64_t>(kek_size_of(wrap)));
                w.raw(encode_key_wrap(wrap));
                w.octet_string(wrapped);
            });
        });
    });
}

} // namespace scepkit::inline v0::cms::detail
