"""A whole ROC curve's area in twenty lines: what a reader can add up again.

Needs     rows by score and label
Gives     groups of neighbouring scores, with what the area needs of each

The area is the share of (positive, negative) pairs in which the positive scores higher.
Between groups their sizes tell; pairs inside one are counted beforehand, so that nothing
is lost by grouping.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from monitoring.measures.curves import ScoreCounts
from monitoring.measures.outcome import Outcome, Uncomputable

GROUPS = 20


class ScoreGroup(NamedTuple):
    """Rows of neighbouring scores, both bounds among them."""

    lowest: float
    highest: float
    positives: int
    negatives: int
    pairs_won: float
    """Pairs inside the group whose positive scores higher; ties count half."""


def score_groups(counts: ScoreCounts, groups: int = GROUPS) -> tuple[ScoreGroup, ...]:
    """Groups of about equal numbers of rows, from the lowest score up.

    >>> scores, positive = np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, True, False, False])
    >>> score_groups(ScoreCounts.of(scores, positive), groups=1)
    (ScoreGroup(lowest=0.1, highest=0.9, positives=2, negatives=2, pairs_won=3.5),)
    """
    if not counts.scores.size:
        return ()
    upto = np.cumsum(counts.positives + counts.negatives)
    group = ((upto - 1) * groups) // upto[-1]
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    return tuple(
        _group(counts, slice(start, end))
        for start, end in zip(starts, [*starts[1:], counts.scores.size], strict=True)
    )


def area_of(groups: Iterable[ScoreGroup]) -> Outcome:
    """`auc` from the groups alone.

    >>> area_of([ScoreGroup(0.1, 0.2, 0, 4, 0.0), ScoreGroup(0.5, 0.5, 1, 1, 0.5)])
    0.9
    """
    won, positives, below = 0.0, 0, 0
    for part in groups:
        won += part.positives * below + part.pairs_won
        positives, below = positives + part.positives, below + part.negatives
    if not positives or not below:
        return Uncomputable("the rows are of one class only")
    return won / (positives * below)


def _group(counts: ScoreCounts, part: slice) -> ScoreGroup:
    scores, hits, misses = counts.scores[part], counts.positives[part], counts.negatives[part]
    below = np.cumsum(misses) - misses
    return ScoreGroup(
        float(scores[0]),
        float(scores[-1]),
        int(hits.sum()),
        int(misses.sum()),
        float((hits * (below + 0.5 * misses)).sum()),
    )
