"""Monitoring schedules and their executions, as SageMaker reports them.

Reads     ListMonitoringSchedules, ListMonitoringExecutions, DescribeProcessingJob
Leaves    `Schedule` and `Execution`, oldest execution first

An execution's own status says whether its job ran, not where its files are: those stand
in the processing job behind it, which is looked up only for the executions someone reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from monitoring.aws.clients import asking

CLEAN = "Completed"
VIOLATIONS = "CompletedWithViolations"
FAILED = ("Failed", "Stopped")
ENDED = (CLEAN, VIOLATIONS, *FAILED)


@dataclass(frozen=True, slots=True)
class Execution:
    """One run of a schedule."""

    schedule: str
    scheduled: datetime
    status: str
    failure_reason: str
    processing_job_arn: str
    output: str = ""
    """Where its files lie, if that is known without asking for its job."""

    @property
    def processing_job(self) -> str:
        """The processing job's name.

        >>> arn = "arn:aws:sagemaker:us-east-1:123456789012:processing-job/dq-1"
        >>> Execution("s", datetime(2026, 1, 5), CLEAN, "", arn).processing_job
        'dq-1'
        """
        return self.processing_job_arn.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Schedule:
    """One monitoring schedule and the executions that were asked for."""

    name: str
    monitoring_type: str
    endpoint: str
    status: str
    executions: tuple[Execution, ...] = ()
    arn: str = ""
    group: str = ""
    """The group of EventBridge Scheduler that a self-hosted schedule is in; else empty."""
    package: str = ""
    """The package whose baselines a self-hosted schedule compares with, where that is known."""

    def of_package(self, package: str) -> Schedule:
        """The same schedule, whose package is known."""
        return replace(self, package=package)


def schedules(
    sagemaker: Any, name_contains: str = "", since: datetime | None = None
) -> Iterator[Schedule]:
    """Every schedule whose name contains `name_contains`, with its executions since `since`.

    `sagemaker` is a boto3 SageMaker client. All pages are read. Raises AwsError.
    """
    wanted = {"NameContains": name_contains} if name_contains else {}
    pages = sagemaker.get_paginator("list_monitoring_schedules").paginate(
        SortBy="Name", SortOrder="Ascending", **wanted
    )
    for page in _read(pages, "sagemaker:ListMonitoringSchedules", "monitoring schedules"):
        for found in page["MonitoringScheduleSummaries"]:
            name = found["MonitoringScheduleName"]
            yield Schedule(
                name=name,
                monitoring_type=found.get("MonitoringType", ""),
                endpoint=found.get("EndpointName", ""),
                status=found["MonitoringScheduleStatus"],
                executions=tuple(executions(sagemaker, name, since)),
                arn=found["MonitoringScheduleArn"],
            )


def executions(sagemaker: Any, schedule: str, since: datetime | None = None) -> Iterator[Execution]:
    """The executions of one schedule, oldest first; all pages are read."""
    after = {"ScheduledTimeAfter": since} if since else {}
    pages = sagemaker.get_paginator("list_monitoring_executions").paginate(
        MonitoringScheduleName=schedule, SortBy="ScheduledTime", SortOrder="Ascending", **after
    )
    for page in _read(pages, "sagemaker:ListMonitoringExecutions", schedule):
        for found in page["MonitoringExecutionSummaries"]:
            yield Execution(
                schedule=schedule,
                scheduled=found["ScheduledTime"],
                status=found["MonitoringExecutionStatus"],
                failure_reason=found.get("FailureReason", ""),
                processing_job_arn=found.get("ProcessingJobArn", ""),
            )


def _read(pages: Any, action: str, resource: str) -> Iterator[Mapping[str, Any]]:
    """The pages of a listing, each asked for when it is needed."""
    with asking(action, resource):
        yield from pages


def output_uri(sagemaker: Any, execution: Execution) -> str:
    """Where an execution's files lie: an `s3://` prefix, or "" where no job was started.

    Raises AwsError.
    """
    if execution.output or not execution.processing_job_arn:
        return execution.output
    with asking("sagemaker:DescribeProcessingJob", f"processing job {execution.processing_job}"):
        job: Mapping[str, Any] = sagemaker.describe_processing_job(
            ProcessingJobName=execution.processing_job
        )
    outputs = job.get("ProcessingOutputConfig", {}).get("Outputs", [])
    return str(outputs[0]["S3Output"]["S3Uri"]) if outputs else ""
