"""Spools: what is written comes out whole, and a full disk is said in one line."""

from __future__ import annotations

import pickle
import resource
import subprocess
import sys

import pytest

from monitoring.spools import HELD, Spool


@pytest.mark.parametrize("parts", [[], ["a\r\n", "b\n"], ["x" * HELD, "€", "\ud800"]])
def test_what_was_written_is_copied_in_order(tmp_path, parts):
    spool = Spool()
    for part in parts:
        spool.write(part)
    spool.copy_to(tmp_path / "out.csv")
    expected = "".join(parts).encode("utf-8", "backslashreplace")
    assert (tmp_path / "out.csv").read_bytes() == expected


def test_another_process_is_handed_the_whole_text(tmp_path):
    spool = Spool("a\r\n")
    spool.write("b\n")
    moved = pickle.loads(pickle.dumps(spool))  # noqa: S301
    moved.write("c\n")
    moved.copy_to(tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes() == b"a\r\nb\nc\n"


def test_a_disk_that_is_full_is_an_error_in_one_line():
    """In a process of its own, whose files may not grow past a megabyte and a half."""
    limit = HELD + HELD // 2
    code = (
        "import signal\n"
        "from monitoring.spools import Spool\n"
        "from monitoring.errors import MonitoringError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "spool = Spool()\n"
        "try:\n"
        "    for _ in range(64):\n"
        "        spool.write('x' * (1 << 16))\n"
        "except MonitoringError as error:\n"
        "    print(error)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    (line,) = ended.stdout.splitlines()
    assert "outgrew the temporary disk space" in line
    assert "nothing was published" in line
