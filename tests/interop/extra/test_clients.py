# SPDX-License-Identifier: BSL-1.0
"""jscep and the Go package smallstep/scep as clients of our responder and simulator."""
import os
import shlex

import pytest

import support
from support import CHALLENGE, assert_issued_by, openssl, run

# NAME=command, one a line: what extra/run could build.
CLIENTS = dict(line.split("=", 1) for line in os.environ["SCEPKIT_EXTRA_CLIENTS"].splitlines())

REQUEST = """[req]
distinguished_name = name
attributes = extra
prompt = no
[name]
O = scepkit
CN = {name}
[extra]
challengePassword = {challenge}
"""


@pytest.fixture(params=sorted(CLIENTS))
def client(request, tmp_path):
    """Runs a client on material that openssl made; where it succeeds there is cert.der."""
    def enrol(ours, challenge=CHALLENGE):
        settings = tmp_path / "request.cnf"
        settings.write_text(REQUEST.format(name=request.param, challenge=challenge))
        openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-config", settings, "-keyout", tmp_path / "key.pem",
                "-outform", "der", "-out", tmp_path / "request.der")
        openssl("req", "-x509", "-key", tmp_path / "key.pem", "-config", settings, "-days", "2", "-outform", "der",
                "-out", tmp_path / "self.der")
        openssl("pkcs8", "-topk8", "-nocrypt", "-in", tmp_path / "key.pem", "-outform", "der", "-out",
                tmp_path / "key.der")
        openssl("x509", "-in", ours.ca, "-outform", "der", "-out", tmp_path / "ca.der")
        return run(*shlex.split(CLIENTS[request.param]), ours.url, tmp_path)
    return enrol


PAIRS = pytest.mark.parametrize("arguments", [[], ["--ra-pair"]], ids=["lone", "pair"])


def assert_certificate(ours, folder):
    openssl("x509", "-inform", "der", "-in", folder / "cert.der", "-out", folder / "cert.pem")
    assert_issued_by(ours.ca, folder / "cert.pem", folder / "key.pem")


@PAIRS
def test_gets_a_certificate(client, tmp_path, arguments):
    with support.responder(tmp_path / "r", *arguments) as ours:
        got = client(ours)
    assert got.returncode == 0, got.stdout + got.stderr
    assert_certificate(ours, tmp_path)


@PAIRS
def test_wrong_challenge_is_refused(client, tmp_path, arguments):
    with support.responder(tmp_path / "r", *arguments) as ours:
        got = client(ours, challenge="not it")
    assert got.returncode == 2, got.stdout + got.stderr
    assert "badMessageCheck" in got.stdout
    assert not (tmp_path / "cert.der").exists()


def test_gets_a_certificate_from_the_simulator(client, tmp_path):
    with support.simulator(tmp_path / "r") as ours:
        got = client(ours)
    assert got.returncode == 0, got.stdout + got.stderr
    assert_certificate(ours, tmp_path)
