"""cron(), rate() and at(): when EventBridge fires next.

Needs     a schedule expression, a time zone, and the moment it counts from
Gives     the next moment (UTC, naive), or None when there is none

A cron expression is local time in its zone: an hour that is skipped in spring is skipped, one
that comes twice in autumn counts once. The one thing a reader gets wrong: days of the week are
1 (Sunday) to 7, and of the two kinds of day one must be `?`.

Source: "Schedule types in EventBridge Scheduler", EventBridge Scheduler User Guide.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
LAST_YEAR = 2199
UNITS = {"minute": 1, "hour": 60, "day": 1440}
"""Minutes in each unit of a rate."""
_RATE = re.compile(r"rate\((?P<number>[1-9]\d*) (?P<unit>minute|hour|day)(?P<plural>s?)\)")
_AT = re.compile(r"at\((?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")


class RecurrenceError(ValueError):
    """The text is no schedule expression."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Every so many minutes, hours or days from when it began."""

    every: timedelta

    def next_after(self, moment: datetime, began: datetime) -> datetime:
        """The first moment strictly after one; `began` is itself such a moment."""
        passed = (moment - began) // self.every + 1
        return began + max(passed, 0) * self.every


@dataclass(frozen=True, slots=True)
class At:
    """Once."""

    moment: datetime

    def next_after(self, moment: datetime, began: datetime) -> datetime | None:  # noqa: ARG002
        """The moment, when it lies after one."""
        return self.moment if self.moment > moment else None


@dataclass(frozen=True, slots=True)
class Cron:
    """Six fields: minutes, hours, day of month, month, day of week, year."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    day_of_month: str
    months: frozenset[int]
    day_of_week: str
    years: frozenset[int]
    zone: ZoneInfo

    def next_after(self, moment: datetime, began: datetime) -> datetime | None:  # noqa: ARG002
        """The first moment strictly after one."""
        local = moment.replace(tzinfo=UTC).astimezone(self.zone)
        for day in self._days(local.date() - timedelta(days=1)):
            for hour in self.hours:
                for minute in self.minutes:
                    found = self._utc(datetime.combine(day, time(hour, minute)))
                    if found is not None and found > moment:
                        return found
        return None

    def _utc(self, local: datetime) -> datetime | None:
        """The moment of a local time; None when the clocks skip it."""
        found = local.replace(tzinfo=self.zone).astimezone(UTC)
        if found.astimezone(self.zone).replace(tzinfo=None) != local:
            return None
        return found.replace(tzinfo=None)

    def _days(self, first: date) -> Iterator[date]:
        month = first.replace(day=1)
        while month.year <= min(LAST_YEAR, max(self.years, default=0)):
            if month.year in self.years and month.month in self.months:
                yield from (day for day in self._days_of(month) if day >= first)
            month = (month + timedelta(days=31)).replace(day=1)

    def _days_of(self, month: date) -> list[date]:
        length = calendar.monthrange(month.year, month.month)[1]
        days = [month.replace(day=number) for number in range(1, length + 1)]
        if self.day_of_month != "?":
            return [day for day in days if day.day in _month_days(self.day_of_month, days)]
        return [day for day in days if _is_week_day(self.day_of_week, day, length)]


Recurrence = Rate | At | Cron


@lru_cache(maxsize=512)
def parse(text: str, zone: str = "UTC") -> Recurrence:
    """Read a schedule expression. Raises RecurrenceError, saying what is wrong.

    >>> monday = datetime(2026, 1, 5, 12)
    >>> parse("cron(30 9 ? * MON-FRI *)", "Europe/Berlin").next_after(monday, monday)
    datetime.datetime(2026, 1, 6, 8, 30)
    >>> parse("cron(0 0 L * ? *)").next_after(monday, monday)
    datetime.datetime(2026, 1, 31, 0, 0)
    """
    try:
        where = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise RecurrenceError(f"{zone} is no time zone.") from None
    if found := _RATE.fullmatch(text):
        if (found["number"] == "1") == bool(found["plural"]):
            raise RecurrenceError(f"{text}: one minute, hour or day; several minutes, hours, days.")
        return Rate(timedelta(minutes=int(found["number"]) * UNITS[found["unit"]]))
    if found := _AT.fullmatch(text):
        local = datetime.fromisoformat(found["moment"]).replace(tzinfo=where)
        return At(local.astimezone(UTC).replace(tzinfo=None))
    fields = text[5:-1].split() if text.startswith("cron(") and text.endswith(")") else []
    if len(fields) != 6:
        raise RecurrenceError(
            f"{text!r} is no schedule expression: rate(5 minutes), at(2026-01-31T10:00:00), or "
            "cron() of six fields: minutes hours day-of-month month day-of-week year."
        )
    return _cron(text, fields, where)


def _cron(text: str, fields: list[str], zone: ZoneInfo) -> Cron:
    minutes, hours, month_day, months, week_day, years = fields
    if (month_day == "?") == (week_day == "?"):
        raise RecurrenceError(f"{text}: exactly one of day-of-month and day-of-week must be ?.")
    try:
        made = Cron(
            tuple(sorted(_numbers(minutes, 0, 59))),
            tuple(sorted(_numbers(hours, 0, 23))),
            month_day,
            frozenset(_numbers(months, 1, 12, MONTHS)),
            week_day.upper(),
            frozenset(_numbers(years, 1970, LAST_YEAR)),
            zone,
        )
        made._days_of(date(2024, 2, 1))
    except ValueError as error:
        raise RecurrenceError(f"{text}: {error}") from None
    return made


def _numbers(field: str, least: int, most: int, names: tuple[str, ...] = ()) -> set[int]:
    """The numbers of a field of lists, ranges and steps.

    >>> sorted(_numbers("1-3,10/20", 0, 59))
    [1, 2, 3, 10, 30, 50]
    """
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        if span == "*":
            first, last = least, most
        else:
            start, _, stop = span.partition("-")
            first = _number(start, least, names)
            last = _number(stop, least, names) if stop else (most if step else first)
        if not least <= first <= most or not least <= last <= most or step == "0":
            raise ValueError(f"{part} lies outside {least} to {most}")
        if first > last:
            last += most - least + 1
        every = range(first, last + 1, int(step or 1))
        found |= {least + (number - least) % (most - least + 1) for number in every}
    return found


def _number(text: str, least: int, names: tuple[str, ...]) -> int:
    if text.upper() in names:
        return names.index(text.upper()) + least
    if not text.isdigit():
        raise ValueError(f"{text!r} is no number")
    return int(text)


def _month_days(field: str, days: list[date]) -> set[int]:
    """The days of a month that a day-of-month field names: numbers, `L`, or `15W`."""
    if field == "L":
        return {len(days)}
    if field.endswith("W"):
        return {_nearest_work_day(_number(field[:-1], 1, ()), days)}
    return _numbers(field, 1, 31)


def _nearest_work_day(wanted: int, days: list[date]) -> int:
    """The Monday to Friday nearest to a day, without leaving the month."""
    at_hand = [day for day in days if day.weekday() < 5]
    return min(at_hand, key=lambda day: abs(day.day - min(wanted, len(days)))).day


def _is_week_day(field: str, day: date, length: int) -> bool:
    """Whether a day-of-week field names a day: `MON-FRI`, `3#2` (the second Tuesday), `6L`."""
    number = (day.weekday() + 1) % 7 + 1
    if "#" in field:
        which, _, nth = field.partition("#")
        return number == _number(which, 1, DAYS) and (day.day - 1) // 7 + 1 == int(nth)
    if field == "L":
        return number == 7
    if field.endswith("L"):
        return number == _number(field[:-1], 1, DAYS) and day.day + 7 > length
    return number in _numbers(field, 1, 7, DAYS)
