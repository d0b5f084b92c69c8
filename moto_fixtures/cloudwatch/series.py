"""Metric data, kept by metric and in the order of time, and statistics of any window of it.

Needs     what PutMetricData left with moto: one flat list for all metrics
Gives     the statistic of a half-open window [start, end) of one metric, or None without data

moto searches the whole list for each question. An alarm asks often, so what was appended since
the last question is filed here first. The metrics moto itself makes up for S3 and SQS are not
among them: an alarm on one finds no data.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.cloudwatch.models import MetricAggregatedDatum

STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")


@dataclass(frozen=True, slots=True)
class Key:
    """A metric: its namespace, its name and exactly these dimensions."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(cls, metric: Mapping[str, Any]) -> Key:
        """From a request's Namespace, MetricName and Dimensions."""
        dimensions = metric.get("Dimensions") or ()
        pairs = frozenset((one["Name"], one["Value"]) for one in dimensions)
        return cls(metric["Namespace"], metric["MetricName"], pairs)


@dataclass(frozen=True, slots=True, order=True)
class Datum:
    """One value or statistic set that was reported."""

    time: datetime
    count: float = field(compare=False)
    sum: float = field(compare=False)
    least: float = field(compare=False)
    most: float = field(compare=False)
    unit: str | None = field(compare=False, default=None)


def is_known(statistic: str) -> bool:
    """Whether a statistic can be computed here: the five, and percentiles.

    >>> is_known("p99.9"), is_known("tm90")
    (True, False)
    """
    return statistic in STATISTICS or PERCENTILE.fullmatch(statistic) is not None


def statistic(data: Sequence[Datum], name: str) -> float | None:
    """A statistic of some data; None where there are none.

    A percentile lies between the two values nearest to its rank (AWS's way of interpolating is
    UNCONFIRMED), and has no value where a statistic set of several values is among the data.

    >>> noon = datetime(2026, 1, 5, 12)
    >>> [statistic([Datum(noon, 1, v, v, v) for v in (1.0, 3.0)], s) for s in ("Average", "p50")]
    [2.0, 2.0]
    """
    if not data:
        return None
    if name == "Minimum":
        return min(one.least for one in data)
    if name == "Maximum":
        return max(one.most for one in data)
    count, total = sum(one.count for one in data), sum(one.sum for one in data)
    if name == "SampleCount":
        return count
    if name == "Sum":
        return total
    if name == "Average":
        return total / count if count else None
    return _percentile(data, float(name[1:]))


def _percentile(data: Sequence[Datum], percent: float) -> float | None:
    values: list[float] = []
    for one in data:
        if one.least != one.most:
            return None
        values += [one.least] * int(one.count)
    if not values:
        return None
    values.sort()
    place = percent / 100 * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (place - low) * (values[high] - values[low])


@dataclass
class Series:
    """All that was reported of each metric, in the order of time."""

    by_metric: dict[Key, list[Datum]] = field(default_factory=dict)
    _filed: int = 0

    def file(self, reported: Sequence[Any]) -> None:
        """Take in what was appended to moto's list since the last time."""
        if len(reported) < self._filed:
            self.by_metric.clear()
            self._filed = 0
        for one in reported[self._filed :]:
            insort(self.by_metric.setdefault(_key(one), []), _datum(one))
        self._filed = len(reported)

    def of(self, key: Key) -> Sequence[Datum]:
        """The data of one metric."""
        return self.by_metric.get(key, ())

    def window(
        self, key: Key, start: datetime, end: datetime, unit: str | None = None
    ) -> list[Datum]:
        """Those of [start, end); with a unit, only those reported in it."""
        data = self.of(key)
        first, last = (bisect_left(data, moment, key=_time) for moment in (start, end))
        return [one for one in data[first:last] if unit is None or one.unit == unit]


def size(series: Series, keys: Iterable[Key]) -> int:
    """How many data some metrics have: it grows when one is reported."""
    return sum(len(series.of(key)) for key in keys)


def _time(datum: Datum) -> datetime:
    return datum.time


def _key(reported: Any) -> Key:
    pairs = frozenset((one.name, one.value) for one in reported.dimensions)
    return Key(reported.namespace, reported.name, pairs)


def _datum(reported: Any) -> Datum:
    time = reported.timestamp.replace(tzinfo=None)
    if isinstance(reported, MetricAggregatedDatum):
        found = reported.sample_count, reported.sum, reported.min, reported.max
        return Datum(time, *found, reported.unit)
    value = reported.value
    return Datum(time, 1.0, value, value, value, reported.unit)
