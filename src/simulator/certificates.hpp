// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/pki/certificate.hpp>
#include <scepkit/scep/responder.hpp>

#include <string_view>

// The certificates of a small test PKI, healthy or not: one function for each role.

namespace scepkit::inline v0::simulator::detail {

struct validity {
    time_point from;
    time_point until;
};

enum class ra_role { signing, encryption };

/// The names every certificate of this room carries.
pki::name const& ca_name();
pki::name const& ra_name(); ///< Of both RA certificates, as NDES does it.
pki::name const& tls_ca_name();
pki::name const& tls_intermediate_name();

/// A CA certificate for `key`, self-signed where `issuer` is null.
result<pki::certificate> make_authority(pki::name const& subject, pki::key_usage usage, validity when,
                                        pki::private_key const& key, scep::identity const* issuer = nullptr);
/// One key usage each and the EKU Certificate Request Agent (RFC 8894, 3.5.2 speaks of such servers).
result<pki::certificate> make_ra(ra_role role, validity when, pki::private_key const& key, scep::identity const& ca);
/// `host`: a DNS name or an address, the only name in it.
result<pki::certificate> make_tls_leaf(std::string_view host, validity when, pki::private_key const& key,
                                       scep::identity const& ca);

} // namespace scepkit::inline v0::simulator::detail
