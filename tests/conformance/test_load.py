"""Eight clients at once against one server, and bulk traffic: nothing fails, nothing is lost.

    CONFORMANCE_LOAD_SECONDS=60

`make conformance SUITES=load` runs this; `make test` does not. The figures are printed by
benchmarks/offline_aws.py, which this runs.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

if os.environ.get("CONFORMANCE_SUITE") != "load":
    pytest.skip("`make conformance SUITES=load` runs this", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[2]
SECONDS = os.environ.get("CONFORMANCE_LOAD_SECONDS", "60")


@pytest.mark.parametrize("part", ["load", "bulk"])
def test_nothing_fails_and_nothing_is_lost(part: str) -> None:
    """The benchmark exits 1 on an error of any kind, a lost object or a lost record."""
    command = [sys.executable, str(ROOT / "benchmarks" / "offline_aws.py")]
    done = subprocess.run(
        [*command, "--only", part, "--seconds", SECONDS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
