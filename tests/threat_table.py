# SPDX-License-Identifier: BSL-1.0
"""Each threat that docs/threat-model.md calls tested has tests with its id in their suite's name, and the other way round."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# What this version must have, whatever the page says.
REQUIRED = "D1 D2 S1 S2 S3 S4 P1 P2 P6 S9 S10 R1 R2 R3".split()

claimed = set()
rows = set()
for line in (ROOT / "docs/threat-model.md").read_text().splitlines():
    row = re.match(r"\| ([DSPRHL]\d+) \|", line)
    if row:
        rows.add(row.group(1))
        if f"Threat{row.group(1)}" in line:
            claimed.add(row.group(1))
found = set()
for path in (ROOT / "tests").rglob("*.cpp"):
    found |= set(re.findall(r"TEST(?:_F|_P)?\(\s*Threat([DSPRHL]\d+)", path.read_text()))

problems = [f"{t} is called tested and has no test" for t in sorted(claimed - found)]
problems += [f"{t} has tests and docs/threat-model.md does not name them" for t in sorted(found - claimed)]
problems += [f"{t} must be tested" for t in REQUIRED if t not in found]
for line in problems:
    print(line)
print(f"threats: {len(rows)} rows, {len(found)} tested, {len(problems)} problems")
sys.exit(1 if problems else 0)
