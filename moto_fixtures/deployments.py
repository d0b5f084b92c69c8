"""How an endpoint comes into service, and how it moves to another configuration.

Needs     an endpoint configuration, a DeploymentConfig, the clock, the alarms that guard it
Gives     Creating or Updating → InService; RollingBack → InService on the old fleet; Failed

A new fleet is started and its models answer their health checks; then it takes its shares of
the traffic, step by step, while the alarms are watched; then the old fleet goes. Until it has
gone the endpoint is Updating. An alarm in ALARM gives all traffic back at once; the endpoint is
InService again a minute later.

A fleet starts in no time unless OFFLINE_ENDPOINT_START_SECONDS says otherwise, so without
waits of its own a deployment is over within the call that asks for it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.core.exceptions import ServiceException
from moto.core.utils import utcnow
from moto.sagemaker.models import sagemaker_backends

from moto_fixtures import clock, work
from moto_fixtures.guardrails import Plan
from moto_fixtures.hosting import ModelLoadError
from moto_fixtures.sagemaker import fleets
from moto_fixtures.sagemaker.fleets import Fleet
from moto_fixtures.splitting import Split

if TYPE_CHECKING:
    from moto_fixtures.sagemaker.backend import Backend
    from moto_fixtures.sagemaker.endpoints import Endpoint

CREATING, BAKING, TERMINATING, ROLLING_BACK = "Creating", "Baking", "Terminating", "RollingBack"
START_SECONDS = "OFFLINE_ENDPOINT_START_SECONDS"
ROLLBACK = timedelta(minutes=1)
"""From the alarm to the end of the rollback; the traffic is back at once."""
ROLLED_BACK = "The deployment of endpoint configuration {config} was rolled back: {why}"
_lock = threading.RLock()
"""Held while one deployment takes a step: a request and the clock may both find it due."""


@dataclass
class Deployment:
    """A configuration on its way into service."""

    config: Any
    plan: Plan
    retained: Collection[str]
    """What the new fleet keeps of the old one (`fleets.RETAINABLE`)."""
    started: datetime
    due: datetime
    """When the next step is taken."""
    stage: str = CREATING
    step: int = -1
    fleet: Fleet | None = None
    """The new one, once it has started."""
    entered: datetime | None = None
    """Since when it is in its stage."""
    why: str = ""
    """What rolled it back."""
    split: Split = field(default_factory=Split)

    @property
    def share(self) -> float:
        """The new fleet's share of the traffic."""
        return self.plan.shares[self.step] if self.stage in {BAKING, TERMINATING} else 0.0

    @property
    def deadline(self) -> datetime:
        return self.started + self.plan.timeout if self.plan.timeout else datetime.max

    def summary(self) -> dict[str, Any]:
        """The PendingDeploymentSummary of DescribeEndpoint."""
        config, fleet = self.config, self.fleet
        status = {"Status": self._status(), "StartTime": self.entered or self.started}
        found: dict[str, Any] = {
            "EndpointConfigName": config.endpoint_config_name,
            "StartTime": self.started,
        }
        for member, started in (
            ("ProductionVariants", fleet.variants if fleet else None),
            ("ShadowProductionVariants", fleet.shadows if fleet else None),
        ):
            asked = config.request.get(member)
            if asked:
                shown = started or [{"VariantName": one["VariantName"]} for one in asked]
                found[member] = [{**one, "VariantStatus": [status]} for one in shown]
        return found

    def _status(self) -> str:
        """The stage as VariantStatus names it."""
        if self.stage == CREATING:
            return "Creating"
        if self.stage == ROLLING_BACK:
            return "Deleting"
        return "Baking" if self.stage == BAKING else "ActivatingTraffic"


def begin(
    backend: Backend,
    endpoint: Endpoint,
    config: Any,
    plan: Plan,
    retained: Collection[str] = (),
) -> None:
    """Start moving an endpoint to a configuration, and go as far as this moment allows."""
    now = utcnow()
    start = timedelta(seconds=float(os.environ.get(START_SECONDS, "0")))
    endpoint.deployment = Deployment(config, plan, retained, now, now + start)
    endpoint.failure_reason = None
    endpoint.become("Creating" if endpoint.fleet is None else "Updating")
    progress(backend, endpoint)


def progress(backend: Backend, endpoint: Endpoint) -> bool:
    """Take every step of an endpoint's deployment that is due by now; answer whether any was."""
    taken = False
    with _lock:
        while (found := endpoint.deployment) is not None and _next(backend, found) <= utcnow():
            _take_step(backend, endpoint, found)
            taken = True
    return taken


def route(endpoint: Endpoint) -> Fleet:
    """The fleet that answers the next request: the old one, or the new one as far as it got."""
    assert endpoint.fleet is not None, "an endpoint without a fleet is not invoked"
    found = endpoint.deployment
    if found is None or found.fleet is None or found.share == 0:
        return endpoint.fleet
    with _lock:
        new = found.split.pick({"old": 1 - found.share, "new": found.share}) == "new"
    return found.fleet if new else endpoint.fleet


def finish(backend: Backend, endpoint_name: str) -> None:
    """Wait for the end of an endpoint's deployment: wind the clock on, as far as it takes.

    A build or a pipeline that deploys holds the clock until it ends. The waits then take no time,
    and the alarms are looked at as they stand.
    """
    while (endpoint := backend.endpoints.get(endpoint_name)) is not None:
        found = endpoint.deployment
        if found is None:
            return
        if not _wound_on(max(_next(backend, found), utcnow())):
            found.due = min(found.due, utcnow())
        progress(backend, endpoint)


def _wound_on(to: datetime) -> bool:
    """Wind the clock on, unless who winds it, or holds it, may be waiting for us."""
    if work.goes_on() or not clock.lock.acquire(blocking=False):
        return False
    try:
        clock.advance(to)
    finally:
        clock.lock.release()
    return True


def install() -> None:
    """Let deployments go on as the clock is wound."""
    clock.register("endpoint deployments", clock.Source(next_event, run_due, _jumped))


def next_event() -> datetime | None:
    """When the next step of any deployment is due: now, where an alarm stops one."""
    return min((_next(backend, found) for backend, _, found in _all()), default=None)


def run_due() -> list[Any]:
    """Take every step that is due by now; the endpoints tell how far they are."""
    for backend, endpoint, _ in _all():
        progress(backend, endpoint)
    return []


def _jumped() -> None:
    """Time jumped: what fell due in between is made up for at the next look."""


def _all() -> Iterator[tuple[Backend, Endpoint, Deployment]]:
    for _, _, backend in list(sagemaker_backends.iter_backends()):
        for endpoint in list(backend.endpoints.values()):
            found = getattr(endpoint, "deployment", None)
            if found is not None:
                yield backend, endpoint, found


def _next(backend: Backend, found: Deployment) -> datetime:
    """When something happens to a deployment; at once where an alarm stops it."""
    if found.stage == BAKING and tripped(backend, found.plan.alarms):
        return utcnow()
    return found.due if found.stage == ROLLING_BACK else min(found.due, found.deadline)


def tripped(backend: Backend, alarms: Collection[str]) -> list[str]:
    """Which of some alarms are in ALARM."""
    cloudwatch = cloudwatch_backends[backend.account_id][backend.region_name]
    known = cloudwatch.alarms
    return [name for name in alarms if name in known and known[name].state_value == "ALARM"]


def _take_step(backend: Backend, endpoint: Endpoint, found: Deployment) -> None:
    if found.stage == ROLLING_BACK:
        assert endpoint.fleet is not None, "only an update is rolled back"
        _conclude(endpoint, endpoint.fleet, found.why)
    elif found.stage == BAKING and (alarms := tripped(backend, found.plan.alarms)):
        _roll_back(endpoint, found, f"alarm(s) in ALARM: {', '.join(alarms)}.")
    elif found.deadline < found.due:
        timeout = found.plan.timeout
        assert timeout is not None, "without one, the deadline is never before a step"
        _roll_back(endpoint, found, f"it took longer than {timeout.total_seconds():.0f} seconds.")
    elif found.stage == CREATING:
        _start_fleet(backend, endpoint, found)
    elif found.stage == BAKING:
        _shift(found)
    else:
        assert found.fleet is not None, "traffic has moved to it"
        _conclude(endpoint, found.fleet, None)


def _start_fleet(backend: Backend, endpoint: Endpoint, found: Deployment) -> None:
    try:
        found.fleet = fleets.load(backend, found.config, endpoint.fleet, found.retained)
    except ModelLoadError as error:
        _fail(endpoint, str(error))
    except ServiceException as error:
        _fail(endpoint, str(error.message))
    else:
        _shift(found)


def _shift(found: Deployment) -> None:
    """Give the new fleet its next share; after the last, let the old one go."""
    found.entered = found.due
    if found.step + 1 < len(found.plan.shares):
        found.step, found.stage = found.step + 1, BAKING
        found.due += found.plan.bake
    else:
        found.stage = TERMINATING
        found.due += found.plan.termination


def _fail(endpoint: Endpoint, reason: str) -> None:
    """The new fleet never served: there is nothing to take back."""
    if endpoint.fleet is not None:
        _conclude(endpoint, endpoint.fleet, reason)
        return
    endpoint.deployment, endpoint.failure_reason = None, reason
    endpoint.become("Failed")


def _roll_back(endpoint: Endpoint, found: Deployment, why: str) -> None:
    found.why = ROLLED_BACK.format(config=found.config.endpoint_config_name, why=why)
    if endpoint.fleet is None:
        _fail(endpoint, found.why)
        return
    found.stage, found.entered = ROLLING_BACK, utcnow()
    found.due = utcnow() + ROLLBACK
    endpoint.become("RollingBack")


def _conclude(endpoint: Endpoint, fleet: Fleet, failure: str | None) -> None:
    endpoint.deployment, endpoint.failure_reason = None, failure
    endpoint.take(fleet)
    endpoint.become("InService")
