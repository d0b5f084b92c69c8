"""All parts of the data → one partial, as if the data had been read in one pass.

Needs     `Work`, and an engine that does it on every part
Gives     the sum, in the order of the files, its faulty records judged as a whole

What the parts cannot say together is read again in one pass: an error then names the place
one pass would name, and columns that change between files are treated as one pass does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import Protocol

from monitoring.capture import read_coverage
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
    if len({partial.columns for partial in partials if partial.columns}) > 1:
        return work.whole()
    total: Partial = reduce(add, partials)
    if total.books is not None:
        total.books.judge(work.dataset.faulty_share)
    return replace(total, coverage=labelled)
