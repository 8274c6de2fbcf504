# SPDX-License-Identifier: BSL-1.0
"""micromdm/scep: our client against its server, its client against our servers."""
import json
import os

import pytest

import support
from support import CHALLENGE, Relay, assert_issued_by, enroll, files_in, micromdm_server, run, sha256_of

SERVER, CLIENT = support.need_peer("scepserver", "scepclient")
support.private_network()  # scepserver has no option for the address it listens at

PEER = "micromdm/scep"
NOTE = """\
Its server answers with single DES and a SHA-1 signature whatever it lists, so our client needs the profile `legacy`;
it knows a request again by its subject and refuses the second. Its client sends single DES and SHA-1 too, one
recipient for each certificate of GetCACert. With `-ca-fingerprint` it keeps one certificate only and so cannot check
a reply that the other RA certificate signed."""


def version():
    # What Go builds from a module says "unknown".
    return os.environ.get("SCEPKIT_PEER_VERSION") or run(SERVER, "-version").stdout.strip()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with micromdm_server(SERVER, tmp_path_factory.mktemp("scepserver")) as running:
        yield running


def test_server_issues_to_profile_legacy(server, tmp_path, matrix):
    got = enroll(server.url, tmp_path / "d", "CN=legacy", "--ca-file", server.ca, profile="legacy")
    assert got.returncode == 0, got.stderr
    assert_issued_by(server.ca, tmp_path / "d/cert.pem", tmp_path / "d/key.pem")
    assert sha256_of(tmp_path / "d/chain.pem") == sha256_of(server.ca)
    assert (tmp_path / "d/key.pem").stat().st_mode & 0o777 == 0o600
    for name in ("single_des", "sha1_signature", "lone_ca_recipient"):
        assert name in got.stderr.split("tolerated by the profile:")[1]
    matrix.add("server", "PKCSReq by POST", "profile legacy", "issued; tolerated: single DES, SHA-1, BER, lone CA")


def test_server_issues_by_get(server, tmp_path, matrix):
    def without_post(caps):
        return "\n".join(c for c in caps.splitlines() if c not in ("POSTPKIOperation", "SCEPStandard"))
    with Relay(server.url, caps=without_post) as relay:
        got = enroll(relay.url, tmp_path / "d", "CN=by get", "--ca-file", server.ca, profile="legacy")
    assert got.returncode == 0, got.stderr
    assert [e.method for e in relay.of("PKIOperation")] == ["GET"]
    assert_issued_by(server.ca, tmp_path / "d/cert.pem", tmp_path / "d/key.pem")
    matrix.add("server", "PKCSReq by GET", "profile legacy, POST taken from the capabilities", "issued")


@pytest.mark.parametrize("profile", ["ndes", "rfc8894"])
def test_server_answers_with_single_des_which_other_profiles_refuse(server, tmp_path, matrix, profile):
    got = enroll(server.url, tmp_path / "d", f"CN=refuses {profile}", "--ca-file", server.ca, profile=profile)
    assert got.returncode == 2, got.stderr
    assert "algorithm_not_allowed" in got.stderr
    assert files_in(tmp_path / "d") == []
    matrix.add("server", "PKCSReq", f"profile {profile}", "our client refuses the reply: algorithm_not_allowed")


def test_server_refuses_a_wrong_challenge(server, tmp_path, matrix):
    got = enroll(server.url, tmp_path / "d", "CN=wrong", "--ca-file", server.ca, profile="legacy", challenge="not it")
    assert got.returncode == 2, got.stderr
    assert "failInfo badRequest" in got.stderr
    assert files_in(tmp_path / "d") == []
    matrix.add("server", "PKCSReq", "wrong challenge", "refused: badRequest; our client ends with 2 and writes nothing")


def test_pin_of_the_ca_is_accepted(server, tmp_path, matrix):
    got = enroll(server.url, tmp_path / "d", "CN=pinned", "--ca-fingerprint", sha256_of(server.ca), profile="legacy")
    assert got.returncode == 0, got.stderr
    assert_issued_by(server.ca, tmp_path / "d/cert.pem", tmp_path / "d/key.pem")
    matrix.add("server", "GetCACert", "right SHA-256 pin", "accepted")


def test_wrong_pin_ends_before_anything_is_sent(server, tmp_path, matrix):
    with Relay(server.url) as relay:
        got = enroll(relay.url, tmp_path / "d", "CN=not pinned", "--ca-fingerprint", "00" * 32, profile="legacy")
    assert got.returncode == 2, got.stderr
    assert "ca_certificate_not_pinned" in got.stderr
    assert len(relay.of("GetCACert")) == 1
    assert relay.of("PKIOperation") == []
    assert files_in(tmp_path / "d") == []
    matrix.add("server", "GetCACert", "wrong SHA-256 pin",
               "our client stops: ca_certificate_not_pinned, no PKIOperation")


def test_another_ca_is_not_believed(server, tmp_path, matrix):
    support.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/C=US/O=scep-ca/OU=SCEP CA", "-keyout",
                    tmp_path / "other.key", "-out", tmp_path / "other.pem")
    with Relay(server.url) as relay:
        got = enroll(relay.url, tmp_path / "d", "CN=other", "--ca-file", tmp_path / "other.pem", profile="legacy")
    assert got.returncode == 2, got.stderr
    assert relay.of("PKIOperation") == []
    assert files_in(tmp_path / "d") == []
    matrix.add("server", "GetCACert", "trust anchor of the same name and another key",
               "our client stops, no PKIOperation")


def test_doctor_finds_no_error_in_a_healthy_server(server, matrix):
    got = run(support.our("ndes-doctor"), server.url, "--json", "--expect", "any")
    assert got.returncode in (0, 1), got.stdout + got.stderr
    found = json.loads(got.stdout)
    assert found["schema"] == "scepkit-diagnosis-1"
    assert [f["id"] for f in found["findings"] if f["severity"] == "error"] == []
    assert found["verdict"] == ("warning" if got.returncode == 1 else "ok")
    # True: clients encrypt to a CA whose key usage does not say that they may.
    assert [f["id"] for f in found["findings"] if f["severity"] == "warning"] == ["ca-ku-encipher"]
    usage = support.openssl("x509", "-in", server.ca, "-noout", "-ext", "keyUsage")
    assert "Certificate Sign" in usage and "Encipherment" not in usage
    matrix.add("server", "ndes-doctor", "healthy", "no error; warning ca-ku-encipher, which is true of its CA")


def client(url, folder, *more, challenge=CHALLENGE, name="device"):
    """scepclient keeps its key, request and self-signed certificate beside the certificate and uses them again."""
    folder.mkdir()
    return run(CLIENT, "-server-url", url, "-challenge", challenge, "-private-key", folder / "key.pem", "-certificate",
               folder / "cert.pem", "-cn", name, *more, cwd=folder)


PAIRS = pytest.mark.parametrize("arguments, who", [([], "lone CA"), (["--ra-pair"], "RA pair")], ids=["lone", "pair"])


@PAIRS
def test_client_gets_a_certificate(tmp_path, matrix, arguments, who):
    with support.responder(tmp_path / "r", "--profile", "legacy", *arguments) as ours, Relay(ours.url) as relay:
        got = client(relay.url, tmp_path / "c")
        assert got.returncode == 0, got.stdout + got.stderr
        assert_issued_by(ours.ca, tmp_path / "c/cert.pem", tmp_path / "c/key.pem")
        ciphers = support.openssl("asn1parse", "-inform", "der", "-in", envelope_of(relay, tmp_path))
    assert "des-cbc" in ciphers
    matrix.add("client", "GetCACaps, GetCACert, PKCSReq", f"{who}, profile legacy", "issued (single DES, SHA-1)")


def envelope_of(relay, folder):
    """The EnvelopedData inside the one message that was sent."""
    [sent] = relay.of("PKIOperation")
    (folder / "message.der").write_bytes(sent.message)
    support.openssl("cms", "-verify", "-noverify", "-inform", "der", "-in", folder / "message.der", "-binary", "-out",
                    folder / "envelope.der")
    return folder / "envelope.der"


@PAIRS
def test_client_with_a_wrong_challenge_is_refused(tmp_path, matrix, arguments, who):
    with support.responder(tmp_path / "r", "--profile", "legacy", *arguments) as ours:
        got = client(ours.url, tmp_path / "c", challenge="not it")
    assert got.returncode == 1
    assert "badMessageCheck (1)" in got.stdout + got.stderr
    assert not (tmp_path / "c/cert.pem").exists()
    matrix.add("client", "PKCSReq", f"wrong challenge, {who}, profile legacy", "refused: badMessageCheck")


def test_client_is_refused_by_the_default_profile(tmp_path, matrix):
    with support.responder(tmp_path / "r") as ours, Relay(ours.url) as relay:
        got = client(relay.url, tmp_path / "c")
    assert got.returncode == 1
    assert [e.status for e in relay.of("PKIOperation")] == [400]
    assert not (tmp_path / "c/cert.pem").exists()
    matrix.add("client", "PKCSReq", "lone CA, profile rfc8894", "refused: 400, the message is signed with SHA-1")


def test_client_that_picks_the_encryption_certificate(tmp_path, matrix):
    with support.responder(tmp_path / "r", "--profile", "legacy", "--ra-pair") as ours, Relay(ours.url) as relay:
        got = client(relay.url, tmp_path / "c", "-ca-fingerprint", sha256_of(ours.receives))
    [sent] = relay.of("PKIOperation")
    assert sent.status == 200
    if version() == "2.1.0":
        assert got.returncode == 1
        assert "No certificate for signer" in got.stdout + got.stderr
        result = "issued; scepclient drops the signing certificate and cannot check the reply"
    else:
        assert got.returncode == 0, got.stdout + got.stderr
        assert_issued_by(ours.ca, tmp_path / "c/cert.pem", tmp_path / "c/key.pem")
        result = "issued"
    matrix.add("client", "PKCSReq", "RA pair, profile legacy, `-ca-fingerprint` of the encryption certificate", result)


def test_client_is_refused_by_the_simulator(tmp_path, matrix):
    with support.simulator(tmp_path / "r") as ours:
        got = client(ours.url, tmp_path / "c")
    assert got.returncode == 1
    assert "badMessageCheck (1)" in got.stdout + got.stderr
    assert not (tmp_path / "c/cert.pem").exists()
    matrix.add("client", "PKCSReq", "ndes-simulator", "refused: badMessageCheck, no single DES there")
