// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/pki/certificate.hpp>

#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace scepkit::inline v0::pki {

/// CRLReason, RFC 5280, 5.3.1.
enum class revocation_reason {
    unspecified = 0,
    key_compromise = 1,
    ca_compromise = 2,
    affiliation_changed = 3,
    superseded = 4,
    cessation_of_operation = 5,
    certificate_hold = 6,
    remove_from_crl = 8,
    privilege_withdrawn = 9,
    aa_compromise = 10
};
SCEPKIT_API std::string_view name_of(revocation_reason r) noexcept; ///< "keyCompromise"

struct revoked_certificate {
    bytes serial; ///< INTEGER content octets.
    time_point at;
    std::optional<revocation_reason> reason;
};

/// A certificate revocation list (RFC 5280, 5) that parsed. Nothing is said about its signature until `verify`.
///
/// Immutable, cheap to copy, thread-safe. A delta or indirect CRL is errc::unsupported: taken for a whole one, it would
/// call revoked certificates good.
class SCEPKIT_API crl
{
public:
    /// errc::bad_certificate with offset (a list is read as strictly as a certificate), too_many, unsupported (an
    /// unknown critical extension too).
    static result<crl> from_der(bytes_view der, limits const& bounds = {},
                                crypto_context const& context = crypto_context::default_context());
    static result<crl> from_pem(bytes_view pem, limits const& bounds = {});

    bytes_view der() const& noexcept;
    std::string to_pem() const;
    name const& issuer() const& noexcept;
    time_point this_update() const noexcept;
    std::optional<time_point> next_update() const noexcept;
    std::size_t size() const noexcept; ///< Entries.
    /// Null: not on the list. `serial` as in certificate::serial(). Logarithmic.
    revoked_certificate const* find(bytes_view serial) const& noexcept;
    /// Issuer name, cRLSign, signature; errc::issuer_not_found, usage_not_allowed, signature_invalid,
    /// algorithm_not_allowed.
    result<void> verify(certificate const& ca) const;

private:
    struct data;
    explicit crl(std::shared_ptr<data const> d) noexcept : data_(std::move(d)) {}
    std::shared_ptr<data const> data_;
};

struct crl_template {
    time_point this_update;
    time_point next_update;
    std::uint64_t number = 1; ///< cRLNumber
    std::vector<revoked_certificate> entries;
    digest_algorithm digest = digest_algorithm::sha256;
};
SCEPKIT_API result<crl> make_crl(crl_template const& content, certificate const& ca, private_key const& key);

} // namespace scepkit::inline v0::pki
