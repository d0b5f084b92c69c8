"""What an alarm looks at: one metric, or metric math over several.

Needs     an alarm's request; the series
Gives     its datapoints, newest first; what has to be right about such a request

All metrics of an expression have one period here, as an alarm in AWS requires.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from moto_fixtures.cloudwatch import expressions
from moto_fixtures.cloudwatch.expressions import Expression, ExpressionError
from moto_fixtures.cloudwatch.series import Key, Series, is_known, statistic

WHOLE_PERIODS = {10, 20, 30}
"""Seconds below a minute that a period may have."""


class QueryError(ValueError):
    """The alarm looks at nothing, or at what is not simulated."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One statistic of one metric."""

    key: Key
    statistic: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """What an alarm looks at."""

    period: int
    """Seconds."""
    measured: Mapping[str, Measured]
    formulas: Mapping[str, str]
    result: str
    """The id whose value is compared."""

    @property
    def keys(self) -> frozenset[Key]:
        return frozenset(one.key for one in self.measured.values())

    def points(self, series: Series, end: datetime, count: int) -> list[float | None]:
        """The values of the last `count` periods before `end`, newest first."""
        period = timedelta(seconds=self.period)
        return [self._point(series, end - (n + 1) * period, end - n * period) for n in range(count)]

    def _point(self, series: Series, start: datetime, end: datetime) -> float | None:
        values = {
            name: statistic(series.window(one.key, start, end, one.unit), one.statistic)
            for name, one in self.measured.items()
        }
        for name, formula in self.formulas.items():
            values[name] = _parsed(formula, self._names(name)).value(values)
        return values[self.result]

    def _names(self, formula: str) -> tuple[tuple[str, str], ...]:
        """The ids a formula may use: every metric, and the formulas before it."""
        metrics = [(name, one.key.name) for name, one in self.measured.items()]
        before = list(self.formulas)[: list(self.formulas).index(formula)]
        return (*metrics, *((name, "") for name in before))


def query_of(request: Mapping[str, Any]) -> Query:
    """Read PutMetricAlarm's request. Raises QueryError."""
    if request.get("Metrics"):
        return _of_metrics(request["Metrics"], request.get("Period"))
    missing = [name for name in ("MetricName", "Namespace", "Period") if not request.get(name)]
    if missing:
        raise QueryError(f"{missing[0]} is required for an alarm on one metric.")
    given = [name for name in ("Statistic", "ExtendedStatistic") if request.get(name)]
    if len(given) != 1:
        raise QueryError("Exactly one of Statistic and ExtendedStatistic must be given.")
    measured = Measured(Key.of(request), request[given[0]], request.get("Unit"))
    return _checked(Query(int(request["Period"]), {"m": measured}, {}, "m"))


def _of_metrics(metrics: Sequence[Mapping[str, Any]], period: int | None) -> Query:
    measured = {one["Id"]: _measured(one) for one in metrics if "MetricStat" in one}
    formulas = {one["Id"]: str(one["Expression"]) for one in metrics if "Expression" in one}
    if len(measured) + len(formulas) != len(metrics):
        raise QueryError("Each of Metrics needs an Id of its own, and MetricStat or Expression.")
    returned = [one["Id"] for one in metrics if one.get("ReturnData", True)]
    if len(returned) != 1:
        raise QueryError(
            f"Exactly one of Metrics must have ReturnData true; {len(returned)} have it."
        )
    periods = {int(one["MetricStat"]["Period"]) for one in metrics if "MetricStat" in one}
    periods |= {int(one["Period"]) for one in metrics if one.get("Period")}
    periods |= {int(period)} if period else set()
    if len(periods) != 1:
        raise QueryError(f"All Metrics of an alarm must have one Period, not {sorted(periods)}.")
    return _checked(Query(periods.pop(), measured, dict(_ordered(formulas)), returned[0]))


def _measured(one: Mapping[str, Any]) -> Measured:
    stat = one["MetricStat"]
    return Measured(Key.of(stat["Metric"]), stat["Stat"], stat.get("Unit"))


def _ordered(formulas: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The formulas, each after those it uses."""
    left = dict(formulas)
    while left:
        ready = [
            name
            for name, text in left.items()
            if not any(other in _words(text) for other in left if other != name)
        ]
        if not ready:
            raise QueryError(f"The expressions {', '.join(left)} use each other.")
        for name in ready:
            yield name, left.pop(name)


def _words(text: str) -> set[str]:
    return set("".join(c if c.isalnum() or c == "_" else " " for c in text).split())


def _checked(query: Query) -> Query:
    if query.period not in WHOLE_PERIODS and (query.period < 60 or query.period % 60):
        raise QueryError(f"Period {query.period} must be 10, 20, 30 or a multiple of 60 seconds.")
    for one in query.measured.values():
        if not is_known(one.statistic):
            raise QueryError(
                f"The statistic {one.statistic} is not simulated by the offline AWS; "
                "use one of the five, or a percentile such as p99."
            )
    for name, text in query.formulas.items():
        try:
            _parsed(text, query._names(name))
        except ExpressionError as error:
            raise QueryError(str(error)) from error
    return query


@lru_cache(maxsize=256)
def _parsed(text: str, names: tuple[tuple[str, str], ...]) -> Expression:
    return expressions.parse(text, dict(names))
