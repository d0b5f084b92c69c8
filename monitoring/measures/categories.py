"""Exact counts of a column's distinct texts, as long as there are few of them.

Needs     distinct texts of one batch with their counts
Gives     `distribution.categorical` of statistics.json and `domains` of constraints.json

Gives up for good past `MAX_CATEGORIES` texts or `MAX_BYTES` of them, so memory stays
bounded under a million user ids. Whether it gave up depends on the values only, never on
their order: the set of distinct texts just grows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Self

MAX_CATEGORIES = 1024
"""Well above the histogram limit, which is applied to an estimate that may err by 5 %."""
MAX_BYTES = 16 * 2**20


class Categories:
    """A histogram of texts, or the knowledge that there are too many.

    >>> categories = Categories()
    >>> categories.update([("NY", 2), ("CA", 1), ("NY", 1)])
    >>> categories.counts
    {'NY': 3, 'CA': 1}
    """

    def __init__(self, counts: Mapping[str, int] | None = None) -> None:
        self._counts: dict[str, int] | None = {}
        self._bytes = 0
        if counts:
            self.update(counts.items())

    @property
    def counts(self) -> Mapping[str, int] | None:
        """Count by text in order of first appearance; None once there were too many."""
        return self._counts

    def expect(self, distinct: int) -> None:
        """Know beforehand that `distinct` texts are coming: too many are not counted at all."""
        if distinct > MAX_CATEGORIES:
            self._counts = None

    def update(self, counted: Iterable[tuple[str, int]]) -> None:
        """Take in texts with their counts."""
        if self._counts is None:
            return
        for text, count in counted:
            if text not in self._counts:
                self._bytes += len(text)
            self._counts[text] = self._counts.get(text, 0) + count
            if len(self._counts) > MAX_CATEGORIES or self._bytes > MAX_BYTES:
                self._counts = None
                return

    def __add__(self, other: Self) -> Self:
        merged = type(self)()
        for part in (self._counts, other._counts):
            if part is None:
                merged._counts = None
            else:
                merged.update(part.items())
        return merged
