"""How far predictions lie from the truth: mae, mse, rmse, r2, from sums that add up.

Needs     ground truth and prediction, one number each per row
Gives     the values under `regression_metrics` of statistics.json

r2 has roles: the spread it is measured against is the ground truth's. Swapping truth and
prediction leaves the three errors and changes r2 (the SageMaker SDK's own test data did).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from monitoring.measures.outcome import Outcome, Uncomputable

Floats = npt.NDArray[np.float64]

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
        """Take in rows of equal position."""
        usable = np.isfinite(truth) & np.isfinite(predicted)
        left_out = truth.size - int(np.count_nonzero(usable))
        if left_out:
            truth, predicted = truth[usable], predicted[usable]
        if not truth.size:
            return cls(left_out=left_out)
        with np.errstate(over="ignore", invalid="ignore"):
            errors = predicted - truth
            mean = float(truth.mean())
            return cls(
                truth.size,
                float(np.abs(errors).sum()),
                float(np.square(errors).sum()),
                mean,
                float(np.square(truth - mean).sum()),
                left_out,
            )

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


def _mean(total: float, count: int) -> Outcome:
    if not count:
        return NO_ROWS
    return total / count if math.isfinite(total) else TOO_LARGE
