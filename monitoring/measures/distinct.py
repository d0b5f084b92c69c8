"""How many different values a column holds: exact while they are few.

Needs     a 64-bit hash of each value, in any order
Gives     the number of distinct ones, or an estimate with a standard error of 1.6 %

Keeps the smallest hashes (k minimum values: Bar-Yossef and others, RANDOM 2002; the unbiased
estimate: Beyer and others, SIGMOD 2007). Three times as exact as the HyperLogLog++ that AWS's
analyzer counts with, and never off by one among a handful of categories.
"""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt

SMALLEST = 4096
"""Hashes that are kept, and distinct values that are counted exactly."""

Hashes = npt.NDArray[np.uint64]

_ALL = np.uint64(2**64 - 1)


class SmallestHashes:
    """The `SMALLEST` smallest distinct hashes.

    >>> distinct = SmallestHashes()
    >>> distinct.update(hash_numbers(np.array([1.0, 2.0, 1.0])))
    >>> distinct.estimate
    2
    """

    def __init__(self) -> None:
        self._smallest: Hashes = np.empty(0, dtype=np.uint64)
        self._below = _ALL
        self._pending: list[Hashes] = []
        self._waiting = 0

    def update(self, hashes: Hashes) -> None:
        """Take in hashes; the same one twice changes nothing."""
        few = hashes[hashes <= self._below]
        self._pending.append(few)
        self._waiting += few.size
        if self._waiting >= SMALLEST:
            self._settle()

    def __add__(self, other: Self) -> Self:
        """Distinct values of both inputs together, in any order."""
        merged = type(self)()
        for part in (self, other):
            part._settle()
            merged.update(part._smallest)
        return merged

    @property
    def estimate(self) -> int:
        """The number of distinct values."""
        self._settle()
        if self._smallest.size < SMALLEST:
            return int(self._smallest.size)
        share = float(self._smallest[-1]) / 2.0**64
        return round((SMALLEST - 1) / share)

    def _settle(self) -> None:
        if self._waiting:
            found = np.sort(np.concatenate((self._smallest, *self._pending)))
            self._smallest = found[np.append(True, found[1:] != found[:-1])][:SMALLEST]
            if self._smallest.size == SMALLEST:
                self._below = self._smallest[-1]
        self._pending, self._waiting = [], 0


def hash_numbers(values: npt.NDArray[np.float64]) -> Hashes:
    """A hash of each number's bits; no two numbers share one, and both zeros are one number.

    SplitMix64's output function (Steele, Lea, Flood, OOPSLA 2014), a bijection.

    >>> one, same, other = hash_numbers(np.array([0.0, -0.0, 1.0])).tolist()
    >>> one == same, one == other
    (True, False)
    """
    words = (values + 0.0).view(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    words ^= words >> np.uint64(30)
    words *= np.uint64(0xBF58476D1CE4E5B9)
    words ^= words >> np.uint64(27)
    words *= np.uint64(0x94D049BB133111EB)
    words ^= words >> np.uint64(31)
    return words
