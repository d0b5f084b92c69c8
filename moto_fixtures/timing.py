"""When a monitor is due, and which hours it then looks at.

Needs     a schedule's configuration, and the moment it was scheduled for
Gives     the next moment; the half-open window [start, end) of the run

Model Monitor runs whole hours only: hourly, or every N hours from a given hour of the day.
An N that does not divide 24 starts anew each day (UNCONFIRMED: AWS publishes no example).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

NOW = "NOW"
HOUR = timedelta(hours=1)
MAXIMUM_WINDOW = timedelta(hours=24)
"""Longest window of a schedule that runs once (`NOW`)."""

_CRON = re.compile(r"cron\(0 (?:\*|(?P<start>\d{1,2})(?:/(?P<step>\d{1,2}))?) \? \* \* \*\)")
_DURATION = re.compile(r"-?P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?)?")


@dataclass(frozen=True, slots=True)
class MonitoringCron:
    """A schedule expression of Model Monitor.

    >>> MonitoringCron.parse("cron(0 17/12 ? * * *)")
    MonitoringCron(start=17, step=12)
    """

    start: int
    """An hour of the day (UTC) at which it is due."""
    step: int
    """Hours from one run to the next, 1 to 24."""

    @classmethod
    def parse(cls, expression: str) -> MonitoringCron:
        """Read an expression; ValueError says which forms there are."""
        found = _CRON.fullmatch(expression)
        if found:
            hourly = found["start"] is None
            start = 0 if hourly else int(found["start"])
            step = 1 if hourly else int(found["step"] or 24)
            if start <= 23 and 1 <= step <= 24:
                return cls(start, step)
        raise ValueError(
            f"Schedule expression {expression!r} is not one Model Monitor runs: use "
            "cron(0 * ? * * *) hourly, cron(0 [00-23] ? * * *) daily, "
            "cron(0 [00-23]/[01-24] ? * * *) every N hours, or NOW."
        )

    def next_after(self, moment: datetime) -> datetime:
        """The first due moment strictly after `moment`.

        >>> MonitoringCron(17, 12).next_after(datetime(2026, 1, 1, 5, 0))
        datetime.datetime(2026, 1, 1, 17, 0)
        """
        due = moment.replace(minute=0, second=0, microsecond=0) + HOUR
        while (due.hour - self.start) % self.step:
            due += HOUR
        return due


@dataclass(frozen=True, slots=True)
class Window:
    """The captured events a run looks at: start ≤ inference time < end (UTC)."""

    start: datetime
    end: datetime

    def hours(self, margin: int = 0) -> list[datetime]:
        """The hours the window touches, and `margin` more on either side.

        >>> window = Window(datetime(2026, 1, 1, 9), datetime(2026, 1, 1, 11))
        >>> [hour.hour for hour in window.hours()]
        [9, 10]
        """
        first = self.start.replace(minute=0, second=0, microsecond=0) - margin * HOUR
        count = -((first - self.end) // HOUR) + margin
        return [first + n * HOUR for n in range(count)]


def duration(text: str) -> timedelta:
    """An ISO 8601 duration of days, hours and minutes, counted backwards.

    Offsets and analysis times are always in the past of the run; AWS subtracts them with
    or without the sign.

    >>> duration("-PT1H") == duration("PT1H") == -HOUR
    True
    """
    found = _DURATION.fullmatch(text)
    if not found or not any(found.groups()):
        raise ValueError(
            f"{text!r} is not an ISO 8601 duration of days, hours and minutes, such as -PT1H."
        )
    return -timedelta(**{unit: int(number or 0) for unit, number in found.groupdict().items()})


def window_of(
    schedule_config: Mapping[str, Any], endpoint_input: Mapping[str, Any], scheduled: datetime
) -> Window:
    """The window of the run that was scheduled for a moment.

    Without offsets it is the time since the run before: an hour for an hourly schedule.
    StartTimeOffset and EndTimeOffset move it back, for labels that come late; a `NOW`
    schedule says its own.
    """
    expression = schedule_config["ScheduleExpression"]
    if expression == NOW:
        start, end = (
            duration(schedule_config[f"DataAnalysis{side}Time"]) for side in ("Start", "End")
        )
        return Window(scheduled + start, scheduled + end)
    step = MonitoringCron.parse(expression).step
    start_offset, end_offset = (
        endpoint_input.get(f"{side}TimeOffset") for side in ("Start", "End")
    )
    return Window(
        scheduled + (duration(start_offset) if start_offset else -step * HOUR),
        scheduled + (duration(end_offset) if end_offset else timedelta()),
    )
