// SPDX-License-Identifier: BSL-1.0
#include <scepkit/cms/signed_data.hpp>

#include <base/try.hpp>
#include <cms/detail/reading.hpp>
#include <cms/detail/signed_data_data.hpp>
#include <scepkit/asn1/oids.hpp>

#include <algorithm>

namespace scepkit::inline v0::cms {

using asn1::tag;
using detail::failure;

namespace {

result<void> check_version(asn1::reader& from, std::string_view what, std::string_view section)
{
    auto const offset = from.offset();
    SCEPKIT_TRY(auto version, from.read_small_integer());
    if(version != 1 && version != 3)
        return failure(errc::bad_value,
                       "A " + std::string(what) + " of version " + std::to_string(version) + "; 1 and 3 are read.",
                       offset, std::string(section));
    return success();
}

// The order of a DER SET OF (X.690, 11.6): as octet strings, the shorter one padded with zeros. Encodings of one kind
// are never a prefix of each other, so plain comparison is the same.
bool in_order(bytes_view before, bytes_view after)
{
    return !std::lexicographical_compare(after.begin(), after.end(), before.begin(), before.end());
}

} // namespace

certificate_identifier certificate_identifier::of(pki::certificate const& c)
{
    return {.issuer = c.issuer(), .serial = to_bytes(c.serial()), .key_id = std::nullopt};
}

bool certificate_identifier::names(pki::certificate const& c) const
{
    if(key_id) {
        auto const& own = c.extensions().subject_key_id;
        return own && equal(*own, *key_id);
    }
    return issuer == c.issuer() && equal(serial, c.serial());
}

std::string certificate_identifier::to_string() const
{
    if(key_id)
        return "subject key identifier " + to_hex(*key_id);
    return "serial " + to_hex(serial) + " of " + issuer.to_string();
}

result<signed_data> signed_data::parse(bytes_view message, quirk_set allowed, limits const& bounds,
                                       pki::crypto_context const& context, std::span<pki::certificate const> known)
{
    auto read = detail::read_der_or_ber(
        message, allowed, bounds, [&](bytes_view der) { return data::read(der, allowed, bounds, context, known); });
    if(!read)
        return read.error().in("cms");
    return signed_data(std::make_shared<data const>(*std::move(read)));
}

result<signed_data::data> signed_data::data::read(bytes_view message, quirk_set allowed, limits const& bounds,
                                                  pki::crypto_context const& context,
                                                  std::span<pki::certificate const> known)
{
    data d{.context = context, .bounds = bounds, .message = to_bytes(message)};
    SCEPKIT_TRY(auto body, detail::enter_content(d.message, asn1::oids::signed_data, bounds));
    SCEPKIT_CHECK(check_version(body, "SignedData", "RFC 5652, 5.1"));
    // A hint for one-pass readers; the signer's own digestAlgorithm is what counts.
    SCEPKIT_CHECK(body.read(tag::set));
    SCEPKIT_CHECK(d.read_encapsulated(body));
    SCEPKIT_TRY(auto certificates, body.enter_optional(asn1::context_constructed(0)));
    SCEPKIT_CHECK(body.read_optional(asn1::context_constructed(1)));
    auto const signers_offset = body.offset();
    SCEPKIT_TRY(auto signers, body.enter(tag::set));
    SCEPKIT_CHECK(body.finish());

    if(signers.at_end())
        return failure(errc::no_signer, "A SignedData without a signer proves nothing.", signers_offset,
                       "RFC 8894, 3.2");
    SCEPKIT_CHECK(d.read_signer(signers, allowed));
    if(!signers.at_end())
        return failure(errc::several_signers, "A message of this protocol has one signer.", signers.offset(),
                       "RFC 8894, 3.2");
    if(certificates) {
        SCEPKIT_TRY(d.certificates, detail::read_certificates(*std::move(certificates), bounds, context, known));
    }
    return d;
}

result<void> signed_data::data::read_encapsulated(asn1::reader& body)
{
    SCEPKIT_TRY(auto encapsulated, body.enter(tag::sequence));
    SCEPKIT_TRY(content_type, encapsulated.read_oid());
    if(encapsulated.at_end())
        return success();
    SCEPKIT_TRY(auto wrapped, encapsulated.enter(asn1::context_constructed(0)));
    SCEPKIT_CHECK(encapsulated.finish());
    // PKCS #7 1.5 allows any type here; then content and digest differ by a header, and nobody in this field does it.
    SCEPKIT_TRY(content, wrapped.read_octet_string());
    return wrapped.finish();
}

result<void> signed_data::data::read_signer(asn1::reader& signers, quirk_set allowed)
{
    SCEPKIT_TRY(auto info, signers.enter(tag::sequence));
    SCEPKIT_CHECK(check_version(info, "SignerInfo", "RFC 5652, 5.3"));
    SCEPKIT_TRY(signer, detail::read_identifier(info, bounds));
    SCEPKIT_TRY(digest, pki::read_digest_algorithm(info));
    auto const attributes_offset = info.offset();
    auto inside = info; // Looks into the element that `info` steps over.
    SCEPKIT_TRY(auto set, info.read_optional(asn1::context_constructed(0)));
    if(!set)
        return failure(errc::attribute_missing,
                       "The signer signed no attributes; such a signature fits other content as well.",
                       attributes_offset, "RFC 8894, 3.2");
    SCEPKIT_TRY(auto attribute_set, inside.enter(asn1::context_constructed(0)));
    SCEPKIT_CHECK(read_attributes(*set, attribute_set, allowed));

    auto const algorithm_offset = info.offset();
    SCEPKIT_TRY(signed_with, pki::read_signature_algorithm(info));
    if(signed_with.digest && *signed_with.digest != digest)
        return failure(errc::algorithm_not_allowed,
                       "The signature algorithm says " + std::string(pki::name_of(*signed_with.digest)) +
                           ", the digest algorithm " + std::string(pki::name_of(digest)) + ".",
                       algorithm_offset, "RFC 5652, 5.3");
    SCEPKIT_TRY(auto value, info.read_octet_string());
    signature = to_bytes(value);
    // Unsigned attributes: anybody may have written them, so they are not looked at.
    SCEPKIT_CHECK(info.read_optional(asn1::context_constructed(1)));
    return info.finish();
}

result<void> signed_data::data::read_attributes(asn1::element const& set, asn1::reader from, quirk_set allowed)
{
    bytes_view before;
    bool sorted = true;
    attributes.reserve(8); // More than most messages have.
    while(!from.at_end()) {
        auto const offset = from.offset();
        if(attributes.size() == bounds.attributes)
            return failure(errc::too_many, "More than " + std::to_string(bounds.attributes) + " signed attributes.",
                           offset);
        auto const rest = from.remaining();
        SCEPKIT_TRY(auto next, detail::read_attribute(from, bounds));
        auto const encoded = rest.first(rest.size() - from.remaining().size());
        sorted = sorted && in_order(before, encoded);
        before = encoded;
        if(next.values.empty())
            return failure(errc::attribute_malformed, "Attribute " + next.type.to_dotted() + " has no value.", offset,
                           "RFC 5652, 5.3");
        if(std::ranges::any_of(attributes, [&](attribute const& a) { return a.type == next.type; }))
            return failure(errc::attribute_doubled, "Attribute " + next.type.to_dotted() + " is there twice.", offset,
                           "RFC 5652, 5.3");
        attributes.push_back(std::move(next));
    }
    if(!sorted)
        SCEPKIT_CHECK(detail::tolerate(
            quirk::attributes_unsorted, allowed, tolerances,
            failure(errc::not_der, "The signed attributes are not in DER order.", set.offset, "RFC 5652, 5.3")));
    hashed_attributes = to_bytes(set.encoded);
    hashed_attributes.front() = static_cast<std::uint8_t>(tag::set);
    SCEPKIT_CHECK(check_content_type(allowed, set.offset));
    return check_message_digest(set.offset);
}

result<attribute const*> signed_data::data::find_single(asn1::oid const& type, std::string_view name,
                                                        std::size_t offset) const
{
    auto const found = std::ranges::find(attributes, type, &attribute::type);
    if(found == attributes.end())
        return nullptr;
    if(found->values.size() != 1)
        return failure(errc::attribute_doubled, "The " + std::string(name) + " attribute has several values.", offset,
                       "RFC 5652, 11");
    return &*found;
}

result<void> signed_data::data::check_content_type(quirk_set allowed, std::size_t offset)
{
    SCEPKIT_TRY(auto found, find_single(asn1::oids::content_type, "contentType", offset));
    if(found == nullptr)
        return detail::tolerate(
            quirk::content_type_attribute_missing, allowed, tolerances,
            failure(errc::attribute_missing, "There is no contentType attribute.", offset, "RFC 5652, 5.3"));
    asn1::reader value(found->values.front(), bounds);
    auto const type = value.read_oid();
    if(!type || !value.finish())
        return failure(errc::attribute_malformed, "The contentType attribute is not an OBJECT IDENTIFIER.", offset,
                       "RFC 5652, 11.1");
    if(*type != content_type)
        return failure(errc::attribute_malformed,
                       "The contentType attribute says " + detail::content_type_name(*type) + ", the content is " +
                           detail::content_type_name(content_type) + ".",
                       offset, "RFC 5652, 11.1");
    return success();
}

result<void> signed_data::data::check_message_digest(std::size_t offset)
{
    SCEPKIT_TRY(auto found, find_single(asn1::oids::message_digest, "messageDigest", offset));
    if(found == nullptr)
        return failure(errc::attribute_missing, "There is no messageDigest attribute.", offset, "RFC 5652, 5.3");
    asn1::reader value(found->values.front(), bounds);
    auto const octets = value.read_octet_string();
    if(!octets || !value.finish())
        return failure(errc::attribute_malformed, "The messageDigest attribute is not an OCTET STRING.", offset,
                       "RFC 5652, 11.2");
    message_digest = to_bytes(*octets);
    return success();
}

std::optional<bytes_view> signed_data::content() const& noexcept { return data_->content; }
asn1::oid const& signed_data::content_type() const& noexcept { return data_->content_type; }
std::vector<pki::certificate> const& signed_data::certificates() const& noexcept { return data_->certificates; }
certificate_identifier const& signed_data::signer() const& noexcept { return data_->signer; }
pki::digest_algorithm signed_data::digest() const noexcept { return data_->digest; }
pki::signature_algorithm const& signed_data::signed_with() const& noexcept { return data_->signed_with; }
std::vector<attribute> const& signed_data::signed_attributes() const& noexcept { return data_->attributes; }
quirk_set signed_data::tolerances() const noexcept { return data_->tolerances; }

attribute const* signed_data::find(asn1::oid const& type) const& noexcept
{
    auto const found = std::ranges::find(data_->attributes, type, &attribute::type);
    return found == data_->attributes.end() ? nullptr : &*found;
}

} // namespace scepkit::inline v0::cms
