// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/certificate.hpp>

#include <base/try.hpp>
#include <pki/detail/errors.hpp>
#include <pki/detail/keys.hpp>

#include <algorithm>

namespace scepkit::inline v0::pki {
namespace {

void write_tbs(asn1::writer& w, certificate_template const& content, public_key const& subject_key,
               name const& issuer_name, signature_scheme scheme, key_kind kind)
{
    w.sequence([&] {
        if(!content.extensions.empty())
            w.constructed(asn1::context_constructed(0), [&] { w.integer(2); });
        w.unsigned_integer(content.serial);
        write_signature_algorithm(w, scheme, content.digest, kind);
        w.raw(issuer_name.der());
        w.sequence([&] {
            w.time(content.not_before);
            w.time(content.not_after);
        });
        w.raw(content.subject.der());
        w.raw(subject_key.spki());
        if(!content.extensions.empty())
            w.constructed(asn1::context_constructed(3), [&] {
                w.sequence([&] {
                    for(auto const& e : content.extensions)
                        write(w, e);
                });
            });
    });
}

constexpr std::size_t ordinary_size = 1024;

} // namespace

result<certificate> make_certificate(certificate_template const& content, public_key const& subject_key,
                                     name const& issuer_name, private_key const& issuer_key)
{
    // RFC 5280, 4.1.2.2: positive, 20 octets at most, the sign's included.
    bool const zero = std::ranges::all_of(content.serial, [](std::uint8_t b) { return b == 0; });
    bool const too_long = content.serial.size() > 20 || (content.serial.size() == 20 && content.serial[0] >= 0x80);
    if(zero || too_long)
        return detail::fail(errc::invalid_argument, "a serial number must be positive and fit 20 octets");
    if(content.not_after < content.not_before)
        return detail::fail(errc::invalid_argument, "a certificate that ends before it begins");

    if(!can_sign(issuer_key.kind()))
        return detail::fail(errc::key_not_allowed, "an ML-KEM key signs nothing");
    auto const scheme = issuer_key.default_scheme();
    auto const tbs = asn1::encode(
        [&](asn1::writer& w) { write_tbs(w, content, subject_key, issuer_name, scheme, issuer_key.kind()); },
        ordinary_size);
    SCEPKIT_TRY(auto const signature, issuer_key.sign(scheme, content.digest, tbs));
    auto const der = asn1::encode(
        [&](asn1::writer& w) {
            w.sequence([&] {
                w.raw(tbs);
                write_signature_algorithm(w, scheme, content.digest, issuer_key.kind());
                w.bit_string(signature);
            });
        },
        ordinary_size);
    return certificate::from_der(der, {}, subject_key.native().context);
}

result<bytes> key_identifier(public_key const& key)
{
    asn1::reader input(key.spki());
    SCEPKIT_TRY(auto inside, input.enter(asn1::tag::sequence));
    SCEPKIT_CHECK(inside.read(asn1::tag::sequence));
    SCEPKIT_TRY(auto const bits, inside.read_bit_string());
    return key.native().context.digest(digest_algorithm::sha1, bits);
}

} // namespace scepkit::inline v0::pki
