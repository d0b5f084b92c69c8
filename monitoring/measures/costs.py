"""What wrong decisions cost at every threshold there is, and where they cost least.

Needs     ScoreCounts; what one false positive and one false negative cost
Gives     the cost curve and its lowest point; the standard error of a mean cost

The best threshold of some rows is the best of *these* rows: chosen among as many as there
are scores, it looks cheaper than it will be on the next ones.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from monitoring.measures.confusion import BinaryCounts
from monitoring.measures.curves import Curve, ScoreCounts
from monitoring.measures.decisions import NO_ROWS
from monitoring.measures.outcome import Outcome, Uncomputable, ratio


class Priced(NamedTuple):
    """A threshold, and what a row costs in the mean when scores above it are positive."""

    threshold: float
    cost: float


def cost_curve(
    counts: ScoreCounts, false_positive: float, false_negative: float
) -> Curve | Uncomputable:
    """Thresholds (x, rising) against mean cost per row (y), in the unit of the two prices.

    Every threshold from 0 on that tells rows apart: 0 where no score is 0 (all positive),
    and each distinct score (the highest: none positive). A score *above* the threshold is
    positive, as AWS has it.

    >>> counts = ScoreCounts.of(np.array([0.2, 0.6, 0.9]), np.array([False, False, True]))
    >>> curve = cost_curve(counts, false_positive=3.0, false_negative=30.0)
    >>> curve.x, curve.y
    (array([0. , 0.2, 0.6, 0.9]), array([ 2.,  1.,  0., 10.]))
    """
    if not counts.scores.size:
        return NO_ROWS
    missed, spared = np.cumsum(counts.positives), np.cumsum(counts.negatives)
    total = float(missed[-1] + spared[-1])
    costs = (false_positive * (spared[-1] - spared) + false_negative * missed) / total
    if counts.scores[0] <= 0.0:
        return Curve(counts.scores, costs)
    everybody = false_positive * spared[-1] / total
    return Curve(np.concatenate(([0.0], counts.scores)), np.concatenate(([everybody], costs)))


def cheapest(curve: Curve) -> Priced:
    """The lowest point of a cost curve; of equal ones the lowest threshold.

    >>> cheapest(Curve(np.array([0.2, 0.6, 0.9]), np.array([1.0, 0.5, 0.5])))
    Priced(threshold=0.6, cost=0.5)
    """
    at = int(np.argmin(curve.y))
    return Priced(float(curve.x[at]), float(curve.y[at]))


def mean_cost_error(counts: BinaryCounts, false_positive: float, false_negative: float) -> Outcome:
    """Standard error of `mean_cost`, from the spread of what single rows cost.

    >>> mean_cost_error(BinaryCounts(tp=0, fp=1, fn=0, tn=3), 4.0, 40.0)
    1.0
    >>> mean_cost_error(BinaryCounts(tp=0, fp=1, fn=0, tn=0), 4.0, 40.0)
    Uncomputable(reason='one row has no spread')
    """
    rows = counts.total
    if rows < 2:
        return Uncomputable("one row has no spread") if rows else NO_ROWS
    wrong = ((counts.fp, false_positive), (counts.fn, false_negative))
    mean = sum(number * price for number, price in wrong) / rows
    squares = sum(number * price * price for number, price in wrong) / rows
    return math.sqrt(max(0.0, squares - mean * mean) / (rows - 1))


def break_even(false_positive: float, false_negative: float) -> Outcome:
    """The threshold that is best where the probabilities are to be believed.

    A positive decision costs `false_positive` times the chance of being wrong, a negative
    one `false_negative` times the probability. Source: Elkan, IJCAI 2001, equation 2.

    >>> break_even(5.0, 95.0)
    0.05
    """
    both = false_positive + false_negative
    return ratio(false_positive, both, Uncomputable("neither error costs anything"))
