"""The SageMaker SDK's monitoring classes, all that they do, against the offline AWS.

Needs     CONFORMANCE_WORLD (see world.py); the SDK: `sagemaker` 2 or `sagemaker-core`

`make conformance` runs this file twice, each time in an environment that has only one of the
two, and no moto. Their classes are the same; what they are imported from differs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from moto_fixtures.server_process import ServerProcess

if "CONFORMANCE_WORLD" not in os.environ:
    pytest.skip("there is no world; `make conformance` makes one", allow_module_level=True)

from tests.conformance.subjects import (
    BUCKET,
    HOURLY_RECORDS,
    SETTINGS,
    SUBJECTS,
    WORLD,
    Desk,
    Subject,
    constraints,
    imported,
)


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    sdk = imported()
    session = sdk.Session(
        boto3.Session(region_name=WORLD["region"]),
        default_bucket=BUCKET,
        sagemaker_config=SETTINGS,
    )
    yield Desk(ServerProcess(WORLD["url"]), sdk, session)


@dataclass
class Watched:
    """A monitor with a baseline and a schedule, and what it was scheduled with."""

    subject: Subject
    monitor: Any
    scheduled: dict[str, Any]
    name: str


@pytest.fixture(scope="module", params=SUBJECTS, ids=lambda subject: subject.kind)
def watched(request: pytest.FixtureRequest, desk: Desk) -> Iterator[Watched]:
    """Baseline and schedule of one monitor, after one hour that was like the baseline."""
    subject: Subject = request.param
    monitor = desk.monitor(subject.kind, max_runtime_in_seconds=1800)
    subject.suggest(desk, monitor)
    scheduled = subject.schedule(desk, monitor)
    name = f"by-sdk-{subject.slug}"
    monitor.create_monitoring_schedule(
        monitor_schedule_name=name,
        output_s3_uri=f"s3://{BUCKET}/reports/{subject.slug}",
        schedule_cron_expression=desk.sdk.monitor.CronExpressionGenerator.hourly(),
        **scheduled,
    )
    desk.an_hour_passes()
    yield Watched(subject, monitor, scheduled, name)


def statuses(watched: Watched) -> list[str]:
    """Of its executions, oldest first, as the API tells them; none may have failed."""
    found = boto3.client("sagemaker").list_monitoring_executions(
        MonitoringScheduleName=watched.name, SortOrder="Ascending"
    )["MonitoringExecutionSummaries"]
    assert [one["FailureReason"] for one in found if "FailureReason" in one] == []
    return [one["MonitoringExecutionStatus"] for one in found]


def executions(monitor: Any, desk: Desk) -> list[Any]:
    """As the SDK lists them.

    sagemaker-core 2.27.0 asks every execution of a Clarify monitor for a `job_name` that it does
    not have; what the class inherits, and then spoils, works.
    """
    try:
        return list(monitor.list_executions())
    except AttributeError as error:
        if "job_name" not in str(error):
            raise
        return list(desk.sdk.monitor.ModelMonitor.list_executions(monitor))


def latest_violations(monitor: Any, desk: Desk) -> list[Any]:
    """Of the last execution; read from the execution itself where the SDK cannot list them."""
    try:
        found = monitor.latest_monitoring_constraint_violations()
    except AttributeError as error:
        if "job_name" not in str(error):
            raise
        found = executions(monitor, desk)[-1].constraint_violations()
    return list(found.body_dict["violations"])


def test_a_baseline_is_suggested(watched: Watched, desk: Desk) -> None:
    job = boto3.client("sagemaker").describe_processing_job(
        ProcessingJobName=watched.monitor.latest_baselining_job_name
    )
    assert job["ProcessingJobStatus"] == "Completed"
    assert "version" in constraints(desk, watched.monitor, watched.subject.slug).body_dict
    if watched.subject.has_statistics:
        assert "version" in watched.monitor.baseline_statistics().body_dict


def test_its_executions_are_processing_jobs_that_could_be_evaluated(
    watched: Watched, desk: Desk
) -> None:
    listed = executions(watched.monitor, desk)
    assert len(listed) == len(statuses(watched)) == 1
    assert statuses(watched)[0] in {"Completed", "CompletedWithViolations"}
    job = boto3.client("sagemaker").describe_processing_job(
        ProcessingJobName=getattr(listed[0], "processing_job_name", None) or listed[0].job_name
    )
    assert job["MonitoringScheduleArn"].endswith(f":monitoring-schedule/{watched.name}")


def test_it_reads_what_the_last_run_found(watched: Watched, desk: Desk) -> None:
    if watched.subject.has_statistics:
        statistics = watched.monitor.latest_monitoring_statistics().body_dict
        assert statistics["dataset"]["item_count"] == HOURLY_RECORDS
    found = latest_violations(watched.monitor, desk)
    assert bool(found) == (statuses(watched)[-1] == "CompletedWithViolations")


def test_its_alert_is_updated_and_tells_its_history(watched: Watched) -> None:
    (alert,), _ = watched.monitor.list_monitoring_alerts()
    watched.monitor.update_monitoring_alert(
        monitoring_alert_name=alert.alert_name,
        data_points_to_alert=2,
        evaluation_period=3,
    )
    (alert,), _ = watched.monitor.list_monitoring_alerts()
    assert (alert.data_points_to_alert, alert.evaluation_period) == (2, 3)
    history, _ = watched.monitor.list_monitoring_alert_history(
        monitoring_alert_name=alert.alert_name
    )
    assert bool(history) == (statuses(watched)[0] == "CompletedWithViolations")


def test_a_stopped_schedule_runs_again_once_it_is_started(watched: Watched, desk: Desk) -> None:
    before = len(executions(watched.monitor, desk))
    watched.monitor.stop_monitoring_schedule()
    assert watched.monitor.describe_schedule()["MonitoringScheduleStatus"] == "Stopped"
    desk.an_hour_passes()
    assert len(executions(watched.monitor, desk)) == before
    watched.monitor.start_monitoring_schedule()
    desk.an_hour_passes()
    assert len(executions(watched.monitor, desk)) == before + 1


def test_an_update_makes_another_definition_and_keeps_the_schedule(
    watched: Watched, desk: Desk
) -> None:
    before = watched.monitor.job_definition_name
    watched.monitor.update_monitoring_schedule(
        schedule_cron_expression=desk.sdk.monitor.CronExpressionGenerator.daily(hour=3),
        max_runtime_in_seconds=1200,
        output_s3_uri=f"s3://{BUCKET}/reports/{watched.subject.slug}",
        **watched.scheduled,
    )
    described = watched.monitor.describe_schedule()
    config = described["MonitoringScheduleConfig"]
    assert config["ScheduleConfig"]["ScheduleExpression"] == "cron(0 3 ? * * *)"
    assert config["MonitoringJobDefinitionName"] != before
    assert described["MonitoringScheduleName"] == watched.name


def test_one_attached_by_name_is_the_one_that_was_made(watched: Watched, desk: Desk) -> None:
    attached = type(watched.monitor).attach(watched.name, sagemaker_session=desk.session)
    assert attached.job_definition_name == watched.monitor.job_definition_name
    assert len(executions(attached, desk)) == len(executions(watched.monitor, desk))


def test_deleting_it_takes_its_definition_too(watched: Watched) -> None:
    watched.monitor.delete_monitoring_schedule()
    sagemaker = boto3.client("sagemaker")
    schedules = sagemaker.list_monitoring_schedules(NameContains=watched.name)
    assert schedules["MonitoringScheduleSummaries"] == []
    listed = getattr(sagemaker, f"list_{watched.subject.slug.replace('-', '_')}_job_definitions")()
    names = [one["MonitoringJobDefinitionName"] for one in listed["JobDefinitionSummaries"]]
    assert watched.monitor.job_definition_name not in names
