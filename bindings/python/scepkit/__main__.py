# SPDX-License-Identifier: BSL-1.0
"""python -m scepkit doctor|simulator|responder|enroll …: the tools, without their own programs."""
import sys

from . import _scepkit

TOOLS = ("doctor", "simulator", "responder", "enroll")


def main() -> int:
    if len(sys.argv) < 2 or sys.argv[1] not in TOOLS:
        print("usage: python -m scepkit " + "|".join(TOOLS) + " …", file=sys.stderr)
        return 0 if sys.argv[1:] in (["-h"], ["--help"]) else 3
    try:
        return _scepkit.run_tool(sys.argv[1], sys.argv[2:])
    except KeyboardInterrupt:
        return 3


if __name__ == "__main__":
    sys.exit(main())
