"""EventBridge Scheduler's schedules that start monitors, and the processing jobs they started.

Reads     ListSchedules, GetSchedule, ListTagsForResource; ListProcessingJobs and, for each job,
          DescribeProcessingJob
Leaves    `Starter` and `Started`, as AWS has them

The one thing a reader gets wrong: Scheduler remembers none of its runs. They are found by what
their jobs were told, which only the description of each job shows: one call a run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from monitoring.aws.clients import asking
from monitoring.aws.registry import PACKAGE_TAG

TARGET = ":aws-sdk:sagemaker:createProcessingJob"
ENABLED = "ENABLED"


@dataclass(frozen=True, slots=True)
class Starter:
    """One of Scheduler's schedules that starts processing jobs."""

    name: str
    group: str
    arn: str
    is_enabled: bool
    modified: datetime
    """When it was made, or last changed."""
    environment: Mapping[str, str]
    """What every job is told; `scheduled_time` still has its placeholder."""


@dataclass(frozen=True, slots=True)
class Started:
    """One processing job, whoever started it."""

    arn: str
    created: datetime
    status: str
    message: str
    """Its exit message, or why it failed."""
    environment: Mapping[str, str]
    output: str
    """Its first output's S3 prefix."""


def starters(scheduler: Any, name_contains: str = "") -> Iterator[Starter]:
    """The schedules that start processing jobs, and whose name contains `name_contains`.

    `scheduler` is a boto3 client. Raises AwsError.
    """
    with asking("scheduler:ListSchedules", "EventBridge Scheduler's schedules"):
        pages = list(scheduler.get_paginator("list_schedules").paginate())
    for found in (one for page in pages for one in page["Schedules"]):
        starts = found.get("Target", {}).get("Arn", "").endswith(TARGET)
        if starts and name_contains in found["Name"]:
            key = {"Name": found["Name"], "GroupName": found["GroupName"]}
            with asking("scheduler:GetSchedule", f"schedule {found['Name']}"):
                yield _starter(scheduler.get_schedule(**key))


def package_of(scheduler: Any, starter: Starter) -> str:
    """The package whose baselines a schedule compares with, by its group's tag; "" without one.

    Scheduler tags groups only. Raises AwsError.
    """
    head, _, _ = starter.arn.rpartition(":")
    group = f"{head}:schedule-group/{starter.group}"
    with asking("scheduler:ListTagsForResource", group):
        tags = scheduler.list_tags_for_resource(ResourceArn=group)["Tags"]
    return next((str(tag["Value"]) for tag in tags if tag["Key"] == PACKAGE_TAG), "")


def started(sagemaker: Any, names: Iterable[str], since: datetime) -> Iterator[Started]:
    """The processing jobs made since then whose name contains one of `names`.

    Raises AwsError.
    """
    for name in names:
        with asking("sagemaker:ListProcessingJobs", f"processing jobs {name}…"):
            pages = list(
                sagemaker.get_paginator("list_processing_jobs").paginate(
                    NameContains=name, CreationTimeAfter=since
                )
            )
        for found in (one for page in pages for one in page["ProcessingJobSummaries"]):
            job = found["ProcessingJobName"]
            with asking("sagemaker:DescribeProcessingJob", f"processing job {job}"):
                yield _started(sagemaker.describe_processing_job(ProcessingJobName=job))


def now(scheduler: Any) -> datetime:
    """The time of the service, which need not be this machine's. Raises AwsError."""
    with asking("scheduler:ListSchedules", "EventBridge Scheduler's schedules"):
        answer = scheduler.list_schedules(MaxResults=1)
    date = answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date")
    return parsedate_to_datetime(date) if date else datetime.now(UTC)


def _starter(found: Mapping[str, Any]) -> Starter:
    try:
        environment = json.loads(found["Target"].get("Input") or "{}").get("Environment", {})
    except (ValueError, AttributeError):
        environment = {}  # whatever it starts, it is no monitor of ours
    return Starter(
        name=found["Name"],
        group=found["GroupName"],
        arn=found["Arn"],
        is_enabled=found.get("State", ENABLED) == ENABLED,
        modified=found.get("LastModificationDate") or found["CreationDate"],
        environment=environment,
    )


def _started(job: Mapping[str, Any]) -> Started:
    outputs = job.get("ProcessingOutputConfig", {}).get("Outputs", ())
    return Started(
        arn=job["ProcessingJobArn"],
        created=job["CreationTime"],
        status=job["ProcessingJobStatus"],
        message=job.get("FailureReason") or job.get("ExitMessage") or "",
        environment=job.get("Environment", {}),
        output=str(outputs[0]["S3Output"]["S3Uri"]) if outputs else "",
    )
