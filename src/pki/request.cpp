// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/request.hpp>

#include <base/try.hpp>
#include <pki/detail/errors.hpp>
#include <pki/detail/keys.hpp>
#include <pki/detail/pem.hpp>
#include <pki/detail/signed_structure.hpp>

namespace scepkit::inline v0::pki {

namespace oids = asn1::oids;

struct certificate_request::data {
    data(bytes_view encoded, crypto_context library) : der(encoded), context(std::move(library)) {}

    result<void> parse(limits const& bounds);
    result<void> parse_info(asn1::reader from, limits const& bounds);
    result<void> parse_attribute(asn1::reader& attributes, limits const& bounds);
    result<void> parse_challenge(asn1::reader values);
    result<void> parse_extensions(asn1::reader values, limits const& bounds);

    secret_bytes der;
    crypto_context context;
    name subject;
    result<public_key> key{errc::bad_key};
    extension_set extensions;
    bool has_extensions = false;
    std::optional<secret_bytes> challenge;
    asn1::tag challenge_type{};
    detail::signed_structure outside; // Into `der`.
    // Into `der`.
    bytes_view info, signature;
};

result<void> certificate_request::data::parse_challenge(asn1::reader values)
{
    // Which of two would be checked, and which logged? No reader may choose.
    if(challenge)
        return values.fail(errc::bad_request, "two challengePassword attributes");
    SCEPKIT_TRY(auto const value, values.read_any());
    if(!values.at_end())
        return values.fail(errc::bad_request, "a challengePassword of several values");
    SCEPKIT_TRY(auto text, asn1::string_of(value));
    challenge = secret_bytes::from_text(text);
    challenge_type = value.tag;
    wipe(text.data(), text.size());
    return success();
}

result<void> certificate_request::data::parse_extensions(asn1::reader values, limits const& bounds)
{
    if(has_extensions)
        return values.fail(errc::bad_request, "two extension requests");
    has_extensions = true;
    SCEPKIT_TRY(auto list, values.enter(asn1::tag::sequence));
    if(!values.at_end())
        return values.fail(errc::bad_request, "an extension request of several values");
    SCEPKIT_TRY(extensions, extension_set::read(list, bounds));
    return success();
}

result<void> certificate_request::data::parse_attribute(asn1::reader& attributes, limits const& bounds)
{
    SCEPKIT_TRY(auto inside, attributes.enter(asn1::tag::sequence));
    SCEPKIT_TRY(auto const id, inside.read_oid());
    SCEPKIT_TRY(auto values, inside.enter(asn1::tag::set));
    SCEPKIT_CHECK(inside.finish());
    if(id == oids::challenge_password)
        return parse_challenge(values);
    if(id == oids::extension_request || id == oids::microsoft_extension_request)
        return parse_extensions(values, bounds);
    return success(); // Windows adds its own (OS version, client information); nothing here rests on them.
}

// RFC 2986, 4.1.
result<void> certificate_request::data::parse_info(asn1::reader from, limits const& bounds)
{
    SCEPKIT_TRY(auto const version, from.read_small_integer());
    if(version != 0)
        return from.fail(errc::bad_value, "a certification request of a version other than 1");
    SCEPKIT_TRY(subject, name::read(from, bounds));
    auto const spki_offset = from.offset();
    SCEPKIT_TRY(auto const spki, from.read(asn1::tag::sequence));
    // The attributes are mandatory, if only as an empty set; old devices leave them out.
    SCEPKIT_TRY(auto attributes, from.enter_optional(asn1::context_constructed(0)));
    SCEPKIT_CHECK(from.finish());
    if(attributes)
        for(std::size_t count = 0; !attributes->at_end(); ++count) {
            if(count == bounds.attributes)
                return attributes->fail(errc::too_many,
                                        "more than " + std::to_string(bounds.attributes) + " attributes");
            SCEPKIT_CHECK(parse_attribute(*attributes, bounds));
        }
    key = public_key::from_spki(spki.encoded, bounds, context);
    if(!key)
        key = key.error().at(spki_offset);
    return success();
}

result<void> certificate_request::data::parse(limits const& bounds)
{
    SCEPKIT_TRY(outside, detail::read_signed(der.view(), bounds));
    return parse_info(outside.inside, bounds);
}

result<certificate_request> certificate_request::from_der(bytes_view der, limits const& bounds,
                                                          crypto_context const& context)
{
    if(der.size() > bounds.message_size)
        return detail::fail(errc::too_large, "a certification request of " + std::to_string(der.size()) + " bytes");
    auto made = std::make_shared<data>(der, context);
    if(auto const parsed = made->parse(bounds); !parsed)
        return detail::recode(parsed.error(), errc::bad_request);
    return certificate_request(std::move(made));
}

result<certificate_request> certificate_request::from_pem(bytes_view pem, limits const& bounds)
{
    SCEPKIT_TRY(auto const blocks, detail::find_pem_blocks(pem));
    for(auto const& block : blocks)
        if(block.label == "CERTIFICATE REQUEST" || block.label == "NEW CERTIFICATE REQUEST") {
            SCEPKIT_TRY(auto der, detail::decode_pem(block));
            secret_bytes const owned(std::move(der)); // A challenge may be inside.
            return from_der(owned.view(), bounds);
        }
    return detail::fail(errc::bad_pem, "no CERTIFICATE REQUEST block");
}

bytes_view certificate_request::der() const& noexcept { return data_->der.view(); }
name const& certificate_request::subject() const& noexcept { return data_->subject; }
result<public_key> const& certificate_request::key() const& noexcept { return data_->key; }
extension_set const& certificate_request::extensions() const& noexcept { return data_->extensions; }
asn1::tag certificate_request::challenge_type() const noexcept { return data_->challenge_type; }

secret_bytes const* certificate_request::challenge_password() const& noexcept
{
    return data_->challenge ? &*data_->challenge : nullptr;
}

result<void> certificate_request::verify() const
{
    if(!data_->key)
        return data_->key.error();
    return verify(*data_->key);
}

result<void> certificate_request::verify(pki::public_key const& same_key) const
{
    if(!data_->key)
        return data_->key.error();
    if(*data_->key != same_key)
        return detail::fail(errc::invalid_argument, "a key that is not the one of the certification request");
    if(!data_->outside.algorithm)
        return detail::recode(data_->outside.algorithm.error(), errc::algorithm_not_allowed);
    if(data_->outside.algorithm->digest == digest_algorithm::md5)
        return detail::fail(errc::algorithm_not_allowed, "a certification request signed with MD5");
    bool const same_library = &same_key.native().context.handles() == &data_->context.handles();
    return (same_library ? same_key : *data_->key)
        .verify(*data_->outside.algorithm, data_->outside.body, data_->outside.signature);
}

} // namespace scepkit::inline v0::pki
