"""Count, sum, mean, deviation and range of a column, as exact as float64 allows.

Needs     finite float64 values, in any order, in any parts
Gives     what `numerical_statistics` in statistics.json holds

Parts merge by the formula of Chan, Golub and LeVeque (1983). Deviations are taken from each
batch's own mean and the mean carries what its own rounding lost, so that a spread of 1
around 1e9 keeps its digits and a constant column deviates by 0. `moments.py` is the other
way: as AWS rounds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

LARGEST, SMALLEST = 2.0**1023, 2.0**-1022
"""Sums that may leave this range, up or down, are undefined in every order of the rows."""

Floats = npt.NDArray[np.float64]


@dataclass(slots=True)
class MergedMoments:
    """Sums of values and of squared deviations; the same for any order to within rounding.

    >>> moments = MergedMoments()
    >>> moments.update(np.array([2.0, 4.0, 5.0, 7.0, 9.0]), np.array([1, 3, 2, 1, 1]))
    >>> moments.mean, moments.std_dev, moments.minimum, moments.maximum
    (5.0, 2.0, 2.0, 9.0)
    """

    count: int = 0
    minimum: float = math.inf
    maximum: float = -math.inf
    _sum: float = 0.0
    _sum_error: float = 0.0
    _center: float = 0.0
    _center_error: float = 0.0
    """The mean is center + center_error, unevaluated."""
    _squares: float = 0.0

    @property
    def total(self) -> float:
        """Sum of the values; infinite where some order of them would leave float64."""
        return self._sum + self._sum_error if self._sums_fit else math.inf

    @property
    def mean(self) -> float | None:
        """Arithmetic mean; None without values or past float64."""
        if not self.count or not self._sums_fit:
            return None
        return min(max(self._center + self._center_error, self.minimum), self.maximum)

    @property
    def std_dev(self) -> float | None:
        """Population standard deviation; None without values or past float64."""
        if not self.count or not self._squares_fit:
            return None
        return math.sqrt(max(self._squares, 0.0) / self.count)

    @property
    def _sums_fit(self) -> bool:
        return self.count * max(-self.minimum, self.maximum) < LARGEST

    @property
    def _squares_fit(self) -> bool:
        width = self.maximum / 2 - self.minimum / 2
        squared = width * width
        return width == 0.0 or (self.count * squared < LARGEST / 4 and squared > SMALLEST)

    def update(self, values: Floats, repeats: npt.NDArray[np.int64] | None = None) -> None:
        """Take in finite values; `repeats` says how often each occurred, once by default."""
        if not values.size:
            return
        minimum, maximum = float(values.min()) + 0.0, float(values.max()) + 0.0
        count = values.size if repeats is None else int(repeats.sum())
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            total = float((values if repeats is None else values * repeats).sum())
            center = min(max(total / count, minimum), maximum)
            deviations = values - center
            weighted = deviations if repeats is None else deviations * repeats
            rest = float(weighted.sum())
            squares = float((weighted * deviations).sum()) - rest * rest / count
        part = type(self)(count, minimum, maximum, total, 0.0, center, rest / count, squares)
        self._take_in(part)

    def __add__(self, other: Self) -> Self:
        """Both inputs together."""
        merged = type(self)()
        merged._take_in(self)
        merged._take_in(other)
        return merged

    def _take_in(self, other: Self) -> None:
        count = self.count + other.count
        if not other.count:
            return
        delta = other._center - self._center + (other._center_error - self._center_error)
        share = other.count / count
        if self.count:
            self._squares += other._squares + delta * delta * self.count * share
            shift = self._center_error + delta * share
            self._center, self._center_error = _two_sum(self._center, shift)
        else:
            self._center, self._center_error = other._center, other._center_error
            self._squares = other._squares
        self._sum, error = _two_sum(self._sum, other._sum)
        self._sum_error += error + other._sum_error
        self.count = count
        self.minimum = min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)


def _two_sum(a: float, b: float) -> tuple[float, float]:
    """a + b as float64 rounds it, and what rounding lost, exactly (Knuth).

    >>> _two_sum(1e16, 1.0)
    (1e+16, 1.0)
    """
    total = a + b
    of_b = total - a
    return total, (a - (total - of_b)) + (b - of_b)
