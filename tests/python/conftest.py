# SPDX-License-Identifier: BSL-1.0
import pathlib
import subprocess
import sys

import pytest

import scepkit


@pytest.fixture
def simulator():
    with scepkit.Simulator(challenges=["open sesame"]) as ndes:
        yield ndes


@pytest.fixture
def module_tool():
    """python -m scepkit …"""

    def run(*arguments, timeout=120):
        return subprocess.run([sys.executable, "-m", "scepkit", *map(str, arguments)], capture_output=True, text=True,
                              timeout=timeout)

    return run


@pytest.fixture
def log(tmp_path) -> pathlib.Path:
    """A log in which every device fails for want of /mscep.dll. Synthetic, in the shape of IIS 10's default fields."""
    lines = ["#Software: Microsoft Internet Information Services 10.0", "#Version: 1.0", "#Date: 2026-11-20 08:11:52",
             "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) "
             "sc-status sc-substatus sc-win32-status time-taken"]
    agent = "profiled/1.0+CFNetwork/1498.700.2+Darwin/23.6.0"
    for minute in (14, 20, 26):
        for second, method, stem, query, status in (
                (41, "GET", "/certsrv/mscep", "operation=GetCACert&message=SCEP%20Authority", 301),
                (41, "GET", "/certsrv/mscep/", "operation=GetCACert&message=SCEP%20Authority", 200),
                (42, "GET", "/certsrv/mscep", "operation=GetCACaps&message=SCEP%20Authority", 301),
                (42, "GET", "/certsrv/mscep/", "operation=GetCACaps&message=SCEP%20Authority", 200),
                (43, "POST", "/certsrv/mscep", "operation=PKIOperation", 405)):
            lines.append(f"2026-11-20 08:{minute}:{second} 10.1.5.20 {method} {stem} {query} 443 - 10.1.5.31 {agent} - "
                         f"{status} 0 0 15")
    path = tmp_path / "u_ex261120.log"
    path.write_bytes("\r\n".join(lines).encode() + b"\r\n")
    return path
