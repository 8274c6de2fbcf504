# SPDX-License-Identifier: BSL-1.0
"""The record of each test for docs/interop.md, and an exit code that lets CTest say "skipped"."""
import json
import os
import pathlib

import pytest

SKIPPED = 77
kept = {}
outcomes = []


class Matrix:
    """Collects the rows of one peer. A row is added after what it says has been asserted."""

    def __init__(self, name, peer, version, note):
        self.name, self.rows = name, []
        kept[name] = {"peer": peer, "version": version, "note": note, "rows": self.rows}

    def add(self, role, operation, setting, result):
        self.rows.append({"role": role, "operation": operation, "setting": setting, "result": result})


@pytest.fixture(scope="module")
def matrix(request):
    """For a module that names PEER, VERSION (called once) and NOTE."""
    module = request.module
    return Matrix(module.__name__.removeprefix("test_"), module.PEER, module.version(), module.NOTE)


def pytest_configure(config):
    # What an earlier run recorded is no record of this one.
    if folder := os.environ.get("SCEPKIT_INTEROP_RECORDS"):
        for argument in config.args:
            name = pathlib.Path(argument).stem.removeprefix("test_")
            (pathlib.Path(folder) / f"{name}.json").unlink(missing_ok=True)


def pytest_runtest_logreport(report):
    if report.when == "call" or report.outcome != "passed":
        outcomes.append(report.outcome)


def pytest_collectreport(report):
    if report.outcome == "skipped":
        outcomes.append("skipped")


def pytest_sessionfinish(session, exitstatus):
    folder = os.environ.get("SCEPKIT_INTEROP_RECORDS")
    if folder and exitstatus == 0 and "skipped" not in outcomes:
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        for name, record in kept.items():
            (pathlib.Path(folder) / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n")
    if exitstatus in (0, 5) and outcomes and all(o == "skipped" for o in outcomes):
        session.exitstatus = SKIPPED
