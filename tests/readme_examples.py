# SPDX-License-Identifier: BSL-1.0
"""The README's code is the code of examples/, and it works: argv is the compiled C++ example."""
import pathlib
import re
import subprocess
import sys
import tempfile

import scepkit

ROOT = pathlib.Path(__file__).resolve().parent.parent


def block(language):
    text = (ROOT / "README.md").read_text()
    found = re.findall(rf"```{language}\n(.*?)```", text, re.S)
    assert len(found) == 1, f"the README should hold one {language} block, holds {len(found)}"
    return found[0]


def without_licence(path):
    return "".join(line for line in path.read_text().splitlines(True) if "SPDX" not in line)


def main():
    assert len((ROOT / "README.md").read_text().splitlines()) < 150, "the README stays under 150 lines"
    assert block("python") == without_licence(ROOT / "examples/readme.py"), "README and examples/readme.py differ"
    assert block("cpp") == without_licence(ROOT / "examples/readme.cpp"), "README and examples/readme.cpp differ"

    out = subprocess.run([sys.executable, ROOT / "examples/readme.py"], capture_output=True, text=True, timeout=120)
    assert out.returncode == 0, out.stderr
    assert out.stdout.startswith("error url-missing-mscep-dll\n"), out.stdout
    assert "/mscep.dll" in out.stdout

    with tempfile.TemporaryDirectory() as folder, scepkit.Simulator(challenges=["open sesame"]) as ndes:
        challenge = pathlib.Path(folder) / "challenge"
        challenge.write_text("open sesame")
        out = subprocess.run([sys.argv[1], ndes.url, ndes.ca.sha256, challenge], capture_output=True, timeout=120)
        assert out.returncode == 0, out.stderr
        leaf = scepkit.Certificate.from_pem(out.stdout)
        assert leaf.subject == "CN=device 7,O=Contoso", leaf.subject
    print("README examples: 2 passed, 0 failed")


main()
