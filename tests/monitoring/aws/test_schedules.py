"""Schedules: every page is read, and a refusal is one line that names what was asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from monitoring.aws import schedules
from monitoring.aws.schedules import Execution
from monitoring.errors import AwsError

START = datetime(2026, 1, 5, tzinfo=UTC)
JOB = "arn:aws:sagemaker:eu-west-1:123456789012:processing-job/data-quality-1"
NAME = "fraud-staging-DataQuality"
EXECUTION = Execution(NAME, START, schedules.VIOLATIONS, "", JOB)
LISTED = {
    "MonitoringScheduleName": NAME,
    "MonitoringScheduleArn": f"arn:aws:sagemaker:eu-west-1:123456789012:monitoring-schedule/{NAME}",
    "MonitoringScheduleStatus": "Scheduled",
    "MonitoringType": "DataQuality",
    "EndpointName": "fraud-staging",
}

CALLS: dict[str, Callable[[Any], Iterable[Any] | str]] = {
    "ListMonitoringSchedules": lambda sagemaker: list(schedules.schedules(sagemaker)),
    "ListMonitoringExecutions": lambda sagemaker: list(schedules.executions(sagemaker, NAME)),
    "DescribeProcessingJob": lambda sagemaker: schedules.output_uri(sagemaker, EXECUTION),
}


def executed(hour: int) -> dict[str, Any]:
    return {
        "MonitoringScheduleName": NAME,
        "ScheduledTime": START + timedelta(hours=hour),
        "MonitoringExecutionStatus": "Completed",
    }


@pytest.mark.parametrize("operation", CALLS)
def test_a_refused_call_is_one_line_that_names_the_action(world, operation: str) -> None:
    world.refuse(operation, "AccessDeniedException")
    with pytest.raises(AwsError, match=f"Allow sagemaker:{operation} on it") as caught:
        CALLS[operation](world.sagemaker)
    assert len(str(caught.value).splitlines()) == 1


def test_no_credentials_are_one_line(world, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    nobody = boto3.Session(region_name="eu-west-1").client("sagemaker")
    with pytest.raises(AwsError, match="monitoring schedules: no usable AWS credentials"):
        list(schedules.schedules(nobody))


def test_every_page_of_executions_is_read(world) -> None:
    world.answer("ListMonitoringSchedules", {"MonitoringScheduleSummaries": [LISTED]})

    def page(params: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        at = int(json.loads(params["body"]).get("NextToken", "0"))
        more = {"NextToken": str(at + 1)} if at < 2 else {}
        return 200, {"MonitoringExecutionSummaries": [executed(at)], **more}

    world.answers["ListMonitoringExecutions"] = page
    (schedule,) = schedules.schedules(world.sagemaker)
    assert [run.scheduled.hour for run in schedule.executions] == [0, 1, 2]


def test_an_execution_without_a_job_has_no_files(world) -> None:
    world.refuse("DescribeProcessingJob", "AccessDeniedException")
    assert schedules.output_uri(world.sagemaker, Execution(NAME, START, "Failed", "no", "")) == ""
