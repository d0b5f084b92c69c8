"""Monitoring schedules: when a job definition is due, and what it last found.

A schedule is `Pending` until it has been read once, then `Scheduled`: a client that waits
for it sees both, and none waits for the wall clock. Deleting a schedule keeps the history
of its executions, as AWS does.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

from monitoring import kinds
from monitoring.kinds import Kind
from moto_fixtures.sagemaker import inline_definitions, job_definitions
from moto_fixtures.sagemaker.alerts import Alert
from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.errors import (
    AWSValidationException,
    ResourceInUseException,
)
from moto_fixtures.sagemaker.job_definitions import JobDefinition
from moto_fixtures.sagemaker.listing import Listing
from moto_fixtures.timing import MAXIMUM_WINDOW, NOW, MonitoringCron, duration

LISTING = Listing(
    result="MonitoringScheduleSummaries",
    sort={
        "CreationTime": "CreationTime",
        "Name": "MonitoringScheduleName",
        "Status": "MonitoringScheduleStatus",
    },
    equal={
        "EndpointName": "EndpointName",
        "StatusEquals": "MonitoringScheduleStatus",
        "MonitoringTypeEquals": "MonitoringType",
        "MonitoringJobDefinitionName": "MonitoringJobDefinitionName",
    },
    contains={"NameContains": "MonitoringScheduleName"},
    times=("CreationTime", "LastModifiedTime"),
)
RUNNING = {"Pending", "InProgress", "Stopping"}


@dataclass
class MonitoringSchedule:
    """One schedule, and the moment it is next due."""

    name: str
    arn: str
    kind: Kind
    config: dict[str, Any]
    endpoint_name: str | None
    created: datetime
    modified: datetime
    due: datetime | None
    """The next moment of the expression (UTC, naive); None after a `NOW` schedule has run."""
    status: str = "Pending"
    last_execution: Any = None
    tags: list[dict[str, str]] = field(default_factory=list)
    alert: Alert = field(init=False)

    def __post_init__(self) -> None:
        self.alert = Alert(self.name, self.created, self.created)

    @property
    def job_definition_name(self) -> str | None:
        """None where the schedule holds its definition itself."""
        return self.config.get("MonitoringJobDefinitionName")

    @property
    def schedule_config(self) -> dict[str, Any]:
        return dict(self.config["ScheduleConfig"])

    @property
    def expression(self) -> str:
        return str(self.schedule_config["ScheduleExpression"])

    def due_after(self, moment: datetime) -> datetime | None:
        """When the schedule is due next, strictly after a moment."""
        if self.expression == NOW:
            return None
        return MonitoringCron.parse(self.expression).next_after(moment)

    def settle(self) -> None:
        """What was asked for has been taken up: it was read, or time has passed."""
        if self.status == "Pending":
            self.status = "Scheduled"

    def describe(self) -> dict[str, Any]:
        answer = {
            **self.summary(),
            "MonitoringScheduleConfig": self.config,
            "EndpointName": self.endpoint_name,
        }
        if self.last_execution is not None:
            answer["LastMonitoringExecutionSummary"] = self.last_execution.summary()
        return answer

    def summary(self) -> dict[str, Any]:
        answer = {
            "MonitoringScheduleName": self.name,
            "MonitoringScheduleArn": self.arn,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
            "MonitoringScheduleStatus": self.status,
            "EndpointName": self.endpoint_name,
            "MonitoringJobDefinitionName": self.job_definition_name,
            "MonitoringType": self.kind.name,
        }
        if self.job_definition_name is None:
            del answer["MonitoringJobDefinitionName"]
        return answer


def definition_of(backend: Backend, config: dict[str, Any]) -> JobDefinition:
    """The job definition a schedule's configuration refers to; it must exist."""
    if inline_definitions.MEMBER in config:
        if "MonitoringJobDefinitionName" in config:
            raise AWSValidationException(
                "MonitoringScheduleConfig takes one of MonitoringJobDefinition and "
                "MonitoringJobDefinitionName, not both."
            )
        return inline_definitions.definition(backend, config)
    missing = {"MonitoringJobDefinitionName", "MonitoringType", "ScheduleConfig"} - set(config)
    if missing:
        raise AWSValidationException(
            f"MonitoringScheduleConfig lacks {', '.join(sorted(missing))}."
        )
    kind = kinds.by_name(config["MonitoringType"])
    return job_definitions.get(backend, kind, config["MonitoringJobDefinitionName"])


def check_timing(config: dict[str, Any]) -> None:
    """Refuse an expression Model Monitor does not run, or a window that is none."""
    timing = config["ScheduleConfig"]
    expression = timing["ScheduleExpression"]
    if expression != NOW:
        try:
            MonitoringCron.parse(expression)
        except ValueError as error:
            raise AWSValidationException(str(error)) from error
        return
    bounds = [timing.get(f"DataAnalysis{end}Time") for end in ("Start", "End")]
    if None in bounds:
        raise AWSValidationException(
            "DataAnalysisStartTime and DataAnalysisEndTime are required when "
            "ScheduleExpression is NOW."
        )
    try:
        window = duration(bounds[1]) - duration(bounds[0])
    except ValueError as error:
        raise AWSValidationException(str(error)) from error
    if not 0 < window.total_seconds() <= MAXIMUM_WINDOW.total_seconds():
        raise AWSValidationException(
            f"The data analysis window {bounds[0]}..{bounds[1]} is {window}; it must be longer "
            f"than zero and at most {MAXIMUM_WINDOW}."
        )


class ScheduleActions:
    """Create, describe, update, start, stop, delete and list monitoring schedules."""

    params: dict[str, Any]
    sagemaker_backend: Backend

    def create_monitoring_schedule(self) -> ActionResult:
        backend, request = self.sagemaker_backend, copy.deepcopy(self.params)
        name, config = request["MonitoringScheduleName"], request["MonitoringScheduleConfig"]
        if name in backend.monitoring_schedules:
            arn = backend.monitoring_schedules[name].arn
            raise ResourceInUseException(f"Monitoring Schedule {arn} already exists.")
        definition = definition_of(backend, config)
        check_timing(config)
        now = utcnow()
        made = MonitoringSchedule(
            name=name,
            arn=backend.arn("monitoring-schedule", name),
            kind=definition.kind,
            config=config,
            endpoint_name=definition.endpoint_name,
            created=now,
            modified=now,
            due=now,
            tags=request.get("Tags", []),
        )
        if made.expression != NOW:
            made.due = made.due_after(now)
        backend.monitoring_schedules[name] = made
        return ActionResult({"MonitoringScheduleArn": made.arn})

    def describe_monitoring_schedule(self) -> ActionResult:
        found = self._schedule()
        answer = found.describe()
        found.settle()
        return ActionResult(answer)

    def update_monitoring_schedule(self) -> ActionResult:
        found, config = self._schedule(), copy.deepcopy(self.params["MonitoringScheduleConfig"])
        definition = definition_of(self.sagemaker_backend, config)
        check_timing(config)
        found.kind, found.endpoint_name = definition.kind, definition.endpoint_name
        found.config, found.modified, found.status = config, utcnow(), "Pending"
        found.due = utcnow() if found.expression == NOW else found.due_after(utcnow())
        return ActionResult({"MonitoringScheduleArn": found.arn})

    def start_monitoring_schedule(self) -> ActionResult:
        found = self._schedule()
        found.settle()
        if found.status != "Stopped":
            raise AWSValidationException(
                f"Monitoring Schedule {found.arn} is {found.status}; only a Stopped one starts."
            )
        found.status, found.modified = "Scheduled", utcnow()
        found.due = utcnow() if found.expression == NOW else found.due_after(utcnow())
        return EmptyResult()

    def stop_monitoring_schedule(self) -> ActionResult:
        found = self._schedule()
        found.status, found.modified = "Stopped", utcnow()
        return EmptyResult()

    def delete_monitoring_schedule(self) -> ActionResult:
        found, backend = self._schedule(), self.sagemaker_backend
        if found.status == "Pending":
            raise AWSValidationException(
                f"Monitoring schedule {found.arn} in status Pending cannot be deleted."
            )
        if any(
            execution.schedule_name == found.name and execution.status in RUNNING
            for execution in backend.monitoring_executions
        ):
            raise AWSValidationException(
                f"Monitoring schedule {found.arn} has an execution in progress; "
                "delete it when the execution has ended."
            )
        del backend.monitoring_schedules[found.name]
        return EmptyResult()

    def list_monitoring_schedules(self) -> ActionResult:
        schedules = list(self.sagemaker_backend.monitoring_schedules.values())
        answer = LISTING.answer([one.summary() for one in schedules], self.params)
        for one in schedules:
            one.settle()
        return ActionResult(answer)

    def _schedule(self) -> MonitoringSchedule:
        return self.sagemaker_backend.monitoring_schedule(self.params["MonitoringScheduleName"])
