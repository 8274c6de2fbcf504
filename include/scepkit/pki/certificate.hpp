// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/pki/extensions.hpp>
#include <scepkit/pki/private_key.hpp>

#include <memory>
#include <vector>

namespace scepkit::inline v0::pki {

/// An X.509 certificate that parsed. Nothing is said about its validity or trust.
///
/// Immutable, cheap to copy, thread-safe; owns its DER; views live as long as any copy.
class SCEPKIT_API certificate
{
public:
    /// Exactly one certificate, DER; errc::bad_certificate with offset. A key outside the limits does not make
    /// the certificate unreadable: `key()` tells.
    static result<certificate> from_der(bytes_view der, limits const& bounds = {},
                                        crypto_context const& context = crypto_context::default_context());
    /// The first CERTIFICATE block.
    static result<certificate> from_pem(bytes_view pem, limits const& bounds = {});
    /// Every CERTIFICATE block, in order; errc::bad_pem if there is none.
    static result<std::vector<certificate>> all_from_pem(bytes_view pem, limits const& bounds = {});

    bytes_view der() const& noexcept;
    std::string to_pem() const;
    int version() const noexcept;        ///< 1, 2 or 3
    bytes_view serial() const& noexcept; ///< INTEGER content octets.
    name const& subject() const& noexcept;
    name const& issuer() const& noexcept;
    time_point not_before() const noexcept;
    time_point not_after() const noexcept;
    bytes_view spki() const& noexcept;
    /// The key, or why it cannot be used (errc::key_not_allowed, bad_key).
    result<public_key> const& key() const& noexcept;
    extension_set const& extensions() const& noexcept;
    signature_algorithm const* signed_with() const& noexcept; ///< Null if unknown to this library.
    bytes_view signature_algorithm_der() const& noexcept;
    bytes_view tbs() const& noexcept;
    bytes_view signature() const& noexcept;
    bytes_view sha256() const&; ///< Fingerprint of the DER as received; computed when first asked for.

    bool is_ca() const noexcept; ///< basicConstraints CA
    /// True where keyUsage is absent or contains any of `bits`.
    bool allows(key_usage bits) const noexcept;
    bool has_extended_key_usage(asn1::oid const& id) const noexcept;
    bool is_self_issued() const noexcept { return subject() == issuer(); }
    bool is_valid_at(time_point now) const noexcept { return not_before() <= now && now <= not_after(); }
    /// errc::signature_invalid, errc::algorithm_not_allowed; names are not compared.
    result<void> verify_signature(public_key const& issuer_key) const;
    /// Issuer name equals, authority key id (if both present) equals, signature verifies.
    bool is_issued_by(certificate const& ca) const;

    friend bool operator==(certificate const& a, certificate const& b) noexcept { return equal(a.der(), b.der()); }

private:
    struct data;
    explicit certificate(std::shared_ptr<data const> d) noexcept : data_(std::move(d)) {}
    std::shared_ptr<data const> data_;
};

/// What goes into a certificate that this library signs (CA of the responder and the simulator, throw-away signers).
struct certificate_template {
    name subject;
    time_point not_before;
    time_point not_after;
    bytes serial;                      ///< Big-endian magnitude; 1 to 20 bytes.
    std::vector<extension> extensions; ///< Written as given.
    digest_algorithm digest = digest_algorithm::sha256;
};
/// `issuer_name` and `issuer_key` sign; for a self-signed one they are the subject's own.
SCEPKIT_API result<certificate> make_certificate(certificate_template const& content, public_key const& subject_key,
                                                 name const& issuer_name, private_key const& issuer_key);
/// SHA-1 of the key bits (RFC 5280, 4.2.1.2 method 1): what subjectKeyIdentifier holds by custom.
SCEPKIT_API result<bytes> key_identifier(public_key const& key);

} // namespace scepkit::inline v0::pki
