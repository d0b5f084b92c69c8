"""A token bucket per client, shared by the workers that were forked after it was made.

Needs     a rate and a burst; a clock that all processes share
Writes    nothing outside its memory

A client has no bucket of its own but one of SLOTS, by a salted hash: memory does not grow
with the clients, and of many thousand at once two may share a bucket. The lock is the
kernel's and goes with its process, so a killed worker never leaves it held.
"""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import struct
import tempfile
import threading
import time
from collections.abc import Callable

SLOTS = 65_536
SLOT = struct.Struct("dd")
"""Tokens that are left, and when that was; both 0 where nobody has asked yet."""


class Buckets:
    """How often each client may still ask.

    >>> buckets = Buckets(rate=1, burst=2, clock=lambda: 5.0)
    >>> [buckets.wait("a"), buckets.wait("a"), buckets.wait("a"), buckets.wait("b")]
    [0.0, 0.0, 1.0, 0.0]
    """

    def __init__(
        self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`rate` in requests a second, `burst` requests at once after a rest."""
        self._rate, self._burst, self._clock = rate, burst, clock
        self._slots = mmap.mmap(-1, SLOTS * SLOT.size)
        self._salt = os.urandom(16)
        self._lock_file = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as we are
        self._threads = threading.Lock()

    def wait(self, client: str) -> float:
        """Take a token: 0 where there was one, else the seconds until there is."""
        at = self._place(client)
        # The kernel's lock keeps processes apart, not the threads of one.
        with self._threads:
            fcntl.lockf(self._lock_file, fcntl.LOCK_EX, 1, at)
            try:
                return self._take(at)
            finally:
                fcntl.lockf(self._lock_file, fcntl.LOCK_UN, 1, at)

    def _take(self, at: int) -> float:
        now = self._clock()
        left, since = SLOT.unpack_from(self._slots, at)
        left = min(self._burst, left + (now - since) * self._rate) if since else self._burst
        missing = max(0.0, 1 - left)
        SLOT.pack_into(self._slots, at, left if missing else left - 1, now)
        return missing / self._rate

    def _place(self, client: str) -> int:
        digest = hashlib.blake2b(client.encode(), digest_size=8, key=self._salt).digest()
        return int.from_bytes(digest, "big") % SLOTS * SLOT.size
