"""Approximate distinct count: Spark's HyperLogLog++ at relative deviation 0.05.

Needs     the xxHash64 of each value's text
Gives     `approximate_num_distinct_values` and `distinct_count` of statistics.json

AWS counts the *text* of a cell: `1` and `1.0` are two values. Typical error is 5 %, and
the error is Spark's to the digit: the same 83 values are always counted as 86. Spark
keeps linear counting up to 2.5 times the registers, longer than the paper does.
"""

from __future__ import annotations

import math
from typing import Self

import numpy as np
import numpy.typing as npt

from monitoring.measures.hll_table import BIASES, LINEAR_COUNTING_LIMIT, RAW_ESTIMATES

PRECISION = 9
"""Bits that choose a register: ceil(2 * log2(1.106 / 0.05))."""
REGISTERS = 1 << PRECISION
_ALPHA = 0.7213 / (1.0 + 1.079 / REGISTERS)
_NEIGHBOURS = 6


class DistinctCount:
    """512 registers; each keeps the longest run of leading zeros it was shown.

    >>> distinct = DistinctCount()
    >>> distinct.update(np.arange(10, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    >>> distinct.estimate
    10
    """

    def __init__(self, registers: npt.NDArray[np.uint8] | None = None) -> None:
        self.registers = np.zeros(REGISTERS, np.uint8) if registers is None else registers

    def update(self, hashes: npt.NDArray[np.uint64]) -> None:
        """Take in hashes; the same one twice changes nothing."""
        chosen = (hashes >> np.uint64(64 - PRECISION)).astype(np.intp)
        rest = (hashes << np.uint64(PRECISION)) | np.uint64(1 << (PRECISION - 1))
        np.maximum.at(self.registers, chosen, (_leading_zeros(rest) + 1).astype(np.uint8))

    def __add__(self, other: Self) -> Self:
        """Distinct values of both inputs together: exact, in any order."""
        return type(self)(np.maximum(self.registers, other.registers))

    @property
    def estimate(self) -> int:
        """The number of distinct values, rounded as Java's Math.round does."""
        inverse = float(np.sum(2.0 ** -self.registers.astype(np.float64)))
        raw = _ALPHA * REGISTERS * REGISTERS / inverse
        empty = int(np.count_nonzero(self.registers == 0))
        if empty:
            linear = REGISTERS * math.log(REGISTERS / empty)
            if linear <= LINEAR_COUNTING_LIMIT or raw <= 2.5 * REGISTERS:
                return math.floor(linear + 0.5)
        corrected = raw - _bias(raw) if raw < 5.0 * REGISTERS else raw
        return math.floor(corrected + 0.5)


def _bias(raw: float) -> float:
    """Mean bias of the six tabulated estimates nearest to `raw`."""
    distances = (RAW_ESTIMATES - raw) ** 2
    low = max(int(np.searchsorted(RAW_ESTIMATES, raw)) - _NEIGHBOURS + 1, 0)
    high = min(low + _NEIGHBOURS, RAW_ESTIMATES.size)
    while high < RAW_ESTIMATES.size and distances[high] < distances[low]:
        low, high = low + 1, high + 1
    return float(np.mean(BIASES[low:high]))


def _leading_zeros(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Zero bits before the first one bit. The top 53 bits are exact in a float64."""
    upper = np.frexp((words >> np.uint64(11)).astype(np.float64))[1]
    lower = np.frexp((words & np.uint64(0x7FF)).astype(np.float64))[1]
    zeros: npt.NDArray[np.int64] = np.where(upper > 0, 53 - upper, 64 - lower).astype(np.int64)
    return zeros
