// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/asn1/oids.hpp>
#include <scepkit/asn1/reader.hpp>
#include <scepkit/asn1/writer.hpp>
#include <scepkit/pki/name.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace scepkit::inline v0::pki {

/// keyUsage bits, numbered as in RFC 5280, 4.2.1.3.
enum class key_usage : std::uint32_t {
    none = 0,
    digital_signature = 1u << 0,
    non_repudiation = 1u << 1,
    key_encipherment = 1u << 2,
    data_encipherment = 1u << 3,
    key_agreement = 1u << 4,
    key_cert_sign = 1u << 5,
    crl_sign = 1u << 6,
};
constexpr key_usage operator|(key_usage a, key_usage b) noexcept
{
    return static_cast<key_usage>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}
constexpr bool has(key_usage set, key_usage bit) noexcept
{
    return (static_cast<std::uint32_t>(set) & static_cast<std::uint32_t>(bit)) != 0;
}
SCEPKIT_API std::string to_string(key_usage set); ///< "digitalSignature, keyEncipherment"

/// One GeneralName. Text kinds hold UTF-8; an IP address holds its text form, other kinds their DER.
struct general_name {
    enum class kind { other_name, rfc822, dns, x400, directory, edi_party, uri, ip, registered_id };
    kind type{};
    std::string text;
    asn1::oid other_type; ///< For other_name: its type-id.
    bytes der;            ///< The encoded GeneralName.

    SCEPKIT_API static result<general_name> dns(std::string_view host);
    SCEPKIT_API static result<general_name> rfc822(std::string_view address);
    SCEPKIT_API static result<general_name> uri(std::string_view uri);
    SCEPKIT_API static result<general_name> ip(std::string_view address);
    SCEPKIT_API static result<general_name> upn(std::string_view user_principal_name);
    SCEPKIT_API static result<general_name> directory(name const& n);
    SCEPKIT_API static result<general_name> registered_id(asn1::oid const& id);
    /// The URI of strong certificate mapping: tag:microsoft.com,2022-09-14:sid:S-1-5-21-… (KB5014754).
    SCEPKIT_API static result<general_name> sid_uri(std::string_view sid);
};
SCEPKIT_API result<std::vector<general_name>> read_general_names(asn1::reader& from, limits const& bounds);

/// An extension as it stood: id, critical, the DER inside its OCTET STRING.
struct extension {
    asn1::oid id;
    bool critical = false;
    bytes value;
};

struct basic_constraints {
    bool ca = false;
    std::optional<std::uint32_t> path_length;
};

/// The extensions this library understands, and the ids of critical ones that it does not.
struct SCEPKIT_API extension_set {
    std::vector<extension> all;
    std::optional<pki::basic_constraints> basic_constraints;
    std::optional<pki::key_usage> key_usage;
    std::optional<std::vector<asn1::oid>> extended_key_usage;
    std::vector<general_name> subject_alt_names;
    std::optional<bytes> subject_key_id;
    std::optional<bytes> authority_key_id;
    std::optional<std::string> sid; ///< szOID_NTDS_CA_SECURITY_EXT, "S-1-5-21-…"
    std::vector<asn1::oid> unknown_critical;

    /// The inside of `Extensions`; doubled ids are errc::bad_certificate.
    static result<extension_set> read(asn1::reader& from, limits const& bounds);
    extension const* find(asn1::oid const& id) const noexcept;
};

/// Encoded extension values, ready for `extension::value`.
SCEPKIT_API extension make_key_usage(key_usage bits);
SCEPKIT_API extension make_extended_key_usage(std::vector<asn1::oid> const& ids);
SCEPKIT_API extension make_subject_alt_names(std::vector<general_name> const& names);
SCEPKIT_API extension make_basic_constraints(pki::basic_constraints const& value);
SCEPKIT_API extension make_subject_key_id(bytes_view key_id);
SCEPKIT_API extension make_authority_key_id(bytes_view key_id);
SCEPKIT_API result<extension> make_sid(std::string_view sid);
SCEPKIT_API void write(asn1::writer& to, extension const& e);

} // namespace scepkit::inline v0::pki
