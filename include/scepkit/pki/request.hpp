// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/secret.hpp>
#include <scepkit/pki/extensions.hpp>
#include <scepkit/pki/private_key.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace scepkit::inline v0::pki {

/// A PKCS#10 certification request (RFC 2986) that parsed. Its self-signature is checked by `verify()` only.
/// Immutable, cheap to copy. The DER holds the challenge: treat it as a secret.
class SCEPKIT_API certificate_request
{
public:
    static result<certificate_request> from_der(bytes_view der, limits const& bounds = {},
                                                crypto_context const& context = crypto_context::default_context());
    /// The first CERTIFICATE REQUEST block ("NEW" before it as well); errc::bad_pem if there is none.
    static result<certificate_request> from_pem(bytes_view pem, limits const& bounds = {});

    bytes_view der() const& noexcept;
    name const& subject() const& noexcept;
    result<public_key> const& key() const& noexcept;
    extension_set const& extensions() const& noexcept; ///< extensionRequest; Microsoft's id for it is read too.
    /// challengePassword; doubled or of several values is a parse error. Empty means present and empty.
    secret_bytes const* challenge_password() const& noexcept;
    asn1::tag challenge_type() const noexcept; ///< The string type that was used.
    /// Proof of possession: errc::signature_invalid, errc::algorithm_not_allowed.
    result<void> verify() const;
    /// The same for a caller who has used the key before: what OpenSSL made of `same_key` is not made again (unless it
    /// belongs to another crypto_context). errc::invalid_argument if it is not the key of this request.
    result<void> verify(public_key const& same_key) const;

private:
    struct data;
    explicit certificate_request(std::shared_ptr<data const> d) noexcept : data_(std::move(d)) {}
    std::shared_ptr<data const> data_;
};

/// Builds a certification request: set what is wanted, then `sign`.
///
/// challengePassword is written as PrintableString whenever its characters allow it (an NDES answered
/// UTF8String with badRequest), as UTF8String otherwise.
class SCEPKIT_API certificate_request_builder
{
public:
    certificate_request_builder& subject(name value);
    certificate_request_builder& add(general_name alternative_name);
    certificate_request_builder& usage(key_usage bits);
    certificate_request_builder& extended_usage(asn1::oid id);
    certificate_request_builder& sid(std::string value); ///< 1.3.6.1.4.1.311.25.2; checked when signed.
    certificate_request_builder& add(extension other);
    certificate_request_builder& challenge_password(secret_bytes value);

    /// A copy; by name, because it copies the challenge.
    certificate_request_builder clone() const;

    result<certificate_request> sign(private_key const& key, digest_algorithm digest = digest_algorithm::sha256) const;

private:
    name subject_;
    std::vector<general_name> alternative_names_;
    std::optional<key_usage> usage_;
    std::vector<asn1::oid> extended_usage_;
    std::optional<std::string> sid_;
    std::vector<extension> others_;
    std::optional<secret_bytes> challenge_;
};

} // namespace scepkit::inline v0::pki
