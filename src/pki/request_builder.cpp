// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/request.hpp>

#include <base/try.hpp>
#include <pki/detail/errors.hpp>
#include <pki/detail/keys.hpp>

namespace scepkit::inline v0::pki {
namespace {

namespace oids = asn1::oids;

bytes attribute(asn1::oid const& id, bytes_view value)
{
    return asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            w.oid(id);
            w.set([&] { w.raw(value); });
        });
    });
}

// An NDES answered badRequest to a challengePassword in UTF8String.
result<secret_bytes> encode_challenge(secret_bytes const& challenge)
{
    auto const text = as_text(challenge.view());
    auto const type = asn1::is_printable_string(text) ? asn1::tag::printable_string : asn1::tag::utf8_string;
    secret_bytes encoded(asn1::encode([&](asn1::writer& w) { w.string(type, text); }));
    asn1::reader check(encoded.view());
    auto readable = check.read_string();
    if(!readable)
        return detail::fail(errc::invalid_argument, "a challenge password that is not UTF-8");
    wipe(readable->data(), readable->size());
    return encoded;
}

bytes encode_extensions(std::vector<extension> const& extensions)
{
    return asn1::encode([&](asn1::writer& w) {
        w.sequence([&] {
            for(auto const& e : extensions)
                write(w, e);
        });
    });
}

} // namespace

certificate_request_builder& certificate_request_builder::subject(name value)
{
    subject_ = std::move(value);
    return *this;
}

certificate_request_builder& certificate_request_builder::add(general_name alternative_name)
{
    alternative_names_.push_back(std::move(alternative_name));
    return *this;
}

certificate_request_builder& certificate_request_builder::usage(key_usage bits)
{
    usage_ = bits;
    return *this;
}

certificate_request_builder& certificate_request_builder::extended_usage(asn1::oid id)
{
    extended_usage_.push_back(id);
    return *this;
}

certificate_request_builder& certificate_request_builder::sid(std::string value)
{
    sid_ = std::move(value);
    return *this;
}

certificate_request_builder& certificate_request_builder::add(extension other)
{
    others_.push_back(std::move(other));
    return *this;
}

certificate_request_builder& certificate_request_builder::challenge_password(secret_bytes value)
{
    challenge_ = std::move(value);
    return *this;
}

certificate_request_builder certificate_request_builder::clone() const
{
    certificate_request_builder copy;
    copy.subject_ = subject_;
    copy.alternative_names_ = alternative_names_;
    copy.usage_ = usage_;
    copy.extended_usage_ = extended_usage_;
    copy.sid_ = sid_;
    copy.others_ = others_;
    if(challenge_)
        copy.challenge_ = challenge_->clone();
    return copy;
}

result<certificate_request> certificate_request_builder::sign(private_key const& key, digest_algorithm digest) const
{
    if(!can_sign(key.kind()))
        return detail::fail(errc::key_not_allowed, "an ML-KEM key cannot sign its own request");
    std::vector<extension> extensions;
    if(usage_)
        extensions.push_back(make_key_usage(*usage_));
    if(!extended_usage_.empty())
        extensions.push_back(make_extended_key_usage(extended_usage_));
    if(!alternative_names_.empty())
        extensions.push_back(make_subject_alt_names(alternative_names_));
    if(sid_) {
        SCEPKIT_TRY(auto security, make_sid(*sid_));
        extensions.push_back(std::move(security));
    }
    extensions.insert(extensions.end(), others_.begin(), others_.end());

    std::vector<bytes> attributes;
    if(!extensions.empty())
        attributes.push_back(attribute(oids::extension_request, encode_extensions(extensions)));
    if(challenge_) {
        SCEPKIT_TRY(auto const value, encode_challenge(*challenge_));
        attributes.push_back(attribute(oids::challenge_password, value.view()));
    }
    // [0] IMPLICIT SET OF: a SET OF under another tag.
    std::size_t attributes_size = 8;
    for(auto const& a : attributes)
        attributes_size += a.size();
    secret_bytes attribute_set(
        asn1::encode([&](asn1::writer& w) { w.set_of(std::move(attributes)); }, attributes_size));
    attribute_set.data()[0] = static_cast<std::uint8_t>(asn1::context_constructed(0));

    auto const scheme = key.default_scheme();
    auto const room = 64 + subject_.der().size() + key.public_key().spki().size() + attribute_set.size();
    secret_bytes const info(asn1::encode(
        [&](asn1::writer& w) {
            w.sequence([&] {
                w.integer(0);
                w.raw(subject_.der());
                w.raw(key.public_key().spki());
                w.raw(attribute_set.view());
            });
        },
        room));
    // Built without a signature first, so that a doubled extension costs no use of the key.
    auto const assemble = [&](bytes_view signature) {
        secret_bytes const der(asn1::encode(
            [&](asn1::writer& w) {
                w.sequence([&] {
                    w.raw(info.view());
                    write_signature_algorithm(w, scheme, digest, key.kind());
                    w.bit_string(signature);
                });
            },
            room + 64 + signature.size()));
        return certificate_request::from_der(der.view(), {}, key.native().context);
    };
    if(auto const draft = assemble({}); !draft)
        return detail::recode(draft.error(), errc::invalid_argument);
    SCEPKIT_TRY(auto const signature, key.sign(scheme, digest, info.view()));
    return assemble(signature);
}

} // namespace scepkit::inline v0::pki
