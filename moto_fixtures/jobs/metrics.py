"""Metrics of an algorithm: numbers found by regular expressions in what it prints.

Needs     MetricDefinitions; every line, as it is printed
Gives     the last value of each; all of them, in CloudWatch, by the name of the job
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from moto.core.utils import utcnow

from moto_fixtures.clients import client

NAMESPACE = "/aws/sagemaker/TrainingJobs"
PER_CALL = 500


class Value(NamedTuple):
    """A number that a line said."""

    name: str
    value: float
    time: datetime


class Metrics:
    """What the lines of one job said.

    >>> found = Metrics([{"Name": "auc", "Regex": "auc=([0-9.]+)"}])
    >>> for line in ("auc=0.7", "nothing", "auc=0.9"):
    ...     found.see(line)
    >>> found.last("auc")
    0.9
    """

    def __init__(self, definitions: Iterable[Mapping[str, str]]) -> None:
        self._patterns = {one["Name"]: re.compile(one["Regex"]) for one in definitions}
        self.values: list[Value] = []

    def see(self, line: str) -> None:
        """Look for every metric; the first group is the number."""
        for name, pattern in self._patterns.items():
            for found in pattern.finditer(line):
                text = found[1] if pattern.groups else found[0]
                try:
                    self.values.append(Value(name, float(text), utcnow()))
                except ValueError:
                    continue

    def last(self, name: str) -> float | None:
        """The last value of a metric; None when it was never printed."""
        return next((one.value for one in reversed(self.values) if one.name == name), None)

    def final(self) -> list[dict[str, Any]]:
        """`FinalMetricDataList`: the last value of each."""
        last = {one.name: one for one in self.values}
        return [
            {"MetricName": one.name, "Value": one.value, "Timestamp": one.time}
            for one in last.values()
        ]

    def publish(self, job: str, region: str, account: str) -> None:
        """Put all values into CloudWatch."""
        dimensions = [{"Name": "TrainingJobName", "Value": job}]
        data = [
            {"MetricName": one.name, "Value": one.value, "Timestamp": one.time,
             "Dimensions": dimensions}
            for one in self.values
        ]  # fmt: skip
        cloudwatch = client("cloudwatch", region, account)
        for start in range(0, len(data), PER_CALL):
            cloudwatch.put_metric_data(
                Namespace=NAMESPACE, MetricData=data[start : start + PER_CALL]
            )
