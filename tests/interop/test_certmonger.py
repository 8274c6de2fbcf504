# SPDX-License-Identifier: BSL-1.0
"""certmonger against our servers: its helper scep-submit alone, and the whole daemon on a D-Bus session of its own."""
import contextlib
import os
import pathlib
import re
import tempfile

import pytest

import support
from support import CHALLENGE, Relay, assert_issued_by, openssl, pem_blocks, process, run, sha256_of, until

SUBMIT, DAEMON, GETCERT, BUS = support.need_peer("/usr/lib/certmonger/scep-submit",
                                                 "/usr/lib/certmonger/certmonger-session", "getcert", "dbus-daemon")

PEER = "certmonger"
NOTE = """\
`scep-submit` makes no message: it carries one that the daemon made, always by GET, and checks the reply. Its rows
below carry a message of scep-enroll. The daemon makes its own. Both need the CA with `-N`; with a lone CA they do not
take the certificate of GetCACert for one."""


def version():
    return run(DAEMON, "-v").stdout.split()[-1]


@pytest.fixture(scope="module", params=[[], ["--ra-pair"]], ids=["lone", "pair"])
def server(request, tmp_path_factory):
    with support.responder(tmp_path_factory.mktemp("r"), *request.param) as ours:
        ours.who = "RA pair" if request.param else "lone CA"
        yield ours


def submit(ours, *arguments):
    return run(SUBMIT, "-u", ours.url, *arguments)


def test_reads_the_capabilities(server, matrix):
    got = submit(server, "-c")
    assert got.returncode == 0, got.stdout
    assert {"AES", "DES3", "POSTPKIOperation", "SCEPStandard", "SHA-256", "SHA-512"} <= set(got.stdout.split())
    matrix.add("client", "GetCACaps (scep-submit -c)", server.who, "read")


def test_reads_the_certificates(server, tmp_path, matrix):
    got = submit(server, "-C")
    assert got.returncode == 0, got.stdout
    found = []
    for block in pem_blocks(got.stdout):
        (tmp_path / "one.pem").write_text(block)
        found.append(sha256_of(tmp_path / "one.pem"))
    # First the one that receives messages.
    assert found[0] == sha256_of(server.receives)
    assert set(found) == {sha256_of(p) for p in (server.ca, server.receives, server.signs)}
    matrix.add("client", "GetCACert (scep-submit -C)", server.who,
               "the CA's" if server.who == "lone CA" else "encryption RA first, CA, signing RA")


@pytest.fixture
def message(server, tmp_path):
    """A PKCSReq that scep-enroll made and nobody has answered, with its key."""
    openssl("genrsa", "-out", tmp_path / "key.pem", "2048")
    with Relay(server.url, holds=True) as relay:
        got = support.enroll(relay.url, tmp_path / "held", "CN=carried", "--ca-file", server.ca,
                             key=tmp_path / "key.pem")
        assert got.returncode == 2, got.stderr
    assert support.files_in(tmp_path / "held") == []
    [held] = relay.of("PKIOperation")
    (tmp_path / "message.der").write_bytes(held.message)
    openssl("pkcs7", "-inform", "der", "-in", tmp_path / "message.der", "-out", tmp_path / "message.pem")
    return tmp_path / "message.pem"


def issued_in(output, folder, key):
    """Opens the pkcsPKIEnvelope that scep-submit prints; gives the first certificate, which is the device's."""
    [envelope] = pem_blocks(output, "PKCS7")
    (folder / "envelope.pem").write_text(envelope)
    openssl("smime", "-decrypt", "-inform", "PEM", "-in", folder / "envelope.pem", "-inkey", key, "-binary", "-out",
            folder / "bag.der")
    certificates = pem_blocks(openssl("pkcs7", "-inform", "der", "-in", folder / "bag.der", "-print_certs"))
    (folder / "cert.pem").write_text(certificates[0])
    return folder / "cert.pem"


def test_carries_a_message_and_checks_the_reply(server, message, tmp_path, matrix):
    got = submit(server, "-r", server.receives, "-N", server.ca, "-p", message)
    assert got.returncode == 0, got.stdout
    first = issued_in(got.stdout, tmp_path, tmp_path / "key.pem")
    assert_issued_by(server.ca, first, tmp_path / "key.pem")
    serial = openssl("x509", "-in", first, "-noout", "-serial")
    matrix.add("client", "PKIOperation by GET (scep-submit -p)", server.who, "issued; reply verified by certmonger")

    again = submit(server, "-r", server.receives, "-N", server.ca, "-g", message)
    assert again.returncode == 0, again.stdout
    second = issued_in(again.stdout, tmp_path, tmp_path / "key.pem")
    assert openssl("x509", "-in", second, "-noout", "-serial") == serial
    matrix.add("client", "PKIOperation by GET (scep-submit -g)", f"{server.who}, the same PKCSReq once more",
               "the same certificate")


def test_finds_a_reply_of_another_ca(server, message, tmp_path, matrix):
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/O=scepkit/CN=Test CA", "-keyout",
            tmp_path / "other.key", "-out", tmp_path / "other.pem")
    got = submit(server, "-r", tmp_path / "other.pem", "-N", tmp_path / "other.pem", "-p", message)
    assert got.returncode == 3
    assert "failed to verify signature" in got.stdout
    matrix.add("client", "PKIOperation by GET (scep-submit -p)", f"{server.who}, another CA given to certmonger",
               "certmonger refuses the reply")


# The daemon

BUS_SETTINGS = """<busconfig><type>session</type><listen>unix:path={}</listen><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
"""


@contextlib.contextmanager
def daemon(folder):
    """certmonger for one user, its files in `folder`, on a bus that starts nothing by itself. Gives getcert."""
    with tempfile.TemporaryDirectory(prefix="scepkit-bus-") as bus:
        (folder / "bus.conf").write_text(BUS_SETTINGS.format(bus + "/socket"))
        env = dict(os.environ, HOME=str(folder), XDG_CONFIG_HOME=str(folder / "config"), LC_ALL="C",
                   DBUS_SESSION_BUS_ADDRESS=f"unix:path={bus}/socket")
        (folder / "config").mkdir()
        with process([BUS, "--nofork", "--config-file", folder / "bus.conf"], folder / "bus.log"):
            until("dbus-daemon", pathlib.Path(bus, "socket").exists)
            with process([DAEMON, "-s", "-n"], folder / "daemon.log", env=env):
                def getcert(command, *arguments):
                    return run(GETCERT, command, "-s", *arguments, env=env)
                until("certmonger", lambda: getcert("list-cas").returncode == 0)
                yield getcert


def ask(getcert, ours, folder, challenge=CHALLENGE):
    """Has the daemon enrol and gives the state in which it rests, with its words for an error."""
    added = getcert("add-scep-ca", "-c", "Ours", "-u", ours.url, "-N", ours.ca)
    assert added.returncode == 0, added.stdout + added.stderr
    until("certmonger's reading of GetCACert", lambda: "SCEP CA certificate thumbprint" in getcert("list-cas").stdout)
    asked = getcert("request", "-c", "Ours", "-k", folder / "key.pem", "-f", folder / "cert.pem", "-N",
                    "CN=certmonger.example.org", "-D", "certmonger.example.org", "-L", challenge)
    assert asked.returncode == 0, asked.stdout + asked.stderr

    def rests():
        text = getcert("list").stdout
        state = re.search(r"status: (\S+)", text)
        return text if state and state.group(1) in RESTS else None
    text = until("the end of certmonger's enrolment", rests)
    problem = re.search(r"ca-error: (.*)", text)
    return re.search(r"status: (\S+)", text).group(1), problem.group(1) if problem else ""


RESTS = {"MONITORING", "CA_REJECTED", "CA_UNREACHABLE", "CA_UNCONFIGURED", "NEED_GUIDANCE"}


def test_daemon_enrols(server, tmp_path, matrix):
    with daemon(tmp_path) as getcert, Relay(server.url) as relay:
        server_by_relay = support.Served(relay.url, server.state)
        state, problem = ask(getcert, server_by_relay, tmp_path)
    assert (state, problem) == ("MONITORING", "")
    assert_issued_by(server.ca, tmp_path / "cert.pem", tmp_path / "key.pem")
    assert {e.method for e in relay.exchanges} == {"GET"}
    matrix.add("client", "GetCACaps, GetCACert, PKCSReq by GET (daemon)", server.who, "issued and saved")


def test_daemon_renews(tmp_path, matrix):
    arguments = ["--renewals", "--one-time", "--profile", "rfc8894+renewal_as_pkcs_req"]
    with support.responder(tmp_path / "r", *arguments) as ours, daemon(tmp_path) as getcert:
        assert ask(getcert, ours, tmp_path) == ("MONITORING", "")
        first = sha256_of(tmp_path / "cert.pem")
        again = getcert("resubmit", "-f", tmp_path / "cert.pem")
        assert again.returncode == 0, again.stdout + again.stderr
        until("certmonger's renewal", lambda: sha256_of(tmp_path / "cert.pem") != first)
    assert_issued_by(ours.ca, tmp_path / "cert.pem", tmp_path / "key.pem")
    listed = run(support.our("scep-responder"), "--state", tmp_path / "r/state", "--list").stdout
    assert [line.split()[1] for line in listed.splitlines()] == ["reserved", "issued"] * 2
    matrix.add("client", "PKCSReq by the old certificate (daemon, getcert resubmit)",
               "lone CA, one-time challenge, +renewal_as_pkcs_req", "renewed")


def test_daemon_cannot_read_a_refusal_without_content(server, tmp_path, matrix):
    with daemon(tmp_path) as getcert:
        state, problem = ask(getcert, server, tmp_path, challenge="not it")
    assert state == "CA_UNREACHABLE"
    assert "no content" in problem
    assert not (tmp_path / "cert.pem").exists()
    matrix.add("client", "PKCSReq by GET (daemon)", f"{server.who}, wrong challenge",
               "refused; certmonger cannot read it: a FAILURE has no content (RFC 8894), and PKCS7_verify wants some")


def test_daemon_enrols_at_the_simulator(tmp_path, matrix):
    with support.simulator(tmp_path / "r") as ours, daemon(tmp_path) as getcert:
        state, problem = ask(getcert, ours, tmp_path)
    assert (state, problem) == ("MONITORING", "")
    assert_issued_by(ours.ca, tmp_path / "cert.pem", tmp_path / "key.pem")
    matrix.add("client", "GetCACaps, GetCACert, PKCSReq by GET (daemon)", "ndes-simulator", "issued and saved")


def test_daemon_is_refused_by_the_simulator(tmp_path, matrix):
    with support.simulator(tmp_path / "r") as ours, daemon(tmp_path) as getcert:
        state, problem = ask(getcert, ours, tmp_path, challenge="not it")
    assert (state, problem) == ("CA_REJECTED", "Integrity check of client request failed at server.")
    assert not (tmp_path / "cert.pem").exists()
    matrix.add("client", "PKCSReq by GET (daemon)", "ndes-simulator, wrong challenge", "refused: badMessageCheck")
