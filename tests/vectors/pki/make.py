# SPDX-License-Identifier: BSL-1.0
"""Certificates and requests that the openssl program does not write; called by make.sh."""
import datetime
import hashlib
import hmac
import ipaddress
import pathlib
import warnings

warnings.simplefilter("ignore")
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.name import _ASN1Type as T
from cryptography.x509.oid import NameOID, ExtendedKeyUsageOID, ObjectIdentifier

keys, certificates, requests = (pathlib.Path(n) for n in ("keys", "certificates", "requests"))


def load(name):
    return serialization.load_pem_private_key((keys / name).read_bytes(), None)


def day(text):
    return datetime.datetime.strptime(text, "%Y-%m-%d")


def name(common_name):
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Contoso"),
                      x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


# ---- DER by hand, for what no builder offers ----
def tlv(tag, *parts):
    content = b"".join(parts)
    n = len(content)
    if n < 0x80:
        return bytes([tag, n]) + content
    size = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + content


def oid(dotted):
    arcs = [int(a) for a in dotted.split(".")]
    out = b""
    for arc in [arcs[0] * 40 + arcs[1]] + arcs[2:]:
        piece = bytes([arc & 0x7F])
        while arc > 0x7F:
            arc >>= 7
            piece = bytes([0x80 | (arc & 0x7F)]) + piece
        out += piece
    return tlv(0x06, out)


def spki(key):
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


SHA256_RSA = tlv(0x30, oid("1.2.840.113549.1.1.11"), b"\x05\x00")


def signed(key, body, algorithm=SHA256_RSA):
    signature = key.sign(body, padding.PKCS1v15(), hashes.SHA256())
    return tlv(0x30, body, algorithm, tlv(0x03, b"\0" + signature))


# ---- keys ----
rsa_key, ec_key = load("rsa-pkcs8.pem"), load("p256-sec1.pem")
p384_key = load("p384-pkcs8.pem")
ca_keys = {n: ec.generate_private_key(ec.SECP256R1()) for n in ("root", "intermediate", "other", "sub")}

# ---- a hierarchy ----
FAR = (day("2020-01-01"), day("2040-01-01"))


def certificate(subject, key, issuer, issuer_key, dates=("2026-01-01", "2027-01-01"), ca=None, path=None, usage=None,
                extra=(), digest=hashes.SHA256(), akid=None, serial=7, sans=None, skid=True):
    if isinstance(dates[0], str):
        dates = tuple(map(day, dates))
    b = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
         .serial_number(serial).not_valid_before(dates[0]).not_valid_after(dates[1]))
    if ca is not None:
        b = b.add_extension(x509.BasicConstraints(ca, path), True)
    if usage is not None:
        flags = dict.fromkeys(("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
                               "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"), False)
        flags.update(dict.fromkeys(usage, True))
        b = b.add_extension(x509.KeyUsage(**flags), True)
    if skid:
        b = b.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        b = b.add_extension(akid or x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False)
    if sans:
        b = b.add_extension(x509.SubjectAlternativeName(sans), False)
    for extension, critical in extra:
        b = b.add_extension(extension, critical)
    return b.sign(issuer_key, digest)


def write(file, cert):
    (certificates / file).write_bytes(cert.public_bytes(serialization.Encoding.DER))


root, inter, other = name("Root"), name("Issuing CA"), name("Other Root")
CA = dict(ca=True, usage=("key_cert_sign", "crl_sign"))
LEAF = dict(usage=("digital_signature", "key_encipherment"))
write("root.der", certificate(root, ca_keys["root"], root, ca_keys["root"], FAR, **CA))
write("other-root.der", certificate(other, ca_keys["other"], other, ca_keys["other"], FAR, **CA))
write("intermediate.der", certificate(inter, ca_keys["intermediate"], root, ca_keys["root"], FAR, path=0, **CA))
write("intermediate-cross.der", certificate(inter, ca_keys["intermediate"], other, ca_keys["other"], FAR, **CA))
write("intermediate-expired.der", certificate(inter, ca_keys["intermediate"], root, ca_keys["root"],
                                              ("2015-01-01", "2020-01-01"), **CA))
write("intermediate-not-ca.der", certificate(inter, ca_keys["intermediate"], root, ca_keys["root"], FAR, ca=False))
write("intermediate-without-cert-sign.der",
      certificate(inter, ca_keys["intermediate"], root, ca_keys["root"], FAR, ca=True, usage=("crl_sign",)))
write("intermediate-sha1.der", certificate(inter, ca_keys["intermediate"], root, ca_keys["root"], FAR,
                                           digest=hashes.SHA1(), **CA))
write("intermediate-name-constraints.der",
      certificate(inter, ca_keys["intermediate"], root, ca_keys["root"], FAR, **CA,
                  extra=[(x509.NameConstraints([x509.DNSName("contoso.example")], None), True)]))
# The right name and another key: what an attacker or a renewed CA looks like.
write("intermediate-other-key.der", certificate(inter, ca_keys["sub"], root, ca_keys["root"], FAR, skid=False, **CA))
sub = name("Sub CA")
write("sub.der", certificate(sub, ca_keys["sub"], inter, ca_keys["intermediate"], FAR, **CA))
write("leaf-below-sub.der", certificate(name("far device"), rsa_key, sub, ca_keys["sub"], **LEAF))

leaf = dict(subject=name("device 7"), key=rsa_key, issuer=inter, issuer_key=ca_keys["intermediate"], **LEAF)
write("leaf.der", certificate(**leaf, sans=[
    x509.DNSName("ndes.contoso.example"), x509.DNSName("*.devices.contoso.example"), x509.DNSName("*.example"),
    x509.IPAddress(ipaddress.ip_address("192.0.2.10")), x509.IPAddress(ipaddress.ip_address("2001:db8::10"))],
    extra=[(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)]))
write("leaf-expired.der", certificate(**leaf, dates=("2024-01-01", "2025-01-01")))
write("leaf-not-yet.der", certificate(**leaf, dates=("2031-01-01", "2032-01-01")))
write("leaf-sha1.der", certificate(**leaf, digest=hashes.SHA1()))
write("leaf-unknown-critical.der",
      certificate(**leaf, extra=[(x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4.5"), b"\x05\x00"), True)]))
write("leaf-generalized-time.der", certificate(**leaf, dates=("2026-01-01", "2060-06-01")))
write("leaf-ec.der", certificate(**{**leaf, "key": p384_key, "digest": hashes.SHA384()}))
write("leaf-without-key-id.der", certificate(**leaf, skid=False))
write("leaf-signed-by-rsa.der", certificate(name("rsa"), ec_key, name("rsa CA"), rsa_key, digest=hashes.SHA512()))

# ---- names ----
A = x509.NameAttribute


def self_signed(file, subject, **more):
    write(file, certificate(subject, rsa_key, subject, rsa_key, **more))


self_signed("name-strings.der", x509.Name([
    A(NameOID.COUNTRY_NAME, "DE"), A(NameOID.DOMAIN_COMPONENT, "example", _type=T.IA5String),
    A(NameOID.ORGANIZATION_NAME, "Müller, Söhne", _type=T.UTF8String),
    A(NameOID.ORGANIZATIONAL_UNIT_NAME, "Größe", _type=T.BMPString),
    A(NameOID.COMMON_NAME, "printable", _type=T.PrintableString)]))
self_signed("name-multi-valued.der", x509.Name([
    x509.RelativeDistinguishedName([A(NameOID.ORGANIZATION_NAME, "Contoso")]),
    x509.RelativeDistinguishedName([A(NameOID.COMMON_NAME, "device"), A(NameOID.SERIAL_NUMBER, "7")])]))
self_signed("name-nul.der", x509.Name([A(NameOID.COMMON_NAME, "admin\0.evil")]))
self_signed("name-controls.der", x509.Name([A(NameOID.COMMON_NAME, "a\x1b[31mb\u202ec\x85d")]))
self_signed("san-nul.der", name("x"), sans=[x509.DNSName("admin\0.evil.example")])
self_signed("san-empty-subject.der", x509.Name([]), sans=[x509.DNSName("only.example")])


# ---- certificates by hand ----
UTC = lambda text: tlv(0x17, text)  # noqa: E731
DATES = tlv(0x30, UTC(b"260101000000Z"), UTC(b"270101000000Z"))
CN = lambda text: tlv(0x30, tlv(0x31, tlv(0x30, oid("2.5.4.3"), tlv(0x0C, text))))  # noqa: E731


def raw_certificate(file, version=b"\xa0\x03\x02\x01\x02", serial=b"\x02\x01\x07", inner=SHA256_RSA, dates=DATES,
                    key_info=None, tail=b"", subject=CN(b"by hand"), outer=SHA256_RSA):
    body = tlv(0x30, version, serial, inner, subject, dates, subject, key_info or spki(rsa_key), tail)
    (certificates / file).write_bytes(signed(rsa_key, body, outer))


def extensions(*each):
    return tlv(0xA3, tlv(0x30, *each))


def extension(dotted, value, critical=b""):
    return tlv(0x30, oid(dotted), critical, tlv(0x04, value))


BASIC = extension("2.5.29.19", tlv(0x30))
raw_certificate("v1.der", version=b"")
raw_certificate("v1-with-extensions.der", version=b"", tail=extensions(BASIC))
raw_certificate("v1-written-out.der", version=b"\xa0\x03\x02\x01\x00")
raw_certificate("v2-unique-id.der", version=b"\xa0\x03\x02\x01\x01", tail=tlv(0x81, b"\0\x01"))
raw_certificate("v4.der", version=b"\xa0\x03\x02\x01\x03")
raw_certificate("negative-serial.der", serial=b"\x02\x01\x80")
raw_certificate("padded-serial.der", serial=b"\x02\x02\x00\x07")
raw_certificate("other-inner-algorithm.der", inner=tlv(0x30, oid("1.2.840.113549.1.1.5"), b"\x05\x00"))
UNKNOWN = tlv(0x30, oid("1.2.3.4"))
raw_certificate("unknown-algorithm.der", inner=UNKNOWN, outer=UNKNOWN)
raw_certificate("doubled-extension.der", tail=extensions(BASIC, BASIC))
raw_certificate("default-written-out.der",
                tail=extensions(extension("2.5.29.19", tlv(0x30, b"\x01\x01\x00"), b"\x01\x01\x00")))
raw_certificate("broken-extension.der", tail=extensions(extension("2.5.29.15", b"\x03\x05\x00")))
raw_certificate("sid.der", tail=extensions(extension("1.3.6.1.4.1.311.25.2", tlv(0x30, tlv(
    0xA0, oid("1.3.6.1.4.1.311.25.2.1"), tlv(0xA0, tlv(0x04, b"S-1-5-21-1-2-3-1104")))))))
raw_certificate("sid-that-is-none.der", tail=extensions(extension("1.3.6.1.4.1.311.25.2", tlv(0x30, tlv(
    0xA0, oid("1.3.6.1.4.1.311.25.2.1"), tlv(0xA0, tlv(0x04, b"S-1-5-21-1-2\n")))))))
raw_certificate("ip-of-five-bytes.der", tail=extensions(extension("2.5.29.17", tlv(0x30, tlv(0x87, b"\1\2\3\4\5")))))
raw_certificate("name-bit-string.der",
                subject=tlv(0x30, tlv(0x31, tlv(0x30, oid("2.5.4.45"), tlv(0x03, b"\x00\xab")))))
for file, dates in {"no-seconds": (b"2601010000Z", b"2701010000Z"), "offset": (b"260101000000+0100", b"270101000000Z"),
                    "month-13": (b"261301000000Z", b"270101000000Z"), "february-30": (b"260230000000Z", b"270101000000Z"),
                    "fraction": (b"260101000000Z", None)}.items():
    second = UTC(dates[1]) if dates[1] else tlv(0x18, b"20600101000000.5Z")
    raw_certificate(f"date-{file}.der", dates=tlv(0x30, UTC(dates[0]), second))
raw_certificate("dates-reversed.der", dates=tlv(0x30, UTC(b"270101000000Z"), UTC(b"260101000000Z")))


def rsa_info(n, e):
    integer = lambda v: tlv(0x02, v.to_bytes(v.bit_length() // 8 + 1, "big"))  # noqa: E731
    return tlv(0x30, tlv(0x30, oid("1.2.840.113549.1.1.1"), b"\x05\x00"),
               tlv(0x03, b"\0" + tlv(0x30, integer(n), integer(e))))


modulus = rsa_key.public_key().public_numbers().n
for file, (n, e) in {"even-modulus": (modulus + 1, 65537), "even-exponent": (modulus, 65536), "exponent-1": (modulus, 1),
                     "exponent-3071-bits": (2 ** 3071 + 2 ** 3070 + 1, 2 ** 3070 + 1), "modulus-16385": (2 ** 16384 + 1, 3),
                     "modulus-2047": (2 ** 2046 + 1, 3), "modulus-8192": (2 ** 8191 + 1, 3),
                     "modulus-8193": (2 ** 8192 + 1, 3), "exponent-0": (modulus, 0), "modulus-0": (0, 3)}.items():
    (keys / f"rsa-{file}.spki.der").write_bytes(rsa_info(n, e))
raw_certificate("key-bomb.der", key_info=rsa_info(2 ** 3071 + 2 ** 3070 + 1, 2 ** 3070 + 1))
p256 = tlv(0x30, oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7"))
(keys / "p256-off-curve.spki.der").write_bytes(tlv(0x30, p256, tlv(0x03, b"\0\x04" + b"\x01" * 64)))
(keys / "p256-short-point.spki.der").write_bytes(tlv(0x30, p256, tlv(0x03, b"\0\x04" + b"\x01" * 63)))
(keys / "p256-infinity.spki.der").write_bytes(tlv(0x30, p256, tlv(0x03, b"\0\0")))
(keys / "rsa-without-parameters.spki.der").write_bytes(
    tlv(0x30, tlv(0x30, oid("1.2.840.113549.1.1.1")), spki(rsa_key)[4 + 15:]))

# A PSS certificate by the other library would need a newer python3-cryptography than Debian 12 has.
pss_parameters = tlv(0x30, tlv(0xA0, tlv(0x30, oid("2.16.840.1.101.3.4.2.1"), b"\x05\x00")),
                     tlv(0xA1, tlv(0x30, oid("1.2.840.113549.1.1.8"), tlv(0x30, oid("2.16.840.1.101.3.4.2.1"), b"\x05\x00"))),
                     tlv(0xA2, b"\x02\x01\x20"))
PSS = tlv(0x30, oid("1.2.840.113549.1.1.10"), pss_parameters)
pss_body = tlv(0x30, b"\xa0\x03\x02\x01\x02", b"\x02\x01\x07", PSS, CN(b"pss"), DATES, CN(b"pss"), spki(rsa_key))
pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
(certificates / "pss.der").write_bytes(
    tlv(0x30, pss_body, PSS, tlv(0x03, b"\0" + rsa_key.sign(pss_body, pss, hashes.SHA256()))))
short_salt = padding.PSS(padding.MGF1(hashes.SHA256()), 20)
(certificates / "pss-other-salt.der").write_bytes(
    tlv(0x30, pss_body, PSS, tlv(0x03, b"\0" + rsa_key.sign(pss_body, short_salt, hashes.SHA256()))))

# ---- requests ----
CHALLENGE = x509.oid.AttributeOID.CHALLENGE_PASSWORD
for file, text, tag in (("printable", b"Secret 123", T.PrintableString), ("utf8", "gehöim".encode(), T.UTF8String),
                        ("bmp", "gehöim".encode("utf-16-be"), T.BMPString), ("ia5", b"a@b_c", T.IA5String),
                        ("empty", b"", T.UTF8String)):
    csr = (x509.CertificateSigningRequestBuilder().subject_name(name("device 7"))
           .add_attribute(CHALLENGE, text, _tag=tag).sign(rsa_key, hashes.SHA256()))
    (requests / f"challenge-{file}.der").write_bytes(csr.public_bytes(serialization.Encoding.DER))
for file, digest in (("sha1", hashes.SHA1()), ("sha512", hashes.SHA512()), ("md5", hashes.MD5())):
    csr = x509.CertificateSigningRequestBuilder().subject_name(name(file)).sign(rsa_key, digest)
    (requests / f"{file}.der").write_bytes(csr.public_bytes(serialization.Encoding.DER))


def attribute(dotted, *values):
    return tlv(0x30, oid(dotted), tlv(0x31, *values))


def raw_request(file, *attributes, version=b"\x02\x01\x00", attribute_set=None, subject=CN(b"by hand")):
    attribute_set = tlv(0xA0, *attributes) if attribute_set is None else attribute_set
    body = tlv(0x30, version, subject, spki(rsa_key), attribute_set)
    (requests / file).write_bytes(signed(rsa_key, body))


SECRET = tlv(0x13, b"secret")
challenge = attribute("1.2.840.113549.1.9.7", SECRET)
listed = tlv(0x30, extension("2.5.29.15", b"\x03\x02\x05\xa0"))
raw_request("no-attributes.der")
raw_request("attributes-left-out.der", attribute_set=b"")
raw_request("version-1.der", version=b"\x02\x01\x01")
raw_request("challenge-doubled.der", challenge, challenge)
raw_request("challenge-of-two-values.der", attribute("1.2.840.113549.1.9.7", SECRET, tlv(0x13, b"zweite")))
raw_request("challenge-without-value.der", attribute("1.2.840.113549.1.9.7"))
raw_request("challenge-no-string.der", attribute("1.2.840.113549.1.9.7", b"\x02\x01\x07"))
raw_request("microsoft-extensions.der", attribute("1.3.6.1.4.1.311.2.1.14", listed),
            attribute("1.3.6.1.4.1.311.13.2.3", tlv(0x16, b"10.0.19045.2")), challenge)
raw_request("both-extension-requests.der", attribute("1.3.6.1.4.1.311.2.1.14", listed),
            attribute("1.2.840.113549.1.9.14", listed))
raw_request("extensions-of-two-values.der", attribute("1.2.840.113549.1.9.14", listed, listed))
raw_request("many-attributes.der", *[attribute(f"1.2.3.{i}", b"\x05\x00") for i in range(33)])
raw_request("name-nul.der", subject=CN(b"admin\0.evil"))
tampered = bytearray((requests / "challenge-printable.der").read_bytes())
tampered[tampered.index(b"Secret")] ^= 1
(requests / "tampered.der").write_bytes(tampered)

# ---- implicit rejection: what decrypter.cpp promises to answer, computed by other code ----
numbers = rsa_key.private_numbers()
size = (numbers.public_numbers.n.bit_length() + 7) // 8
secret = hmac.digest(numbers.d.to_bytes(size, "big"), b"scepkit implicit rejection", "sha256")


def rejection_key(ciphertext, length):
    out, counter = b"", 0
    while len(out) < length:
        label = b"content key" + counter.to_bytes(4, "little") + length.to_bytes(4, "little")
        out += hmac.digest(secret, label + ciphertext, "sha256")
        counter += 1
    return out[:length]


def encrypt_block(block):
    return pow(int.from_bytes(block, "big"), numbers.public_numbers.e, numbers.public_numbers.n).to_bytes(size, "big")


fill = hashlib.shake_128(b"padding").digest(4 * size).replace(b"\0", b"")
rows = []
for length in (8, 16, 24, 32, 64):
    key = hashlib.shake_128(b"content").digest(length)
    room = size - length - 3
    long_ps = fill[:room]
    blocks = {
        "valid": b"\0\2" + long_ps + b"\0" + key,
        "bad-first-byte": b"\1\2" + long_ps + b"\0" + key,
        "bad-block-type": b"\0\1" + long_ps + b"\0" + key,
        "block-type-0": b"\0\0" + long_ps + b"\0" + key,
        "no-separator": b"\0\2" + fill[:size - 2],
        "early-separator": b"\0\2" + long_ps[:20] + b"\0" + long_ps[21:] + b"\0" + key,
        "short-padding": b"\0\2" + fill[:7] + b"\0" + fill[:size - 10],
        "padding-of-one": b"\0\2" + fill[:1] + b"\0" + fill[:size - 4],
        "key-one-shorter": b"\0\2" + fill[:room + 1] + b"\0" + key[1:],
        "key-one-longer": b"\0\2" + fill[:room - 1] + b"\0" + b"\x55" + key,
        "empty-key": b"\0\2" + fill[:size - 3] + b"\0",
        "all-zero": b"\0" * size,
    }
    for kind, block in blocks.items():
        assert len(block) == size, kind
        if int.from_bytes(block, "big") >= numbers.public_numbers.n:
            continue
        ciphertext = encrypt_block(block)
        rows.append((kind, length, ciphertext, key if kind == "valid" else rejection_key(ciphertext, length)))
    modulus_bytes = numbers.public_numbers.n.to_bytes(size, "big")
    for kind, ciphertext in {"empty": b"", "one-byte-short": b"\1" * (size - 1), "one-byte-long": b"\0" + b"\1" * size,
                             "the-modulus": modulus_bytes, "all-ones": b"\xff" * size}.items():
        rows.append((kind, length, ciphertext, rejection_key(ciphertext, length)))
(keys / "rejection.txt").write_text("# class, size of the content key, ciphertext, answer\n" + "".join(
    f"{kind} {length} {ciphertext.hex() or '-'} {answer.hex()}\n" for kind, length, ciphertext, answer in rows))
