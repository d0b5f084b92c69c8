"""What CloudWatch learns of invocations: the namespace AWS/SageMaker, by endpoint and variant.

Needs     each invocation: when, how the model answered, how long it took
Writes    Invocations, Invocation4XXErrors, Invocation5XXErrors, InvocationModelErrors,
          InvocationsPerInstance, and ModelLatency and OverheadLatency as measured here (in
          microseconds)

A minute is published once it has passed, as one statistic set for each distinct value: every
statistic stays exact, percentiles too, and a million requests are no more data than ten. They go
to moto's CloudWatch without a request, which takes many times longer than what it carries.
Latencies keep two significant digits. What AWS measures of instances (CPU, memory, disk) does
not exist here.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.core.utils import utcnow
from moto.sagemaker.models import sagemaker_backends

from moto_fixtures import clock

NAMESPACE = "AWS/SageMaker"
MINUTE = timedelta(minutes=1)
UNITS = {
    "Invocations": "Count",
    "Invocation4XXErrors": "Count",
    "Invocation5XXErrors": "Count",
    "InvocationModelErrors": "Count",
    "InvocationsPerInstance": "None",
    "ModelLatency": "Microseconds",
    "OverheadLatency": "Microseconds",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One invocation, or several alike, of a variant with so many instances."""

    time: datetime
    status: int
    """What the model answered."""
    instances: int
    model: float
    """Seconds until the model had answered."""
    overhead: float
    """Seconds of the service around it."""
    count: int = 1


class MetricBuffer:
    """The minutes of one account and region that are not in CloudWatch yet."""

    def __init__(self, account_id: str, region_name: str) -> None:
        self._account, self._region = account_id, region_name
        self._minutes: dict[tuple[datetime, str, str], dict[str, Counter[float]]] = {}
        self._lock = threading.Lock()

    def add(self, endpoint: str, variant: str, measured: Measured) -> None:
        """Count an invocation in its minute."""
        minute = measured.time.replace(second=0, microsecond=0)
        with self._lock:
            counters = self._minutes.setdefault((minute, endpoint, variant), defaultdict(Counter))
            for metric, value in _values(measured):
                counters[metric][value] += measured.count

    def next_minute(self) -> datetime | None:
        """When the earliest minute held is over."""
        with self._lock:
            earliest = min((minute for minute, _, _ in self._minutes), default=None)
        return None if earliest is None else earliest + MINUTE

    def publish(self) -> int:
        """Put the minutes that are over; answer how many data they were."""
        now = utcnow()
        with self._lock:
            over = {key: self._minutes[key] for key in self._minutes if key[0] + MINUTE <= now}
            for key in over:
                del self._minutes[key]
        data = [datum for key, counters in sorted(over.items()) for datum in _data(key, counters)]
        backend: Any = cloudwatch_backends[self._account][self._region]
        backend.put_metric_data(NAMESPACE, data)
        return len(data)


def _values(measured: Measured) -> Iterator[tuple[str, float]]:
    """Each metric's value for one invocation; an error that did not happen counts as 0."""
    yield "Invocations", 1.0
    yield "Invocation4XXErrors", float(400 <= measured.status < 500)
    yield "Invocation5XXErrors", float(500 <= measured.status < 600)
    yield "InvocationModelErrors", float(not 200 <= measured.status < 300)
    if measured.instances:
        yield "InvocationsPerInstance", 1 / measured.instances
    yield "ModelLatency", rounded(measured.model * 1e6)
    yield "OverheadLatency", rounded(measured.overhead * 1e6)


def rounded(microseconds: float) -> float:
    """Two significant digits.

    >>> rounded(1234.5), rounded(0.0)
    (1200.0, 0.0)
    """
    return float(f"{microseconds:.1e}")


def _data(
    key: tuple[datetime, str, str], counters: dict[str, Counter[float]]
) -> Iterator[dict[str, Any]]:
    minute, endpoint, variant = key
    dimensions = [
        {"Name": "EndpointName", "Value": endpoint},
        {"Name": "VariantName", "Value": variant},
    ]
    for metric, counter in counters.items():
        for value, count in sorted(counter.items()):
            yield {
                "MetricName": metric,
                "Dimensions": dimensions,
                "Timestamp": minute,
                "Unit": UNITS[metric],
                "StatisticValues": {
                    "SampleCount": count,
                    "Sum": value * count,
                    "Minimum": value,
                    "Maximum": value,
                },
            }


def install() -> None:
    """Let minutes be published as the clock is wound."""
    clock.register("endpoint metrics", clock.Source(next_event, run_due, _jumped))


def next_event() -> datetime | None:
    """When the next minute with invocations is over."""
    dues = (buffer.next_minute() for buffer in _buffers())
    return min((due for due in dues if due is not None), default=None)


def run_due() -> list[Any]:
    """Publish every minute that is over; nothing of it is worth telling."""
    for buffer in _buffers():
        buffer.publish()
    return []


def _jumped() -> None:
    """Time jumped: what is over is published at the next look."""


def _buffers() -> list[MetricBuffer]:
    backends = [backend for _, _, backend in list(sagemaker_backends.iter_backends())]
    return [backend.metrics for backend in backends if hasattr(backend, "metrics")]
