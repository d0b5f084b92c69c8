"""The self-hosted engine's schedules in SageMaker's words; what never began is not healthy."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import ModuleType

import boto3
import pytest

from monitoring import errors, status
from monitoring.aws.clients import Aws
from monitoring.aws.registry import PACKAGE_TAG
from monitoring.aws.scheduler import Started, Starter
from monitoring.hosted import OVERDUE, SCHEDULED, STOPPED, execution, schedule, schedules

ELEVEN = datetime(2026, 1, 31, 11, tzinfo=UTC)
HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)
TOLD = {
    "analysis_type": "DATA_QUALITY",
    "scheduled_time": "<aws.scheduler.scheduled-time>",
    "schedule_expression": "cron(0 * ? * * *)",
    "sagemaker_endpoint_name": "fraud-prod",
    "sagemaker_monitoring_schedule_name": "fraud-prod-DataQuality",
}
JOB = "arn:aws:sagemaker:us-east-1:123456789012:processing-job/data-quality-1"
ARN = "arn:aws:scheduler:us-east-1:123456789012:schedule/fraud-prod/fraud-prod-DataQuality"
STARTER = Starter("fraud-prod-DataQuality", "fraud-prod", ARN, True, ELEVEN, TOLD)
VIOLATIONS = "CompletedWithViolations: Job completed successfully with 2 violations."


def job(state: str = "Completed", message: str = "", hour: datetime = ELEVEN) -> Started:
    told = {**TOLD, "scheduled_time": f"{hour + QUARTER:%Y-%m-%dT%H:%M:%SZ}"}
    return Started(JOB, hour + QUARTER, state, message, told, "s3://reports/dq/")


@pytest.mark.parametrize(
    ("state", "message", "expected"),
    [
        ("Completed", "Completed: Job completed successfully with no violations.", "Completed"),
        ("Completed", VIOLATIONS, "CompletedWithViolations"),
        ("Failed", "NO_DATA: no records", "Failed"),
        ("Stopped", "", "Stopped"),
        ("Stopping", "", "InProgress"),
        ("InProgress", "", "InProgress"),
    ],
)
def test_a_job_ends_as_a_managed_execution_would(state: str, message: str, expected: str) -> None:
    run = execution(job(state, message))
    assert run.status == expected
    assert run.failure_reason == (message if state == "Failed" else "")


def test_a_run_is_named_after_its_hour_and_its_files_lie_where_awss_would() -> None:
    run = execution(job())
    assert (run.schedule, run.scheduled) == ("fraud-prod-DataQuality", ELEVEN)
    assert run.output == "s3://reports/dq/fraud-prod/fraud-prod-DataQuality/2026/01/31/11"
    assert run.processing_job == "data-quality-1"


def test_a_job_that_was_told_no_time_stands_at_the_hour_it_was_made() -> None:
    odd = Started(JOB, ELEVEN + QUARTER, "Failed", "scheduled_time is wrong", {}, "s3://r")
    assert (execution(odd).scheduled, execution(odd).output) == (ELEVEN, "")


@pytest.mark.parametrize(
    ("expression", "runs", "since_eleven", "expected"),
    [
        pytest.param("cron(0 * ? * * *)", [], 1.5, SCHEDULED, id="made a while ago"),
        pytest.param("cron(0 * ? * * *)", [], 2, OVERDUE, id="never began"),
        pytest.param("cron(0 * ? * * *)", [0, 1, 2], 3.9, SCHEDULED, id="the last was due"),
        pytest.param("cron(0 * ? * * *)", [0, 1, 2], 4, OVERDUE, id="one is missing"),
        pytest.param("cron(0 0/6 ? * * *)", [1], 7.9, SCHEDULED, id="every six hours"),
        pytest.param("cron(0 0/6 ? * * *)", [1], 8, OVERDUE, id="missing after six hours"),
    ],
)
def test_a_schedule_whose_run_did_not_begin_is_overdue(
    expression: str, runs: list[int], since_eleven: float, expected: str
) -> None:
    told = {**TOLD, "schedule_expression": expression}
    starter = Starter(STARTER.name, STARTER.group, ARN, True, ELEVEN, told)
    done = [execution(job(hour=ELEVEN + number * HOUR)) for number in runs]
    now = ELEVEN + since_eleven * HOUR
    assert schedule(starter, done, ELEVEN - HOUR, now).status == expected


def test_what_was_not_looked_for_is_not_overdue() -> None:
    now = ELEVEN + 9 * HOUR
    assert schedule(STARTER, [], now - HOUR, now).status == SCHEDULED


def test_a_disabled_schedule_is_stopped_and_not_healthy() -> None:
    off = Starter(STARTER.name, STARTER.group, ARN, False, ELEVEN, TOLD)
    stopped = schedule(off, [execution(job())], ELEVEN, ELEVEN + HOUR)
    assert stopped.status == STOPPED
    assert status.exit_code([status.Watched(stopped, ())]) == errors.FAILED


@pytest.mark.parametrize(("state", "word"), [(STOPPED, "enable it"), (OVERDUE, "get-schedule")])
def test_what_does_not_run_gets_a_next_step_of_its_own_engine(state: str, word: str) -> None:
    found = schedule(STARTER, [], ELEVEN, ELEVEN)
    other = status.Watched(status.Schedule(found.name, "", "", state, group="fraud-prod"), ())
    (line,) = status.next_steps([other])
    assert word in line
    assert "fraud-prod" in line
    assert "start-monitoring-schedule" not in line


@pytest.fixture
def account(session: boto3.Session, clock: ModuleType) -> boto3.Session:
    """Scheduler's schedules: ours in a tagged group, another one's job, and a queue's."""
    clock.travel(ELEVEN)
    scheduler = session.client("scheduler")
    scheduler.create_schedule_group(
        Name="fraud-prod", Tags=[{"Key": PACKAGE_TAG, "Value": "arn:…/fraud/1"}]
    )
    job_target = "arn:aws:scheduler:::aws-sdk:sagemaker:createProcessingJob"
    queue = "arn:aws:sqs:us-east-1:123456789012:q"
    for name, target, told in (
        ("fraud-prod-DataQuality", job_target, json.dumps({"Environment": TOLD})),
        ("fraud-prod-report", job_target, json.dumps({"Environment": {"mine": "1"}})),
        ("fraud-prod-broken", job_target, "[]"),
        ("fraud-prod-queue", queue, "{}"),
    ):
        scheduler.create_schedule(
            Name=name,
            GroupName="fraud-prod",
            ScheduleExpression="cron(15 * * * ? *)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": target, "RoleArn": ROLE, "Input": told},
        )
    return session


ROLE = "arn:aws:iam::123456789012:role/scheduler"


def test_only_our_own_schedules_are_shown(account: boto3.Session) -> None:
    (found,) = schedules(Aws(account), "fraud")
    assert (found.name, found.endpoint) == ("fraud-prod-DataQuality", "fraud-prod")
    assert (found.monitoring_type, found.status) == ("DataQuality", SCHEDULED)
    assert schedules(Aws(account), "loans") == []


def test_a_schedule_that_starts_nothing_is_found_on_the_services_clock(
    account: boto3.Session, clock: ModuleType
) -> None:
    clock.travel(ELEVEN + 2 * HOUR)
    watched = status.self_hosted_of_project(Aws(account))
    assert [one.schedule.status for one in watched] == [OVERDUE]
    assert status.exit_code(watched) == errors.FAILED


def test_the_package_of_the_baselines_is_known_by_the_groups_tag(account: boto3.Session) -> None:
    assert [one.package for one in schedules(Aws(account))] == ["arn:…/fraud/1"]
