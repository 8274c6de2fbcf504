// SPDX-License-Identifier: BSL-1.0
#include <scepkit/cms/signed_data.hpp>

#include <base/try.hpp>
#include <cms/detail/reading.hpp>
#include <scepkit/asn1/oids.hpp>
#include <scepkit/asn1/writer.hpp>

#include <algorithm>

namespace scepkit::inline v0::cms {

using asn1::tag;
using detail::failure;

namespace {

attribute make_attribute(asn1::oid const& type, bytes value)
{
    attribute a{.type = type, .values = {}};
    a.values.push_back(std::move(value));
    return a;
}

bytes encode(attribute const& a)
{
    return asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.oid(a.type);
            w.set_of(a.values);
        });
    });
}

result<void> check(signing_input const& input, pki::certificate const& signer, pki::private_key const& key)
{
    if(input.digest == pki::digest_algorithm::md5)
        return failure(errc::algorithm_not_allowed, "MD5 signatures are read, never made.", {}, "RFC 8894, 2.9");
    SCEPKIT_TRY(auto certified, signer.key());
    if(!pki::can_sign(key.kind()))
        return failure(errc::key_not_allowed, "An ML-KEM key signs nothing.");
    auto const scheme = input.scheme.value_or(key.default_scheme());
    if(!pki::fits(scheme, key.kind()))
        return failure(errc::invalid_argument,
                       "The signature scheme is not one of a " + std::string(pki::name_of(key.kind())) + " key.");
    if(scheme == pki::signature_scheme::ml_dsa && input.digest == pki::digest_algorithm::sha1)
        return failure(errc::algorithm_not_allowed, "ML-DSA over attributes with SHA-1.", {}, "RFC 9882, 3.3");
    if(certified != key.public_key())
        return failure(errc::invalid_argument, "The private key is not the one of the signer's certificate.");
    for(auto a = input.attributes.begin(); a != input.attributes.end(); ++a) {
        if(a->type == asn1::oids::content_type || a->type == asn1::oids::message_digest || a->values.empty())
            return failure(errc::invalid_argument,
                           "contentType and messageDigest are added here, and an attribute has at least one value.");
        if(std::any_of(input.attributes.begin(), a, [&](attribute const& b) { return b.type == a->type; }))
            return failure(errc::invalid_argument, "Attribute " + a->type.to_dotted() + " is given twice.");
    }
    return success();
}

/// The attributes as they are hashed: a sorted SET OF (RFC 5652, 5.4).
bytes signed_attributes(signing_input const& input, bytes_view digest)
{
    std::vector<bytes> encodings;
    encodings.reserve(2 + input.attributes.size());
    encodings.push_back(encode(
        make_attribute(asn1::oids::content_type, asn1::encode([&](asn1::writer& w) { w.oid(input.content_type); }))));
    encodings.push_back(encode(make_octet_attribute(asn1::oids::message_digest, digest)));
    for(auto const& a : input.attributes)
        encodings.push_back(encode(a));
    return asn1::encode([&](asn1::writer& w) { w.set_of(std::move(encodings)); });
}

// rsaEncryption rather than sha256WithRSAEncryption: RFC 3370 allows both, and this is what NDES and OpenSSL write and
// every reader of this field knows.
void write_signer_algorithm(asn1::writer& to, pki::signature_scheme scheme, pki::digest_algorithm digest,
                            pki::key_kind kind)
{
    if(scheme == pki::signature_scheme::rsa_pkcs1_v1_5)
        to.algorithm(asn1::oids::rsa_encryption, true);
    else
        pki::write_signature_algorithm(to, scheme, digest, kind);
}

} // namespace

attribute make_text_attribute(asn1::oid const& type, std::string_view text)
{
    return make_attribute(type, asn1::encode([&](asn1::writer& w) { w.string(tag::printable_string, text); }));
}

attribute make_octet_attribute(asn1::oid const& type, bytes_view octets)
{
    return make_attribute(type, asn1::encode([&](asn1::writer& w) { w.octet_string(octets); }));
}

result<bytes> sign(signing_input const& input, pki::certificate const& signer, pki::private_key const& key,
                   pki::crypto_context const& context)
{
    SCEPKIT_CHECK(check(input, signer, key));
    SCEPKIT_TRY(auto digest, context.digest(input.digest, input.content.value_or(bytes_view{})));
    auto attributes = signed_attributes(input, digest);
    auto const scheme = input.scheme.value_or(key.default_scheme());
    SCEPKIT_TRY(auto signature, key.sign(scheme, input.digest, attributes));
    attributes.front() = static_cast<std::uint8_t>(asn1::context_constructed(0));

    constexpr std::size_t headers = 256; // Versions, algorithms, tags and lengths.
    auto room = headers + input.content.value_or(bytes_view{}).size() + signer.issuer().der().size() +
                attributes.size() + signature.size();
    for(auto const& c : input.certificates)
        room += c.der().size();
    asn1::writer w(room);
    w.sequence([&] {
        w.oid(asn1::oids::signed_data);
        w.constructed(asn1::context_constructed(0), [&] {
            w.sequence([&] {
                w.integer(input.content_type == asn1::oids::data ? 1 : 3); // RFC 5652, 5.1
                w.set([&] { pki::write_digest_algorithm(w, input.digest); });
                w.sequence([&] {
                    w.oid(input.content_type);
                    if(input.content)
                        w.constructed(asn1::context_constructed(0), [&] { w.octet_string(*input.content); });
                });
                if(!input.certificates.empty())
                    w.constructed(asn1::context_constructed(0), [&] {
                        for(auto const& c : input.certificates)
                            w.raw(c.der());
                    });
                w.set([&] {
                    w.sequence([&] {
                        w.integer(1);
                        detail::write_issuer_and_serial(w, signer);
                        pki::write_digest_algorithm(w, input.digest);
                        w.raw(attributes);
                        write_signer_algorithm(w, scheme, input.digest, key.kind());
                        w.octet_string(signature);
                    });
                });
            });
        });
    });
    return std::move(w).take();
}

} // namespace scepkit::inline v0::cms
