# SPDX-License-Identifier: BSL-1.0
"""Makes agreement.txt anew with python3-cryptography: curve, own PKCS#8, peer's SubjectPublicKeyInfo, shared secret."""
import pathlib

from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import ec

lines = ["# python3 make.py; throw-away keys. curve, PKCS#8, peer's SubjectPublicKeyInfo, secret; all hex"]
for curve in (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()):
    for want_leading_zero in (False, True):
        while True:
            own, peer = ec.generate_private_key(curve), ec.generate_private_key(curve)
            secret = own.exchange(ec.ECDH(), peer.public_key())
            # P-521's first byte is 0 or 1: two zero bytes are wanted there.
            if want_leading_zero == (secret[0] == 0 and (curve.key_size != 521 or secret[1] == 0)):
                break
        lines.append(" ".join([
            {256: "P-256", 384: "P-384", 521: "P-521"}[curve.key_size],
            own.private_bytes(s.Encoding.DER, s.PrivateFormat.PKCS8, s.NoEncryption()).hex(),
            peer.public_key().public_bytes(s.Encoding.DER, s.PublicFormat.SubjectPublicKeyInfo).hex(),
            secret.hex()]))
pathlib.Path(__file__).with_name("agreement.txt").write_text("\n".join(lines) + "\n")
