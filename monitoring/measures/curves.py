"""Rows by score and label: ROC, precision-recall, and the areas under both.

Needs     probabilities (or any score that rises with the positive class), actual labels
Gives     `receiver_operating_characteristic_curve`, `precision_recall_curve`, `auc`,
          `au_prc` of statistics.json

One sort of the scores serves them all. The state holds one entry per *distinct* score:
exact, additive, and as large as the hour has distinct scores (24 bytes each), not rows.
Curve points follow Spark MLlib, whose precision-recall curve starts at the first
precision, where scikit-learn's ends at 1: the areas under the two differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from monitoring.measures.outcome import Outcome, Uncomputable

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

CURVE_POINTS = 1000
"""Points a document keeps of a curve; Spark's own number of bins."""


class Curve(NamedTuple):
    """Points of a curve, in order of falling score: `x` rises."""

    x: Floats
    y: Floats

    @property
    def area(self) -> float:
        """By the trapezoid rule."""
        return float(np.trapezoid(self.y, self.x))

    def thinned(self, points: int = CURVE_POINTS) -> Curve:
        """At most `points` of the points, evenly spaced, both ends kept.

        >>> Curve(np.arange(5.0), np.arange(5.0)).thinned(3).x
        array([0., 2., 4.])
        """
        if self.x.size <= points:
            return self
        kept = np.linspace(0, self.x.size - 1, points).round().astype(np.int64)
        return Curve(self.x[kept], self.y[kept])


@dataclass(frozen=True, slots=True)
class ScoreCounts:
    """Positives and negatives at every distinct score, ascending.

    >>> counts = ScoreCounts.of(np.array([0.9, 0.2, 0.9]), np.array([True, False, False]))
    >>> counts.scores, counts.positives, counts.negatives
    (array([0.2, 0.9]), array([0, 1]), array([1, 1]))
    """

    scores: Floats
    positives: Counts
    negatives: Counts
    left_out: int = 0
    """Rows whose score was not a number."""

    @classmethod
    def of(cls, scores: Floats, positive: npt.NDArray[np.bool_]) -> Self:
        """Count rows; `positive` says which are labelled so. NaN scores are left out.

        Sorting values is three times as fast as sorting their positions, and the rarer
        class is looked up among the distinct scores instead of being carried along.
        """
        usable = ~np.isnan(scores)
        left_out = scores.size - int(np.count_nonzero(usable))
        if left_out:
            scores, positive = scores[usable], positive[usable]
        ends, distinct = _ends(np.sort(scores))
        rows = np.diff(ends, prepend=-1)
        rare = 2 * np.count_nonzero(positive) <= positive.size
        few = np.sort(scores[positive if rare else ~positive])
        counted = np.bincount(np.searchsorted(distinct, few), minlength=distinct.size)
        hits, misses = (counted, rows - counted) if rare else (rows - counted, counted)
        return cls(distinct, hits, misses, left_out)

    def __add__(self, other: Self) -> Self:
        order = np.argsort(scores := np.concatenate((self.scores, other.scores)), kind="stable")
        ends, distinct = _ends(scores[order])
        hits, misses = (
            np.diff(np.cumsum(np.concatenate(pair)[order])[ends], prepend=0)
            for pair in ((self.positives, other.positives), (self.negatives, other.negatives))
        )
        return type(self)(distinct, hits, misses, self.left_out + other.left_out)

    @property
    def total(self) -> int:
        return int(self.positives.sum() + self.negatives.sum())

    def subsample(self, share: float, generator: np.random.Generator) -> Self:
        """A random `share` of the rows, drawn without replacement."""
        cells = np.concatenate((self.positives, self.negatives))
        size = round(self.total * share)
        rows = np.repeat(np.arange(cells.size), cells)
        drawn = generator.choice(rows, size, replace=False, shuffle=False)
        kept = np.bincount(drawn, minlength=cells.size)
        hits, misses = kept[: self.scores.size], kept[self.scores.size :]
        seen = (hits + misses) > 0
        return type(self)(self.scores[seen], hits[seen], misses[seen])

    def claimed(self) -> tuple[Counts, Counts]:
        """True and false positives when the threshold falls to each score in turn."""
        return np.cumsum(self.positives[::-1]), np.cumsum(self.negatives[::-1])


def roc_curve(counts: ScoreCounts) -> Curve | Uncomputable:
    """False (x) against true (y) positive rate: (0, 0), one point per score, (1, 1).

    >>> counts = ScoreCounts.of(np.array([0.9, 0.5, 0.1]), np.array([True, False, True]))
    >>> roc_curve(counts)
    Curve(x=array([0., 0., 1., 1., 1.]), y=array([0. , 0.5, 0.5, 1. , 1. ]))
    """
    true, false = counts.claimed()
    if reason := _one_class(true, false):
        return reason
    return Curve(
        np.concatenate(([0.0], false / false[-1], [1.0])),
        np.concatenate(([0.0], true / true[-1], [1.0])),
    )


def precision_recall_curve(counts: ScoreCounts) -> Curve | Uncomputable:
    """Recall (x) against precision (y): (0, first precision), then one point per score.

    >>> counts = ScoreCounts.of(np.array([0.9, 0.5, 0.1]), np.array([True, False, True]))
    >>> precision_recall_curve(counts).x
    array([0. , 0.5, 0.5, 1. ])
    """
    true, false = counts.claimed()
    if reason := _one_class(true, false):
        return reason
    precisions = true / (true + false)
    return Curve(
        np.concatenate(([0.0], true / true[-1])), np.concatenate((precisions[:1], precisions))
    )


def area_under_roc(counts: ScoreCounts) -> Outcome:
    """`auc`: the chance that a positive outscores a negative, ties counting half.

    0 to 1; 0.5 is guessing. Undefined when only one class occurs.

    >>> area_under_roc(ScoreCounts.of(np.array([0.9, 0.5, 0.1]), np.array([True, False, True])))
    0.5
    """
    curve = roc_curve(counts)
    return curve if isinstance(curve, Uncomputable) else curve.area


def area_under_precision_recall(counts: ScoreCounts) -> Outcome:
    """`au_prc`: precision averaged over recall by trapezoids, as MLlib's areaUnderPR.

    0 to 1; guessing gives the share of positives. Undefined when only one class occurs.

    >>> scores, positive = np.array([0.9, 0.5]), np.array([True, False])
    >>> area_under_precision_recall(ScoreCounts.of(scores, positive))
    1.0
    """
    curve = precision_recall_curve(counts)
    return curve if isinstance(curve, Uncomputable) else curve.area


def _ends(ascending: Floats) -> tuple[Counts, Floats]:
    """Last position of every run of equal values, and the values."""
    last = np.ones(ascending.size, dtype=np.bool_)
    np.not_equal(ascending[1:], ascending[:-1], out=last[:-1])
    ends = np.flatnonzero(last)
    return ends, ascending[ends]


def _one_class(true: Counts, false: Counts) -> Uncomputable | None:
    if not true.size:
        return Uncomputable("no row has both a label and a score")
    if not true[-1]:
        return Uncomputable("no row is labelled positive")
    if not false[-1]:
        return Uncomputable("no row is labelled negative")
    return None
