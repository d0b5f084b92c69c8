"""What EventBridge Scheduler tells a job is one moment; what an execution is told follows from it.

Needs     `scheduled_time`, and `schedule_expression` or `window_hours`; the names of endpoint and
          schedule
Gives     the window, the hours to fetch, and the variables AWS's own schedules set

The one thing a reader gets wrong: the job may be started some minutes into the hour, so that
what was captured has reached S3. The run is named after the hour itself, as AWS names it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from monitoring.capture.records import Window, when
from monitoring.errors import UsageError
from monitoring.kinds import BIAS, DATA_QUALITY, EXPLAINABILITY, MODEL_QUALITY, Kind

SCHEDULED_TIME = "scheduled_time"
"""The variable that makes a job fetch its hours itself: `<aws.scheduler.scheduled-time>`."""
EXPRESSION = re.compile(r"cron\(0 (?:\*|\d{1,2}(?:/(?P<step>\d{1,2}))?) \? \* \* \*\)")
HOUR = timedelta(hours=1)
DAY_HOURS = 24
NEIGHBOURS = 1
"""Hours fetched on either side of the window: a file may hold events of the hour next to it."""

ENDPOINT_INPUT = "ENDPOINT_INPUT"
ATTRIBUTES: Mapping[Kind, tuple[str, ...]] = {
    DATA_QUALITY: (),
    MODEL_QUALITY: (
        "inference_attribute",
        "probability_attribute",
        "probability_threshold_attribute",
        "problem_type",
    ),
    BIAS: (
        "features_attribute",
        "inference_attribute",
        "probability_attribute",
        "probability_threshold_attribute",
    ),
    EXPLAINABILITY: ("features_attribute", "inference_attribute", "probability_attribute"),
}
"""The attributes that AWS's job definition of each monitor has: one template gives all of them."""
EVERY_ATTRIBUTE = frozenset(name for names in ATTRIBUTES.values() for name in names)


@dataclass(frozen=True, slots=True)
class Due:
    """One run of a schedule: its hour, and the time it answers for."""

    hour: datetime
    """UTC; what AWS calls the execution's ScheduledTime."""
    window: Window
    endpoint: str
    schedule: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """Read Scheduler's variables; raises UsageError naming the one that is wrong.

        >>> due = Due.of({
        ...     "scheduled_time": "2026-01-31T11:15:00Z", "window_hours": "2",
        ...     "sagemaker_endpoint_name": "fraud", "sagemaker_monitoring_schedule_name": "hourly",
        ... })
        >>> str(due.window), due.place
        ('2026-01-31T09:00:00Z to 2026-01-31T11:00:00Z', 'fraud/hourly/2026/01/31/11')
        """
        names = ("sagemaker_endpoint_name", "sagemaker_monitoring_schedule_name")
        if missing := [name for name in names if not environment.get(name)]:
            raise UsageError(
                f"{', '.join(missing)} not set, though {SCHEDULED_TIME} is: a scheduled run "
                "fetches its endpoint's hours and files its reports by both names. Set them."
            )
        text = environment[SCHEDULED_TIME]
        try:
            hour = when(text).replace(minute=0, second=0, microsecond=0)
        except ValueError:
            raise UsageError(
                f"{SCHEDULED_TIME} is {text[:40]!r}; it is a time such as 2026-01-31T11:00:00Z. "
                "In a schedule's input write <aws.scheduler.scheduled-time>."
            ) from None
        window = Window(hour - hours_of(environment) * HOUR, hour)
        return cls(hour, window, *(environment[name] for name in names))

    @property
    def place(self) -> str:
        """Where a run's documents lie below the reports' prefix, as AWS lays them out."""
        return f"{self.endpoint}/{self.schedule}/{path_of(self.hour)}"

    @property
    def captured(self) -> list[str]:
        """The hours whose files may hold the window's events, as S3 names them.

        >>> Due.of({"scheduled_time": "2026-01-31T11:00:00Z", "sagemaker_endpoint_name": "e",
        ...         "sagemaker_monitoring_schedule_name": "s"}).captured
        ['2026/01/31/09', '2026/01/31/10', '2026/01/31/11']
        """
        return _hours(self.window.start - NEIGHBOURS * HOUR, self.window.end + NEIGHBOURS * HOUR)

    @property
    def labels(self) -> list[str]:
        """The hours in which labels of the window's records can have been collected by now."""
        return self.captured

    def variables(self, kind: Kind, environment: Mapping[str, str]) -> dict[str, str]:
        """The environment of AWS's own execution of this hour, less where the records lie.

        What a schedule's input leaves empty is absent, and so is what this monitor does not know.
        """
        given = {name: value for name, value in environment.items() if value}
        for name in EVERY_ATTRIBUTE.difference(ATTRIBUTES[kind]):
            given.pop(name, None)
        times = {"start_time": iso(self.window.start), "end_time": iso(self.window.end)}
        return {
            "publish_cloudwatch_metrics": "Enabled",
            **{name: value for name, value in given.items() if name != SCHEDULED_TIME},
            **times,
            "metric_time": times["start_time"],
            "monitoring_input_type": ENDPOINT_INPUT,
        }


def hours_of(environment: Mapping[str, str]) -> int:
    """How long the window is: `window_hours`, or from one run of the schedule to the next.

    >>> hours_of({"schedule_expression": "cron(0 17/12 ? * * *)"}), hours_of({})
    (12, 1)
    >>> hours_of({"schedule_expression": "cron(0 6 ? * * *)"})
    24
    """
    text = environment.get("window_hours", "")
    if text:
        if not text.isdecimal() or not 1 <= int(text) <= DAY_HOURS:
            raise UsageError(f"window_hours is {text[:40]!r}; it is a whole number from 1 to 24.")
        return int(text)
    expression = environment.get("schedule_expression", "")
    if not expression:
        return 1
    found = EXPRESSION.fullmatch(expression)
    if not found:
        raise UsageError(
            f"schedule_expression is {expression[:60]!r}; it is one of Model Monitor's, such as "
            "cron(0 * ? * * *). For another one set window_hours."
        )
    return 1 if "*" in expression[: expression.index("?")] else int(found["step"] or DAY_HOURS)


def iso(moment: datetime) -> str:
    """A time as AWS's containers are told it."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def path_of(hour: datetime) -> str:
    """An hour as S3 keys have it: yyyy/mm/dd/hh."""
    return f"{hour:%Y/%m/%d/%H}"


def _hours(first: datetime, end: datetime) -> list[str]:
    return [path_of(first + n * HOUR) for n in range((end - first) // HOUR)]
