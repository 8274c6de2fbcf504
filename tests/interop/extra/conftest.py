# SPDX-License-Identifier: BSL-1.0
"""Reads the support module of the folder above; what is asked for and absent here always fails."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
