# SPDX-License-Identifier: BSL-1.0
"""step-ca's SCEP provisioner as the server of scep-enroll and ndes-doctor. It signs replies with SHA-1, so the profile is
ndes, the tool's default."""
import json
import os

import pytest

import support
from support import CHALLENGE, enroll, files_in, openssl, process, run, until

STEP_CA = os.environ["SCEPKIT_EXTRA_STEP_CA"]

AUTHORITY = """[req]
distinguished_name = name
prompt = no
[name]
CN = {name}
[ext]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign, digitalSignature, keyEncipherment
subjectKeyIdentifier = hash
"""


def make_authorities(folder):
    for name in ("root", "issuing"):
        (folder / f"{name}.cnf").write_text(AUTHORITY.format(name=f"scepkit interop {name}"))
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-config", folder / "root.cnf",
            "-extensions", "ext", "-keyout", folder / "root.key", "-out", folder / "root.pem")
    openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-config", folder / "issuing.cnf", "-keyout",
            folder / "issuing.key", "-out", folder / "issuing.csr")
    openssl("x509", "-req", "-in", folder / "issuing.csr", "-CA", folder / "root.pem", "-CAkey", folder / "root.key",
            "-CAcreateserial", "-days", "20", "-extfile", folder / "issuing.cnf", "-extensions", "ext", "-out",
            folder / "issuing.pem")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("step-ca")
    make_authorities(folder)
    port = support.free_port()
    (folder / "ca.json").write_text(json.dumps({
        "root": str(folder / "root.pem"), "crt": str(folder / "issuing.pem"), "key": str(folder / "issuing.key"),
        "address": f"127.0.0.1:{support.free_port()}", "insecureAddress": f"127.0.0.1:{port}",
        "dnsNames": ["127.0.0.1"], "logger": {"format": "text"},
        "authority": {"provisioners": [{"type": "SCEP", "name": "interop", "challenge": CHALLENGE, "includeRoot": True,
                                        "minimumPublicKeyLength": 2048, "encryptionAlgorithmIdentifier": 1}]}}))
    with process([STEP_CA, folder / "ca.json"], folder / "log", env=dict(os.environ, STEPPATH=str(folder))) as running:
        def answers():
            assert running.poll() is None, (folder / "log").read_text()
            return support.caps_of(port, "/scep/interop")
        until("step-ca", answers)
        yield support.Served(f"http://127.0.0.1:{port}/scep/interop", folder)


def test_issues(server, tmp_path):
    got = enroll(server.url, tmp_path / "d", "CN=device", "--ca-file", server.state / "root.pem")
    assert got.returncode == 0, got.stderr
    assert "tolerated by the profile: sha1_signature" in got.stderr
    openssl("verify", "-CAfile", server.state / "root.pem", "-untrusted", server.state / "issuing.pem",
            tmp_path / "d/cert.pem")
    assert openssl("x509", "-in", tmp_path / "d/cert.pem", "-noout", "-pubkey") == openssl(
        "pkey", "-in", tmp_path / "d/key.pem", "-pubout")


def test_refuses_a_wrong_challenge(server, tmp_path):
    got = enroll(server.url, tmp_path / "d", "CN=device", "--ca-file", server.state / "root.pem", challenge="not it")
    assert got.returncode == 2, got.stderr
    assert "failInfo badRequest (" in got.stderr
    assert files_in(tmp_path / "d") == []


def test_doctor_finds_no_error(server):
    got = run(support.our("ndes-doctor"), server.url, "--json", "--expect", "any")
    assert got.returncode in (0, 1), got.stdout + got.stderr
    assert [f["id"] for f in json.loads(got.stdout)["findings"] if f["severity"] == "error"] == []
