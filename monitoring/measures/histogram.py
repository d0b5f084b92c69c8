"""How a column's numbers are distributed, in bounded memory and in no particular order.

Needs     finite float64 values, in any order, in any parts
Gives     each distinct value with its count, as long as there are `MOST_CELLS` of them at
          most; beyond, ranges of values with theirs

A range is a value's own bits without the last few: as wide as a fixed share of the value,
however large that is (the log-linear index of DDSketch: Masson, Rim, Lee, VLDB 2019). When
ranges are too many, one more bit is dropped everywhere (the uniform collapse of UDDSketch:
Epicoco, Melle, Cafaro, Pulimeno, 2020). How many bits go depends on the values alone, so
that, unlike KLL's, the result is the same for every order, chunking and merge tree.
"""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt

from monitoring.measures.kll import Bucket, Floats, QuantileSketch, Ranked, buckets_of

MOST_CELLS = 8192
"""Distinct values, or ranges of them, that are kept apart."""
PENDING = 4 * MOST_CELLS
"""Values that wait to be sorted together: sorting more at once costs less each."""

_MAGNITUDE = np.int64(2**63 - 1)

Counts = npt.NDArray[np.int64]


class FloatHistogram:
    """Counts of values, or of ranges that share their leading bits.

    A range is represented by the largest value seen in it: what a column holds once or a
    thousand times over, and nothing near it, is given back to the bit. Zeros are one value.

    >>> histogram = FloatHistogram()
    >>> histogram.update(np.array([2.0, 0.5, 2.0, -0.0]))
    >>> histogram.ranked()
    Ranked(values=array([0. , 0.5, 2. ]), weights=array([1., 1., 2.]))
    """

    def __init__(self, most: int = MOST_CELLS) -> None:
        self.most = most
        self._bits = 0
        self._values: Floats = np.empty(0)
        self._counts: Counts = np.empty(0, dtype=np.int64)
        self._pending: list[Floats] = []
        self._waiting = 0

    @property
    def dropped_bits(self) -> int:
        """Trailing bits in which two values may differ and be counted as one; 0: exact."""
        self._settle()
        return self._bits

    @property
    def count(self) -> int:
        """Values taken in."""
        return int(self._counts.sum()) + self._waiting

    def update(self, values: Floats, repeats: Counts | None = None) -> None:
        """Take in finite values; `repeats` says how often each occurred, once by default."""
        values = values + 0.0  # of the two zeros only the positive one stays
        if repeats is not None:
            order = np.argsort(values, kind="stable")
            self._take_in(values[order], repeats[order])
            return
        self._pending.append(values)
        self._waiting += values.size
        if self._waiting >= PENDING:
            self._settle()

    def __add__(self, other: Self) -> Self:
        """Both inputs together; neither operand's answers change."""
        merged = type(self)(min(self.most, other.most))
        merged._bits = max(self.dropped_bits, other.dropped_bits)
        for part in (self, other):
            merged._take_in(part._values, part._counts)
        return merged

    def ranked(self) -> Ranked:
        """Every distinct value, or the largest of each range, with the rows behind it."""
        self._settle()
        return Ranked(self._values, self._counts.astype(np.float64))

    def buckets(self, minimum: float, maximum: float) -> tuple[Bucket, ...]:
        """Ten equal-width buckets over the column's true range; counts add up to `count`."""
        return buckets_of(self.ranked(), minimum, maximum)

    def as_kll(self) -> QuantileSketch:
        """The same distribution in the form that statistics.json holds."""
        return QuantileSketch.of_ranked(self.ranked())

    def _settle(self) -> None:
        """Sort what is waiting and count it."""
        if not self._waiting:
            return
        values = np.sort(np.concatenate(self._pending))
        self._pending, self._waiting = [], 0
        self._take_in(values, None)

    def _take_in(self, values: Floats, counts: Counts | None) -> None:
        """Merge ascending values, whose ranges may be finer than ours or occur twice."""
        values, counts = _cells(values, counts, self._bits)
        if self._values.size:
            values = np.concatenate((self._values, values))
            order = np.argsort(values, kind="stable")  # two runs: merged in linear time
            values, counts = values[order], np.concatenate((self._counts, counts))[order]
            values, counts = _cells(values, counts, self._bits)
        if values.size > self.most:
            self._bits = _bits_to_drop(values, self.most)
            values, counts = _cells(values, counts, self._bits)
        self._values, self._counts = values, counts


def _cells(values: Floats, counts: Counts | None, bits: int) -> tuple[Floats, Counts]:
    """Ascending values joined where they differ in the last `bits` only: the largest of each."""
    if not values.size:
        return values, np.empty(0, dtype=np.int64)
    keys = _ordered(values) >> bits if bits else values
    ends = np.append(np.flatnonzero(keys[1:] != keys[:-1]), values.size - 1)
    if counts is None:
        return values[ends], np.diff(ends, prepend=-1)
    return values[ends], np.diff(np.cumsum(counts)[ends], prepend=0)


def _bits_to_drop(values: Floats, most: int) -> int:
    """The fewest trailing bits without which ascending distinct values fill `most` ranges.

    Neighbours fall together once the highest bit in which they differ is dropped, so all but
    the `most - 1` largest differences must be.
    """
    keys = _ordered(values)
    differences = (keys[1:] ^ keys[:-1]).view(np.uint64)
    at = differences.size - most
    return int(np.partition(differences, at)[at]).bit_length()


def _ordered(values: Floats) -> npt.NDArray[np.int64]:
    """Integers in the order of the values: their bits, those of negative ones turned over."""
    bits = values.view(np.int64)
    return bits ^ ((bits >> np.int64(63)) & _MAGNITUDE)
