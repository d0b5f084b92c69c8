"""Champion against challenger: the difference of their ROC-AUCs on the same rows.

Needs     the targets of rows that neither has learnt from, and both models' scores
Gives     both AUCs, their difference, and its bootstrap interval

The bootstrap is paired and stratified: each resample draws rows, positives and negatives
apart, and scores both models on the same draw. What is hard about a row is hard for both, so
the difference varies far less than either AUC does. Percentile interval (Efron and Tibshirani
1993, chapter 13).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

SEED = 20_260_730

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on the same rows."""

    champion_auc: float
    challenger_auc: float
    difference: float
    """Challenger less champion."""
    lower: float
    upper: float
    """Ends of the difference's interval."""
    confidence: float
    resamples: int
    positives: int
    negatives: int

    def to_json(self) -> dict[str, Any]:
        """For the audit record."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Scores as the places they take, ties sharing one: all that an AUC knows of them."""

    positives: Integers
    """The place of each positive's score among all distinct scores, ascending."""
    negatives: Integers
    places: int

    @classmethod
    def of(cls, targets: npt.ArrayLike, scores: npt.ArrayLike) -> Ranked:
        """Targets are 0 and 1, both present; raises ValueError otherwise."""
        is_positive = np.asarray(targets, dtype=bool)
        distinct, place = np.unique(np.asarray(scores, np.float64), return_inverse=True)
        if is_positive.all() or not is_positive.any():
            raise ValueError("rows of one class only have no ROC curve")
        return cls(place[is_positive], place[~is_positive], distinct.size)

    def auc(self, positives: Integers | None = None, negatives: Integers | None = None) -> float:
        """The share of pairs that are in the right order, ties counting half.

        The arguments say how often each row counts; once, where they are not given.
        """
        above = np.bincount(self.positives, positives, self.places)
        below = np.bincount(self.negatives, negatives, self.places)
        in_order = above @ (np.cumsum(below) - below / 2)
        return float(in_order / (above.sum() * below.sum()))


def roc_auc(targets: npt.ArrayLike, scores: npt.ArrayLike) -> float:
    """The area under the ROC curve.

    >>> roc_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    return Ranked.of(targets, scores).auc()


def compare(
    targets: npt.ArrayLike,
    champion: npt.ArrayLike,
    challenger: npt.ArrayLike,
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = SEED,
) -> Comparison:
    """Compare two models' scores of the same rows; the same arguments give the same numbers.

    Raises ValueError when the rows hold one class only.
    """
    old, new = Ranked.of(targets, champion), Ranked.of(targets, challenger)
    rng = np.random.default_rng(seed)
    sizes = old.positives.size, old.negatives.size
    differences = np.empty(resamples)
    for at in range(resamples):
        drawn = [np.bincount(rng.integers(0, n, n), minlength=n) for n in sizes]
        differences[at] = new.auc(*drawn) - old.auc(*drawn)
    tail = (1 - confidence) / 2
    lower, upper = np.quantile(differences, (tail, 1 - tail))
    old_auc, new_auc = old.auc(), new.auc()
    return Comparison(
        old_auc,
        new_auc,
        new_auc - old_auc,
        float(lower),
        float(upper),
        confidence,
        resamples,
        *sizes,
    )
