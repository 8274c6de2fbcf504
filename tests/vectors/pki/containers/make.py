# SPDX-License-Identifier: BSL-1.0
"""The half of make.sh that python3-cryptography does (38 or newer): PKCS #12 files and revocation lists."""
import datetime
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.serialization import pkcs12

here = pathlib.Path(__file__).parent
key = s.load_pem_private_key((here / "rsa.key.pem").read_bytes(), None)
ca_key = s.load_pem_private_key((here / "ca.key.pem").read_bytes(), None)
leaf = x509.load_der_x509_certificate((here / "rsa.der").read_bytes())
other = x509.load_der_x509_certificate((here / "ec.der").read_bytes())
ca = x509.load_der_x509_certificate((here / "ca.der").read_bytes())

for name, algorithm, digest in (("aes", pkcs12.PBES.PBESv2SHA256AndAES256CBC, hashes.SHA256()),
                                ("des3", pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC, hashes.SHA1())):
    how = s.PrivateFormat.PKCS12.encryption_builder().kdf_rounds(5000).key_cert_algorithm(algorithm).hmac_hash(digest)
    (here / f"python-{name}.p12").write_bytes(
        pkcs12.serialize_key_and_certificates(b"device", key, leaf, [ca, other], how.build(b"secret")))

when = datetime.datetime(2026, 1, 1)


def builder():
    return (x509.CertificateRevocationListBuilder().issuer_name(ca.subject).last_update(when)
            .next_update(datetime.datetime(2036, 1, 1)))


def entry(serial, *extensions):
    made = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(when)
    for value, critical in extensions:
        made = made.add_extension(value, critical)
    return made.build()


def write(name, made, digest=hashes.SHA256()):
    (here / f"python-{name}.crl").write_bytes(made.sign(ca_key, digest).public_bytes(s.Encoding.DER))


many = builder().add_extension(x509.CRLNumber(7), False)
for i in range(1000):
    many = many.add_revoked_certificate(entry((i * 7919) % 65537 + 1))
write("many", many)
reasons = builder()
for i, reason in enumerate(x509.ReasonFlags):
    reasons = reasons.add_revoked_certificate(entry(i + 1, (x509.CRLReason(reason), False),
                                                    (x509.InvalidityDate(when), False)))
write("reasons", reasons)
write("sha1", builder(), hashes.SHA1())
write("delta", builder().add_extension(x509.DeltaCRLIndicator(3), True))
write("delta-not-critical", builder().add_extension(x509.DeltaCRLIndicator(3), False))
for name, flags in (("indirect", dict(indirect_crl=True)), ("users-only", dict(only_contains_user_certs=True))):
    arguments = dict(full_name=None, relative_name=None, only_contains_user_certs=False, only_contains_ca_certs=False,
                     only_some_reasons=None, indirect_crl=False, only_contains_attribute_certs=False)
    write(name, builder().add_extension(x509.IssuingDistributionPoint(**{**arguments, **flags}), True))
write("certificate-issuer", builder().add_revoked_certificate(
    entry(1, (x509.CertificateIssuer([x509.DirectoryName(leaf.subject)]), True))))
write("unknown-critical", builder().add_extension(
    x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True))
write("entry-unknown-critical", builder().add_revoked_certificate(
    entry(1, (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True))))
