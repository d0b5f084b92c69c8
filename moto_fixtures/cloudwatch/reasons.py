"""Why an alarm is in its state, in CloudWatch's words.

UNCONFIRMED to the letter: the sentences are those of notifications and consoles that people
have published; AWS documents none of them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from moto_fixtures.cloudwatch.evaluation import ALARM, INSUFFICIENT_DATA, Criteria, evaluated

_WORDS = {
    "GreaterThanThreshold": "greater than",
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}


def of_metric(
    state: str, points: Sequence[float | None], criteria: Criteria, end: datetime, period: int
) -> tuple[str, str]:
    """The reason and its data (JSON) of a metric alarm's state."""
    used = evaluated(points, criteria)
    starts = [end - (index + 1) * timedelta(seconds=period) for index in used]
    values = [points[index] for index in used]
    data: dict[str, Any] = {
        "version": "1.0",
        "queryDate": _time(end),
        "period": period,
        "recentDatapoints": values[::-1],
        "threshold": criteria.threshold,
        "evaluatedDatapoints": [
            {"timestamp": _time(start), "value": value}
            for start, value in zip(starts, values, strict=True)
        ],
    }
    if starts:
        data["startDate"] = _time(min(starts))
    if state == INSUFFICIENT_DATA:
        return f"Insufficient Data: {_count(criteria.periods)} unknown.", json.dumps(data)
    if not used:
        treated = f"no datapoints were received for {_periods(criteria.periods)}"
        return f"Threshold Crossed: {treated} and they were treated as {criteria.missing}.", (
            json.dumps(data)
        )
    shown = ", ".join(
        f"{value} ({start:%d/%m/%y %H:%M:%S})" for value, start in zip(values, starts, strict=True)
    )
    crossing = [value for value in values if value is not None and criteria.breaches(value)]
    number = len(crossing) if state == ALARM else len(values) - len(crossing)
    return (
        f"Threshold Crossed: {number} out of the last {len(values)} datapoints [{shown}] "
        f"{'was' if number == 1 else 'were'} {'' if state == ALARM else 'not '}"
        f"{_WORDS[criteria.comparison]} the threshold ({criteria.threshold}) (minimum "
        f"{criteria.datapoints} datapoint{'s' * (criteria.datapoints > 1)} for OK -> ALARM "
        "transition)."
    ), json.dumps(data)


def _count(number: int) -> str:
    return "1 datapoint was" if number == 1 else f"{number} datapoints were"


def _periods(number: int) -> str:
    return "1 period" if number == 1 else f"{number} periods"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000+0000"
