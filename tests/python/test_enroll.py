# SPDX-License-Identifier: BSL-1.0
import pytest
from cryptography import x509

import scepkit


def request_with(challenge, key):
    builder = scepkit.CertificateRequestBuilder().subject("CN=device 7,O=Contoso").dns("device7.contoso.example")
    if challenge is not None:
        builder = builder.challenge_password(challenge)
    return builder.sign(key)


def test_a_device_gets_a_certificate_for_its_key(simulator):
    key = scepkit.PrivateKey.generate()
    issued = scepkit.enroll(simulator.url, request=request_with("open sesame", key), key=key,
                            ca_fingerprint=simulator.ca.sha256)
    assert isinstance(issued, scepkit.Issued)
    assert issued.certificate.subject == "CN=device 7,O=Contoso"
    assert issued.certificate.issuer == simulator.ca.subject
    assert simulator.ca in issued.chain
    theirs = x509.load_der_x509_certificate(issued.certificate.der)
    ours = x509.load_der_x509_csr(request_with(None, key).der)
    assert theirs.public_key().public_numbers() == ours.public_key().public_numbers()
    # What had to be overlooked is said: NDES sends no certificates in its replies.
    assert "signer_certificate_outside" in issued.tolerances


def test_a_refusal_raises_with_the_hresult(simulator):
    key = scepkit.PrivateKey.generate()
    with pytest.raises(scepkit.RequestRejected) as caught:
        scepkit.enroll(simulator.url, request=request_with("wrong", key), key=key, ca_certificates=simulator.ca.to_pem().encode())
    assert caught.value.fail_info is not None
    assert isinstance(caught.value.hresult, int) and caught.value.hresult >= 0x80000000
    assert isinstance(caught.value, scepkit.RefusedError)


def test_a_wrong_pin_is_a_trust_error(simulator):
    key = scepkit.PrivateKey.generate()
    with pytest.raises(scepkit.TrustError) as caught:
        scepkit.enroll(simulator.url, request=request_with("open sesame", key), key=key, ca_fingerprint="00" * 32)
    assert caught.value.code == "ca_certificate_not_pinned"


def test_trust_must_be_said(simulator):
    key = scepkit.PrivateKey.generate()
    request = request_with("open sesame", key)
    with pytest.raises(ValueError):
        scepkit.enroll(simulator.url, request=request, key=key)
    with pytest.raises(ValueError):
        scepkit.enroll(simulator.url, request=request, key=key, ca_fingerprint=simulator.ca.sha256, trust_on_first_use=True)
    assert isinstance(scepkit.enroll(simulator.url, request=request, key=key, trust_on_first_use=True), scepkit.Issued)


def test_the_short_url_is_a_redirect_not_a_surprise():
    key = scepkit.PrivateKey.generate()
    with scepkit.Simulator(faults=["url-missing-mscep-dll"], challenges=["open sesame"]) as ndes:
        with pytest.raises(scepkit.ScepError) as caught:
            scepkit.enroll(ndes.url, request=request_with("open sesame", key), key=key, ca_fingerprint=ndes.ca.sha256)
    assert caught.value.code == "redirected" and caught.value.http_status == 301


def test_secrets_stay_out_of_texts(simulator):
    key = scepkit.PrivateKey.generate()
    canary = "canary7f3a9b"
    with pytest.raises(scepkit.RequestRejected) as caught:
        scepkit.enroll(simulator.url, request=request_with(canary, key), key=key, ca_fingerprint=simulator.ca.sha256)
    for text in (str(caught.value), repr(caught.value), repr(request_with(canary, key)),
                 repr(scepkit.CertificateRequestBuilder().challenge_password(canary))):
        assert canary not in text
