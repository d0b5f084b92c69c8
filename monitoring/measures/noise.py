"""How far a metric of one hour strays from its baseline although nothing has changed.

Needs     the metric now and in the baseline, and how many rows each stands on
Gives     the standard error of their difference, and how many of them are too many

AWS compares two numbers: a healthy model is below its own baseline every other hour. A
share of few rows has a spread of 0 exactly when it is 0 or 1, so the larger of the spread
expected and the spread observed is taken.
"""

from __future__ import annotations

import math
from statistics import NormalDist

FALSE_ALARMS = 1e-3
"""Share of healthy executions that may raise anything at all."""


def share_error(expected: float, observed: float, rows: int) -> float:
    """Standard error of a share (a binomial proportion) over `rows` rows.

    >>> share_error(0.9, 0.8, 100)
    0.04
    >>> share_error(1.0, 1.0, 100)
    0.0
    """
    spread = max(share * (1 - share) for share in (_unit(expected), _unit(observed)))
    return math.sqrt(spread / rows)


def roc_area_error(expected: float, observed: float, positives: int, negatives: int) -> float:
    """Standard error of an area under the ROC curve, from the area and the two class sizes.

    Source: Hanley and McNeil, Radiology 143 (1982), 29-36.

    >>> round(roc_area_error(0.9, 0.9, 50, 50), 4)
    0.0321
    """
    return math.sqrt(
        max(_roc_area_variance(_unit(a), positives, negatives) for a in (expected, observed))
    )


def _roc_area_variance(area: float, positives: int, negatives: int) -> float:
    both_above = area / (2 - area)
    both_below = 2 * area * area / (1 + area)
    spread = (
        area * (1 - area)
        + (positives - 1) * (both_above - area * area)
        + (negatives - 1) * (both_below - area * area)
    )
    return max(0.0, spread) / (positives * negatives)


def of_difference(error: float, rows: int, baseline_rows: int) -> float:
    """Standard error of (now - baseline), where `error` is that of now alone.

    Squared errors shrink with the rows. A baseline of unknown size (0) is taken as exact.

    >>> of_difference(0.04, 100, 300) == 0.04 * math.sqrt(4 / 3)
    True
    """
    return error * math.sqrt(1 + rows / baseline_rows) if baseline_rows else error


def critical(comparisons: int, false_alarms: float = FALSE_ALARMS) -> float:
    """How many standard errors off is no chance, when so many metrics are compared at once.

    One-sided, normal, by Bonferroni's bound.

    >>> round(critical(1), 2), round(critical(11), 2)
    (3.09, 3.74)
    """
    return NormalDist().inv_cdf(1 - false_alarms / max(1, comparisons))


def _unit(value: float) -> float:
    return min(1.0, max(0.0, value))
