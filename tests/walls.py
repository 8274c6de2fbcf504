# SPDX-License-Identifier: BSL-1.0
"""Checks what the compiler cannot: who includes whom, licence lines, and where raw OpenSSL calls may stand."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
NEEDS = {
    "base": [], "asn1": ["base"], "pki": ["asn1"], "cms": ["pki"], "scep": ["cms"], "http": ["scep"],
    "net": ["http"], "facts": ["http"], "evidence": ["facts"], "diagnosis": ["facts"], "report": ["diagnosis"],
    "probe": ["net", "facts"], "simulator": ["net"], "cli": ["net", "evidence", "report", "probe", "simulator"],
}
CORE = {"base", "asn1", "pki", "cms", "scep", "http"}
NO_SOCKET = CORE | {"facts", "evidence", "diagnosis", "report"}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)
CODE = {".hpp", ".cpp", ".py", ".cmake", ".txt", ".sh"}

problems = []


def complain(path, text):
    problems.append(f"{path.relative_to(ROOT)}: {text}")


def reach(room):
    found, todo = {room}, list(NEEDS[room])
    while todo:
        need = todo.pop()
        if need not in found:
            found.add(need)
            todo += NEEDS[need]
    return found


def check_includes(path, room, public):
    allowed = reach(room)
    for name in INCLUDE.findall(path.read_text()):
        parts = name.split("/")
        if parts[0] == "scepkit" and len(parts) > 2 and parts[1] in NEEDS and parts[1] not in allowed:
            complain(path, f"room {room} may not include {name}")
        if not public and parts[0] in NEEDS and parts[0] not in allowed:
            complain(path, f"room {room} may not include {name}")
        if public and name.startswith("boost/beast"):
            complain(path, "public headers never include Beast")
        if public and name.startswith("openssl/"):
            complain(path, "openssl.hpp is the only public header with OpenSSL types")
        if public and name.startswith("CLI/"):
            complain(path, "CLI11 stays inside cli")
        if room in NO_SOCKET and name.startswith(("boost/asio", "boost/beast", "sys/socket", "openssl/ssl")):
            complain(path, f"room {room} links no socket and may not include {name}")
        if room in NO_SOCKET - {"base", "pki", "cms"} and name.startswith("openssl/"):
            complain(path, f"room {room} may not include {name}")


def main():
    for room in NEEDS:
        for path in sorted((ROOT / "include/scepkit" / room).rglob("*.hpp")):
            check_includes(path, room, True)
        for path in sorted((ROOT / "src" / room).rglob("*")):
            if path.suffix in {".hpp", ".cpp"}:
                check_includes(path, room, False)
                if re.search(r"\bPKCS7_|\bCMS_|\bd2i_PKCS7", path.read_text()):
                    complain(path, "OpenSSL's PKCS7_ and CMS_ calls are never used")
    for folder in ("include", "src", "tests", "examples", "benchmarks", "bindings", "cmake"):
        for path in sorted((ROOT / folder).rglob("*")):
            if not path.is_file() or path.suffix not in CODE or "vectors" in path.parts or "seeds" in path.parts:
                continue
            if path.suffix == ".txt" and path.name != "CMakeLists.txt":
                continue
            if "SPDX-License-Identifier: BSL-1.0" not in path.read_text(errors="replace")[:200]:
                complain(path, "the SPDX line is missing")
    headers = {p.relative_to(ROOT / "include/scepkit").as_posix() for p in (ROOT / "include/scepkit").rglob("*.hpp")}
    listed = {"openssl.hpp"}
    for room in NEEDS:
        text = (ROOT / "src" / room / "CMakeLists.txt").read_text()
        listed |= {f"{room}/{name}" for name in re.findall(r"[\w/]+\.hpp", text)}
    for name in sorted(headers - listed):
        problems.append(f"include/scepkit/{name}: not listed in its room's CMakeLists.txt, so it is not installed")
    for line in problems:
        print(line)
    print(f"walls: {len(problems)} problems")
    return 1 if problems else 0


sys.exit(main())
