"""Monitoring executions, as the API lists them. `moto_fixtures.scheduler` makes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult

from monitoring.kinds import Kind
from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.listing import Listing

LISTING = Listing(
    result="MonitoringExecutionSummaries",
    sort={
        "CreationTime": "CreationTime",
        "ScheduledTime": "ScheduledTime",
        "Status": "MonitoringExecutionStatus",
    },
    equal={
        "MonitoringScheduleName": "MonitoringScheduleName",
        "EndpointName": "EndpointName",
        "StatusEquals": "MonitoringExecutionStatus",
        "MonitoringTypeEquals": "MonitoringType",
        "MonitoringJobDefinitionName": "MonitoringJobDefinitionName",
    },
    times=("CreationTime", "LastModifiedTime", "ScheduledTime"),
)


@dataclass
class MonitoringExecution:
    """One run of a monitor, and what became of it."""

    schedule_name: str
    kind: Kind
    job_definition_name: str | None
    endpoint_name: str | None
    scheduled: datetime
    created: datetime
    modified: datetime
    status: str = "Pending"
    """`InProgress` from its first job on."""
    processing_job_arn: str | None = None
    failure_reason: str | None = None

    def summary(self) -> dict[str, Any]:
        answer = {
            "MonitoringScheduleName": self.schedule_name,
            "ScheduledTime": self.scheduled,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
            "MonitoringExecutionStatus": self.status,
            "ProcessingJobArn": self.processing_job_arn,
            "EndpointName": self.endpoint_name,
            "FailureReason": self.failure_reason,
            "MonitoringJobDefinitionName": self.job_definition_name,
            "MonitoringType": self.kind.name,
        }
        return {member: value for member, value in answer.items() if value is not None}


class ExecutionActions:
    """List monitoring executions."""

    params: dict[str, Any]
    sagemaker_backend: Backend

    def list_monitoring_executions(self) -> ActionResult:
        found = self.sagemaker_backend.monitoring_executions
        return ActionResult(LISTING.answer([one.summary() for one in found], self.params))
