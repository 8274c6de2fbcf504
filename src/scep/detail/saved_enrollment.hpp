// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/scep/enrollment.hpp>

namespace scepkit::inline v0::scep::detail {

/// What an enrolment that waits for its CA is made of, without keys and challenge.
///
///     SavedEnrollment ::= SEQUENCE {
///       version         INTEGER (1),
///       transactionID   PrintableString,
///       requestedKey    SubjectPublicKeyInfo,
///       subject         Name,
///       signer          Certificate,
///       caCertificates  SEQUENCE OF Certificate,
///       capabilities    OCTET STRING,             -- as GetCACaps writes them
///       tolerances      SEQUENCE OF UTF8String,   -- names of quirks
///       backoff     [0] INTEGER OPTIONAL,         -- seconds
///       since       [1] Time OPTIONAL }           -- of the first PENDING
struct saved_enrollment {
    std::string transaction_id;
    pki::public_key requested;
    pki::name subject;
    pki::certificate signer;
    std::vector<pki::certificate> ca_certificates;
    scep::capabilities capabilities;
    quirk_set tolerances;
    std::optional<std::chrono::seconds> backoff;
    std::optional<time_point> since;

    bytes to_der() const;
    /// errc::bad_value (another version, a transactionID or quirk that cannot be), too_large, too_many, and those of
    /// the readers.
    static result<saved_enrollment> from_der(bytes_view der, limits const& bounds);
};

} // namespace scepkit::inline v0::scep::detail
