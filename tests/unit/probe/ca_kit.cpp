// SPDX-License-Identifier: BSL-1.0
#include "ca_kit.hpp"

#include <cstddef>

namespace scepkit::test {

namespace {

constexpr asn1::oid certificate_request_agent{"1.3.6.1.4.1.311.20.2.1"};

holder make(pki::name const& subject, pki::private_key key, pki::name const& issuer, pki::private_key const& issuer_key,
            std::vector<pki::extension> extensions)
{
    static std::uint8_t serial = 0;
    pki::certificate_template content{
        .subject = subject,
        .not_before = from_iso8601("2024-01-01T00:00:00Z").value(),
        .not_after = from_iso8601("2036-01-01T00:00:00Z").value(),
        .serial = {0x10, ++serial},
        .extensions = std::move(extensions),
    };
    auto certificate = pki::make_certificate(content, key.public_key(), issuer, issuer_key).value();
    return {std::move(certificate), std::move(key)};
}

} // namespace

holder make_ca(pki::name const& name)
{
    auto const key = pki::private_key::generate(pki::key_kind::rsa).value();
    return make(name, key, name, key,
                {pki::make_basic_constraints({.ca = true}),
                 pki::make_key_usage(pki::key_usage::key_cert_sign | pki::key_usage::digital_signature)});
}

holder make_ca(std::string_view name) { return make_ca(pki::name::parse(name).value()); }

holder issue(holder const& ca, std::string_view name, pki::key_usage usage)
{
    auto const key = pki::private_key::generate(pki::key_kind::rsa).value();
    return make(pki::name::parse(name).value(), key, ca.certificate.subject(), ca.key,
                {pki::make_key_usage(usage), pki::make_extended_key_usage({certificate_request_agent})});
}

} // namespace scepkit::test
