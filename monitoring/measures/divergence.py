"""Have shares moved between bins? Population Stability Index and Jensen-Shannon distance.

Needs     a column's values or categories on both sides, with the rows behind each
Gives     counts over the same bins, one number for how far they are apart, and a p-value

The bins are the baseline's: its deciles, or its values where it has few. What it never held
falls into the outer bins, or into one bin for all that is new. A bin that expects too few
rows for the chi-squared approximation is merged with its neighbour.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from monitoring.measures.distance import chi_squared_tail
from monitoring.measures.kll import Ranked
from monitoring.measures.state import Uncomputable
from monitoring.measures.two_sample import TwoSample, deciles

MOST_BINS = 10
"""Bins of a numeric column: deciles, as credit scoring has them. The most values that a
numeric column may have to be compared value by value."""
FEWEST_IN_A_BIN = 10.0
"""Rows a bin must expect on the smaller side. With 5, PSI's logarithms still stray."""
HALF = 0.5
"""Added to every count before logarithms are taken, so that an empty bin stays finite."""
OTHERS = "(all others)"
"""Categories the baseline does not hold, and those too rare for a bin of their own."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Binned:
    """Rows of both sides, counted over the same bins."""

    baseline: Floats
    current: Floats
    edges: tuple[float, ...] = ()
    """Of a numeric column: bin i holds the values above edge i-1, up to and with edge i."""
    labels: tuple[str, ...] = ()
    """Of categories, or of numbers compared one by one."""
    nearest: Floats | None = None
    """The current rows as near to the baseline's as they may be, where a sketch's ranks are
    not exact: what the p-value is of. The statistic is of the rows as counted."""


def population_stability_index(binned: Binned) -> TwoSample:
    """PSI: the sum over bins of (q - p) log(q / p). Symmetric, never negative, 0 when equal.

    By custom, above 0.1 deserves a look and above 0.25 is drift. Where nothing changed, PSI over
    (1/n + 1/m) is chi-squared with one degree of freedom less than there are bins: so the
    custom's 0.1 is exceeded by chance alone where rows are few. Source: Yurdakul, Statistical
    Properties of Population Stability Index (2018).

    >>> found = population_stability_index(Binned(np.array([500., 500]), np.array([800., 200])))
    >>> round(found.statistic, 3), found.p_value < 1e-9
    (0.415, True)
    """
    value = _psi(binned.baseline, binned.current)
    least = value if binned.nearest is None else _psi(binned.baseline, binned.nearest)
    return _tested(binned, value, least)


def jensen_shannon_distance(binned: Binned) -> TwoSample:
    """Square root of the Jensen-Shannon divergence in bits: a metric, from 0 to 1.

    Where nothing changed, eight times the divergence in nats over (1/n + 1/m) is chi-squared,
    as each of its two Kullback-Leibler terms is. Source: Lin, IEEE Trans. Inf. Theory 37
    (1991); Endres & Schindelin, ibid. 49 (2003) for the root.

    >>> jensen_shannon_distance(Binned(np.array([40.0, 0.0]), np.array([0.0, 40.0]))).statistic
    1.0
    """
    nats = _jensen_shannon(binned.baseline, binned.current)
    least = nats if binned.nearest is None else _jensen_shannon(binned.baseline, binned.nearest)
    return _tested(binned, math.sqrt(nats / math.log(2.0)), 8.0 * least)


def numeric_bins(
    baseline: Ranked, current: Ranked, rank_error: float = 0.0
) -> Binned | Uncomputable:
    """Both sides over the baseline's deciles, fewer where rows or distinct values are few.

    `rank_error` is how far the shares of both sketches together may be off.
    """
    smaller = min(baseline.total, current.total)
    if too_few := _too_few(smaller):
        return too_few
    if baseline.values.size <= MOST_BINS:
        return _single_values(baseline, current, rank_error)
    wanted = min(MOST_BINS, int(smaller // FEWEST_IN_A_BIN))
    edges = np.unique(deciles(baseline, wanted))
    edges = edges[edges < baseline.values[-1]]
    sides = (baseline, current)
    shares = (np.diff(side.share_up_to(edges), prepend=0.0, append=1.0) for side in sides)
    counts = [np.rint(share * side.total) for share, side in zip(shares, sides, strict=True)]
    kept = _neighbours_merged(*counts)
    if kept.size < 2:
        return Uncomputable("all rows fall into one bin")
    before, after = (np.add.reduceat(side, kept) for side in counts)
    inner = tuple(edges[kept[1:] - 1].tolist())
    return Binned(before, after, edges=inner, nearest=_nearest(before, after, rank_error))


def category_bins(
    baseline: Mapping[str, float], current: Mapping[str, float]
) -> Binned | Uncomputable:
    """Both sides by category; what is rare, or new, shares one bin.

    >>> category_bins({"a": 60, "b": 40}, {"a": 50, "new": 40})
    Binned(baseline=array([60., 40.,  0.]), current=array([50.,  0., 40.]), edges=(), \
labels=('a', 'b', '(all others)'), nearest=None)
    """
    n, m = float(sum(baseline.values())), float(sum(current.values()))
    if too_few := _too_few(min(n, m)):
        return too_few
    expected = {
        name: (count + current.get(name, 0)) / (n + m) * min(n, m)
        for name, count in baseline.items()
    }
    ordered = sorted(baseline, key=lambda name: (-baseline[name], name))
    own = [name for name in ordered if expected[name] >= FEWEST_IN_A_BIN]
    counts = [[float(side.get(name, 0)) for name in own] for side in (baseline, current)]
    others = [n - sum(counts[0]), m - sum(counts[1])]
    if own and 0 < sum(others) / (n + m) * min(n, m) < FEWEST_IN_A_BIN:
        own, counts = own[:-1], [side[:-1] for side in counts]
        others = [n - sum(counts[0]), m - sum(counts[1])]
    if sum(others):
        own, counts = [*own, OTHERS], [[*counts[0], others[0]], [*counts[1], others[1]]]
    if len(own) < 2:
        return Uncomputable("all rows fall into one bin")
    return Binned(np.array(counts[0]), np.array(counts[1]), labels=tuple(own))


def _single_values(baseline: Ranked, current: Ranked, rank_error: float) -> Binned | Uncomputable:
    binned = category_bins(
        *(
            {repr(value): weight for value, weight in zip(*_lists(side), strict=True)}
            for side in (baseline, current)
        )
    )
    if isinstance(binned, Uncomputable):
        return binned
    return replace(binned, nearest=_nearest(binned.baseline, binned.current, rank_error))


def _lists(side: Ranked) -> tuple[list[float], list[float]]:
    return side.values.tolist(), side.weights.tolist()


def _nearest(baseline: Floats, current: Floats, rank_error: float) -> Floats | None:
    """Current counts, each moved towards the baseline's by what two wrong ranks explain."""
    if not rank_error:
        return None
    p, q = _shares(baseline), _shares(current)
    moved = q + np.clip(p - q, -2.0 * rank_error, 2.0 * rank_error)
    return _shares(moved) * float(current.sum())


def _neighbours_merged(baseline: Floats, current: Floats) -> npt.NDArray[np.int64]:
    """Where each bin begins once every bin expects enough rows."""
    total = baseline.sum() + current.sum()
    expected = (baseline + current) / total * min(baseline.sum(), current.sum())
    starts, gathered = [0], 0.0
    for at, rows in enumerate(expected):
        if gathered >= FEWEST_IN_A_BIN:
            starts.append(at)
            gathered = 0.0
        gathered += float(rows)
    if gathered < FEWEST_IN_A_BIN and len(starts) > 1:
        starts.pop()
    return np.array(starts)


def _psi(baseline: Floats, current: Floats) -> float:
    p, q = _shares(baseline + HALF), _shares(current + HALF)
    return max(0.0, float(np.sum((q - p) * np.log(q / p))))


def _jensen_shannon(baseline: Floats, current: Floats) -> float:
    """In nats, from 0 to log 2."""
    p, q = _shares(baseline), _shares(current)
    middle = (p + q) / 2.0
    nats = (_divergence(p, middle) + _divergence(q, middle)) / 2.0
    return min(max(nats, 0.0), math.log(2.0))


def _tested(binned: Binned, value: float, scaled: float) -> TwoSample:
    """`scaled` over (1/n + 1/m) is chi-squared where nothing changed."""
    n, m = float(binned.baseline.sum()), float(binned.current.sum())
    p_value = chi_squared_tail(scaled / (1.0 / n + 1.0 / m), binned.baseline.size - 1)
    return TwoSample(value, value, p_value, n, m)


def _divergence(p: Floats, q: Floats) -> float:
    """Kullback-Leibler in nats; q is positive wherever p is."""
    held = p > 0.0
    return float(np.sum(p[held] * np.log(p[held] / q[held])))


def _shares(counts: Floats) -> Floats:
    shares: Floats = counts / counts.sum()
    return shares


def _too_few(smaller: float) -> Uncomputable | None:
    least = 2 * FEWEST_IN_A_BIN
    if smaller >= least:
        return None
    return Uncomputable(f"the smaller side holds {smaller:g} values; two bins need {least:g}")
