# SPDX-License-Identifier: BSL-1.0
"""Servers, peers and a recording relay for the interop tests. All listen on 127.0.0.1 and are ended by their pids."""
import contextlib
import ctypes
import fcntl
import http.client
import http.server
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time
import urllib.parse
import warnings

import pytest

BIN = pathlib.Path(os.environ.get("SCEPKIT_BIN", "build/release/bin"))
PREFIX = []    # Before the command of every server: taskset, for benchmarks.
PATIENCE = 60  # seconds until something that should happen counts as not happening
CHALLENGE = "interop-Challenge-7"


# Peers and tools

def our(tool):
    path = BIN / tool
    assert path.exists(), f"{path} is not built; SCEPKIT_BIN names the folder of the tools"
    return str(path)


def need_peer(*names):
    """The paths of other products' programs. A missing one skips, or fails where SCEPKIT_REQUIRE_PEERS is set."""
    found = []
    for name in names:
        named = os.environ.get("SCEPKIT_PEER_" + pathlib.Path(name).name.upper().replace("-", "_"), name)
        path = shutil.which(named, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
        if path is None:
            text = f"not installed here: {named} (tests/run installs it)"
            if os.environ.get("SCEPKIT_REQUIRE_PEERS", "0") not in ("", "0"):
                pytest.fail(text, pytrace=False)
            pytest.skip(text, allow_module_level=True)
        found.append(path)
    return found if len(found) > 1 else found[0]


def run(*command, cwd=None, env=None, text=True, feed=None):
    """Runs to the end and gives returncode, stdout, stderr; nothing waits for the terminal."""
    return subprocess.run([str(c) for c in command], cwd=cwd, env=env, text=text, input=feed, capture_output=True,
                          stdin=subprocess.DEVNULL if feed is None else None, timeout=PATIENCE)


def openssl(*arguments, **more):
    done = run("openssl", *arguments, **more)
    assert done.returncode == 0, f"openssl {' '.join(map(str, arguments))}:\n{done.stdout}{done.stderr}"
    return done.stdout


def until(what, probe, patience=PATIENCE):
    """Polls until `probe` gives something true; a pause is never an assertion."""
    end = time.monotonic() + patience
    while True:
        got = probe()
        if got:
            return got
        assert time.monotonic() < end, f"waited {patience} s for {what}"
        time.sleep(0.05)


# What was issued

def assert_issued_by(ca, certificate, key):
    """The certificate leads to the CA and belongs to the key, says openssl."""
    openssl("verify", "-CAfile", ca, certificate)
    assert openssl("x509", "-in", certificate, "-noout", "-pubkey") == openssl("pkey", "-in", key, "-pubout")


def sha256_of(certificate):
    text = openssl("x509", "-in", certificate, "-noout", "-fingerprint", "-sha256")
    return text.strip().partition("=")[2].replace(":", "").lower()


# Processes

@contextlib.contextmanager
def process(command, log, cwd=None, stdout=None, env=None, ends_with=None):
    """A server for the length of the block: SIGTERM to its pid, then a wait."""
    with open(log, "wb") as err:
        running = subprocess.Popen([str(c) for c in [*PREFIX, *command]], cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                                   stdout=stdout or err, stderr=err)
        try:
            yield running
        finally:
            if running.poll() is None:
                running.send_signal(signal.SIGTERM)
            try:
                code = running.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()
                raise
            finally:
                if running.stdout:
                    running.stdout.close()
        if ends_with is not None:
            assert code == ends_with, f"{command[0]} ended with {code}:\n{pathlib.Path(log).read_text()}"


class Served:
    """One of our servers: `url`, and `state` with its certificates and keys."""

    def __init__(self, url, state):
        self.url, self.state = url, pathlib.Path(state)
        self.ca = self.state / "ca.pem"
        pair = (self.state / "ra-encrypt.pem").exists()
        self.receives = self.state / ("ra-encrypt.pem" if pair else "ca.pem")
        self.receives_key = self.receives.with_suffix(".key")
        self.signs = self.state / ("ra-sign.pem" if pair else "ca.pem")


@contextlib.contextmanager
def our_server(tool, folder, *arguments):
    folder.mkdir(parents=True, exist_ok=True)
    challenges = folder / "challenges"
    challenges.write_text(CHALLENGE + "\n")
    command = [our(tool), "--listen", "127.0.0.1:0", "--challenge-file", challenges, "--state", folder / "state",
               *arguments]
    with process(command, folder / "log", stdout=subprocess.PIPE, ends_with=0) as running:
        ready, _, _ = select.select([running.stdout], [], [], PATIENCE)
        url = running.stdout.readline().decode().strip() if ready else ""
        assert url.startswith("http"), f"{tool} did not start:\n{(folder / 'log').read_text()}"
        served = Served(url, folder / "state")
        served.pid = running.pid
        yield served


def responder(folder, *arguments):
    return our_server("scep-responder", folder, *arguments)


def simulator(folder, *arguments):
    return our_server("ndes-simulator", folder, *arguments)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def private_network():
    """For a peer that can only listen on every address: a network of this process alone, where the kernel allows it."""
    new_user, new_net = 0x10000000, 0x40000000
    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(new_net if uid == 0 else new_user | new_net) != 0:
        warnings.warn("no network of its own: this peer listens on every address while its tests run")
        return
    if uid != 0:
        pathlib.Path("/proc/self/setgroups").write_text("deny")
        pathlib.Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        pathlib.Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    set_flags, up_and_running = 0x8914, 0x1 | 0x40
    with socket.socket() as s:
        fcntl.ioctl(s, set_flags, struct.pack("16sh14x", b"lo", up_and_running))


@contextlib.contextmanager
def micromdm_server(program, folder, challenge=CHALLENGE):
    """scepserver with a new CA; `url` and `state/ca.pem`. It takes no port 0: a port that is taken is tried again."""
    depot = folder / "depot"
    folder.mkdir(parents=True, exist_ok=True)
    made = run(program, "ca", "-init", "-depot", depot, "-keySize", "2048", cwd=folder)
    assert made.returncode == 0, made.stdout + made.stderr
    for _ in range(10):
        port = free_port()
        command = [program, "-depot", depot, "-port", str(port), "-challenge", challenge]
        with process(command, folder / "log", cwd=folder) as running:
            def answers():
                return "ended" if running.poll() is not None else caps_of(port)
            if until("scepserver", answers) != "ended":
                yield Served(f"http://127.0.0.1:{port}/scep", depot)
                return
    pytest.fail("scepserver found no free port:\n" + (folder / "log").read_text(), pytrace=False)


STEP_AUTHORITY = """[req]
distinguished_name = name
prompt = no
[name]
CN = {name}
[ext]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign, digitalSignature, keyEncipherment
subjectKeyIdentifier = hash
"""


def make_step_authorities(folder):
    for name in ("root", "issuing"):
        (folder / f"{name}.cnf").write_text(STEP_AUTHORITY.format(name=f"scepkit interop {name}"))
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-config", folder / "root.cnf",
            "-extensions", "ext", "-keyout", folder / "root.key", "-out", folder / "root.pem")
    openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-config", folder / "issuing.cnf", "-keyout",
            folder / "issuing.key", "-out", folder / "issuing.csr")
    openssl("x509", "-req", "-in", folder / "issuing.csr", "-CA", folder / "root.pem", "-CAkey", folder / "root.key",
            "-CAcreateserial", "-days", "20", "-extfile", folder / "issuing.cnf", "-extensions", "ext", "-out",
            folder / "issuing.pem")


@contextlib.contextmanager
def step_ca_server(program, folder):
    """step-ca with a root, an issuing CA and one SCEP provisioner; `state` holds root.pem and issuing.pem."""
    folder.mkdir(parents=True, exist_ok=True)
    make_step_authorities(folder)
    port = free_port()
    (folder / "ca.json").write_text(json.dumps({
        "root": str(folder / "root.pem"), "crt": str(folder / "issuing.pem"), "key": str(folder / "issuing.key"),
        "address": f"127.0.0.1:{free_port()}", "insecureAddress": f"127.0.0.1:{port}",
        "dnsNames": ["127.0.0.1"], "logger": {"format": "text"},
        "authority": {"provisioners": [{"type": "SCEP", "name": "interop", "challenge": CHALLENGE, "includeRoot": True,
                                        "minimumPublicKeyLength": 2048, "encryptionAlgorithmIdentifier": 1}]}}))
    with process([program, folder / "ca.json"], folder / "log", env=dict(os.environ, STEPPATH=str(folder))) as running:
        def answers():
            assert running.poll() is None, (folder / "log").read_text()
            return caps_of(port, "/scep/interop")
        until("step-ca", answers)
        yield Served(f"http://127.0.0.1:{port}/scep/interop", folder)


def caps_of(port, path="/scep"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path + "?operation=GetCACaps")
        return connection.getresponse().read()
    except OSError:
        return b""
    finally:
        connection.close()


# The relay

class Seen:
    """One exchange as the relay saw it: the operation's name, the method, the message that went, what came back."""

    def __init__(self, operation, method, message, status, reply):
        self.operation, self.method, self.message, self.status, self.reply = operation, method, message, status, reply


class Relay:
    """Passes everything to a server and keeps it. `caps` rewrites the list of capabilities; with `holds` messages are
    kept and not passed on (503), so that somebody else can bring them."""

    def __init__(self, url, caps=None, holds=False):
        parts = urllib.parse.urlsplit(url)
        self.server, self.caps, self.holds, self.exchanges = parts.netloc, caps, holds, []
        self.after = None  # Called with the number of messages so far, after each.
        relay = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer(None)

            def do_POST(self):
                self.answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def answer(self, body):
                status, kind, reply = relay.pass_on(self.command, self.path, body)
                self.send_response(status)
                if kind:
                    self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_):
                pass

        self.listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.listener.server_port}{parts.path}"

    def __enter__(self):
        threading.Thread(target=self.listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown()
        self.listener.server_close()

    def pass_on(self, method, target, body):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(target).query)
        operation = query.get("operation", [""])[0]
        if operation == "PKIOperation" and self.holds:
            status, kind, reply = 503, None, b""
        else:
            connection = http.client.HTTPConnection(self.server, timeout=PATIENCE)
            connection.request(method, target, body=body)
            got = connection.getresponse()
            status, kind, reply = got.status, got.getheader("Content-Type"), got.read()
            connection.close()
            if operation == "GetCACaps" and self.caps:
                reply = self.caps(reply.decode()).encode()
        self.exchanges.append(Seen(operation, method, body, status, reply))
        if operation == "PKIOperation" and self.after:
            self.after(len(self.of("PKIOperation")))
        return status, kind, reply

    def of(self, operation):
        return [e for e in self.exchanges if e.operation == operation]

    def transaction(self):
        """transactionID of the last message (2.16.840.1.113733.1.9.7, a PrintableString)."""
        mark = bytes.fromhex("060a6086480186f845010907")
        message = self.of("PKIOperation")[-1].message
        at = message.index(mark) + len(mark) + 2
        assert message[at] == 0x13
        return message[at + 2:at + 2 + message[at + 1]].decode()


# scep-enroll

def enroll(url, folder, subject, *trust, challenge=CHALLENGE, profile=None, key=None):
    """Runs scep-enroll in a folder of its own, where it finds no file and so shows all that it writes."""
    folder.mkdir(parents=True, exist_ok=True)
    secret = folder.with_name(folder.name + ".challenge")
    secret.write_text(challenge + "\n")
    command = [our("scep-enroll"), url, "--subject", subject, "--challenge-file", secret, "--out", folder / "cert.pem",
               "--chain-out", folder / "chain.pem", "--key", key or folder / "key.pem", *trust]
    if profile:
        command += ["--profile", profile]
    return run(*command)


def files_in(folder):
    return sorted(p.name for p in folder.iterdir())


def pem_blocks(text, label="CERTIFICATE"):
    return re.findall(rf"-----BEGIN {label}-----\n.*?-----END {label}-----\n", text, re.S)
