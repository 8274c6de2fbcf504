// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/cms/quirks.hpp>
#include <scepkit/pki/certificate.hpp>

#include <span>
#include <vector>

namespace scepkit::inline v0::cms {

/// A degenerate SignedData: certificates and CRLs, no content, no signers ("certs-only"; GetCACert, SUCCESS CertRep).
/// Says nothing about trust: whoever sent the bytes chose what is inside.
struct SCEPKIT_API certificate_bag {
    std::vector<pki::certificate> certificates; ///< In the order of the message.
    std::vector<bytes> crls;                    ///< DER, not parsed further here.
    quirk_set tolerances;                       ///< What had to be overlooked.

    /// errc::wrong_content_type, not_degenerate, too_many, and those of the ASN.1 and certificate readers with the
    /// certificate's index. Which leniencies apply: ber_encoding, bag_with_content.
    /// `known` as for signed_data::parse.
    static result<certificate_bag> parse(bytes_view message, quirk_set allowed = {quirk::ber_encoding},
                                         limits const& bounds = {},
                                         pki::crypto_context const& context = pki::crypto_context::default_context(),
                                         std::span<pki::certificate const> known = {});
    /// Writes a bag; the order is kept (clients that "take the first" exist), although DER would sort a SET OF.
    static bytes make(std::span<pki::certificate const> certificates, std::span<bytes const> crls = {});
};

} // namespace scepkit::inline v0::cms
