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
    CaDescription,
    Certificate,
    CertificateBag,
    CertificateRequest,
    CertificateRequestBuilder,
    Crl,
    Diagnosis,
    Enrollment,
    Evidence,
    Finding,
    IisAttemptCount,
    IisCallCount,
    IisSummary,
    Issued,
    LogPlace,
    NextCa,
    Pending,
    PrivateKey,
    Send,
    Simulator,
    Wait,
    __version__,
    check,
    diagnose,
    enroll,
    error_codes,
    explain,
    finding_ids,
    get_ca,
    get_certificate,
    get_crl,
    get_next_ca,
    parse_certificate_bag,
    read_iis_log,
    read_pkcs12,
    resume,
    simulator_faults,
)

__all__ = [
    "CaDescription", "Certificate", "CertificateBag", "CertificateRequest", "CertificateRequestBuilder", "Crl",
    "Diagnosis", "Enrollment", "EnvironmentFault", "Evidence", "Finding", "IisAttemptCount", "IisCallCount",
    "IisSummary", "Issued", "LimitError", "LogPlace", "MisuseError", "NextCa", "PeerError", "Pending",
    "PrivateKey", "RefusedError", "RequestRejected", "ScepError", "Send", "Simulator", "TransportError",
    "TrustError", "UnsupportedError", "Wait", "__version__", "check", "diagnose", "enroll", "error_codes",
    "explain", "finding_ids", "get_ca", "get_certificate", "get_crl", "get_next_ca", "parse_certificate_bag",
    "read_iis_log", "read_pkcs12", "resume", "simulator_faults",
]
