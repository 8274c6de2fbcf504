# SPDX-License-Identifier: BSL-1.0
"""What our two sides say to each other, read by the openssl command: certificates, signatures, envelopes."""
import re

import pytest

import support
from support import Relay, assert_issued_by, openssl, sha256_of

support.need_peer("openssl")

PEER = "OpenSSL command"
NOTE = """\
Messages and replies between scep-enroll and our servers, kept by a relay and opened with `openssl cms`. `-purpose
any`: an RA's certificate is not one for mail, which is what openssl checks else."""


def version():
    # Debian's updates change the last number.
    return re.match(r"OpenSSL (\d+\.\d+)\.", openssl("version")).group(1)


class Enrolled:
    """One enrolment of scep-enroll, with the message and the reply as they were on the wire."""

    def __init__(self, ours, who, folder, profile):
        self.ours, self.who, self.folder = ours, who, folder
        with Relay(ours.url) as relay:
            got = support.enroll(relay.url, folder / "d", "CN=read by openssl,O=scepkit", "--ca-file", ours.ca,
                                 profile=profile)
        assert got.returncode == 0, got.stderr
        [exchange] = relay.of("PKIOperation")
        assert exchange.method == "POST"
        (folder / "message.der").write_bytes(exchange.message)
        (folder / "reply.der").write_bytes(exchange.reply)
        self.certificate, self.key = folder / "d/cert.pem", folder / "d/key.pem"


@pytest.fixture(scope="module", params=["lone", "pair", "ndes"])
def enrolled(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    start = support.simulator if request.param == "ndes" else support.responder
    with start(folder / "r", *(["--ra-pair"] if request.param == "pair" else [])) as ours:
        yield Enrolled(ours, {"lone": "lone CA", "pair": "RA pair", "ndes": "ndes-simulator"}[request.param], folder,
                       "ndes" if request.param == "ndes" else "rfc8894")


def test_certificate_is_what_was_asked_for(enrolled, matrix):
    assert_issued_by(enrolled.ours.ca, enrolled.certificate, enrolled.key)
    openssl("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", enrolled.ours.ca, enrolled.certificate)
    said = openssl("x509", "-in", enrolled.certificate, "-noout", "-subject", "-nameopt", "RFC2253", "-ext",
                   "keyUsage,basicConstraints,subjectKeyIdentifier,authorityKeyIdentifier")
    assert "subject=CN=read by openssl,O=scepkit" in said
    assert "Digital Signature, Key Encipherment\n" in said
    assert "CA:TRUE" not in said
    ca = openssl("x509", "-in", enrolled.ours.ca, "-noout", "-ext", "subjectKeyIdentifier").split()[-1]
    assert ca in said
    matrix.add("both", "the issued certificate", enrolled.who,
               "chain with -x509_strict, key usage, key identifiers, key: as asked for")


def test_signature_of_the_message(enrolled, tmp_path, matrix):
    openssl("cms", "-verify", "-noverify", "-inform", "der", "-in", enrolled.folder / "message.der", "-binary", "-out",
            tmp_path / "envelope.der", "-signer", tmp_path / "signer.pem")
    # Signed by the key that the certificate is for.
    assert openssl("x509", "-in", tmp_path / "signer.pem", "-noout", "-pubkey") == openssl("pkey", "-in", enrolled.key,
                                                                                          "-pubout")
    matrix.add("both", "PKCSReq: signature", enrolled.who, "verified; self-signed with the key of the request")


def test_envelope_of_the_message(enrolled, tmp_path, matrix):
    openssl("cms", "-verify", "-noverify", "-inform", "der", "-in", enrolled.folder / "message.der", "-binary", "-out",
            tmp_path / "envelope.der")
    openssl("cms", "-decrypt", "-inform", "der", "-in", tmp_path / "envelope.der", "-recip", enrolled.ours.receives,
            "-inkey", enrolled.ours.receives_key, "-binary", "-out", tmp_path / "request.der")
    request = openssl("req", "-inform", "der", "-in", tmp_path / "request.der", "-noout", "-verify", "-text")
    assert "challengePassword" in request
    assert support.CHALLENGE in request
    structure = openssl("asn1parse", "-inform", "der", "-in", tmp_path / "envelope.der")
    cipher = re.search(r":(aes-128-cbc|des-ede3-cbc)\b", structure).group(1)
    matrix.add("both", "PKCSReq: envelope", enrolled.who,
               f"opened with the key of the recipient: {cipher}, request self-signed")


def test_signature_of_the_reply(enrolled, tmp_path, matrix):
    more = ["-purpose", "any", "-CAfile", enrolled.ours.ca]
    outside = enrolled.who == "ndes-simulator"
    if outside:
        more += ["-certfile", enrolled.ours.signs]
    openssl("cms", "-verify", "-inform", "der", "-in", enrolled.folder / "reply.der", "-binary", "-out",
            tmp_path / "envelope.der", "-signer", tmp_path / "signer.pem", *more)
    assert sha256_of(tmp_path / "signer.pem") == sha256_of(enrolled.ours.signs)
    inside = openssl("pkcs7", "-inform", "der", "-in", enrolled.folder / "reply.der", "-print_certs", "-noout")
    assert ("subject" not in inside) == outside
    matrix.add("both", "CertRep: signature", enrolled.who,
               "verified to the CA" + ("; the signer's certificate is not in it, as with NDES" if outside else ""))


def test_envelope_of_the_reply(enrolled, tmp_path, matrix):
    openssl("cms", "-verify", "-noverify", "-certfile", enrolled.ours.signs, "-inform", "der", "-in",
            enrolled.folder / "reply.der", "-binary", "-out", tmp_path / "envelope.der")
    openssl("cms", "-decrypt", "-inform", "der", "-in", tmp_path / "envelope.der", "-inkey", enrolled.key, "-binary",
            "-out", tmp_path / "bag.der")
    bag = support.pem_blocks(openssl("pkcs7", "-inform", "der", "-in", tmp_path / "bag.der", "-print_certs"))
    (tmp_path / "first.pem").write_text(bag[0])
    assert sha256_of(tmp_path / "first.pem") == sha256_of(enrolled.certificate)
    structure = openssl("asn1parse", "-inform", "der", "-in", tmp_path / "envelope.der")
    transport = "OAEP" if "rsaesOaep" in structure else "PKCS #1 v1.5"
    matrix.add("both", "CertRep: envelope", enrolled.who,
               f"opened with the device's key: {transport}, the device's certificate first")
