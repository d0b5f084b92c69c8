"""What a report of clean hours does not say: whose baseline it is, and how much it saw.

Needs     schedules with their runs, and the endpoints they watch
Gives     a `Caution` for each thing that makes a clean run mean less than it seems

A monitor compares with the baseline it was deployed with. When its endpoint has since been
given another model package, every hour is held to the wrong model's data; and an hour of
which a tenth was captured is a tenth of an hour. Neither fails by itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitoring.aws import schedules as aws_schedules
from monitoring.aws import storage
from monitoring.aws.clients import Aws
from monitoring.aws.registry import package_tag, served_by
from monitoring.aws.schedules import CLEAN, VIOLATIONS, Execution, Schedule
from monitoring.aws.traffic import Traffic, traffic
from monitoring.capture.tally import Counts
from monitoring.errors import AwsError, MonitoringError, RegistryError
from monitoring.evaluation import FINDINGS

LEAST_CAPTURED = 0.8
"""A smaller share of the requests that should have been captured is worth a word."""
DEVIATIONS = 4.0
"""How far below its expectation a random sample of requests may fall."""


@dataclass(frozen=True, slots=True)
class Caution:
    """One thing to know about an endpoint's monitors."""

    endpoint: str
    text: str
    is_stale: bool = False
    """The baselines are another model's: nothing that was found means anything."""


def cautions(aws: Aws, schedules: Iterable[Schedule]) -> Iterator[Caution]:
    """The cautions about each endpoint that is watched, in the order of the schedules.

    What this role may not look up is said, and is no reason to stop.
    """
    by_endpoint: dict[str, list[Schedule]] = {}
    for schedule in schedules:
        if schedule.endpoint:
            by_endpoint.setdefault(schedule.endpoint, []).append(schedule)
    for endpoint, watching in by_endpoint.items():
        for look in (_stale, _captured):
            try:
                yield from look(aws, endpoint, watching)
            except (AwsError, RegistryError) as error:
                yield Caution(endpoint, str(error))


def stale(endpoint: str, baseline_of: str, served: str, names: Iterable[str]) -> Iterator[Caution]:
    """The caution about monitors whose baselines are of another package than the endpoint's.

    >>> [caution.is_stale for caution in stale("fraud-prod", "…/fraud/1", "…/fraud/2", ["dq"])]
    [True]
    """
    if baseline_of != served:
        yield Caution(
            endpoint,
            f"STALE_BASELINE: {endpoint} serves {served}, and {', '.join(names)} compare with the "
            f"baselines of {baseline_of}. Render the configuration again and deploy the monitors' "
            "stack.",
            is_stale=True,
        )


def sparse(endpoint: str, captured: int, seen: Traffic, window: str) -> Iterator[Caution]:
    """The caution about a window of which too few requests were captured.

    >>> [caution.text for caution in sparse("fraud-prod", 40, Traffic(100, 1.0), "10 to 11")]
    ... # doctest: +ELLIPSIS
    ['fraud-prod answered 100 requests 10 to 11, of which 100 should be captured; 40 were. ...']
    """
    expected = seen.invocations * seen.sampled
    least = LEAST_CAPTURED * expected
    least -= DEVIATIONS * math.sqrt(expected * (1.0 - seen.sampled))
    if captured < least:
        yield Caution(
            endpoint,
            f"{endpoint} answered {seen.invocations:,} requests {window}, of which "
            f"{expected:,.0f} should be captured; {captured:,} were. Capture stops when the disk "
            "of an instance is 75 % full; what was found is about the captured ones only.",
        )


def _stale(aws: Aws, endpoint: str, watching: Iterable[Schedule]) -> Iterator[Caution]:
    names: dict[str, list[str]] = {}
    for schedule in watching:
        origin = schedule.package
        if not schedule.group:
            origin = package_tag(aws.sagemaker, schedule.arn)
        if origin:
            names.setdefault(origin, []).append(schedule.name)
    if names:
        served = served_by(aws.sagemaker, endpoint, "its stage").package.arn
        for origin, compared in names.items():
            yield from stale(endpoint, origin, served, compared)


def _captured(aws: Aws, endpoint: str, watching: Iterable[Schedule]) -> Iterator[Caution]:
    """About the last window that was evaluated, by whichever monitor says what it read."""
    ended = [
        execution
        for schedule in watching
        for execution in schedule.executions
        if execution.status in (CLEAN, VIOLATIONS)
    ]
    for execution in sorted(ended, key=lambda one: one.scheduled, reverse=True)[:1]:
        findings = _findings(aws, execution)
        if findings.get("capture") and findings.get("window"):
            start, _, end = str(findings["window"]).partition(" to ")
            times = datetime.fromisoformat(start), datetime.fromisoformat(end)
            seen = traffic(aws, endpoint, *times)
            if seen is not None:
                counts = Counts(**findings["capture"])
                yield from sparse(endpoint, counts.considered, seen, f"from {start} to {end}")


def _findings(aws: Aws, execution: Execution) -> Mapping[str, Any]:
    """What the analyzer says of its own run; nothing where AWS's container ran."""
    uri = aws_schedules.output_uri(aws.sagemaker, execution)
    try:
        found = storage.read_json(aws.s3, f"{uri.rstrip('/')}/{FINDINGS}") if uri else {}
    except MonitoringError:
        return {}
    return found if isinstance(found, Mapping) else {}
