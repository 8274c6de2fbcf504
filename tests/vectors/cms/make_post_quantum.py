#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Makes kem768.* and the messages around ML-KEM and ML-DSA of this folder with python3-cryptography 48 or newer.

Structures by hand, from RFC 9629, 9936 and 9882: no CMS library made them, and not this one. A key that exists is kept.
rfc9936_*.pem is the example of RFC 9936 itself, from the repository of the document (lamps-wg/cms-kyber).
"""
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, keywrap, padding, serialization as s
from cryptography.hazmat.primitives.asymmetric import mlkem, padding as rsa_padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

here = pathlib.Path(__file__).parent
content = (here / "content.txt").read_bytes()


def der(tag, *parts):
    body = b"".join(parts)
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(digits)]) + digits + body


def sequence(*parts):
    return der(0x30, *parts)


def integer(value):
    return der(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(dotted):
    arcs = [int(a) for a in dotted.split(".")]
    out = b""
    for arc in [arcs[0] * 40 + arcs[1]] + arcs[2:]:
        digits = [arc & 127]
        while arc := arc >> 7:
            digits.insert(0, arc & 127 | 128)
        out += bytes(digits)
    return der(6, out)


def content_info(kind, *body):
    return sequence(oid(kind), der(0xA0, sequence(*body)))


# The recipient: an ML-KEM-768 key, certified by rsa.pem.
key_path = here / "kem768.key.pem"
if key_path.exists():
    key = s.load_pem_private_key(key_path.read_bytes(), None)
else:
    key = mlkem.MLKEM768PrivateKey.generate()
    key_path.write_bytes(key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()))
issuer = x509.load_pem_x509_certificate((here / "rsa.pem").read_bytes())
issuer_key = s.load_pem_private_key((here / "rsa.key.pem").read_bytes(), None)
issuer_name = issuer.subject.public_bytes()
serial = integer(0x1007)
sha256_with_rsa = sequence(oid("1.2.840.113549.1.1.11"), der(5))
tbs = sequence(serial, sha256_with_rsa, issuer_name,
               sequence(der(0x17, b"260101000000Z"), der(0x18, b"21260101000000Z")), issuer_name,
               key.public_key().public_bytes(s.Encoding.DER, s.PublicFormat.SubjectPublicKeyInfo))
signature = issuer_key.sign(tbs, rsa_padding.PKCS1v15(), hashes.SHA256())
certificate = x509.load_der_x509_certificate(sequence(tbs, sha256_with_rsa, der(3, b"\0", signature)))
(here / "kem768.pem").write_bytes(certificate.public_bytes(s.Encoding.PEM))


def enveloped(name, wrap, kek_size, ukm):
    cek = bytes(range(16))
    iv = bytes(range(100, 116))
    secret, ciphertext = key.public_key().encapsulate()
    extra = der(0xA0, der(4, ukm)) if ukm is not None else b""
    info = sequence(sequence(oid(wrap)), integer(kek_size), extra)
    kek = HKDF(hashes.SHA256(), kek_size, None, info).derive(secret)
    entry = der(0xA4, oid("1.2.840.113549.1.9.16.13.3"),
                sequence(integer(0), sequence(issuer_name, serial), sequence(oid("2.16.840.1.101.3.4.4.2")),
                         der(4, ciphertext), sequence(oid("1.2.840.113549.1.9.16.3.28")), integer(kek_size), extra,
                         sequence(oid(wrap)), der(4, keywrap.aes_key_wrap(kek, cek))))
    padder = padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(cek), modes.CBC(iv)).encryptor()
    encrypted = encryptor.update(padder.update(content) + padder.finalize()) + encryptor.finalize()
    (here / name).write_bytes(content_info(
        "1.2.840.113549.1.7.3", integer(3), der(0x31, entry),
        sequence(oid("1.2.840.113549.1.7.1"), sequence(oid("2.16.840.1.101.3.4.1.2"), der(4, iv)),
                 der(0x80, encrypted))))


enveloped("enveloped_kem.der", "2.16.840.1.101.3.4.1.5", 16, None)
enveloped("enveloped_kem_ukm.der", "2.16.840.1.101.3.4.1.45", 32, b"what both sides know")


# A message signed with ML-DSA-65, by the certificate of ../pki/post-quantum.
def signed(name, digest, digest_id):
    folder = here.parent / "pki" / "post-quantum"
    signer = s.load_pem_private_key((folder / "ml-dsa-65.pem").read_bytes(), None)
    signer_certificate = (folder / "ml-dsa-65.certificate.der").read_bytes()
    parsed = x509.load_der_x509_certificate(signer_certificate)
    hasher = hashes.Hash(digest)
    hasher.update(content)
    attributes = sorted([
        sequence(oid("1.2.840.113549.1.9.3"), der(0x31, oid("1.2.840.113549.1.7.1"))),
        sequence(oid("1.2.840.113549.1.9.4"), der(0x31, der(4, hasher.finalize()))),
    ])
    algorithm = sequence(oid(digest_id))
    info = sequence(integer(1), sequence(parsed.issuer.public_bytes(), integer(parsed.serial_number)), algorithm,
                    der(0xA0, *attributes), sequence(oid("2.16.840.1.101.3.4.3.18")),
                    der(4, signer.sign(der(0x31, *attributes))))
    (here / name).write_bytes(content_info(
        "1.2.840.113549.1.7.2", integer(1), der(0x31, algorithm),
        sequence(oid("1.2.840.113549.1.7.1"), der(0xA0, der(4, content))), der(0xA0, signer_certificate),
        der(0x31, info)))


signed("signed_ml_dsa65_sha512.der", hashes.SHA512(), "2.16.840.1.101.3.4.2.3")
signed("signed_ml_dsa65_sha1.der", hashes.SHA1(), "1.3.14.3.2.26")
