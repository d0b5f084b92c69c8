"""A bounded queue and the thread that empties it: what must never delay an answer goes here.

Needs     a function that writes a batch; it may be slow, and it may fail
Writes    batches, in the order they were put

`put` never waits: what does not fit is lost and counted, and so is a batch whose writing
fails. The thread begins with the first item, so a process that forks first has its own.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
FULL, FAILED = "full", "failed"
"""Why something was lost."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a queue holds, and when what it holds is written."""

    items: int
    size: int
    """In the unit that `put` is told, bytes for all of ours."""
    batch: int
    """Written at once when this much is waiting…"""
    linger: float
    """…or when the oldest has waited this many seconds."""


class Background(Generic[Item]):
    """Hands items to `write` from a thread of its own."""

    def __init__(
        self,
        write: Callable[[Sequence[Item]], None],
        bounds: Bounds,
        lost: Callable[[int, str], None],
    ) -> None:
        self._write, self._bounds, self._lost = write, bounds, lost
        self._waiting: deque[tuple[Item, int]] = deque()
        self._size = 0
        self._closing = False
        self._thread: threading.Thread | None = None
        self._changed = threading.Condition()

    def put(self, item: Item, size: int) -> bool:
        """Leave an item; False, and the loss counted, where it does not fit."""
        with self._changed:
            fits = len(self._waiting) < self._bounds.items
            fits = fits and self._size + size <= self._bounds.size and not self._closing
            if fits:
                self._waiting.append((item, size))
                self._size += size
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, daemon=True)
                    self._thread.start()
                if self._size >= self._bounds.batch or len(self._waiting) == 1:
                    self._changed.notify_all()
        if not fits:
            self._lost(1, FULL)
        return fits

    def close(self, patience: float) -> None:
        """Write what is left, for at most `patience` seconds; the rest is lost and counted."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(patience)
        with self._changed:
            left = len(self._waiting)
            self._waiting.clear()
        if left:
            self._lost(left, FULL)

    def _run(self) -> None:
        while batch := self._next():
            try:
                self._write(batch)
            except Exception as error:
                # Whatever the sink is, its failure must not end the thread, nor be silent.
                log.warning("%d items were not written: %s", len(batch), type(error).__name__)
                self._lost(len(batch), FAILED)

    def _next(self) -> list[Item]:
        """The next batch; empty when closing and nothing is left."""
        with self._changed:
            while not self._waiting and not self._closing:
                self._changed.wait()
            until = time.monotonic() + self._bounds.linger
            while not self._closing and self._size < self._bounds.batch:
                left = until - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    break
            batch: list[Item] = []
            size = 0
            while self._waiting and (not batch or size < self._bounds.batch):
                item, its_size = self._waiting.popleft()
                batch.append(item)
                size += its_size
            self._size -= size
            return batch
