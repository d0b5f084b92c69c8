"""How many instances a scaling policy asks for.

Sources: "Target tracking scaling policies" and "Step scaling policies", Application Auto Scaling
User Guide. Target tracking's formula is UNCONFIRMED: AWS says that it is proportional.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any


def tracked(current: int, value: float, target: float) -> int:
    """The count at which the metric would be at its target, as it is shared out evenly.

    >>> tracked(2, 150.0, 70.0), tracked(4, 10.0, 70.0)
    (5, 1)
    """
    return math.ceil(round(current * value / target, 9))


def stepped(current: int, breach: float, above: bool, policy: Mapping[str, Any]) -> int | None:
    """The count after the step for a metric `breach` beyond its threshold; None without a step.

    A policy's `above` alarms go off over their threshold: lower bounds belong to the step, upper
    ones do not; for the others it is the other way round.

    >>> steps = [{"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 10.0,
    ...           "ScalingAdjustment": 1}, {"MetricIntervalLowerBound": 10.0,
    ...           "ScalingAdjustment": 3}]
    >>> policy = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": steps}
    >>> [stepped(2, breach, True, policy) for breach in (9.0, 10.0, -1.0)]
    [3, 5, None]
    """
    step = _step(policy.get("StepAdjustments", ()), breach, above)
    if step is None:
        return None
    adjustment = int(step["ScalingAdjustment"])
    if policy["AdjustmentType"] == "ExactCapacity":
        return adjustment
    if policy["AdjustmentType"] == "PercentChangeInCapacity":
        adjustment = _whole(current * adjustment / 100)
        least = int(policy.get("MinAdjustmentMagnitude") or 0)
        if adjustment and abs(adjustment) < least:
            adjustment = int(math.copysign(least, adjustment))
    return max(0, current + adjustment)


def _step(
    steps: Iterable[Mapping[str, Any]], breach: float, above: bool
) -> Mapping[str, Any] | None:
    for step in steps:
        lower = step.get("MetricIntervalLowerBound", -math.inf)
        upper = step.get("MetricIntervalUpperBound", math.inf)
        if (lower <= breach < upper) if above else (lower < breach <= upper):
            return step
    return None


def _whole(change: float) -> int:
    """A change in whole instances: towards zero beyond one, and one where it is less.

    >>> [_whole(change) for change in (2.5, 0.3, -0.3, -2.5, 0.0)]
    [2, 1, -1, -2, 0]
    """
    if 0 < abs(change) < 1:
        return int(math.copysign(1, change))
    return math.trunc(change)


def within(count: int, least: int, most: int) -> int:
    """The count as the target's limits allow it."""
    return max(least, min(most, count))
