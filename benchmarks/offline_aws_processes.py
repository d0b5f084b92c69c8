"""Memory and time of a process, read from /proc (Linux)."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import TracebackType

PAUSE_SECONDS = 0.5


def resident(pid: int) -> int:
    """Bytes of memory that a process has.

    >>> import os
    >>> resident(os.getpid()) > 1_000_000
    True
    """
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise LookupError(f"process {pid} has no memory: it has ended")


def children(pid: int) -> set[int]:
    """Processes that a process has started and that go on."""
    found = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(child) for path in found for child in path.read_text().split()}


def processor_seconds(pid: int) -> float:
    """Seconds of processor time that a process has had, its ended threads' too.

    >>> import os
    >>> processor_seconds(os.getpid()) > 0
    True
    """
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Watch:
    """The memory of a process while a block lasts: at its start, its end, and at most."""

    def __init__(self, pid: int) -> None:
        self.pid, self._ending = pid, threading.Event()
        self.start = self.end = self.peak = 0
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self.start = self.peak = resident(self.pid)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._ending.set()
        self._thread.join()
        self.end = resident(self.pid)
        self.peak = max(self.peak, self.end)

    def _look(self) -> None:
        while not self._ending.wait(PAUSE_SECONDS):
            self.peak = max(self.peak, resident(self.pid))

    def __str__(self) -> str:
        start, end, peak = (value / 1024**2 for value in (self.start, self.end, self.peak))
        return f"{start:.0f} MB before, {end:.0f} after, {peak:.0f} at most"
