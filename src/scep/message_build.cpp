// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/message.hpp>

#include <base/try.hpp>
#include <scepkit/asn1/reader.hpp>

#include <algorithm>

namespace scepkit::inline v0::scep {

namespace {

error misuse(std::string message)
{
    return {errc::invalid_argument,
            diagnostics{.message = std::move(message), .layer = "scep", .reference = "RFC 8894, 3.2.1"}};
}

cms::attribute utf8_attribute(asn1::oid const& type, std::string_view text)
{
    return {type, {asn1::encode([&](asn1::writer& w) { w.string(asn1::tag::utf8_string, text); })}};
}

template <class Enum>
std::string number(Enum value)
{
    return std::to_string(static_cast<int>(value));
}

} // namespace

result<bytes> build_message(outgoing_message const& message, pki::certificate const& signer,
                            pki::private_key const& key)
{
    namespace oids = asn1::oids;
    auto const& a = message.attributes;
    if(a.transaction_id.empty() || !asn1::is_printable_string(a.transaction_id))
        return misuse("transactionID must be text that a PrintableString can hold");
    if(a.sender_nonce.empty())
        return misuse("a message needs a senderNonce");

    std::vector<cms::attribute> attributes;
    auto const add_text = [&](asn1::oid const& type, std::string_view text) {
        attributes.push_back(cms::make_text_attribute(type, text));
    };
    add_text(oids::message_type, number(a.message_type));
    add_text(oids::transaction_id, a.transaction_id);
    attributes.push_back(cms::make_octet_attribute(oids::sender_nonce, a.sender_nonce));
    if(a.recipient_nonce)
        attributes.push_back(cms::make_octet_attribute(oids::recipient_nonce, *a.recipient_nonce));
    if(a.pki_status)
        add_text(oids::pki_status, number(*a.pki_status));
    if(a.fail_info)
        add_text(oids::fail_info, number(*a.fail_info));
    else if(a.fail_info_code)
        add_text(oids::fail_info, *a.fail_info_code);
    if(a.fail_info_text)
        attributes.push_back(utf8_attribute(oids::fail_info_text, *a.fail_info_text));
    if(a.microsoft_error)
        add_text(oids::microsoft_scep_error, std::to_string(static_cast<std::int32_t>(a.microsoft_error->value)));
    if(a.microsoft_disposition)
        attributes.push_back(utf8_attribute(oids::microsoft_disposition, *a.microsoft_disposition));

    cms::signing_input input;
    if(message.enveloped)
        input.content = bytes_view(*message.enveloped);
    input.attributes = std::move(attributes);
    input.digest = message.digest;
    input.scheme = message.scheme;
    input.certificates = message.certificates;
    return cms::sign(input, signer, key);
}

result<std::string> transaction_id_for(pki::public_key const& key, transaction_id_form form,
                                       pki::crypto_context const& context)
{
    using pki::digest_algorithm;
    auto const digest = [&](digest_algorithm d) { return context.digest(d, key.spki()); };
    switch(form) {
    case transaction_id_form::sha256_hex: {
        SCEPKIT_TRY(auto const d, digest(digest_algorithm::sha256));
        return to_hex(d);
    }
    case transaction_id_form::sha256_base64: {
        SCEPKIT_TRY(auto const d, digest(digest_algorithm::sha256));
        return to_base64(d);
    }
    case transaction_id_form::sha1_hex: {
        SCEPKIT_TRY(auto const d, digest(digest_algorithm::sha1));
        return to_hex(d);
    }
    case transaction_id_form::sha1_base64: {
        SCEPKIT_TRY(auto const d, digest(digest_algorithm::sha1));
        return to_base64(d);
    }
    case transaction_id_form::md5_hex: {
        SCEPKIT_TRY(auto const d, digest(digest_algorithm::md5));
        return to_hex(d);
    }
    case transaction_id_form::apple: break;
    }
    if(!key.is_rsa())
        return error(errc::key_not_allowed, "Apple's form of a transactionID is made of an RSA key");
    // The RSAPublicKey is what the SubjectPublicKeyInfo's BIT STRING holds.
    asn1::reader whole(key.spki());
    SCEPKIT_TRY(auto inside, whole.enter(asn1::tag::sequence));
    SCEPKIT_CHECK(inside.read_any());
    SCEPKIT_TRY(auto const bits, inside.read(asn1::tag::bit_string));
    SCEPKIT_TRY(auto const d, context.digest(digest_algorithm::sha1, bits.content.subspan(1)));
    auto text = to_hex(d);
    std::ranges::transform(text, text.begin(), [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
    return text;
}

bytes make_issuer_and_subject(pki::name const& issuer, pki::name const& subject)
{
    return asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.raw(issuer.der());
            w.raw(subject.der());
        });
    });
}

result<issuer_and_subject> issuer_and_subject::from_der(bytes_view der)
{
    asn1::reader reader(der);
    SCEPKIT_TRY(auto inside, reader.enter(asn1::tag::sequence));
    SCEPKIT_CHECK(reader.finish());
    SCEPKIT_TRY(auto const issuer, inside.read(asn1::tag::sequence));
    SCEPKIT_TRY(auto const subject, inside.read(asn1::tag::sequence));
    SCEPKIT_CHECK(inside.finish());
    issuer_and_subject names;
    SCEPKIT_TRY(names.issuer, pki::name::from_der(issuer.encoded));
    SCEPKIT_TRY(names.subject, pki::name::from_der(subject.encoded));
    return names;
}

issuer_and_serial issuer_and_serial::of(pki::certificate const& c) { return {c.issuer(), to_bytes(c.serial())}; }

result<issuer_and_serial> issuer_and_serial::from_der(bytes_view der)
{
    asn1::reader reader(der);
    SCEPKIT_TRY(auto inside, reader.enter(asn1::tag::sequence));
    SCEPKIT_CHECK(reader.finish());
    SCEPKIT_TRY(auto const issuer, inside.read(asn1::tag::sequence));
    SCEPKIT_TRY(auto const serial, inside.read_integer());
    SCEPKIT_CHECK(inside.finish());
    issuer_and_serial found;
    SCEPKIT_TRY(found.issuer, pki::name::from_der(issuer.encoded));
    found.serial = to_bytes(serial);
    return found;
}

bytes issuer_and_serial::to_der() const
{
    return asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.raw(issuer.der());
            w.primitive(asn1::tag::integer, serial);
        });
    });
}

} // namespace scepkit::inline v0::scep
