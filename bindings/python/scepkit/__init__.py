# SPDX-License-Identifier: BSL-1.0
"""Speaks and diagnoses SCEP (RFC 8894), with Microsoft NDES as its first patient.

    import scepkit
    diagnosis = scepkit.check("https://ndes.example.com/certsrv/mscep")
    print(diagnosis)
"""
from ._errors import (
    EnvironmentFault,
    LimitError,
    MisuseError,
    PeerError,
    RefusedError,
    RequestRejected,
    ScepError,
    TransportError,
    TrustError,
    UnsupportedError,
)
from ._scepkit import (
    Certificate,
    CertificateBag,
    CertificateRequest,
    CertificateRequestBuilder,
    Diagnosis,
    Evidence,
    Finding,
    IisAttemptCount,
    IisCallCount,
    IisSummary,
    Issued,
    LogPlace,
    Pending,
    PrivateKey,
    Simulator,
    __version__,
    check,
    diagnose,
    enroll,
    error_codes,
    explain,
    finding_ids,
    parse_certificate_bag,
    read_iis_log,
    simulator_faults,
)

__all__ = [
    "Certificate", "CertificateBag", "CertificateRequest", "CertificateRequestBuilder", "Diagnosis", "EnvironmentFault",
    "Evidence", "Finding", "IisAttemptCount", "IisCallCount", "IisSummary", "Issued", "LimitError", "LogPlace", "MisuseError",
    "PeerError", "Pending", "PrivateKey", "RefusedError", "RequestRejected", "ScepError", "Simulator", "TransportError",
    "TrustError", "UnsupportedError", "__version__", "check", "diagnose", "enroll", "error_codes", "explain", "finding_ids",
    "parse_certificate_bag", "read_iis_log", "simulator_faults",
]
