# SPDX-License-Identifier: BSL-1.0
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

import scepkit


def test_the_missing_dll_is_found_live_in_the_log_and_in_both(log):
    with scepkit.Simulator(faults=["url-missing-mscep-dll"]) as ndes:
        live = scepkit.check(ndes.url)
        both = scepkit.check(ndes.url, iis_logs=[str(log)])
        url = ndes.url
    filed = scepkit.diagnose([str(log)])
    for diagnosis in (live, both, filed):
        assert diagnosis.verdict == "error" and diagnosis.exit_code == 2
        assert diagnosis.root_cause.id == "url-missing-mscep-dll"
        assert [f.id for f in diagnosis.findings if f.severity == "error" and f.explained_by is None] == [
            "url-missing-mscep-dll"]
    assert live.root_cause.confidence == "certain"
    assert any(url.rstrip("/") + "/mscep.dll" in step for step in live.root_cause.fix)
    kinds = {e.kind for e in both.root_cause.evidence}
    assert "iis-log" in kinds and "http" in kinds


@pytest.mark.parametrize("product", ["ndes", "ndes-intune"])
def test_a_healthy_ndes_is_no_error(product):
    with scepkit.Simulator(product=product) as ndes:
        diagnosis = scepkit.check(ndes.url)
    assert diagnosis.verdict in ("ok", "warning"), str(diagnosis)
    assert diagnosis.exit_code in (0, 1)


def test_json_has_the_public_shape(log):
    document = json.loads(scepkit.diagnose([str(log)]).to_json())
    assert document["schema"] == "scepkit-diagnosis-1"
    assert document["verdict"] == "error"
    assert document["target"]["url"] is None and document["target"]["files"]
    assert document["root_cause"]["id"] == "url-missing-mscep-dll"
    assert document["root_cause"]["confidence"] in ("certain", "likely", "possible")
    for finding in document["findings"]:
        assert {"id", "severity", "confidence", "title", "saw", "why", "fix", "explains", "explained_by", "evidence",
                "references"} <= set(finding)
        for item in finding["evidence"]:
            assert {"kind", "source", "line", "time", "saw"} <= set(item)
    assert "facts" in document and "trace" in document


def test_a_log_is_summarised(log):
    summary = scepkit.read_iis_log(str(log))
    assert summary.entries == 15 and summary.scep_entries == 15 and summary.bad_lines == 0
    [row] = [c for c in summary.calls if c.sc_status == 405]
    assert row.count == 3 and row.cs_method == "POST" and row.operation == "PKIOperation"
    assert row.samples[0].line == 9
    assert sum(a.count for a in summary.attempts) == 3


def test_a_file_that_is_no_log_is_a_typed_error(tmp_path):
    path = tmp_path / "x.log"
    path.write_bytes(b"\x00\xff" * 1000)
    with pytest.raises(scepkit.ScepError):
        scepkit.read_iis_log(str(path))
    with pytest.raises(scepkit.EnvironmentFault):
        scepkit.read_iis_log(str(tmp_path / "absent"))
    assert scepkit.diagnose([str(path)]).verdict == "unknown"


def test_an_endpoint_that_is_not_there_is_a_finding_not_an_exception():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    diagnosis = scepkit.check(f"http://127.0.0.1:{port}/certsrv/mscep/mscep.dll")
    assert diagnosis.root_cause.id == "tcp-refused"


def test_wrong_arguments_are_value_errors():
    with pytest.raises(ValueError):
        scepkit.check("http://127.0.0.1/x", expect="everything")
    with pytest.raises(ValueError):
        scepkit.check("http://127.0.0.1/x", timeout=0)
    with pytest.raises(ValueError):
        scepkit.check("http://exa mple/")
    with pytest.raises(ValueError):
        scepkit.Simulator(faults=["no-such-fault"])


def test_every_fault_of_the_simulator_is_a_finding_with_an_explanation():
    assert set(scepkit.simulator_faults()) <= set(scepkit.finding_ids())
    for fault in scepkit.simulator_faults():
        assert fault in scepkit.explain(fault)


def test_other_threads_run_while_a_check_waits():
    # A server that accepts and says nothing: the check waits, and this thread must not.
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        done = threading.Event()

        def check():
            scepkit.check(f"http://127.0.0.1:{server.getsockname()[1]}/scep", timeout=2.0)
            done.set()

        thread = threading.Thread(target=check)
        thread.start()
        connection, _ = server.accept()  # Reached only if the GIL was released.
        assert not done.is_set()
        connection.close()
        server.close()
        thread.join(120)
        assert done.is_set()


def test_ctrl_c_ends_a_check():
    program = ("import scepkit, socket, sys\n"
               "s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()\n"
               "print('ready', flush=True)\n"
               "scepkit.check(f'http://127.0.0.1:{s.getsockname()[1]}/scep', timeout=600.0)\n")
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             env=os.environ)
    assert child.stdout.readline() == b"ready\n"
    for _ in range(600):  # The signal may come before the call; it is repeated until the child has seen it.
        child.send_signal(signal.SIGINT)
        try:
            child.wait(0.2)
            break
        except subprocess.TimeoutExpired:
            time.sleep(0)
    assert child.wait(60) != 0
    assert b"KeyboardInterrupt" in child.stderr.read()


def test_the_module_runs_the_tools(module_tool, log):
    assert module_tool("doctor", "--version").returncode == 0
    out = module_tool("doctor", "--json", "--iis-log", log)
    assert out.returncode == 2 and json.loads(out.stdout)["root_cause"]["id"] == "url-missing-mscep-dll"
    assert module_tool("nonsense").returncode == 3
