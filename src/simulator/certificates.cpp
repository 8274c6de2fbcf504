// SPDX-License-Identifier: BSL-1.0
#include "certificates.hpp"

#include <base/try.hpp>
#include <scepkit/asn1/oids.hpp>
#include <scepkit/base/random_source.hpp>

#include <array>

namespace scepkit::inline v0::simulator::detail {

namespace {

// Names of this file are constants that parse.
pki::name made_of(std::vector<pki::name::attribute> const& parts) { return pki::name::from_attributes(parts).value(); }

result<bytes> random_serial()
{
    std::array<std::uint8_t, 16> serial{};
    SCEPKIT_CHECK(system_random().fill(serial));
    serial[0] = static_cast<std::uint8_t>((serial[0] & 0x3f) | 0x40); // positive, and always 16 bytes
    return bytes(serial.begin(), serial.end());
}

result<pki::certificate> sign(pki::name const& subject, validity when, std::vector<pki::extension> extensions,
                              pki::private_key const& key, pki::name const& issuer_name,
                              pki::private_key const& issuer_key)
{
    SCEPKIT_TRY(auto serial, random_serial());
    SCEPKIT_TRY(auto own_id, pki::key_identifier(key.public_key()));
    SCEPKIT_TRY(auto issuer_id, pki::key_identifier(issuer_key.public_key()));
    extensions.push_back(pki::make_subject_key_id(own_id));
    extensions.push_back(pki::make_authority_key_id(issuer_id));
    pki::certificate_template content;
    content.subject = subject;
    content.not_before = when.from;
    content.not_after = when.until;
    content.serial = std::move(serial);
    content.extensions = std::move(extensions);
    return pki::make_certificate(content, key.public_key(), issuer_name, issuer_key);
}

} // namespace

pki::name const& ca_name()
{
    static auto const name = made_of({{asn1::oids::organization, "scepkit"}, {asn1::oids::common_name, "Test CA"}});
    return name;
}

pki::name const& ra_name()
{
    static auto const name =
        made_of({{asn1::oids::organization, "scepkit"}, {asn1::oids::common_name, "NDES01-MSCEP-RA"}});
    return name;
}

pki::name const& tls_ca_name()
{
    static auto const name = made_of({{asn1::oids::organization, "scepkit"}, {asn1::oids::common_name, "Test TLS CA"}});
    return name;
}

pki::name const& tls_intermediate_name()
{
    static auto const name =
        made_of({{asn1::oids::organization, "scepkit"}, {asn1::oids::common_name, "Test TLS Intermediate CA"}});
    return name;
}

result<pki::certificate> make_authority(pki::name const& subject, pki::key_usage usage, validity when,
                                        pki::private_key const& key, scep::identity const* issuer)
{
    std::vector<pki::extension> extensions;
    extensions.push_back(pki::make_basic_constraints({.ca = true, .path_length = std::nullopt}));
    extensions.push_back(pki::make_key_usage(usage));
    return sign(subject, when, std::move(extensions), key, issuer ? issuer->certificate.subject() : subject,
                issuer ? issuer->key : key);
}

result<pki::certificate> make_ra(ra_role role, validity when, pki::private_key const& key, scep::identity const& ca)
{
    std::vector<pki::extension> extensions;
    extensions.push_back(pki::make_key_usage(role == ra_role::signing ? pki::key_usage::digital_signature
                                                                      : pki::key_usage::key_encipherment));
    extensions.push_back(pki::make_extended_key_usage({asn1::oids::certificate_request_agent}));
    return sign(ra_name(), when, std::move(extensions), key, ca.certificate.subject(), ca.key);
}

result<pki::certificate> make_tls_leaf(std::string_view host, validity when, pki::private_key const& key,
                                       scep::identity const& ca)
{
    auto name = pki::general_name::ip(host);
    if(!name)
        name = pki::general_name::dns(host);
    if(!name)
        return name.error();
    std::vector<pki::extension> extensions;
    extensions.push_back(pki::make_key_usage(pki::key_usage::digital_signature | pki::key_usage::key_encipherment));
    extensions.push_back(pki::make_extended_key_usage({asn1::oids::server_auth}));
    extensions.push_back(pki::make_subject_alt_names({*name}));
    // A common name has at most 64 characters; the subjectAltName is what clients read.
    constexpr std::size_t longest = 64;
    SCEPKIT_TRY(auto subject,
                pki::name::from_attributes({{asn1::oids::common_name, std::string(host.substr(0, longest))}}));
    return sign(subject, when, std::move(extensions), key, ca.certificate.subject(), ca.key);
}

} // namespace scepkit::inline v0::simulator::detail
