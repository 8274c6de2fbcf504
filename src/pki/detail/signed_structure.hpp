// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/pki/algorithms.hpp>

/// What a certificate, a revocation list and a certification request are on the outside: X.509's SIGNED.
namespace scepkit::inline v0::pki::detail {

/// Views into the DER that was read.
struct signed_structure {
    bytes_view body;                   ///< As it is signed, header included.
    asn1::reader inside{bytes_view()}; ///< What is in it.
    bytes_view algorithm_der;
    result<signature_algorithm> algorithm{
        errc::algorithm_not_allowed}; ///< Or why it is not known here: that makes nothing unreadable.
    bytes_view signature;
};

/// errc of the ASN.1 reader, with offsets into `der`.
result<signed_structure> read_signed(bytes_view der, limits const& bounds);

} // namespace scepkit::inline v0::pki::detail
