"""Which events were met before: eight bytes an event, however many there are.

Needs     a key for each event, in the order they are read
Gives     whether each key came before

Keys are 64-bit hashes. Two of five million events share one by chance once in 1.5 million
such readings; the later one would be taken for a repetition. Python's own hash is keyed
anew in every process, so nobody can send an event that hides another's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

RECENT = 1 << 15
"""So many single keys are kept in a set before they are sorted into a run."""

Keys = npt.NDArray[np.int64]


def event_key(event_id: str) -> int:
    """The key of an event's own id."""
    return hash(event_id)


def retry_key(inference_id: str, request: str) -> int:
    """The key a client's retry has in common with the event it repeats."""
    return hash((inference_id, request))


@dataclass(slots=True)
class Seen:
    """Keys as sorted runs, each at least twice as long as the next.

    >>> seen = Seen()
    >>> seen.add(7), seen.add_all(np.array([5, 7, 5])).tolist(), seen.add(5)
    (False, [False, True, True], True)
    """

    runs: list[Keys] = field(default_factory=list)
    recent: set[int] = field(default_factory=set)

    def add(self, key: int) -> bool:
        """Remember one key; True where it is known."""
        if key in self.recent or any(_holds(run, key) for run in self.runs):
            return True
        self.recent.add(key)
        if len(self.recent) >= RECENT:
            self._settle()
        return False

    def add_all(self, keys: Keys) -> npt.NDArray[np.bool_]:
        """Remember keys in order; True at each that is known, from before or from this array."""
        self._settle()
        unique, first, where = np.unique(keys, return_index=True, return_inverse=True)
        known = np.zeros(len(unique), dtype=np.bool_)
        for run in self.runs:
            at = np.searchsorted(run, unique)
            known |= run[np.minimum(at, len(run) - 1)] == unique
        self._push(unique[~known])
        again: npt.NDArray[np.bool_] = known[where] | (first[where] != np.arange(len(keys)))
        return again

    def keys(self) -> Keys:
        """All keys, in order."""
        self._settle()
        return np.sort(np.concatenate(self.runs)) if self.runs else np.empty(0, dtype=np.int64)

    def _settle(self) -> None:
        if self.recent:
            self._push(_sorted(self.recent))
            self.recent.clear()

    def _push(self, run: Keys) -> None:
        if not len(run):
            return
        while self.runs and len(self.runs[-1]) < 2 * len(run):
            # A stable sort finds the two sorted halves and merges them.
            run = np.sort(np.concatenate((self.runs.pop(), run)), kind="stable")
        self.runs.append(run)


class Keyed(NamedTuple):
    """The keys of many events in order."""

    keys: Keys
    has_key: npt.NDArray[np.bool_]
    """An event without an id has none, and is never a repetition."""

    def repeated(self, seen: Seen, first: int, end: int) -> npt.NDArray[np.bool_]:
        """Which of the events from `first` to before `end` were met before; now all were."""
        repeated = self.has_key[first:end].copy()
        repeated[repeated] = seen.add_all(self.keys[first:end][repeated])
        return repeated


def _sorted(keys: Iterable[int]) -> Keys:
    return np.sort(np.fromiter(keys, dtype=np.int64))


def _holds(run: Keys, key: int) -> bool:
    at = int(run.searchsorted(key))
    return at < len(run) and int(run[at]) == key
