# SPDX-License-Identifier: BSL-1.0
"""docs/interop.md is what the other tests recorded. SCEPKIT_UPDATE_DOCS=1 writes it."""
import json
import os
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "interop.md"
PEERS = ["ourselves", "micromdm", "strongswan", "certmonger", "openssl"]
HEAD = """# Interoperation

Written by the tests of `tests/interop` from what they asserted: each row is a test that passed against the program
named, as Debian 12 ships it. *server*: the peer serves and `scep-enroll` or `ndes-doctor` asks; *client*: the peer
asks `scep-responder`, or `ndes-simulator` where that is said; *both*: our two sides, read by the peer. The responder
runs with its profile `rfc8894` unless another is named.

    SCEPKIT_UPDATE_DOCS=1 ctest --test-dir build/release -L interop      # writes this page anew

Today's versions of peers that Debian does not ship are tried by `tests/interop/extra/run`; they are not in this page.
"""


def page_of(records):
    text = HEAD
    for record in records:
        text += f"\n## {record['peer']} {record['version']}\n\n{record['note']}\n\n"
        text += "| peer is | operation | setting | result |\n|---|---|---|---|\n"
        for row in record["rows"]:
            text += "| {role} | {operation} | {setting} | {result} |\n".format(**row)
    return text


def test_matrix_is_the_one_in_docs():
    folder = pathlib.Path(os.environ["SCEPKIT_INTEROP_RECORDS"])
    absent = [p for p in PEERS if not (folder / f"{p}.json").exists()]
    if absent:
        text = f"no complete record of: {', '.join(absent)}; docs/interop.md cannot be compared"
        if os.environ.get("SCEPKIT_REQUIRE_PEERS", "0") not in ("", "0"):
            pytest.fail(text, pytrace=False)
        pytest.skip(text)
    page = page_of([json.loads((folder / f"{p}.json").read_text()) for p in PEERS])
    if os.environ.get("SCEPKIT_UPDATE_DOCS", "0") not in ("", "0"):
        PAGE.write_text(page)
    assert PAGE.exists() and PAGE.read_text() == page, "SCEPKIT_UPDATE_DOCS=1 writes docs/interop.md"
