"""How large a calibration error is although every probability is right.

Needs     a reliability curve
Gives     the error's mean and spread under chance alone

ECE is a sum of distances and so never negative: a perfectly calibrated model, its scores
spread evenly, has an ECE of 0.06 on 300 rows and 0.03 on 1,000. It falls without any merit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from monitoring.measures.decisions import ReliabilityBin


class ByChance(NamedTuple):
    """Mean and standard deviation of what chance alone brings about."""

    mean: float
    deviation: float


def calibration_error_by_chance(curve: Iterable[ReliabilityBin]) -> ByChance:
    """ECE of a model whose claims are all true, on as many rows in the same bins.

    In a bin of n rows the observed frequency strays from the claimed p by sqrt(p(1-p)/n);
    the size of a normal deviation has mean sqrt(2/pi) of that (half-normal). Bins are
    independent, and each counts by its share of the rows.

    >>> found = calibration_error_by_chance([ReliabilityBin(100, 0.5, 0.5)])
    >>> round(found.mean, 4), round(found.deviation, 4)
    (0.0399, 0.0301)
    """
    bins = list(curve)
    total = sum(point.rows for point in bins)
    if not total:
        return ByChance(0.0, 0.0)
    strays = [
        point.rows / total * math.sqrt(point.mean_score * (1 - point.mean_score) / point.rows)
        for point in bins
    ]
    mean = math.fsum(strays) * math.sqrt(2 / math.pi)
    variance = math.fsum(stray * stray for stray in strays) * (1 - 2 / math.pi)
    return ByChance(mean, math.sqrt(variance))
