"""Are the features that mattered still the ones that matter? Normalised discounted gain.

Needs     importance of every feature, in the baseline and now
Gives     Clarify's feature-attribution drift score

Only the order of the current values counts, never their size: a model whose attributions
are all ten times as large scores 1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from monitoring.measures.outcome import Outcome, Uncomputable

Floats = npt.NDArray[np.float64]


def normalized_discounted_gain(baseline: Floats, current: Floats) -> Outcome:
    """nDCG of the baseline's importance, ordered by the current one.

    Above 0, at most 1; 1 where the order is the same, and where only features of equal
    importance in the baseline changed places. Importance is the size of a value: the sign
    of a negative median says which way a feature pushes, not how much it matters. Features
    that tie now share their places, as in scikit-learn's `ndcg_score`, which AWS's guide
    names: so the score does not depend on the order of the columns.

    Source: clarify-model-monitor-feature-attribution-drift.html; this is its example.

    >>> round(normalized_discounted_gain(np.array([0.7, 0.5, 0.05]), np.array([1.0, 2.0, 3.0])), 4)
    0.6876
    """
    gains, order = np.abs(baseline), np.abs(current)
    if not gains.any():
        return Uncomputable("every baseline attribution is 0, so there is no order to keep")
    discounts = 1.0 / np.log2(np.arange(2, gains.size + 2))
    ideal = np.sort(gains)[::-1] @ discounts
    return float(_tied_gains(gains, order) @ discounts / ideal)


def _tied_gains(gains: Floats, order: Floats) -> Floats:
    """Gains by descending `order`; those of a tie averaged."""
    _, group = np.unique(-order, return_inverse=True)
    group = group.ravel()
    means = np.bincount(group, gains) / np.bincount(group)
    averaged: Floats = np.sort(group)
    return means[averaged.astype(np.int64)]
