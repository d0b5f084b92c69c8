"""Were two samples of numbers drawn from one distribution? Kolmogorov-Smirnov, Wasserstein.

Needs     distinct values with the rows behind each (`Ranked`), of both sides
Gives     a distance and a p-value: how often chance alone would part two samples this far

A sketch knows its ranks only roughly. `rank_error` (see `sampling_error`) says how roughly;
every gap between the two curves is made that much smaller before its p-value is looked up, so
that a sketch is never taken for a shift. The distance itself is reported as measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from monitoring.measures.distance import numeric_distance
from monitoring.measures.kll import QuantileSketch, Ranked, level_capacity
from monitoring.measures.state import Uncomputable

EXACT_ROWS = 1_000
"""Up to this many rows on both sides together, Kolmogorov-Smirnov is exact, ties included."""
ERRORS = 4.0
"""Standard errors of a sketch's rank that are allowed for."""
FEWEST = 5
"""Values on a side below which no test is made."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TwoSample:
    """One test of one column."""

    statistic: float
    """As its field reports it."""
    effect_size: float
    """How far apart the two sides are, on a scale that does not grow with the rows."""
    p_value: float
    baseline_size: float
    """Rows that were compared."""
    current_size: float


@dataclass(frozen=True, slots=True)
class KolmogorovSmirnov(TwoSample):
    """The statistic is the effect: the largest difference of two shares, from 0 to 1."""

    at: float
    """The value at or below which the shares differ most."""
    baseline_share: float
    """Of the baseline's rows, those at or below it."""
    current_share: float
    exact: bool
    """Whether every arrangement of the rows was counted, or the limit for many was taken."""


@dataclass(frozen=True, slots=True)
class Wasserstein(TwoSample):
    """The statistic is in the column's unit, the effect in standard deviations."""

    scale: float
    """The baseline's standard deviation."""
    edges: tuple[float, ...]
    """The baseline's deciles."""
    areas: tuple[float, ...]
    """What lies between the two curves up to each edge, and above the last: the statistic."""


def kolmogorov_smirnov(
    baseline: Ranked, current: Ranked, rank_error: float = 0.0
) -> KolmogorovSmirnov | Uncomputable:
    """Two-sample Kolmogorov-Smirnov test, two-sided.

    Exact given the values, ties included, up to EXACT_ROWS; beyond, Kolmogorov's limit, which
    ties make conservative. Sources: Smirnov (1939); for the exact count of lattice paths
    Hodges, Ark. Mat. 3 (1958), with ties Schröer & Trenkler, Comp. Stat. Data An. 20 (1995).

    >>> low, high = Ranked(np.arange(20.0), np.ones(20)), Ranked(np.arange(8.0, 28), np.ones(20))
    >>> found = kolmogorov_smirnov(low, high)
    >>> found.statistic, found.at, round(found.p_value, 4)
    (0.4, 7.0, 0.0811)
    """
    if too_few := _too_few(baseline, current):
        return too_few
    distance = numeric_distance(baseline, current, "Simple")
    if isinstance(distance, Uncomputable):
        return distance
    n, m = distance.baseline_size, distance.current_size
    exact = rank_error == 0.0 and n + m <= EXACT_ROWS
    if exact:
        p_value = _exact_tail(baseline, current)
    else:
        least = max(0.0, distance.largest - rank_error)
        p_value = kolmogorov_tail(math.sqrt(n * m / (n + m)) * least)
    at = float(distance.at)
    p, q = (float(side.share_up_to(np.array([at]))[0]) for side in (baseline, current))
    return KolmogorovSmirnov(distance.largest, distance.largest, p_value, n, m, at, p, q, exact)


def kolmogorov_tail(value: float) -> float:
    """P(K > value) of Kolmogorov's distribution.

    >>> round(kolmogorov_tail(1.3580986), 6)
    0.05
    """
    if value < 0.2:
        return 1.0
    j = np.arange(1.0, 101.0)
    terms = 2.0 * (-1.0) ** (j - 1.0) * np.exp(-2.0 * (j * value) ** 2)
    return float(min(max(terms.sum(), 0.0), 1.0))


def wasserstein(
    baseline: Ranked, current: Ranked, scale: float, rank_error: float = 0.0
) -> Wasserstein | Uncomputable:
    """Wasserstein-1 distance: the mean way a value has moved, in the column's own unit.

    The effect is that way over `scale`, the baseline's standard deviation. The p-value is an
    upper bound: for many rows the distance is the area under a Brownian bridge's absolute
    value, whose mean is `sqrt(2/pi) * integral of sqrt(F(1 - F))`, and whose tail beyond it is
    below that of a normal variable with the column's own variance (Sudakov & Tsirelson 1974,
    Borell 1975; Ledoux & Talagrand, Probability in Banach Spaces, 1991). Values so far out
    that they alone make the variance leave it valid, and blunt.

    >>> near, far = Ranked(np.arange(50.0), np.ones(50)), Ranked(np.arange(50.0) + 20, np.ones(50))
    >>> moved = wasserstein(near, far, scale=10.0)
    >>> round(moved.statistic, 9), round(moved.effect_size, 9), moved.p_value < 1e-4
    (20.0, 2.0, True)
    """
    if too_few := _too_few(baseline, current):
        return too_few
    if not scale > 0.0:
        return Uncomputable("the baseline's standard deviation is 0, so there is no scale")
    points = np.union1d(baseline.values, current.values)
    with np.errstate(over="ignore"):
        widths = np.diff(points)
    left = points[:-1]
    p, q = baseline.share_up_to(left), current.share_up_to(left)
    n, m = baseline.total, current.total
    pooled = (n * p + m * q) / (n + m)
    spread = np.sqrt(np.clip(pooled * (1.0 - pooled), 0.0, None))
    gaps = np.abs(p - q)
    distance = float(gaps @ widths)
    deviation = _deviation(points, np.diff(pooled, prepend=0.0, append=1.0))
    if not math.isfinite(distance) or not math.isfinite(deviation):
        return Uncomputable("the values lie too far apart for float64")
    noise = math.sqrt(1.0 / n + 1.0 / m)
    least = float(np.clip(gaps - rank_error, 0.0, None) @ widths)
    beyond = least / noise - math.sqrt(2.0 / math.pi) * float(spread @ widths)
    p_value = normal_tail(beyond / deviation) if beyond > 0.0 and deviation > 0.0 else 1.0
    edges = np.unique(deciles(baseline))
    up_to = np.concatenate(([0.0], np.cumsum(gaps * widths)))[np.searchsorted(points, edges)]
    areas = np.diff(up_to, prepend=0.0, append=distance)
    return Wasserstein(
        distance,
        distance / scale,
        p_value,
        n,
        m,
        scale,
        tuple(edges.tolist()),
        tuple(areas.tolist()),
    )


def deciles(ranked: Ranked, parts: int = 10) -> Floats:
    """The values at or below which a tenth of the rows lie, two tenths, … nine.

    >>> deciles(Ranked(np.arange(1.0, 101), np.ones(100)))[:2].tolist()
    [10.0, 20.0]
    """
    ranks = ranked.total * np.arange(1, parts) / parts
    found: Floats = ranked.values[np.searchsorted(np.cumsum(ranked.weights), ranks)]
    return found


def normal_tail(value: float) -> float:
    """P(Z > value) of the standard normal distribution.

    >>> round(normal_tail(1.6448536269514722), 12)
    0.05
    """
    return 0.5 * math.erfc(value / math.sqrt(2.0))


def standard_deviation(ranked: Ranked) -> float:
    """Population standard deviation of weighted values.

    >>> standard_deviation(Ranked(np.array([1.0, 3.0]), np.array([5.0, 5.0])))
    1.0
    """
    return _deviation(ranked.values, ranked.weights / ranked.total)


def sampling_error(sketch: QuantileSketch) -> float:
    """How far a share read from a sketch may be from the true one; 0 while it holds every value.

    Each compaction of level h moves a rank by at most 2^h, up or down. Taken as tosses of a
    coin, as KLL's proof has them (Karnin, Lang & Liberty, FOCS 2016), their sum stays within
    ERRORS standard errors but once in 1,500 times. Deequ's coin is no coin but alternates,
    which keeps the sum smaller still, except for values ordered so as to defeat it.

    >>> sketch = QuantileSketch()
    >>> sketch.update(np.arange(2000.0)); sampling_error(sketch)
    0.0
    >>> sketch.update(np.arange(100_000.0)); 0.0 < sampling_error(sketch) < 0.01
    True
    """
    sizes = [level.size for level in sketch.levels]
    squares = 0.0
    for height in range(len(sizes) - 1):
        above = sum(size << (level - height) for level, size in enumerate(sizes) if level > height)
        compactions = above / level_capacity(sketch.k, sketch.c, height)
        squares += compactions * 4.0**height
    return ERRORS * math.sqrt(squares) / sketch.count if squares else 0.0


def _exact_tail(baseline: Ranked, current: Ranked) -> float:
    """Share of all arrangements of the pooled rows whose largest gap is no smaller.

    Rows are dealt one by one, in the order of their values; `inside[i]` is the probability
    that i of those dealt are the baseline's and no gap was as large so far. Gaps are looked
    at where a run of equal values ends. In whole numbers: no rounding decides a tie.
    """
    points = np.union1d(baseline.values, current.values)
    counts = [_counts(side, points) for side in (baseline, current)]
    n, m = (int(side.sum()) for side in counts)
    dealt = np.cumsum(counts[0] + counts[1])
    largest = int(np.abs(np.cumsum(counts[0]) * m - np.cumsum(counts[1]) * n).max())
    ends = set(dealt.tolist())
    of_baseline = np.arange(n + 1)
    inside = np.zeros(n + 1)
    inside[0] = 1.0
    outside = 0.0
    for k in range(n + m):
        left = n + m - k
        taken = inside * (n - of_baseline) / left
        inside *= (m - k + of_baseline) / left
        inside[1:] += taken[:-1]
        if k + 1 in ends:
            beyond = np.abs(of_baseline * m - (k + 1 - of_baseline) * n) >= largest
            outside += float(inside[beyond].sum())
            inside[beyond] = 0.0
    return min(outside, 1.0)


def _counts(side: Ranked, points: Floats) -> npt.NDArray[np.int64]:
    counts = np.zeros(points.size, dtype=np.int64)
    counts[np.searchsorted(points, side.values)] = np.rint(side.weights).astype(np.int64)
    return counts


def _deviation(values: Floats, shares: Floats) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        middle = float(shares @ values)
        return math.sqrt(float(shares @ (values - middle) ** 2))


def _too_few(baseline: Ranked, current: Ranked) -> Uncomputable | None:
    for side, name in ((baseline, "baseline"), (current, "current data")):
        if side.total < FEWEST:
            return Uncomputable(f"the {name} holds {side.total:g} numbers; a test needs {FEWEST}")
    return None
