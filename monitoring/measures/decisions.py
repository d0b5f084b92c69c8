"""Is the probability to be believed, and what do decisions made on it cost?

Needs     ScoreCounts, the scores being probabilities of the positive class
Gives     calibration (ECE, reliability curve), cost at a threshold, precision at capacity

None of it is AWS's. Area under the curve looks only at the order of the scores: a model
whose probabilities are all doubled keeps its AUC and ruins every threshold.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from monitoring.measures.confusion import BinaryCounts
from monitoring.measures.curves import ScoreCounts
from monitoring.measures.outcome import Outcome, Uncomputable, ratio

CALIBRATION_BINS = 10
NO_ROWS = Uncomputable("no row has both a label and a score")


class ReliabilityBin(NamedTuple):
    """Rows whose score lies in one tenth of [0, 1]: what was claimed, what came true."""

    rows: int
    mean_score: float
    positive_rate: float


def reliability(
    counts: ScoreCounts, bins: int = CALIBRATION_BINS
) -> tuple[ReliabilityBin, ...] | Uncomputable:
    """Claimed against observed frequency in bins of equal width, empty ones left out.

    The bins are half-open, [0, 0.1), the last one closed.

    >>> reliability(ScoreCounts.of(np.array([0.25, 0.75]), np.array([False, True])), bins=2)
    (ReliabilityBin(rows=1, mean_score=0.25, positive_rate=0.0), \
ReliabilityBin(rows=1, mean_score=0.75, positive_rate=1.0))
    """
    if not counts.total:
        return NO_ROWS
    if counts.scores[0] < 0 or counts.scores[-1] > 1:
        return Uncomputable("the scores are no probabilities: some lie outside 0 to 1")
    place = np.minimum((counts.scores * bins).astype(np.int64), bins - 1)
    rows = counts.positives + counts.negatives
    sizes = np.bincount(place, rows, bins)
    claimed = np.bincount(place, rows * counts.scores, bins)
    hits = np.bincount(place, counts.positives, bins)
    return tuple(
        ReliabilityBin(int(size), float(total / size), float(hit / size))
        for size, total, hit in zip(sizes, claimed, hits, strict=True)
        if size
    )


def expected_calibration_error(counts: ScoreCounts, bins: int = CALIBRATION_BINS) -> Outcome:
    """Mean distance between claimed and observed frequency, weighted by rows (ECE).

    0 to 1, 0 is best. It depends on the number of bins: compare only equal ones.
    Source: Naeini, Cooper, Hauskrecht, AAAI 2015.

    >>> expected_calibration_error(ScoreCounts.of(np.array([0.25, 0.75]), np.array([False, True])))
    0.25
    """
    curve = reliability(counts, bins)
    if isinstance(curve, Uncomputable):
        return curve
    gaps = sum(point.rows * abs(point.mean_score - point.positive_rate) for point in curve)
    return gaps / counts.total


def at_threshold(counts: ScoreCounts, threshold: float) -> BinaryCounts:
    """Confusion counts when scores *above* the threshold are called positive, as AWS does.

    >>> at_threshold(ScoreCounts.of(np.array([0.5, 0.6]), np.array([True, True])), 0.5)
    BinaryCounts(tp=1, fp=0, fn=1, tn=0)
    """
    first = int(np.searchsorted(counts.scores, threshold, side="right"))
    tp, fp = int(counts.positives[first:].sum()), int(counts.negatives[first:].sum())
    return BinaryCounts(tp, fp, int(counts.positives.sum()) - tp, int(counts.negatives.sum()) - fp)


def mean_cost(counts: BinaryCounts, false_positive: float, false_negative: float) -> Outcome:
    """Cost of the wrong decisions, per row, in the unit of the two prices.

    >>> mean_cost(BinaryCounts(tp=0, fp=2, fn=1, tn=1), false_positive=5.0, false_negative=90.0)
    25.0
    """
    spent = false_positive * counts.fp + false_negative * counts.fn
    return ratio(spent, counts.total, NO_ROWS)


def precision_at_capacity(counts: ScoreCounts, capacity: int) -> Outcome:
    """Share of positives among the `capacity` highest scores: what a review team sees.

    Where equal scores straddle the limit, their rows count at the rate of the tie (the
    expectation over its orders). Fewer rows than capacity: all of them.

    >>> scores, positive = np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, True, False, False])
    >>> precision_at_capacity(ScoreCounts.of(scores, positive), capacity=2)
    0.75
    """
    if capacity < 1:
        raise ValueError(f"a capacity of {capacity} reviews nothing; give 1 or more")
    if not counts.total:
        return NO_ROWS
    true, false = counts.claimed()
    seen = np.concatenate(([0.0], true + false))
    hits = np.concatenate(([0.0], true))
    limit = min(capacity, counts.total)
    return float(np.interp(limit, seen, hits) / limit)
