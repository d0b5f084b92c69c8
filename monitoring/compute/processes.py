"""Parts of the data on the cores of this machine.

Needs     work that can be sent to another process
Gives     an engine of so many processes

New processes are started, not forked: a fork of a process that has threads, as pyarrow's
readers do, may hang. Each takes a second to start, so small data are done sooner in one.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context

from monitoring.compute.gathering import Each
from monitoring.compute.parts import Part
from monitoring.compute.work import Partial
from monitoring.errors import MonitoringError

HASH_SEED = "PYTHONHASHSEED"
PARTS_PER_PROCESS = 4
"""So that a process whose files are slow does not keep the others waiting."""


@dataclass(frozen=True, slots=True)
class Processes:
    """This many processes at once."""

    number: int

    @property
    def parts(self) -> int:
        return self.number * PARTS_PER_PROCESS if self.number > 1 else 1

    def each(self, work: Each, parts: Sequence[Part]) -> Iterator[Partial | MonitoringError]:
        number = min(self.number, len(parts))
        with one_hash(), ProcessPoolExecutor(number, mp_context=get_context("spawn")) as pool:
            try:
                yield from pool.map(work, parts)
            except BrokenProcessPool:
                raise MonitoringError(
                    f"one of {number} processes was ended from outside, so nothing was evaluated. "
                    "Most often memory ran out: take fewer --processes, or a larger machine."
                ) from None


@cache
def hash_seed() -> str:
    """One seed for all that this process starts; nobody can foresee it."""
    return os.environ.get(HASH_SEED) or str(secrets.randbelow(2**32))


@contextmanager
def one_hash() -> Iterator[None]:
    """Inside, processes that are started hash texts alike.

    Events are told apart by Python's hash, which otherwise differs from process to process.
    """
    if HASH_SEED in os.environ:
        yield
        return
    os.environ[HASH_SEED] = hash_seed()
    try:
        yield
    finally:
        del os.environ[HASH_SEED]
