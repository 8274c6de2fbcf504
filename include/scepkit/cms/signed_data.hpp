// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/cms/quirks.hpp>
#include <scepkit/pki/certificate.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace scepkit::inline v0::cms {

/// Who signed, or who a content key is for: issuer and serial, or subject key identifier.
struct SCEPKIT_API certificate_identifier {
    pki::name issuer;
    bytes serial;                ///< INTEGER content octets.
    std::optional<bytes> key_id; ///< Set: the identifier is this, and the two above are empty.

    static certificate_identifier of(pki::certificate const& c);
    bool names(pki::certificate const& c) const;
    std::string to_string() const;
};

struct attribute {
    asn1::oid type;
    std::vector<bytes> values; ///< DER of each value.
};

/// One SignedData that parsed, signature unchecked. Only `verify` turns it into something to act on.
///
/// Exactly one SignerInfo (errc::no_signer, several_signers), signed attributes present (attribute_missing: without
/// them a signature can be moved to other content), contentType and messageDigest once each, algorithms known.
/// The content is an OCTET STRING (RFC 5652; PKCS #7 1.5 also allowed other types). Unsigned attributes are not read.
/// Immutable, cheap to copy; views live as long as any copy.
class SCEPKIT_API signed_data
{
public:
    /// errc::wrong_content_type, no_signer, several_signers, attribute_missing, attribute_doubled, attribute_malformed,
    /// algorithm_not_allowed, not_der (unsorted attributes), too_large, too_many, and those of the ASN.1 and
    /// certificate readers. Leniencies: ber_encoding, attributes_unsorted, content_type_attribute_missing.
    /// A certificate of the message that is among `known`, byte for byte, is not read again: that one is taken, and
    /// what its key has ready.
    static result<signed_data> parse(bytes_view message, quirk_set allowed, limits const& bounds = {},
                                     pki::crypto_context const& context = pki::crypto_context::default_context(),
                                     std::span<pki::certificate const> known = {});

    std::optional<bytes_view> content() const& noexcept; ///< eContent; absent and empty differ.
    asn1::oid const& content_type() const& noexcept;
    std::vector<pki::certificate> const& certificates() const& noexcept;
    certificate_identifier const& signer() const& noexcept;
    pki::digest_algorithm digest() const noexcept;
    pki::signature_algorithm const& signed_with() const& noexcept;
    std::vector<attribute> const& signed_attributes() const& noexcept;
    attribute const* find(asn1::oid const& type) const& noexcept;
    quirk_set tolerances() const noexcept;

private:
    friend class verified_signed_data;
    struct data;
    explicit signed_data(std::shared_ptr<data const> d) noexcept : data_(std::move(d)) {}
    std::shared_ptr<data const> data_;
};

/// A SignedData whose signature, digest and content type were checked against one certificate.
///
/// Made by `verify` alone. It proves who signed, not that the signer may: trust is the caller's next question.
class SCEPKIT_API verified_signed_data
{
public:
    /// The signer is looked for among the message's own certificates and `others` (quirk signer_certificate_outside
    /// is noted when only `others` has it). Two different certificates with the signer's identifier and different keys
    /// are errc::several_signers.
    /// errc::signer_certificate_missing, digest_mismatch, signature_invalid, algorithm_not_allowed, key_not_allowed;
    /// content that is itself a SET OF Attribute is refused (ForgedAttributes, ePrint 2023/1801).
    static result<verified_signed_data> verify(signed_data parsed, std::span<pki::certificate const> others,
                                               quirk_set allowed);

    signed_data const& message() const& noexcept { return message_; }
    pki::certificate const& signer() const& noexcept { return signer_; }
    quirk_set tolerances() const noexcept { return tolerances_; }

private:
    verified_signed_data(signed_data message, pki::certificate signer, quirk_set tolerances);
    signed_data message_;
    pki::certificate signer_;
    quirk_set tolerances_;
};

/// What is signed, by whom.
struct signing_input {
    std::optional<bytes_view> content; ///< Absent: no eContent (RFC 8894, 3.2.2 for FAILURE and PENDING).
    asn1::oid content_type = asn1::oids::data;
    std::vector<attribute> attributes; ///< Beside contentType and messageDigest, which are added.
    pki::digest_algorithm digest = pki::digest_algorithm::sha256;
    std::optional<pki::signature_scheme> scheme;    ///< Absent: the key's own (RSA: v1.5). ML-DSA wants SHA-512.
    std::span<pki::certificate const> certificates; ///< Sent along; order kept.
};
/// DER of a SignedData with one signer, identified by issuer and serial.
/// errc::invalid_argument where the key is not the certificate's, the scheme not one of the key's, or an attribute
/// doubled or added here anyway; key_not_allowed for keys that sign nothing; algorithm_not_allowed for MD5, and for
/// SHA-1 with ML-DSA (RFC 9882, 3.3). `context` computes the digest.
SCEPKIT_API result<bytes> sign(signing_input const& input, pki::certificate const& signer, pki::private_key const& key,
                               pki::crypto_context const& context = pki::crypto_context::default_context());

/// A single-valued attribute holding a PrintableString or an OCTET STRING.
SCEPKIT_API attribute make_text_attribute(asn1::oid const& type, std::string_view text);
SCEPKIT_API attribute make_octet_attribute(asn1::oid const& type, bytes_view octets);

} // namespace scepkit::inline v0::cms
