"""All parts of the data → one partial, as if the data had been read in one pass.

Needs     `Work`, and an engine that does it on every part
Gives     the sum, in the order of the files, its faulty records judged as a whole

What the parts cannot say together is read again in one pass: an error then names the place
one pass would name, and columns that change between files are treated as one pass does.
Events that lie in two parts count once: only the later part is read again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import Protocol

import numpy as np

from monitoring.capture import read_coverage
from monitoring.capture.seen import Keys
from monitoring.compute.parts import Part, split
from monitoring.compute.work import Partial, Work
from monitoring.errors import MonitoringError

Each = Callable[[Part], Partial | MonitoringError]
Progress = Callable[[int, int], None]
"""Told how many of how many parts are done."""


class Engine(Protocol):
    """What runs the same work on many parts."""

    @property
    def parts(self) -> int:
        """Into how many parts it would have the data cut."""

    def each(self, work: Each, parts: Sequence[Part]) -> Iterator[Partial | MonitoringError]:
        """What each part comes to, in the order of the parts.

        Raises MonitoringError when the engine itself cannot do it.
        """


@dataclass(frozen=True, slots=True)
class OnePass:
    """Everything in this process, from the first file to the last."""

    parts: int = 1

    def each(self, work: Each, parts: Sequence[Part]) -> Iterator[Partial | MonitoringError]:
        return map(work, parts)


ONE_PASS = OnePass()


def silent(_done: int, _parts: int) -> None:
    """Nobody is watching."""


def gathered(work: Work, engine: Engine = ONE_PASS, progress: Progress = silent) -> Partial:
    """What all the data come to; raises the MonitoringError that one pass would."""
    work = work.settled()
    parts = split(work.dataset, engine.parts) if engine.parts > 1 and work.can_be_split else ()
    labelled = None if work.reads_columns else read_coverage(work.dataset.path)
    if len(parts) < 2 or (labelled and labelled.share < work.dataset.label_coverage):
        return work.whole()
    partials = []
    for found in engine.each(work.on, parts):
        if isinstance(found, MonitoringError):
            return work.whole()
        partials.append(found)
        progress(len(partials), len(parts))
    if not comparable(partials):
        return work.whole()
    again = repeated(partials)
    knowing = [replace(parts[at], known=keys) for at, keys in again.items()]
    for at, found in zip(again, engine.each(work.on, knowing) if knowing else (), strict=True):
        if isinstance(found, MonitoringError):
            return work.whole()
        partials[at] = found
    if not comparable(partials):
        return work.whole()
    total: Partial = reduce(add, partials)
    if total.books is not None:
        total.books.judge(work.dataset.faulty_share)
    return replace(total, coverage=labelled)


def comparable(partials: Collection[Partial]) -> bool:
    """Whether all parts have the same columns, and keys that mean the same."""
    shapes = {(partial.columns, partial.layouts) for partial in partials if partial.columns}
    return len(shapes) < 2 and len({partial.hashing for partial in partials}) < 2


def repeated(partials: Collection[Partial]) -> dict[int, Keys]:
    """Which parts hold events of a part before them, and these events.

    An event that is delivered twice, or sent again by its client, may lie in files of two
    parts. The first counts; the later part is read again, knowing what it must not count.
    """
    found: dict[int, Keys] = {}
    before = np.empty(0, dtype=np.int64)
    for at, partial in enumerate(partials):
        again = np.intersect1d(before, partial.keys, assume_unique=True)
        if again.size:
            found[at] = again
        before = np.union1d(before, partial.keys)
    return found
