# SPDX-License-Identifier: BSL-1.0
"""scep-enroll and scep-responder with each other: every operation, with every kind of key and of envelope."""
import itertools
import os
import re
import signal

import pytest

import support
from support import CHALLENGE, Relay, assert_issued_by, openssl, run, until

PEER = "scepkit itself,"
NOTE = """\
Our two sides, with a relay between them where the table speaks of what was on the wire; what is inside an envelope was
read by `openssl cms`. Profiles name only what they add: `key_agreement` answers EC keys by ECDH; without it they are
answered under the challenge (RFC 8894, 3.1)."""

SERVERS = {
    "lone RSA CA": [],
    "RSA CA, RA pair": ["--ra-pair"],
    "EC CA, RSA RA pair": ["--ca-key", "p256", "--ra-pair"],
    "lone EC CA": ["--ca-key", "p384"],
}
KEYS = {"RSA-2048": "rsa:2048", "P-256": "ec:P-256", "P-384": "ec:P-384", "P-521": "ec:P-521"}
EVERYTHING = "rfc8894+key_agreement+authenticated_envelope+renewal_as_pkcs_req"
CIPHERS = ["aes128", "aes192", "aes256", "des3", "aes128-gcm", "aes256-gcm"]
TRANSPORTS = {"v1.5": [], "OAEP SHA-1": ["--oaep", "sha1"], "OAEP SHA-256": ["--oaep", "sha256"]}


def version():
    return run(support.our("scep-enroll"), "--version").stdout.split()[-1]


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    made = {}
    for name, kind in KEYS.items():
        made[name] = folder / f"{name}.pem"
        algorithm, _, what = kind.partition(":")
        option = f"rsa_keygen_bits:{what}" if algorithm == "rsa" else f"ec_paramgen_curve:{what}"
        openssl("genpkey", "-algorithm", algorithm, "-pkeyopt", option, "-out", made[name])
    return made


@pytest.fixture(scope="module", params=list(SERVERS))
def server(request, tmp_path_factory):
    more = ["--profile", EVERYTHING, "--renewals", "--next-ca", "--oaep"]
    with support.responder(tmp_path_factory.mktemp("r"), *SERVERS[request.param], *more) as ours:
        ours.who = request.param
        yield ours


NUMBERS = itertools.count(1)


def enroll(ours, folder, key, *more, profile=EVERYTHING, url=None, subject=None):
    """An enrolment under a name of its own, so that none is an earlier one again."""
    return support.enroll(url or ours.url, folder, subject or f"CN=device {next(NUMBERS)},O=scepkit", "--ca-file",
                          ours.ca, *more, key=key, profile=profile)


def assert_issued(got, ours, folder, key):
    assert got.returncode == 0, got.stderr
    assert_issued_by(ours.ca, folder / "cert.pem", key)


@pytest.mark.parametrize("kind", list(KEYS))
def test_every_envelope_carries_a_request(server, keys, kind, tmp_path, matrix):
    rsa = "lone EC CA" != server.who
    transports = TRANSPORTS if rsa else {"key agreement": []}
    for (transport, options), cipher in itertools.product(transports.items(), CIPHERS):
        folder = tmp_path / f"{transport} {cipher}"
        got = enroll(server, folder, keys[kind], "--cipher", cipher, *options)
        assert_issued(got, server, folder, keys[kind])
    matrix.add("both", "PKCSReq", f"{server.who}, {kind}; {', '.join(transports)} with {', '.join(CIPHERS)}", "issued")


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_every_signature_is_read(server, keys, digest, tmp_path, matrix):
    for kind, key in keys.items():
        for more in ([], ["--pss"]) if kind.startswith("RSA") else ([],):
            folder = tmp_path / (kind + "".join(more))
            assert_issued(enroll(server, folder, key, "--digest", digest, *more), server, folder, key)
    matrix.add("both", "PKCSReq", f"{server.who}, {digest}; RSA v1.5, RSA PSS, ECDSA P-256, P-384, P-521", "issued")


def reply_envelope(relay, folder):
    """The structure of the last reply's envelope, as openssl prints it."""
    (folder / "reply.der").write_bytes(relay.of("PKIOperation")[-1].reply)
    openssl("cms", "-verify", "-noverify", "-inform", "der", "-in", folder / "reply.der", "-binary", "-out",
            folder / "envelope.der")
    return openssl("cms", "-cmsout", "-print", "-inform", "der", "-in", folder / "envelope.der")


@pytest.mark.parametrize("kind", ["P-256", "P-384", "P-521"])
def test_ec_keys_are_answered_by_key_agreement_or_under_the_challenge(server, keys, kind, tmp_path, matrix):
    with Relay(server.url) as relay:
        got = enroll(server, tmp_path / "a", keys[kind], url=relay.url)
        assert_issued(got, server, tmp_path / "a", keys[kind])
        assert "d.kari" in reply_envelope(relay, tmp_path)
        assert "key_agreement" in got.stderr
    matrix.add("both", "CertRep", f"{server.who}, {kind}, +key_agreement", "issued by key agreement")
    if server.who == "lone EC CA":
        return
    openssl("cms", "-decrypt", "-inform", "der", "-in", tmp_path / "envelope.der", "-inkey", keys[kind], "-recip",
            signer_of(relay, tmp_path), "-binary", "-out", tmp_path / "bag.der")


def signer_of(relay, folder):
    (folder / "message.der").write_bytes(relay.of("PKIOperation")[-1].message)
    openssl("cms", "-verify", "-noverify", "-inform", "der", "-in", folder / "message.der", "-binary", "-out",
            folder / "ignored", "-signer", folder / "signer.pem")
    return folder / "signer.pem"


@pytest.mark.parametrize("kind", ["P-256", "P-384", "P-521"])
def test_ec_keys_are_answered_under_the_challenge_by_default(keys, kind, tmp_path, matrix):
    with support.responder(tmp_path / "r") as ours, Relay(ours.url) as relay:
        got = enroll(ours, tmp_path / "d", keys[kind], url=relay.url, profile="rfc8894")
        assert_issued(got, ours, tmp_path / "d", keys[kind])
        assert "d.pwri" in reply_envelope(relay, tmp_path)
    openssl("cms", "-decrypt", "-inform", "der", "-in", tmp_path / "envelope.der", "-pwri_password", CHALLENGE,
            "-binary", "-out", tmp_path / "bag.der")
    assert support.pem_blocks(openssl("pkcs7", "-inform", "der", "-in", tmp_path / "bag.der", "-print_certs"))
    matrix.add("both", "CertRep", f"lone RSA CA, {kind}, profile rfc8894", "issued under the challenge (PWRI)")


@pytest.mark.parametrize("kind", list(KEYS))
def test_a_ca_whose_key_only_signs_is_reached_under_the_challenge(keys, kind, tmp_path, matrix):
    with support.responder(tmp_path / "r", "--ca-key", "p256", "--password-requests") as ours, Relay(ours.url) as relay:
        got = enroll(ours, tmp_path / "d", keys[kind], url=relay.url, profile="rfc8894")
        assert_issued(got, ours, tmp_path / "d", keys[kind])
        (tmp_path / "message.der").write_bytes(relay.of("PKIOperation")[-1].message)
    openssl("cms", "-verify", "-noverify", "-inform", "der", "-in", tmp_path / "message.der", "-binary", "-out",
            tmp_path / "envelope.der")
    openssl("cms", "-decrypt", "-inform", "der", "-in", tmp_path / "envelope.der", "-pwri_password", CHALLENGE,
            "-binary", "-out", tmp_path / "request.der")
    openssl("req", "-inform", "der", "-in", tmp_path / "request.der", "-noout", "-verify")
    matrix.add("both", "PKCSReq", f"lone EC CA, {kind}, profile rfc8894, --password-requests",
               "issued; the request under the challenge (PWRI)")


@pytest.mark.parametrize("style", ["renewal-req", "pkcs-req"])
@pytest.mark.parametrize("kind", list(KEYS))
def test_renews(server, keys, kind, style, tmp_path, matrix):
    subject = f"CN=renewed {next(NUMBERS)},O=scepkit"
    got = enroll(server, tmp_path / "old", keys[kind], "--san", "dns:device.example.org", subject=subject)
    assert_issued(got, server, tmp_path / "old", keys[kind])
    for what, more in {"same": ["--key", keys[kind]], "new": ["--key-kind", "p256", "--key", tmp_path / "new.key"]}.items():
        out = tmp_path / f"{what}.pem"
        with Relay(server.url) as relay:
            got = run(support.our("scep-enroll"), relay.url, "--renew", tmp_path / "old/cert.pem", "--renew-key",
                      keys[kind], "--renewal", style, "--out", out, "--ca-file", server.ca, "--profile", EVERYTHING,
                      *more)
        assert got.returncode == 0, got.stderr
        assert_issued_by(server.ca, out, keys[kind] if what == "same" else tmp_path / "new.key")
        said = openssl("x509", "-in", out, "-noout", "-subject", "-nameopt", "RFC2253", "-serial", "-ext",
                       "subjectAltName")
        assert f"subject={subject}" in said and "DNS:device.example.org" in said
        assert openssl("x509", "-in", tmp_path / "old/cert.pem", "-noout", "-serial") not in said
    operation = "RenewalReq" if style == "renewal-req" else "PKCSReq by the old certificate"
    matrix.add("both", operation, f"{server.who}, {kind}, no challenge", "renewed with the same key and with a new one")


@pytest.mark.parametrize("kind", list(KEYS))
def test_asks_for_certificate_crl_and_next_ca(server, keys, kind, tmp_path, matrix):
    assert_issued(enroll(server, tmp_path / "d", keys[kind]), server, tmp_path / "d", keys[kind])

    def ask(what, *more):
        got = run(support.our("scep-enroll"), server.url, "--get", what, "--out", tmp_path / what, "--ca-file",
                  server.ca, "--profile", EVERYTHING, *more)
        assert got.returncode == 0, got.stderr
        return tmp_path / what
    signed = ["--as", tmp_path / "d/cert.pem", "--as-key", keys[kind]]
    assert support.sha256_of(ask("certificate", *signed)) == support.sha256_of(tmp_path / "d/cert.pem")
    matrix.add("both", "GetCert", f"{server.who}, {kind}", "the certificate")
    assert "No Revoked Certificates" in openssl("crl", "-in", ask("crl", *signed), "-noout", "-text", "-CAfile",
                                                server.ca)
    matrix.add("both", "GetCRL", f"{server.who}, {kind}", "the list, verified by openssl")
    if kind == "RSA-2048":
        assert support.sha256_of(ask("next-ca")) == support.sha256_of(server.state / "ca-next.pem")
        matrix.add("both", "GetNextCACert", server.who, "the next CA")
        assert support.sha256_of(server.ca) in [support.sha256_of(p) for p in split(ask("ca"), tmp_path)]


def split(bundle, folder):
    paths = []
    for number, block in enumerate(support.pem_blocks(bundle.read_text())):
        paths.append(folder / f"part{number}.pem")
        paths[-1].write_text(block)
    return paths


@pytest.mark.parametrize("kind", list(KEYS))
def test_a_revoked_certificate_does_not_renew_itself(keys, kind, tmp_path, matrix):
    with support.responder(tmp_path / "r", "--profile", EVERYTHING, "--renewals") as ours:
        assert_issued(enroll(ours, tmp_path / "d", keys[kind]), ours, tmp_path / "d", keys[kind])
        serial = openssl("x509", "-in", tmp_path / "d/cert.pem", "-noout", "-serial").strip().partition("=")[2]
        (ours.state / "revoked").write_text(serial + "\n")
        got = run(support.our("scep-enroll"), ours.url, "--renew", tmp_path / "d/cert.pem", "--key", keys[kind], "--out",
                  tmp_path / "out.pem", "--ca-file", ours.ca, "--profile", EVERYTHING)
        assert got.returncode == 2, got.stderr
        assert not (tmp_path / "out.pem").exists()
    matrix.add("both", "RenewalReq", f"lone RSA CA, {kind}, revoked", "refused")


@pytest.mark.parametrize("kind", list(KEYS))
def test_polls_in_a_later_process(keys, kind, tmp_path, matrix):
    with support.responder(tmp_path / "r", "--profile", EVERYTHING, "--hold", "--one-time") as ours:
        with Relay(ours.url) as relay:
            got = enroll(ours, tmp_path / "d", keys[kind], url=relay.url)
        assert got.returncode == 1, got.stderr
        transaction = re.search(r"\(transaction ([0-9a-f]{64})\)", got.stderr).group(1)
        saved = tmp_path / "d/cert.pem.pending"
        assert CHALLENGE.encode() not in saved.read_bytes()
        resume = [support.our("scep-enroll"), ours.url, "--resume", saved, "--key", keys[kind], "--out",
                  tmp_path / "d/cert.pem", "--ca-file", ours.ca, "--profile", EVERYTHING]
        again = run(*resume)
        assert again.returncode == 1, again.stderr
        (ours.state / "approved").write_text(transaction + "\n")
        got = run(*resume)
        assert_issued(got, ours, tmp_path / "d", keys[kind])
        assert not saved.exists()
    matrix.add("both", "CertPoll", f"lone RSA CA, {kind}; three processes", "PENDING twice, then issued")


def test_a_restart_forgets_nothing(keys, tmp_path, matrix):
    """A challenge that was spent, a request that waits and one that was answered are known to the next process."""
    folder = tmp_path / "r"
    arguments = ["--profile", EVERYTHING, "--one-time"]
    with support.responder(folder, *arguments) as ours:
        assert_issued(enroll(ours, tmp_path / "a", keys["RSA-2048"], subject="CN=first"), ours, tmp_path / "a",
                      keys["RSA-2048"])
    with support.responder(folder, *arguments) as ours:
        same = enroll(ours, tmp_path / "b", keys["RSA-2048"], subject="CN=first")
        assert_issued(same, ours, tmp_path / "b", keys["RSA-2048"])
        assert support.sha256_of(tmp_path / "a/cert.pem") == support.sha256_of(tmp_path / "b/cert.pem")
        other = enroll(ours, tmp_path / "c", keys["P-256"], subject="CN=second")
        assert other.returncode == 2 and "badMessageCheck" in other.stderr
    listed = run(support.our("scep-responder"), "--state", folder / "state", "--list")
    assert [line.split()[1] for line in listed.stdout.splitlines()] == ["reserved", "issued"]
    matrix.add("both", "PKCSReq", "restarted between; the same request, and another with the same one-time challenge",
               "the same certificate; badMessageCheck")


def test_sighup_reads_the_files_again(keys, tmp_path, matrix):
    with support.responder(tmp_path / "r") as ours:
        (tmp_path / "r/challenges").write_text("another\n")
        os.kill(ours.pid, signal.SIGHUP)
        until("the reload", lambda: "reloaded" in (tmp_path / "r/log").read_text())
        old = enroll(ours, tmp_path / "a", keys["RSA-2048"], profile="rfc8894")
        assert old.returncode == 2
        (tmp_path / "new").mkdir()
        new = support.enroll(ours.url, tmp_path / "new/d", "CN=new", "--ca-file", ours.ca, challenge="another",
                             key=keys["RSA-2048"], profile="rfc8894")
        assert_issued(new, ours, tmp_path / "new/d", keys["RSA-2048"])
    matrix.add("both", "PKCSReq", "challenges changed, SIGHUP", "the old one is refused, the new one issued")
