# SPDX-License-Identifier: BSL-1.0
"""strongSwan's `pki --scepca` and `pki --scep` against our servers."""
import re

import pytest

import support
from support import CHALLENGE, Relay, assert_issued_by, openssl, run, sha256_of

PKI = support.need_peer("pki")

PEER = "strongSwan pki"
NOTE = """\
5.9.8 reads the list of capabilities wrongly: it tests positions in its own table (AES 0, DES3 1, SHA-256 2, SHA-384 3
…) as if they were bits. So it never finds AES in a list of RFC 8894, takes DES3 for listed only where AES is, and
believes in SCEPStandard (and with it AES and POST) where SHA-384 is listed. Our responder lists SHA-384 for its sake;
NDES lists neither SHA-384 nor AES, so strongSwan enrols there with no cipher. "Added" and "taken" below: a relay
between the two changes the list."""


def version():
    return re.search(r"strongSwan (\S+) PKI", run(PKI, "--help").stderr + run(PKI, "--help").stdout).group(1)


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "key.pem"
    openssl("genrsa", "-traditional", "-out", path, "2048")
    return path


@pytest.fixture(scope="module", params=[[], ["--ra-pair"]], ids=["lone", "pair"])
def server(request, tmp_path_factory):
    with support.responder(tmp_path_factory.mktemp("r"), *request.param) as ours:
        ours.who = "RA pair" if request.param else "lone CA"
        yield ours


def scep(url, ours, key, folder, *more, password=CHALLENGE, name="device"):
    got = run(PKI, "--scep", "--url", url, "--in", key, "--dn", f"C=CH, O=strongSwan, CN={name}", "--san",
              f"{name}.example.org", "--password", password, "--cacert-enc", ours.receives, "--cacert-sig", ours.signs,
              "--cacert", ours.ca, "--interval", "1", "--maxpolltime", "2", "--outform", "pem", *more)
    (folder / "cert.pem").write_text(got.stdout)
    return got


def fetch_certificates(url, folder):
    got = run(PKI, "--scepca", "--url", url, "--caout", folder / "ca.pem", "--raout", folder / "ra.pem", "--outform",
              "pem")
    assert got.returncode == 0, got.stderr
    return sha256_of(folder / "ca.pem"), {sha256_of(p) for p in folder.glob("ra*.pem")}


def test_fetches_the_certificates(server, tmp_path, matrix):
    ca, ra = fetch_certificates(server.url, tmp_path)
    assert ca == sha256_of(server.ca)
    assert ra == ({sha256_of(server.receives), sha256_of(server.signs)} if server.who == "RA pair" else set())
    matrix.add("client", "GetCACert (--scepca)", server.who, "the CA's" + (" and both RA certificates" if ra else ""))


@pytest.mark.parametrize("padding", ["pkcs1", "pss"])
@pytest.mark.parametrize("digest", ["sha256", "sha512"])
def test_gets_a_certificate_with_triple_des(server, key, tmp_path, matrix, digest, padding):
    name = f"{digest}-{padding}"
    got = scep(server.url, server, key, tmp_path, "--cipher", "des3", "--digest", digest, "--rsa-padding", padding,
               name=name)
    assert got.returncode == 0, got.stderr
    assert_issued_by(server.ca, tmp_path / "cert.pem", key)
    names = openssl("x509", "-in", tmp_path / "cert.pem", "-noout", "-ext", "subjectAltName")
    assert f"DNS:{name}.example.org" in names
    matrix.add("client", "PKCSReq (--scep)", f"{server.who}, des3, {digest}, RSA {padding}", "issued, SAN kept")


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_gets_a_certificate_with_aes(server, key, tmp_path, matrix, digest):
    got = scep(server.url, server, key, tmp_path, "--digest", digest, name=f"aes-{digest}")
    assert got.returncode == 0, got.stderr
    assert_issued_by(server.ca, tmp_path / "cert.pem", key)
    matrix.add("client", "PKCSReq (--scep)", f"{server.who}, aes, {digest}", "issued")


def test_does_not_use_aes_where_the_list_is_the_one_of_the_rfc(server, key, tmp_path, matrix):
    with Relay(server.url, caps=lambda caps: caps.replace("SHA-384\n", "")) as relay:
        got = scep(relay.url, server, key, tmp_path, "--cipher", "aes")
    assert got.returncode == 1
    assert "AES_CBC encryption algorithm not supported by CA" in got.stderr
    listed = relay.of("GetCACaps")[0].reply.split()
    assert b"AES" in listed and b"SHA-384" not in listed
    assert relay.of("PKIOperation") == []
    matrix.add("client", "PKCSReq (--scep)", f"{server.who}, aes; SHA-384 taken from the capabilities",
               "strongSwan stops by itself")


def test_names_of_every_kind_reach_the_certificate(server, key, tmp_path, matrix):
    names = ["device.example.org", "device@example.org", "192.0.2.7", "2001:db8::7"]
    got = scep(server.url, server, key, tmp_path, *(w for n in names for w in ("--san", n)), name="names")
    assert got.returncode == 0, got.stderr
    said = openssl("x509", "-in", tmp_path / "cert.pem", "-noout", "-ext", "subjectAltName")
    for name in ("DNS:names.example.org", "DNS:device.example.org", "email:device@example.org", "IP Address:192.0.2.7",
                 "IP Address:2001:DB8:0:0:0:0:0:7"):
        assert name in said
    openssl("verify", "-x509_strict", "-CAfile", server.ca, tmp_path / "cert.pem")
    matrix.add("client", "PKCSReq (--scep)", f"{server.who}, SAN of every kind it writes",
               "issued with DNS, mail, IPv4, IPv6")


def test_sha1_is_refused(server, key, tmp_path, matrix):
    with Relay(server.url) as relay:
        got = scep(relay.url, server, key, tmp_path, "--cipher", "des3", "--digest", "sha1")
    assert got.returncode == 1
    assert [e.status for e in relay.of("PKIOperation")] == [400]
    assert (tmp_path / "cert.pem").read_text() == ""
    matrix.add("client", "PKCSReq (--scep)", f"{server.who}, des3, sha1", "refused: 400")


def test_wrong_password_is_refused(server, tmp_path, matrix):
    openssl("genrsa", "-traditional", "-out", tmp_path / "key.pem", "2048")
    got = scep(server.url, server, tmp_path / "key.pem", tmp_path, "--cipher", "des3", password="not it")
    assert got.returncode == 1
    assert "badMessageCheck" in got.stderr
    assert (tmp_path / "cert.pem").read_text() == ""
    matrix.add("client", "PKCSReq (--scep)", f"{server.who}, des3, wrong password", "refused: badMessageCheck")


@pytest.fixture(scope="module", params=[[], ["--ra-pair"]], ids=["lone", "pair"])
def renewing(request, tmp_path_factory):
    with support.responder(tmp_path_factory.mktemp("renewing"), "--renewals", *request.param) as ours:
        ours.who = "RA pair" if request.param else "lone CA"
        yield ours


def test_renews(renewing, key, tmp_path, matrix):
    got = scep(renewing.url, renewing, key, tmp_path, name="renewed")
    assert got.returncode == 0, got.stderr
    (tmp_path / "cert.pem").rename(tmp_path / "old.pem")
    openssl("genrsa", "-traditional", "-out", tmp_path / "new.key", "2048")
    with Relay(renewing.url) as relay:
        got = run(PKI, "--scep", "--url", relay.url, "--in", tmp_path / "new.key", "--dn",
                  "C=CH, O=strongSwan, CN=renewed", "--san", "renewed.example.org", "--cert", tmp_path / "old.pem",
                  "--key", key, "--cacert-enc", renewing.receives, "--cacert-sig", renewing.signs, "--cacert",
                  renewing.ca, "--outform", "pem")
    assert got.returncode == 0, got.stderr
    (tmp_path / "cert.pem").write_text(got.stdout)
    assert_issued_by(renewing.ca, tmp_path / "cert.pem", tmp_path / "new.key")
    (tmp_path / "message.der").write_bytes(relay.of("PKIOperation")[0].message)
    assert "PRINTABLESTRING   :17" in openssl("asn1parse", "-inform", "der", "-in", tmp_path / "message.der")
    matrix.add("client", "RenewalReq (--scep --cert --key)", f"{renewing.who}, no password, another key", "renewed")


def test_does_not_renew_where_it_is_not_listed(server, key, tmp_path, matrix):
    got = scep(server.url, server, key, tmp_path, name="not renewed")
    assert got.returncode == 0, got.stderr
    (tmp_path / "cert.pem").rename(tmp_path / "old.pem")
    with Relay(server.url) as relay:
        got = run(PKI, "--scep", "--url", relay.url, "--in", key, "--dn", "C=CH, O=strongSwan, CN=not renewed",
                  "--cert", tmp_path / "old.pem", "--key", key, "--cacert-enc", server.receives, "--cacert-sig",
                  server.signs, "--cacert", server.ca, "--outform", "pem")
    assert got.returncode == 1
    matrix.add("client", "renewal (--scep --cert --key)", f"{server.who}, Renewal not listed",
               "refused" if relay.of("PKIOperation") else "strongSwan stops by itself")


def test_polls_until_somebody_approves(key, tmp_path, matrix):
    with support.responder(tmp_path / "r", "--hold") as ours, Relay(ours.url) as relay:
        relay.after = lambda count: (ours.state / "approved").write_text(relay.transaction() + "\n") if count == 2 else None
        got = scep(relay.url, ours, key, tmp_path, "--maxpolltime", "60", name="polled")
    assert got.returncode == 0, got.stderr
    assert_issued_by(ours.ca, tmp_path / "cert.pem", key)
    assert len(relay.of("PKIOperation")) == 3
    matrix.add("client", "PKCSReq, CertPoll (--scep)", "lone CA, approved after the second PENDING", "issued")


@pytest.fixture(scope="module")
def ndes(tmp_path_factory):
    with support.simulator(tmp_path_factory.mktemp("ndes")) as ours:
        yield ours


def test_fetches_the_certificates_of_the_simulator(ndes, tmp_path, matrix):
    ca, ra = fetch_certificates(ndes.url, tmp_path)
    assert ca == sha256_of(ndes.ca)
    assert ra == {sha256_of(ndes.receives), sha256_of(ndes.signs)}
    matrix.add("client", "GetCACert (--scepca)", "ndes-simulator", "the CA's and both RA certificates")


@pytest.mark.parametrize("cipher", ["aes", "des3"])
def test_does_not_believe_the_list_of_ndes(ndes, key, tmp_path, matrix, cipher):
    with Relay(ndes.url) as relay:
        got = scep(relay.url, ndes, key, tmp_path, "--cipher", cipher)
    assert got.returncode == 1
    assert "encryption algorithm not supported by CA" in got.stderr
    assert relay.of("PKIOperation") == []
    matrix.add("client", "PKCSReq (--scep)", f"ndes-simulator, {cipher}",
               "strongSwan stops by itself")


def test_cannot_open_the_oaep_reply_of_ndes(ndes, key, tmp_path, matrix):
    with Relay(ndes.url, caps=lambda caps: caps + "SHA-384\n") as relay:
        got = scep(relay.url, ndes, key, tmp_path, "--cipher", "aes", name="ndes-aes")
    assert got.returncode == 1
    assert "only RSA encryption supported" in got.stderr
    assert [e.status for e in relay.of("PKIOperation")] == [200]
    matrix.add("client", "PKCSReq (--scep)", "ndes-simulator, aes; SHA-384 added",
               "issued; strongSwan cannot open the OAEP envelope with which NDES answers AES")


def test_gets_a_certificate_from_the_simulator_with_triple_des(ndes, key, tmp_path, matrix):
    with Relay(ndes.url, caps=lambda caps: caps + "AES\n") as relay:
        got = scep(relay.url, ndes, key, tmp_path, "--cipher", "des3", name="ndes-des3")
    assert got.returncode == 0, got.stderr
    assert_issued_by(ndes.ca, tmp_path / "cert.pem", key)
    matrix.add("client", "PKCSReq (--scep)", "ndes-simulator, des3; AES added", "issued")
