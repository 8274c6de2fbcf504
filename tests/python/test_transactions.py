# SPDX-License-Identifier: BSL-1.0
"""Renewal, polling in a later process, queries, and the transaction without I/O, against scep-responder."""
import contextlib
import http.client
import os
import pathlib
import re
import select
import subprocess
import urllib.parse

import pytest

import scepkit

CHALLENGE = "open sesame"


@contextlib.contextmanager
def responder(folder, *arguments):
    challenges = folder / "challenges"
    challenges.write_text(CHALLENGE + "\n")
    command = [os.environ["SCEPKIT_BIN"] + "/scep-responder", "--state", folder / "state", "--challenge-file", challenges,
               *arguments]
    with subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        try:
            ready, _, _ = select.select([running.stdout], [], [], 60)
            url = running.stdout.readline().decode().strip() if ready else ""
            assert url.startswith("http://127.0.0.1:"), running.stderr.read()
            yield url, folder / "state"
        finally:
            running.terminate()
            running.wait(60)


def request_for(key, challenge=CHALLENGE):
    builder = scepkit.CertificateRequestBuilder().subject("CN=device 7,O=Contoso")
    return (builder.challenge_password(challenge) if challenge else builder).sign(key)


def trust(state):
    return {"ca_certificates": (state / "ca.pem").read_bytes(), "profile": "rfc8894"}


@pytest.mark.parametrize("kind", ["RSA", "P-256"])
def test_renews_without_a_challenge(tmp_path, kind):
    more = {"profile": "rfc8894+key_agreement"}
    with responder(tmp_path, "--renewals", "--profile", more["profile"]) as (url, state):
        key = scepkit.PrivateKey.generate(kind=kind)
        first = scepkit.enroll(url, request=request_for(key), key=key, **{**trust(state), **more})
        new = scepkit.PrivateKey.generate(kind=kind)
        second = scepkit.enroll(url, request=request_for(new, None), key=new, renew=first.certificate, renew_key=key,
                                **{**trust(state), **more})
        assert second.certificate.subject == first.certificate.subject
        assert second.certificate.serial != first.certificate.serial


def test_goes_on_polling_with_what_was_saved(tmp_path):
    with responder(tmp_path, "--hold") as (url, state):
        key = scepkit.PrivateKey.generate()
        waiting = scepkit.enroll(url, request=request_for(key), key=key, **trust(state))
        assert isinstance(waiting, scepkit.Pending)
        assert CHALLENGE.encode() not in waiting.state
        pem = key.to_pem()
        again = scepkit.resume(url, state=waiting.state, key=scepkit.PrivateKey.from_pem(pem), **trust(state))
        assert isinstance(again, scepkit.Pending)
        (state / "approved").write_text(waiting.transaction_id + "\n")
        done = scepkit.resume(url, state=again.state, key=key, **trust(state))
        assert isinstance(done, scepkit.Issued)
        with pytest.raises(scepkit.ScepError):
            scepkit.resume(url, state=waiting.state, key=scepkit.PrivateKey.generate(), **trust(state))
        with pytest.raises(scepkit.ScepError):
            scepkit.resume(url, state=b"garbage", key=key, **trust(state))


def test_asks_for_what_the_ca_has(tmp_path):
    with responder(tmp_path, "--next-ca", "--ra-pair") as (url, state):
        key = scepkit.PrivateKey.generate()
        issued = scepkit.enroll(url, request=request_for(key), key=key, **trust(state))
        ca = scepkit.get_ca(url, **trust(state))
        assert ca.issuing_ca.to_pem() == (state / "ca.pem").read_text()
        assert ca.recipient.to_pem() == (state / "ra-encrypt.pem").read_text()
        assert "GetNextCACert" in ca.capabilities
        following = scepkit.get_next_ca(url, **trust(state))
        assert following.certificate.to_pem() == (state / "ca-next.pem").read_text()
        assert following.switch_over == following.certificate.not_before
        me = {"certificate": issued.certificate, "key": key}
        crl = scepkit.get_crl(url, **me, **trust(state))
        assert len(crl) == 0 and crl.issuer == ca.issuing_ca.subject and not crl.revokes(issued.certificate)
        assert scepkit.get_certificate(url, **me, **trust(state)) == issued.certificate
        with pytest.raises(scepkit.RequestRejected) as caught:
            scepkit.get_certificate(url, **me, serial=b"\x01\x02", **trust(state))
        assert caught.value.fail_info == "badCertId"


def perform(url, send):
    """HTTP of one's own."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    target = f"{parts.path}?operation={send.operation}"
    if send.operation == "PKIOperation":
        assert send.post_allowed
        connection.request("POST", target, body=send.body, headers={"Content-Type": "application/x-pki-message"})
    else:
        connection.request("GET", target)
    got = connection.getresponse()
    body = got.read()
    connection.close()
    return body, got.getheader("Content-Type") or "", got.status


def test_a_transaction_runs_on_any_http(tmp_path):
    with responder(tmp_path) as (url, state):
        key = scepkit.PrivateKey.generate()
        transaction = scepkit.Enrollment(request=request_for(key), key=key, **trust(state))
        step, operations = transaction.start(), []
        while isinstance(step, scepkit.Send):
            operations.append(step.operation)
            body, content_type, status = perform(url, step)
            step = transaction.on_reply(body, content_type=content_type, status=status)
        assert isinstance(step, scepkit.Issued)
        assert operations == ["GetCACaps", "GetCACert", "PKIOperation"]
        with pytest.raises(scepkit.MisuseError):
            transaction.on_timer()


def test_words_that_are_not_known_are_value_errors(tmp_path):
    key = scepkit.PrivateKey.generate()
    for wrong in ({"cipher": "RC4"}, {"digest": "MD4"}, {"oaep": "SHA-3"}, {"profile": "lenient"},
                  {"profile": "ndes+nothing"}, {"poll_deadline": -1.0}, {"renew_key": key}):
        with pytest.raises(ValueError):
            scepkit.Enrollment(request=request_for(key), key=key, trust_on_first_use=True, **wrong)


def test_an_encrypted_key_is_read(tmp_path):
    key = tmp_path / "key.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-aes256", "-pass",
                    "pass:secret words", "-out", str(key)], check=True, capture_output=True)
    pem = pathlib.Path(key).read_bytes()
    assert scepkit.PrivateKey.from_pem(pem, passphrase="secret words").kind == "P-384"
    with pytest.raises(scepkit.ScepError) as caught:
        scepkit.PrivateKey.from_pem(pem, passphrase="wrong words")
    assert not re.search("secret|wrong words", str(caught.value))


def test_a_pkcs12_file_is_read(tmp_path):
    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=device 7", "-keyout", tmp_path / "key.pem",
            "-out", tmp_path / "cert.pem")
    openssl("pkcs12", "-export", "-inkey", tmp_path / "key.pem", "-in", tmp_path / "cert.pem", "-out", tmp_path / "all.p12",
            "-passout", "pass:secret words")
    data = (tmp_path / "all.p12").read_bytes()
    key, certificate, others = scepkit.read_pkcs12(data, "secret words")
    assert certificate == scepkit.Certificate.from_pem((tmp_path / "cert.pem").read_bytes())
    assert key.to_pem() == scepkit.PrivateKey.from_pem((tmp_path / "key.pem").read_bytes()).to_pem()
    assert others == []
    with pytest.raises(scepkit.ScepError):
        scepkit.read_pkcs12(data, "other words")
