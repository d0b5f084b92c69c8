"""How far predictions lie from the truth: mae, mse, rmse, r2, from sums that add up.

Needs     ground truth and prediction, one number each per row
Gives     the values under `regression_metrics` of statistics.json

r2 has roles: the spread it is measured against is the ground truth's. Swapping truth and
prediction leaves the three errors and changes r2 (the SageMaker SDK's own test data did).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from monitoring.measures.outcome import Outcome, Uncomputable

Floats = npt.NDArray[np.float64]

LINE = 8_192
"""Numbers in one dot product. BLAS wakes its threads above 10,000, to spin for nothing."""
BLOCK = 16 * LINE
"""Rows summed while they are in the cache."""
CANCELLED = 4
"""Times the squares may exceed the spread before their difference has lost digits."""

NO_ROWS = Uncomputable("no row has both a finite label and a finite prediction")
TOO_LARGE = Uncomputable("the errors are too large for a 64-bit number")


@dataclass(frozen=True, slots=True)
class RegressionMoments:
    """Sums of errors, and the spread of the ground truth.

    >>> left = RegressionMoments.of(np.array([1.0, 2.0]), np.array([1.0, 4.0]))
    >>> right = RegressionMoments.of(np.array([3.0, np.nan]), np.array([2.0, 0.0]))
    >>> both = left + right
    >>> mean_absolute_error(both), both.left_out
    (1.0, 1)
    """

    total: int = 0
    absolute_errors: float = 0.0
    squared_errors: float = 0.0
    mean_truth: float = 0.0
    truth_spread: float = 0.0
    """Sum of squared distances of the ground truth from its mean."""
    left_out: int = 0
    """Rows without a finite truth and a finite prediction."""

    @classmethod
    def of(cls, truth: Floats, predicted: Floats) -> Self:
        """Take in rows of equal position, in one pass and with one small buffer.

        Sums are exact to 1e-12, relative to the sum of the sizes of what is added.
        """
        truth, predicted = np.ascontiguousarray(truth), np.ascontiguousarray(predicted)
        total, buffer = cls(), np.empty(min(BLOCK, truth.size))
        for rows in _blocks(truth.size):
            total += cls._of_block(truth[rows], predicted[rows], buffer)
        return total

    @classmethod
    def _of_block(cls, truth: Floats, predicted: Floats, buffer: Floats) -> Self:
        errors = buffer[: truth.size]
        with np.errstate(over="ignore", invalid="ignore"):
            np.subtract(predicted, truth, out=errors)
            squared_errors = _squares(errors)
            mean, spread = _mean_and_spread(truth)
            if not (math.isfinite(squared_errors) and math.isfinite(spread)):
                usable = np.isfinite(truth) & np.isfinite(predicted)
                if not usable.all():
                    return cls._of_rest(truth[usable], predicted[usable], truth.size)
        return cls(truth.size, _sizes(errors), squared_errors, mean, spread)

    @classmethod
    def _of_rest(cls, truth: Floats, predicted: Floats, rows: int) -> Self:
        """A block of `rows` from which the unusable ones were taken out."""
        return cls(left_out=rows - truth.size) + cls.of(truth, predicted)

    def __add__(self, other: Self) -> Self:
        left_out = self.left_out + other.left_out
        total = self.total + other.total
        share = other.total / total if total else 0.0
        shift = other.mean_truth - self.mean_truth
        return type(self)(
            total,
            self.absolute_errors + other.absolute_errors,
            self.squared_errors + other.squared_errors,
            self.mean_truth + shift * share,
            self.truth_spread + other.truth_spread + shift * shift * share * self.total,
            left_out,
        )


def mean_absolute_error(moments: RegressionMoments) -> Outcome:
    """`mae`: mean size of the error, in the label's unit; 0 is best.

    >>> mean_absolute_error(RegressionMoments.of(np.array([1.0, 2.0]), np.array([2.0, 4.0])))
    1.5
    """
    return _mean(moments.absolute_errors, moments.total)


def mean_squared_error(moments: RegressionMoments) -> Outcome:
    """`mse`: mean squared error, in the label's unit squared; 0 is best.

    >>> mean_squared_error(RegressionMoments.of(np.array([1.0, 2.0]), np.array([2.0, 4.0])))
    2.5
    """
    return _mean(moments.squared_errors, moments.total)


def root_mean_squared_error(moments: RegressionMoments) -> Outcome:
    """`rmse`: root of the mean squared error, in the label's unit; 0 is best.

    >>> root_mean_squared_error(RegressionMoments.of(np.array([1.0]), np.array([4.0])))
    3.0
    """
    squared = mean_squared_error(moments)
    return squared if isinstance(squared, Uncomputable) else math.sqrt(squared)


def r2_score(moments: RegressionMoments) -> Outcome:
    """`r2`: share of the truth's spread that the predictions explain.

    At most 1, which is best; 0 is as good as always predicting the mean, and below 0 is
    worse than that. Undefined when the truth is constant.

    >>> r2_score(RegressionMoments.of(np.array([1.0, 3.0]), np.array([1.0, 2.0])))
    0.5
    """
    if not moments.total:
        return NO_ROWS
    if not moments.truth_spread:
        return Uncomputable("every label is the same number, so there is no spread to explain")
    found = 1 - moments.squared_errors / moments.truth_spread
    return found if math.isfinite(found) else TOO_LARGE


def regression_metrics(moments: RegressionMoments) -> dict[str, Outcome]:
    """The four metrics of `regression_metrics`, in AWS's order.

    >>> list(regression_metrics(RegressionMoments()))
    ['mae', 'mse', 'rmse', 'r2']
    """
    return {
        "mae": mean_absolute_error(moments),
        "mse": mean_squared_error(moments),
        "rmse": root_mean_squared_error(moments),
        "r2": r2_score(moments),
    }


def _blocks(size: int) -> Iterator[slice]:
    """Blocks of whole lines, and what is left at the end."""
    whole = size - size % LINE
    for start in range(0, whole, BLOCK):
        yield slice(start, min(start + BLOCK, whole))
    if whole < size:
        yield slice(whole, size)


def _lines(block: Floats) -> Floats:
    return block.reshape(-1, min(LINE, block.size))


def _sizes(block: Floats) -> float:
    """Sum of absolute values."""
    # Loading it takes a third of a second, and nothing but regression needs it.
    from scipy.linalg.blas import dasum

    return float(sum(map(dasum, _lines(block))))


def _squares(block: Floats) -> float:
    """Sum of squares."""
    lines = _lines(block)
    return float(np.vecdot(lines, lines).sum())


def _mean_and_spread(values: Floats) -> tuple[float, float]:
    """Mean, and sum of squared distances from it: of equal values exactly 0."""
    size, total, squares = values.size, float(values.sum()), _squares(values)
    mean = total / size
    spread = squares - total * mean
    if spread * CANCELLED > squares:
        return mean, spread
    if values.min() == values.max():
        return float(values[0]), 0.0
    return mean, _squares(values - mean)


def _mean(total: float, count: int) -> Outcome:
    if not count:
        return NO_ROWS
    return total / count if math.isfinite(total) else TOO_LARGE
