// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cms/detail/reading.hpp>

namespace scepkit::inline v0::cms {

struct signed_data::data {
    pki::crypto_context context;
    limits bounds;
    bytes message; ///< DER, as received or normalised; the view below points into it.
    asn1::oid content_type;
    std::optional<bytes_view> content;
    std::vector<pki::certificate> certificates;
    certificate_identifier signer;
    pki::digest_algorithm digest{};
    pki::signature_algorithm signed_with;
    std::vector<attribute> attributes;
    bytes hashed_attributes; ///< The signed attributes as received, under the tag SET OF (RFC 5652, 5.4).
    bytes message_digest;
    bytes signature;
    quirk_set tolerances;

    static result<data> read(bytes_view message, quirk_set allowed, limits const& bounds,
                             pki::crypto_context const& context, std::span<pki::certificate const> known);

private:
    result<void> read_encapsulated(asn1::reader& body);
    result<void> read_signer(asn1::reader& signers, quirk_set allowed);
    result<void> read_attributes(asn1::element const& set, asn1::reader attributes, quirk_set allowed);
    result<void> check_content_type(quirk_set allowed, std::size_t offset);
    result<void> check_message_digest(std::size_t offset);
    result<attribute const*> find_single(asn1::oid const& type, std::string_view name, std::size_t offset) const;
};

} // namespace scepkit::inline v0::cms
