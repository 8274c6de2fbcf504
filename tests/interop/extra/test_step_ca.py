# SPDX-License-Identifier: BSL-1.0
"""step-ca's SCEP provisioner as the server of scep-enroll and ndes-doctor. It signs replies with SHA-1, so the profile is
ndes, the tool's default."""
import json
import os

import pytest

import support
from support import enroll, files_in, openssl, run

STEP_CA = os.environ["SCEPKIT_EXTRA_STEP_CA"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with support.step_ca_server(STEP_CA, tmp_path_factory.mktemp("step-ca")) as ours:
        yield ours


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
