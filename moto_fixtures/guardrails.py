"""A DeploymentConfig, read: how traffic moves to a new fleet, how long each step is watched.

Needs     UpdateEndpoint's DeploymentConfig and the number of instances of the new fleet
Gives     a plan: the new fleet's share of the traffic after each step, and the waits

Rules are those of "Deployment guardrails" in SageMaker's developer guide: a canary is at most
half of the fleet, a linear step 10 to 50 percent, a rolling batch 5 to 50 percent.

The one thing a reader gets wrong: every step bakes, the last too. A canary update of ten
minutes' waiting takes twenty.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

SHARES: Mapping[str, tuple[int, int]] = {
    "CanarySize": (1, 50),
    "LinearStepSize": (10, 50),
    "MaximumBatchSize": (5, 50),
    "RollbackMaximumBatchSize": (5, 100),
}
"""Percent of the instances that each size may be."""
SIZES = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}


class PlanError(Exception):
    """The deployment cannot be done this way; the message says why."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How traffic moves to a new fleet."""

    shares: tuple[float, ...] = (1.0,)
    """The new fleet's share of the traffic after each step; the last is 1."""
    bake: timedelta = timedelta()
    """How long each step is watched before the next."""
    termination: timedelta = timedelta()
    """How long the old fleet is kept once it serves nobody."""
    timeout: timedelta | None = None
    alarms: tuple[str, ...] = ()
    """Alarms that roll the deployment back while it creates or bakes."""


def plan(config: Mapping[str, Any] | None, instances: int) -> Plan:
    """What a DeploymentConfig asks for; all traffic at once without one.

    Raises:
        PlanError: sizes that are missing, too large, or two policies in one.

    >>> routing = {"Type": "CANARY", "WaitIntervalInSeconds": 300}
    >>> routing["CanarySize"] = {"Type": "INSTANCE_COUNT", "Value": 1}
    >>> plan({"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}, 4).shares
    (0.25, 1.0)
    """
    if not config:
        return Plan()
    green, rolling = config.get("BlueGreenUpdatePolicy"), config.get("RollingUpdatePolicy")
    if green and rolling:
        raise PlanError("Only one of BlueGreenUpdatePolicy and RollingUpdatePolicy can be given.")
    watched = config.get("AutoRollbackConfiguration", {}).get("Alarms", ())
    alarms = tuple(alarm["AlarmName"] for alarm in watched)
    if rolling:
        batch = _instances(rolling, "MaximumBatchSize", instances)
        if "RollbackMaximumBatchSize" in rolling:
            _instances(rolling, "RollbackMaximumBatchSize", instances)
        shares = tuple(_cumulated(batch / instances))
        return _timed(shares, rolling["WaitIntervalInSeconds"], rolling, alarms)
    if green:
        routing = green["TrafficRoutingConfiguration"]
        shares = _blue_green(routing, instances)
        return _timed(shares, routing["WaitIntervalInSeconds"], green, alarms)
    return Plan(alarms=alarms)


def _blue_green(routing: Mapping[str, Any], instances: int) -> tuple[float, ...]:
    kind = routing["Type"]
    for other in set(SIZES.values()) - {SIZES.get(kind)}:
        if other in routing:
            raise PlanError(f"{other} cannot be specified for traffic routing of type {kind}.")
    if kind == "ALL_AT_ONCE":
        return (1.0,)
    size = SIZES[kind]
    if size not in routing:
        raise PlanError(f"{size} is required for traffic routing of type {kind}.")
    share = _share(routing, size, instances)
    return (share, 1.0) if kind == "CANARY" else tuple(_cumulated(share))


def _cumulated(share: float) -> Iterator[float]:
    """Equal steps up to the whole; the last is what is left."""
    steps = math.ceil(round(1 / share, 9))
    yield from (share * step for step in range(1, steps))
    yield 1.0


def _share(policy: Mapping[str, Any], member: str, instances: int) -> float:
    size = policy[member]
    share = size["Value"] / (100 if size["Type"] == "CAPACITY_PERCENT" else instances)
    least, most = SHARES[member]
    if not least <= 100 * share <= most:
        raise PlanError(
            f"{member} of {size['Value']} ({size['Type']}) is {100 * share:.4g}% of "
            f"{instances} instance(s); it must be between {least}% and {most}%."
        )
    return float(share)


def _instances(policy: Mapping[str, Any], member: str, instances: int) -> int:
    """A size in whole instances, one at least."""
    return max(1, math.floor(_share(policy, member, instances) * instances))


def _timed(
    shares: tuple[float, ...], bake: int, policy: Mapping[str, Any], alarms: tuple[str, ...]
) -> Plan:
    timeout = policy.get("MaximumExecutionTimeoutInSeconds")
    return Plan(
        shares,
        timedelta(seconds=bake),
        timedelta(seconds=policy.get("TerminationWaitInSeconds", 0)),
        None if timeout is None else timedelta(seconds=timeout),
        alarms,
    )
