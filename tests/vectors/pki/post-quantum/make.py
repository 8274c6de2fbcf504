# SPDX-License-Identifier: BSL-1.0
"""Makes every other file of this folder anew with python3-cryptography 48 or newer. The keys are throw-away keys."""
import pathlib

from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import mldsa, mlkem

here = pathlib.Path(__file__).parent


def write_key(name, key):
    (here / f"{name}.pem").write_bytes(key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()))
    spki = key.public_key().public_bytes(s.Encoding.DER, s.PublicFormat.SubjectPublicKeyInfo)
    (here / f"{name}.spki.der").write_bytes(spki)


def der(tag, *content):
    content = b"".join(content)
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x82, size >> 8, size & 255])
    return bytes([tag]) + length + content


def write_certificate(name, key, last_arc):
    # By hand: the certificate builder of version 48 does not take these keys.
    algorithm = der(0x30, der(6, bytes.fromhex("6086480165030403"), bytes([last_arc])))
    subject = der(0x30, der(0x31, der(0x30, der(6, bytes.fromhex("550403")), der(0x0c, name.encode()))))
    validity = der(0x30, der(0x17, b"260101000000Z"), der(0x17, b"360101000000Z"))
    spki = key.public_key().public_bytes(s.Encoding.DER, s.PublicFormat.SubjectPublicKeyInfo)
    tbs = der(0x30, der(2, b"\1"), algorithm, subject, validity, subject, spki)
    (here / f"{name}.certificate.der").write_bytes(der(0x30, tbs, algorithm, der(3, b"\0", key.sign(tbs))))


for size in (44, 65, 87):
    key = getattr(mldsa, f"MLDSA{size}PrivateKey").generate()
    write_key(f"ml-dsa-{size}", key)
    (here / f"ml-dsa-{size}.signature").write_bytes(key.sign(b"what is signed"))
    write_certificate(f"ml-dsa-{size}", key, {44: 17, 65: 18, 87: 19}[size])
for size in (768, 1024):  # It has no ML-KEM-512.
    key = getattr(mlkem, f"MLKEM{size}PrivateKey").generate()
    write_key(f"ml-kem-{size}", key)
    secret, ciphertext = key.public_key().encapsulate()
    (here / f"ml-kem-{size}.ciphertext").write_bytes(ciphertext)
    (here / f"ml-kem-{size}.secret").write_bytes(secret)
