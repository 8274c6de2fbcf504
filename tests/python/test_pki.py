# SPDX-License-Identifier: BSL-1.0
import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import AttributeOID, ExtendedKeyUsageOID, NameOID

import scepkit


def other_certificate(cn="other"):
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn)])
    return (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(0x1234567890ABCDEF1234).not_valid_before(datetime.datetime(2026, 1, 2, 3, 4, 5))
            .not_valid_after(datetime.datetime(2036, 1, 2, 3, 4, 5))
            .add_extension(x509.BasicConstraints(True, None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("ca.example")]), critical=False)
            .sign(key, hashes.SHA256()))


def test_a_certificate_made_by_another_library_reads_the_same():
    theirs = other_certificate()
    ours = scepkit.Certificate.from_der(theirs.public_bytes(serialization.Encoding.DER))
    assert ours.serial == theirs.serial_number
    assert ours.subject == "CN=other"
    assert ours.not_before == datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    assert ours.sha256 == theirs.fingerprint(hashes.SHA256()).hex()
    assert ours.is_ca and ours.key_usage is None and ours.dns_names == ["ca.example"]
    assert ours == scepkit.Certificate.from_pem(ours.to_pem().encode())
    assert len({ours, scepkit.Certificate.from_der(ours.der)}) == 1


def test_a_request_is_read_by_another_library():
    key = scepkit.PrivateKey.generate()
    builder = (scepkit.CertificateRequestBuilder().subject("CN=device 7,O=Contoso").dns("device7.contoso.example")
               .upn("user@contoso.example").sid_uri("S-1-5-21-1-2-3-1001")
               .key_usage(["digital_signature", "key_encipherment"]).extended_key_usage("1.3.6.1.5.5.7.3.2"))
    request = builder.challenge_password("secret word").sign(key)
    theirs = x509.load_der_x509_csr(request.der)
    assert theirs.is_signature_valid
    assert theirs.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "device 7"
    assert theirs.get_attribute_for_oid(AttributeOID.CHALLENGE_PASSWORD) == b"secret word"
    names = theirs.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["device7.contoso.example"]
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [
        "tag:microsoft.com,2022-09-14:sid:S-1-5-21-1-2-3-1001"]
    usage = theirs.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert ExtendedKeyUsageOID.CLIENT_AUTH in usage


def test_a_builder_is_not_changed_by_its_calls():
    key = scepkit.PrivateKey.generate()
    base = scepkit.CertificateRequestBuilder().subject("CN=a")
    base.dns("b.example")
    assert b"b.example" not in base.sign(key).der


def test_a_key_travels_as_pem_and_is_never_printed():
    key = scepkit.PrivateKey.generate(kind="P-256")
    pem = key.to_pem()
    again = scepkit.PrivateKey.from_pem(pem)
    assert again.kind == "P-256" and again.bits == 256
    assert serialization.load_pem_private_key(pem, None).key_size == 256
    assert "PRIVATE" not in repr(key) and repr(key) == "<scepkit.PrivateKey P-256 256>"


def test_errors_are_typed_and_carry_a_place():
    with pytest.raises(scepkit.PeerError) as caught:
        scepkit.Certificate.from_der(b"\x30\x82\x01")
    assert caught.value.code in scepkit.error_codes()
    assert caught.value.code == "bad_certificate" and caught.value.layer
    with pytest.raises(ValueError):
        scepkit.PrivateKey.generate(kind="DSA")
    with pytest.raises(scepkit.ScepError):
        scepkit.CertificateRequestBuilder().subject("not a name")


@pytest.mark.parametrize("garbage", [b"", b"<html></html>", b"\x30" * 1000, b"\x30\x80" * 100000, bytes(1 << 20)])
def test_garbage_is_no_certificate_bag(garbage):
    with pytest.raises(scepkit.ScepError):
        scepkit.parse_certificate_bag(garbage)


def test_a_bag_made_by_openssl_is_read(tmp_path):
    import subprocess

    files = []
    for cn in ("first", "second"):
        path = tmp_path / f"{cn}.pem"
        path.write_bytes(other_certificate(cn).public_bytes(serialization.Encoding.PEM))
        files += ["-certfile", path]
    der = subprocess.run(["openssl", "crl2pkcs7", "-nocrl", *files, "-outform", "DER"], check=True, capture_output=True).stdout
    bag = scepkit.parse_certificate_bag(der)
    assert [c.subject for c in bag.certificates] == ["CN=first", "CN=second"]
    assert bag.crls == [] and bag.tolerances == []
