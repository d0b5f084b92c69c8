"""Quantile sketch: Deequ's deterministic KLL (`QuantileNonSample`), level for level.

Needs     float64 values, in the order they were read
Gives     `distribution.kll` of statistics.json: levels, ten buckets; ranks for drift

Not the KLL of Apache DataSketches, and not exchangeable with it: no coin is tossed, and
capacity is largest at level 0. Up to 2050 values it is simply all of them. Which values
survive beyond that depends on the order they came in and on how partitions were cut.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

SKETCH_SIZE = 2048
"""Deequ's k as AWS writes it."""
SHRINKING_FACTOR = 0.64
"""Deequ's c: each level holds about this share of the one below."""
BUCKETS = 10
"""Equal-width buckets AWS writes for every numeric column."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bucket:
    """`[lower, upper)`, the last one closed; `count` rows, estimated beyond 2050 values."""

    lower: float
    upper: float
    count: int


class Ranked(NamedTuple):
    """Distinct values in ascending order, each with the weight that stands behind it."""

    values: Floats
    weights: Floats

    @property
    def total(self) -> float:
        """Weight of all values together."""
        return float(self.weights.sum())

    def share_up_to(self, points: Floats) -> Floats:
        """Share of the weight at or below each of `points` (the empirical CDF)."""
        cumulated = np.concatenate(([0.0], np.cumsum(self.weights)))
        share: Floats = cumulated[np.searchsorted(self.values, points, side="right")] / self.total
        return share


class QuantileSketch:
    """All values up to 2050 of them, then every second of a sorted run, at twice the weight.

    >>> sketch = QuantileSketch()
    >>> sketch.update(np.arange(3000.0))
    >>> [level.size for level in sketch.levels], sketch.count
    ([950, 1025], 3000)
    """

    def __init__(self, k: int = SKETCH_SIZE, c: float = SHRINKING_FACTOR) -> None:
        self.k = k
        self.c = c
        self.levels: list[Floats] = [np.empty(0)]
        self._compactions = [0]
        self._offsets = [0]

    @classmethod
    def from_levels(
        cls,
        levels: Sequence[Sequence[float] | Floats],
        k: int = SKETCH_SIZE,
        c: float = SHRINKING_FACTOR,
    ) -> Self:
        """The sketch that a statistics.json describes (`sketch.data`, `sketch.parameters`)."""
        sketch = cls(k, c)
        sketch.levels = [np.asarray(level, dtype=np.float64) for level in levels] or [np.empty(0)]
        sketch._compactions = [0] * len(sketch.levels)
        sketch._offsets = [0] * len(sketch.levels)
        return sketch

    @classmethod
    def of_ranked(cls, ranked: Ranked, k: int = SKETCH_SIZE, c: float = SHRINKING_FACTOR) -> Self:
        """A sketch of a distribution that is already known, always the same one.

        Up to 2050 values are all of them. Beyond, most items stand in one level, each for
        as many rows, at the middle of its share of the ranks: no rank errs by more than half
        a share, under 0.05 %. The rows left over stand in the levels below, one item each.

        >>> few = Ranked(np.array([1.0, 2.0]), np.array([3.0, 4100.0]))
        >>> sketch = QuantileSketch.of_ranked(few)
        >>> [level.size for level in sketch.levels], sketch.count
        ([1, 1, 1025], 4103)
        """
        counts = ranked.weights.astype(np.int64)
        total, top = int(counts.sum()), 0
        while total >> top > level_capacity(k, c, 0):
            top += 1
        sizes = [total >> height & 1 for height in range(top)] + [total >> top]
        widths = np.repeat(np.int64(1) << np.arange(top + 1, dtype=np.int64), sizes)
        middles = np.cumsum(widths) - widths + widths // 2
        items = ranked.values[np.searchsorted(np.cumsum(counts), middles, side="right")]
        return cls.from_levels(np.split(items, np.cumsum(sizes)[:-1]), k, c)

    @property
    def count(self) -> int:
        """Values this sketch stands for; halving at twice the weight keeps it exact."""
        return sum(level.size << height for height, level in enumerate(self.levels))

    @property
    def stored(self) -> int:
        """Values it holds."""
        return sum(level.size for level in self.levels)

    @property
    def capacity(self) -> int:
        """Values it may hold with its present number of levels."""
        return sum(level_capacity(self.k, self.c, height) for height in range(len(self.levels)))

    def update(self, values: Floats) -> None:
        """Take in finite values, in order: one too many condenses once, as one by one would."""
        taken = 0
        while taken < values.size:
            room = max(self.capacity - self.stored + 1, 1)
            self.levels[0] = np.concatenate((self.levels[0], values[taken : taken + room]))
            taken += room
            if self.stored > self.capacity:
                self._condense()

    def __add__(self, other: Self) -> Self:
        """Both inputs together: levels joined, then condensed while full."""
        if not self.count:
            return other.copy()
        merged = type(self)(self.k, self.c)
        height = max(len(self.levels), len(other.levels))
        merged.levels = [
            np.concatenate((_level(self.levels, h), _level(other.levels, h))) for h in range(height)
        ]
        missing = height - len(self.levels)
        merged._compactions = self._compactions + [0] * missing
        merged._offsets = self._offsets + [0] * missing
        while merged.stored >= merged.capacity:
            merged._condense()
        return merged

    def copy(self) -> Self:
        """The same sketch, to be updated on its own."""
        twin = type(self)(self.k, self.c)
        twin.levels = list(self.levels)
        twin._compactions = list(self._compactions)
        twin._offsets = list(self._offsets)
        return twin

    def ranked(self) -> Ranked:
        """Every distinct value with the number of rows behind it."""
        values, inverse = np.unique(np.concatenate(self.levels), return_inverse=True)
        weights = np.bincount(inverse, self._weights(), minlength=values.size)
        return Ranked(values, weights.astype(np.float64))

    def ranked_as_deequ(self) -> Ranked:
        """Every distinct value once, at the weight of the highest level that holds it.

        Deequ fills a map from value to weight level by level, so equal values overwrite
        one another. AWS's drift distance is built on this map: below 2051 rows it counts
        distinct values, not rows.
        """
        values, inverse = np.unique(np.concatenate(self.levels), return_inverse=True)
        weights = np.zeros(values.size)
        np.maximum.at(weights, inverse, self._weights())
        return Ranked(values, weights)

    def buckets(self, minimum: float, maximum: float) -> tuple[Bucket, ...]:
        """Ten equal-width buckets over the column's true range; counts add up to `count`."""
        return buckets_of(self.ranked(), minimum, maximum)

    def as_kll(self) -> Self:
        """Itself: what statistics.json holds."""
        return self

    def _weights(self) -> Floats:
        sizes = [level.size for level in self.levels]
        weights: Floats = np.repeat(np.exp2(np.arange(len(sizes), dtype=np.float64)), sizes)
        return weights

    def _condense(self) -> None:
        """Compact the lowest full level into the next; one level only."""
        for height, level in enumerate(self.levels):
            if level.size >= level_capacity(self.k, self.c, height):
                if height + 1 == len(self.levels):
                    self.levels.append(np.empty(0))
                    self._compactions.append(0)
                    self._offsets.append(0)
                promoted = self._compact(height)
                self.levels[height + 1] = np.concatenate((self.levels[height + 1], promoted))
                return

    def _compact(self, height: int) -> Floats:
        level = self.levels[height]
        even = level.size - level.size % 2
        if self._compactions[height] % 2:
            self._offsets[height] = 1 - self._offsets[height]
        self._compactions[height] += 1
        self.levels[height] = level[even:]
        return np.sort(level[:even])[self._offsets[height] :: 2]


@lru_cache(maxsize=256)
def level_capacity(k: int, c: float, height: int) -> int:
    """Values one level may hold before it is compacted.

    >>> [level_capacity(2048, 0.64, height) for height in range(3)]
    [2050, 1314, 842]
    """
    return 2 * (math.ceil(k * c**height / 2) + 1)


def buckets_of(ranked: Ranked, minimum: float, maximum: float) -> tuple[Bucket, ...]:
    """Ten equal-width buckets from `minimum` to `maximum`."""
    edges = [_edge(minimum, maximum, i) for i in range(BUCKETS + 1)]
    below = np.concatenate(([0.0], np.cumsum(ranked.weights)))
    ranks = below[np.searchsorted(ranked.values, edges[:-1], side="left")]
    counts = np.diff(np.append(ranks, ranked.total))
    return tuple(
        Bucket(edges[i], edges[i + 1], int(count)) for i, count in enumerate(counts.tolist())
    )


def _level(levels: list[Floats], height: int) -> Floats:
    return levels[height] if height < len(levels) else np.empty(0)


def _edge(minimum: float, maximum: float, i: int) -> float:
    """AWS's form of the bucket bounds, kept bit for bit; past float64's range, halved first."""
    width = maximum - minimum
    if math.isfinite(width) and math.isfinite(width * i):
        return minimum + width * i / float(BUCKETS)
    return minimum * (1 - i / BUCKETS) + maximum * (i / BUCKETS)
