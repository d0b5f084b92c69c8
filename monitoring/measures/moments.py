"""Count, sum, mean, deviation and range of a column, to the last bit of Spark's.

Needs     float64 values, in the order they were read
Gives     what `numerical_statistics` in statistics.json holds

Deviation is the population's (divided by n). Spark rounds after every single value, so
a constant column need not have deviation 0: two partitions of one constant came out as
4.97e-17 in a file AWS wrote. Pairwise or two-pass formulas (`merged_moments.py`) are more
accurate and equal to no file in existence.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt


@dataclass(slots=True)
class Moments:
    """Spark's CentralMomentAgg with its running sum and range.

    Merging starts from an empty state, as Spark's final aggregation does:
    `Moments() + first_partition + second_partition`.

    >>> moments = Moments()
    >>> moments.update(np.array([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]))
    >>> moments.mean, moments.std_dev, moments.minimum, moments.maximum
    (5.0, 2.0, 2.0, 9.0)
    """

    count: int = 0
    total: float = 0.0
    average: float = 0.0
    squares: float = 0.0
    minimum: float = math.inf
    maximum: float = -math.inf

    @property
    def mean(self) -> float | None:
        """`total / count`, as Spark's avg() has it; None without values or past float64."""
        return _finite(self.total / self.count) if self.count else None

    @property
    def std_dev(self) -> float | None:
        """Population standard deviation; None without values or past float64."""
        return _finite(math.sqrt(self.squares / self.count)) if self.count else None

    def update(self, values: npt.NDArray[np.float64]) -> None:
        """Take in finite values, in order.

        Only the running average truly depends on its predecessor's rounding: it alone is
        a Python loop. The two sums are `np.add.accumulate`, which adds left to right.
        """
        if not values.size:
            return
        running = _running_averages(values.tolist(), self.average, self.count)
        averages = np.fromiter(running, np.float64, values.size)
        before = np.concatenate(([self.average], averages[:-1]))
        counts = np.arange(self.count + 1, self.count + values.size + 1, dtype=np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            deltas = values - before
            self.squares = _add_in_order(self.squares, deltas * (deltas - deltas / counts))
            self.total = _add_in_order(self.total, values)
        self.average = float(averages[-1])
        self.count += values.size
        self.minimum = min(self.minimum, float(values.min()))
        self.maximum = max(self.maximum, float(values.max()))

    def __add__(self, other: Self) -> Self:
        """Both inputs together, by Spark's merge expression in Spark's order of operations."""
        count = self.count + other.count
        delta = other.average - self.average
        step = delta / count if count else 0.0
        return type(self)(
            count=count,
            total=self.total + other.total,
            average=self.average + step * other.count,
            squares=self.squares + other.squares + delta * step * self.count * other.count,
            minimum=min(self.minimum, other.minimum),
            maximum=max(self.maximum, other.maximum),
        )


def _running_averages(values: list[float], average: float, count: int) -> Iterator[float]:
    n = float(count)
    for value in values:
        n += 1.0
        average += (value - average) / n
        yield average


def _add_in_order(start: float, values: npt.NDArray[np.float64]) -> float:
    return float(np.add.accumulate(np.concatenate(([start], values)))[-1])


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
