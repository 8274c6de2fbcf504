// SPDX-License-Identifier: BSL-1.0
#include "people.hpp"

#include <algorithm>
#include <stdexcept>

namespace scepkit::inline v0::cms::test {

person load_person(std::string const& name)
{
    return {certificate_of(name), pki::private_key::from_pem(vector(name + ".key.pem")).value()};
}

pki::certificate certificate_of(std::string const& name)
{
    return pki::certificate::from_pem(vector(name + ".pem")).value();
}

person const& rsa()
{
    static auto const p = load_person("rsa");
    return p;
}

person const& other()
{
    static auto const p = load_person("other");
    return p;
}

person const& twin()
{
    static auto const p = load_person("twin");
    return p;
}

person const& ec()
{
    static auto const p = load_person("ec");
    return p;
}

bytes vector(std::string const& name) { return scepkit::test::read_bytes(scepkit::test::vector_path("cms/" + name)); }
bytes content() { return vector("content.txt"); }

quirk_set everything()
{
    quirk_set all;
    for(auto q : all_quirks())
        all.insert(q);
    return all;
}

quirk_set everything_but(quirk q)
{
    auto all = everything();
    all.erase(q);
    return all;
}

bytes signed_by(person const& by, std::optional<bytes_view> what, std::vector<attribute> attributes)
{
    signing_input const input{
        .content = what, .attributes = std::move(attributes), .certificates = std::span(&by.certificate, 1)};
    return sign(input, by.certificate, by.key).value();
}

person make_person(pki::key_kind kind)
{
    auto key = pki::private_key::generate(kind).value();
    pki::certificate_template const content{.subject = rsa().certificate.subject(),
                                            .not_before = rsa().certificate.not_before(),
                                            .not_after = rsa().certificate.not_after(),
                                            .serial = {0x20, static_cast<std::uint8_t>(kind)},
                                            .extensions = {}};
    auto certificate = pki::make_certificate(content, key.public_key(), rsa().certificate.subject(), rsa().key).value();
    return {std::move(certificate), std::move(key)};
}

result<opened> open_with(person const& by, bytes_view message, quirk_set allowed)
{
    auto parsed = enveloped_data::parse(message, allowed);
    if(!parsed)
        return parsed.error();
    auto const key = pki::software_decrypter::create(by.key).value();
    return open(*parsed, by.certificate, *key, allowed);
}

result<opened> open_with(std::string_view password, bytes_view message, quirk_set allowed,
                         std::uint32_t most_iterations)
{
    auto parsed = enveloped_data::parse(message, allowed);
    if(!parsed)
        return parsed.error();
    return open_with_password(*parsed, secret_bytes::from_text(password), allowed, most_iterations);
}

errc counted::open(bytes_view message, quirk_set allowed) const
{
    auto const parsed = enveloped_data::parse(message, allowed);
    if(!parsed)
        return parsed.error().code();
    return code_of(cms::open(*parsed, who.certificate, *decrypter, allowed));
}

der_node& recipients_of(der_node& message) { return message[1][0][1]; }
der_node& content_info_of(der_node& message) { return message[1][0][2]; }

bytes with(std::string const& name, std::function<void(der_node&)> const& change)
{
    auto tree = der_node::parse(vector(name));
    change(tree);
    return tree.encode();
}

result<verified_signed_data> verify(bytes_view message, quirk_set allowed, std::span<pki::certificate const> others)
{
    auto parsed = signed_data::parse(message, allowed);
    if(!parsed)
        return parsed.error();
    return verified_signed_data::verify(*std::move(parsed), others, allowed);
}

namespace {

der_node& body_of(der_node& message) { return message[1][0]; }

} // namespace

der_node& encapsulated_of(der_node& message) { return body_of(message)[2]; }
der_node& signer_of(der_node& message) { return body_of(message).children.back()[0]; }
der_node& attributes_of(der_node& message) { return signer_of(message)[3]; }

void sign_again(der_node& message, person const& by)
{
    auto attributes = attributes_of(message);
    attributes.tag = 0x31;
    auto const scheme = by.key.default_scheme();
    signer_of(message)[5].content = by.key.sign(scheme, pki::digest_algorithm::sha256, attributes.encode()).value();
}

bytes changed(person const& by, std::function<void(der_node&)> const& change)
{
    auto message = der_node::parse(signed_by(by, content()));
    change(message);
    sign_again(message, by);
    return message.encode();
}

der_node& find_attribute(der_node& message, asn1::oid const& type)
{
    for(auto& a : attributes_of(message).children)
        if(equal(a[0].content, type.content()))
            return a;
    throw std::invalid_argument("no such attribute");
}

der_node primitive(std::uint8_t tag, bytes_view content)
{
    return {.tag = tag, .content = to_bytes(content), .children = {}};
}

} // namespace scepkit::inline v0::cms::test
