"""How far apart two columns are: numbers by their CDFs, categories by their shares.

Needs     two ranked samples, or two histograms
Gives     the distance that baseline_drift_check compares with its threshold, and the
          arithmetic that led to it

The Robust distance is the largest difference minus what chance would explain for that
many observations. What counts as an observation is the caller's choice of `Ranked`:
rows, or (as AWS does, by a defect in Deequ) distinct values.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from monitoring.measures.kll import Ranked
from monitoring.measures.state import Uncomputable

Method = Literal["Robust", "Simple"]

ROBUST_FACTOR = 1.8
"""Deequ's factor on the Kolmogorov-Smirnov noise level; 1.8 corresponds to about 0.3 %."""
FEW_IN_TWO_CATEGORIES = 10.0
"""With two categories, either expected below this makes chi-squared unusable (Cochran)."""
FEW_IN_A_CATEGORY = 5.0
"""With more, at most FEW_SHARE of the categories may expect fewer than this (Yates)."""
FEW_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Distance:
    """A distance and how it came about: `value = max(0, largest - correction)`."""

    value: float
    largest: float
    """Largest difference of the two CDFs, or of the two shares."""
    correction: float
    """What chance explains at these sizes; 0 for Simple."""
    at: float | str
    """The value or category where the difference is largest."""
    baseline_size: float
    """Observations counted in the baseline."""
    current_size: float
    """Observations counted in the current data."""
    baseline_share: float
    """Of a CDF up to `at`, or of the category `at`: `largest` is how far the two shares are
    apart."""
    current_share: float


@dataclass(frozen=True, slots=True)
class ChiSquared:
    """Pearson's chi-squared of current counts against the baseline's shares."""

    statistic: float
    p_value: float
    degrees_of_freedom: int


def numeric_distance(
    baseline: Ranked, current: Ranked, method: Method = "Robust"
) -> Distance | Uncomputable:
    """L-infinity distance of two empirical CDFs (the two-sample KS statistic).

    >>> import numpy as np
    >>> from monitoring.measures.kll import QuantileSketch
    >>> low, high = QuantileSketch(), QuantileSketch()
    >>> low.update(np.arange(100.0)); high.update(np.arange(50.0, 150.0))
    >>> numeric_distance(low.ranked(), high.ranked(), "Simple").value
    0.5
    """
    if not baseline.values.size or not current.values.size:
        side = "current data have" if baseline.values.size else "baseline has"
        return Uncomputable(f"the {side} no numeric values")
    points = np.union1d(baseline.values, current.values)
    before, now = baseline.share_up_to(points), current.share_up_to(points)
    widest = int(np.argmax(np.abs(before - now)))
    shares = (float(before[widest]), float(now[widest]))
    return _distance(shares, float(points[widest]), baseline.total, current.total, method)


def categorical_distance(
    baseline: Mapping[str, int], current: Mapping[str, int], method: Method = "Robust"
) -> Distance | Uncomputable:
    """L-infinity distance of two histograms: the largest change of any category's share.

    >>> categorical_distance({"a": 50, "b": 50}, {"a": 80, "b": 20}, "Simple").value
    0.30000000000000004
    """
    n, m = sum(baseline.values()), sum(current.values())
    if not n or not m:
        return Uncomputable("one side has no categories")
    keys = sorted(baseline.keys() | current.keys())
    shares = [(baseline.get(key, 0) / n, current.get(key, 0) / m) for key in keys]
    gaps = [abs(before - now) for before, now in shares]
    widest = gaps.index(max(gaps))
    return _distance(shares[widest], keys[widest], float(n), float(m), method)


def chi_squared(
    baseline: Mapping[str, int], current: Mapping[str, int]
) -> ChiSquared | Uncomputable:
    """Chi-squared of the current counts against counts expected from the baseline.

    Small categories are merged, two smallest first, until the expected counts carry the
    test. A category the baseline never saw expects 0; left over alone it makes p = 0.

    >>> chi_squared({"a": 50, "b": 50}, {"a": 80, "b": 20})  # doctest: +ELLIPSIS
    ChiSquared(statistic=36.0, p_value=1.97...e-09, degrees_of_freedom=1)
    >>> chi_squared({"a": 50}, {"a": 80})
    Uncomputable(reason='fewer than two categories are large enough for chi-squared')
    """
    n, m = sum(baseline.values()), sum(current.values())
    if not n or not m:
        return Uncomputable("one side has no categories")
    cells = [
        (baseline.get(key, 0) / n * m, float(current.get(key, 0)))
        for key in sorted(baseline.keys() | current.keys())
    ]
    cells = _merge_small(cells)
    if len(cells) < 2:
        return Uncomputable("fewer than two categories are large enough for chi-squared")
    freedom = len(cells) - 1
    if any(expected == 0.0 and observed for expected, observed in cells):
        return ChiSquared(math.inf, 0.0, freedom)
    statistic = sum((got - want) ** 2 / want for want, got in cells if want)
    return ChiSquared(statistic, chi_squared_tail(statistic, freedom), freedom)


def chi_squared_tail(statistic: float, degrees_of_freedom: int) -> float:
    """P(X > statistic) of the chi-squared distribution: its closed form for whole degrees.

    >>> round(chi_squared_tail(3.841458820694124, 1), 12)
    0.05
    """
    half = statistic / 2.0
    if half <= 0.0:
        return 1.0
    odd = degrees_of_freedom % 2
    tail = math.erfc(math.sqrt(half)) if odd else 0.0
    exponents = (j + odd / 2.0 for j in range((degrees_of_freedom - odd) // 2))
    tail += math.fsum(math.exp(e * math.log(half) - half - math.lgamma(e + 1)) for e in exponents)
    return min(tail, 1.0)


def robust_correction(baseline_size: float, current_size: float) -> float:
    """What chance alone explains for samples of these sizes.

    >>> round(robust_correction(1000.0, 1000.0), 4)
    0.0805
    """
    n, m = baseline_size, current_size
    return ROBUST_FACTOR * math.sqrt((n + m) / (n * m))


def _distance(
    shares: tuple[float, float], at: float | str, n: float, m: float, method: Method
) -> Distance:
    correction = robust_correction(n, m) if method == "Robust" else 0.0
    largest = abs(shares[0] - shares[1])
    return Distance(max(0.0, largest - correction), largest, correction, at, n, m, *shares)


def _merge_small(cells: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Merge the two smallest expected counts until few enough of them are small."""
    cells = sorted(cells)
    while len(cells) > 1:
        limit = FEW_IN_TWO_CATEGORIES if len(cells) == 2 else FEW_IN_A_CATEGORY
        allowed = 0 if len(cells) == 2 else int(FEW_SHARE * len(cells))
        if sum(expected < limit for expected, _ in cells) <= allowed:
            break
        (e1, o1), (e2, o2) = cells[:2]
        cells = sorted([(e1 + e2, o1 + o2), *cells[2:]])
    return cells
