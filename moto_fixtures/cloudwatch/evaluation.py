"""Whether an alarm is in ALARM: the last datapoints of its evaluation range, and how many breach.

Needs     datapoints, newest first, None where nothing was reported; the alarm's configuration
Gives     OK, ALARM or INSUFFICIENT_DATA; None where the state stays what it is

CloudWatch looks at more datapoints than `EvaluationPeriods`, in case some came late; how many
more it publishes only by an example, 5 for 3, so two more are taken here (UNCONFIRMED). The one
thing a reader gets wrong: `TreatMissingData` is not asked while enough real datapoints lie in
that range.

Source: "How CloudWatch alarms handle missing data", Amazon CloudWatch User Guide.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"
MISSING, IGNORE, BREACHING, NOT_BREACHING = "missing", "ignore", "breaching", "notBreaching"
TREATMENTS = (MISSING, IGNORE, BREACHING, NOT_BREACHING)
EXTRA_PERIODS = 2
"""Periods looked at beyond those evaluated."""

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


@dataclass(frozen=True, slots=True)
class Criteria:
    """What makes an alarm go off: M of the last N datapoints compare so with the threshold."""

    comparison: str
    threshold: float
    periods: int
    datapoints: int
    missing: str = MISSING

    @property
    def range(self) -> int:
        """Periods that are looked at."""
        return self.periods + EXTRA_PERIODS

    def breaches(self, value: float) -> bool:
        """Whether one datapoint does."""
        return COMPARISONS[self.comparison](value, self.threshold)


def evaluated(points: Sequence[float | None], criteria: Criteria) -> list[int]:
    """The indices of the datapoints that decide, newest first: the last N that were reported.

    >>> evaluated([None, 5.0, 0.0], Criteria("GreaterThanThreshold", 0, 1, 1))
    [1]
    """
    found = [index for index, point in enumerate(points[: criteria.range]) if point is not None]
    return found[: criteria.periods]


def state_of(points: Sequence[float | None], criteria: Criteria) -> str | None:
    """The state that datapoints, newest first, put an alarm in; None: it keeps the one it has.

    >>> hourly = Criteria("GreaterThanThreshold", 0, periods=1, datapoints=1)
    >>> state_of([None, 5.0, 0.0], hourly), state_of([None, None, None], hourly)
    ('ALARM', 'INSUFFICIENT_DATA')
    """
    real = evaluated(points, criteria)
    breaching = [index for index in real if criteria.breaches(_value(points[index]))]
    lacking = criteria.periods - len(real)
    if lacking and criteria.missing == BREACHING:
        return ALARM if len(breaching) + lacking >= criteria.datapoints else OK
    if len(breaching) >= criteria.datapoints:
        return ALARM
    if not lacking or criteria.missing == NOT_BREACHING or len(breaching) < len(real):
        return OK
    return _of_few(breaching, criteria)


def _of_few(breaching: Sequence[int], criteria: Criteria) -> str | None:
    """Too few datapoints, and every one breaches: AWS waits until the oldest is M periods old.

    Until then the next datapoint may turn out well, so the state stays.
    """
    if criteria.missing == IGNORE:
        return None
    if not breaching:
        return INSUFFICIENT_DATA
    return ALARM if max(breaching) + 1 >= criteria.datapoints else None


def _value(point: float | None) -> float:
    assert point is not None
    return point
