"""Executions: the real job over really captured traffic, wound through by the clock."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from moto.sagemaker.models import sagemaker_backends

from monitoring.kinds import DATA_QUALITY, EXPLAINABILITY, Kind
from moto_fixtures import clients, data_capture, running, runtime, scheduler
from moto_fixtures.runtime import Record
from tests.moto_fixtures.building import (
    BUCKET,
    Project,
    client,
    job_definition,
    schedule_config,
)

TEN = datetime(2026, 1, 31, 10)
HOUR = timedelta(hours=1)
REPORTS = f"s3://{BUCKET}/reports/data-quality/fraud-staging/hourly"


@pytest.fixture
def watched(project: Project, clock: ModuleType) -> Project:
    """An endpoint with an hourly data-quality schedule, at 10:00, before any traffic."""
    clock.travel(TEN)
    for name, body in project.model.baseline.items():
        project.s3.put_object(Bucket=BUCKET, Key=f"baselines/{name}", Body=body)
    schedule(project, DATA_QUALITY, DataQualityBaselineConfig=baseline_config())
    return project


def baseline_config() -> dict[str, Any]:
    return {
        "ConstraintsResource": {"S3Uri": f"s3://{BUCKET}/baselines/constraints.json"},
        "StatisticsResource": {"S3Uri": f"s3://{BUCKET}/baselines/statistics.json"},
    }


def schedule(project: Project, kind: Kind, name: str = "hourly", **definition: Any) -> None:
    create = f"create_{kind.slug.replace('-', '_')}_job_definition"
    request = job_definition(kind, project.endpoint, f"{name}-definition", **definition)
    getattr(project.sagemaker, create)(**request)
    project.sagemaker.create_monitoring_schedule(
        MonitoringScheduleName=name,
        MonitoringScheduleConfig=schedule_config(kind, f"{name}-definition"),
    )


def send(project: Project, rows: Sequence[str], time: datetime | None = None) -> None:
    backend = sagemaker_backends["123456789012"]["us-east-1"]
    moment = time or datetime.now(UTC).replace(tzinfo=None)
    records = [Record(row.encode(), "text/csv", moment) for row in rows]
    report = runtime.send_traffic(backend, project.endpoint, records)
    assert report.invocations == len(rows)


def executions(project: Project, **request: Any) -> list[dict[str, Any]]:
    answer = project.sagemaker.list_monitoring_executions(SortOrder="Ascending", **request)
    return list(answer["MonitoringExecutionSummaries"])


def job_of(project: Project, execution: dict[str, Any]) -> dict[str, Any]:
    name = execution["ProcessingJobArn"].rsplit("/", 1)[-1]
    return dict(project.sagemaker.describe_processing_job(ProcessingJobName=name))


def outputs(project: Project) -> dict[str, Any]:
    found = project.s3.list_objects_v2(Bucket=BUCKET, Prefix="reports/").get("Contents", [])
    return {
        one["Key"].removeprefix("reports/data-quality/fraud-staging/"): json.loads(
            project.s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read()
        )
        for one in found
    }


def test_clean_traffic_completes_and_spoilt_traffic_is_found(
    watched: Project, clock: ModuleType
) -> None:
    clean = watched.model.rows[:300]
    send(watched, clean)
    clock.advance(TEN + HOUR + timedelta(minutes=10))
    spoilt = [f"{float(amount) + 5000},{rest}" for amount, rest in (r.split(",", 1) for r in clean)]
    send(watched, spoilt)
    clock.advance(TEN + 2 * HOUR + timedelta(minutes=10))

    first, second = executions(watched)
    assert first["MonitoringExecutionStatus"] == "Completed", first
    assert second["MonitoringExecutionStatus"] == "CompletedWithViolations", second
    documents = outputs(watched)
    assert documents["hourly/2026/01/31/11/statistics.json"]["dataset"]["item_count"] == 300
    assert documents["hourly/2026/01/31/11/constraint_violations.json"]["violations"] == []
    violations = documents["hourly/2026/01/31/12/constraint_violations.json"]["violations"]
    assert watched.model.columns[0] in {violation["feature_name"] for violation in violations}


def test_a_processing_job_stands_behind_an_execution(watched: Project, clock: ModuleType) -> None:
    send(watched, watched.model.rows[:100])
    clock.advance(TEN + HOUR + timedelta(minutes=10))
    (execution,) = executions(watched)
    job = job_of(watched, execution)
    assert job["ProcessingJobStatus"] == "Completed"
    assert job["ExitMessage"] == "Completed: Job completed successfully with no violations."
    assert job["MonitoringScheduleArn"].endswith(":monitoring-schedule/hourly")
    assert job["ProcessingJobName"].startswith("data-quality-monitoring-202601311100-")
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 1800}
    environment = job["Environment"]
    assert (environment["start_time"], environment["end_time"]) == (
        "2026-01-31T10:00:00Z",
        "2026-01-31T11:00:00Z",
    )
    (output,) = job["ProcessingOutputConfig"]["Outputs"]
    assert output["S3Output"]["S3Uri"] == f"{REPORTS}/2026/01/31/11"


def test_a_definition_may_stand_in_its_schedule(watched: Project, clock: ModuleType) -> None:
    named = watched.sagemaker.describe_data_quality_job_definition(
        JobDefinitionName="hourly-definition"
    )
    inline = {
        "BaselineConfig": named["DataQualityBaselineConfig"],
        "MonitoringInputs": [named["DataQualityJobInput"]],
        "MonitoringOutputConfig": named["DataQualityJobOutputConfig"],
        "MonitoringResources": named["JobResources"],
        "MonitoringAppSpecification": named["DataQualityAppSpecification"],
        "RoleArn": named["RoleArn"],
    }
    watched.sagemaker.create_monitoring_schedule(
        MonitoringScheduleName="inline",
        MonitoringScheduleConfig={
            "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"},
            "MonitoringJobDefinition": inline,
        },
    )
    described = watched.sagemaker.describe_monitoring_schedule(MonitoringScheduleName="inline")
    assert "MonitoringJobDefinitionName" not in described
    assert described["EndpointName"] == watched.endpoint
    send(watched, watched.model.rows[:100])
    clock.advance(TEN + HOUR + timedelta(minutes=10))
    documents = outputs(watched)
    for name in ("statistics.json", "constraint_violations.json"):
        place = f"2026/01/31/11/{name}"
        assert documents[f"inline/{place}"] == documents[f"hourly/{place}"]


def test_it_is_pending_before_it_is_in_progress(watched: Project, clock: ModuleType) -> None:
    send(watched, watched.model.rows[:50])
    seen: list[str] = []

    def look(**_: Any) -> None:
        """Whenever the execution asks something of S3, its status is noted.

        It asks for what a bucket's policy may deny.
        """
        seen.extend(one.status for one in backend.monitoring_executions)

    backend: Any = sagemaker_backends["123456789012"]["us-east-1"]
    clock.travel(TEN + HOUR + timedelta(minutes=5))
    data_capture.flush_all()
    allowed = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    clients.client("s3", "us-east-1", "123456789012").put_bucket_policy(
        Bucket=BUCKET, Policy=policy
    )
    backend.monitoring_schedules["hourly"].due = TEN + HOUR
    execution, waiting = scheduler.begin(backend, backend.monitoring_schedules["hourly"])
    assert execution.status == "Pending"
    assert waiting is not None
    calls = clients.client("s3", "us-east-1", "123456789012").meta.events
    calls.register("before-call.s3", look)
    try:
        running.run_all([waiting])
    finally:
        calls.unregister("before-call.s3", look)
    assert set(seen) == {"InProgress"}
    assert execution.status == "Completed"


def test_it_starts_five_minutes_after_its_hour(watched: Project, clock: ModuleType) -> None:
    send(watched, watched.model.rows[:50])
    assert clock.advance(TEN + HOUR + timedelta(minutes=4)) == []
    (execution,) = clock.advance(TEN + HOUR + timedelta(minutes=5))
    assert execution.scheduled == TEN + HOUR
    (summary,) = executions(watched)
    assert summary["CreationTime"].astimezone(UTC).strftime("%H:%M") == "11:05"


def test_an_event_belongs_to_the_hour_it_happened_in(watched: Project, clock: ModuleType) -> None:
    """One at 10:59:59 is the 11:00 run's, one at 11:00:00 the 12:00 run's."""
    rows = watched.model.rows
    clock.travel(TEN + timedelta(minutes=59, seconds=59))
    send(watched, rows[:120])
    clock.travel(TEN + HOUR)
    send(watched, rows[120:200], TEN + HOUR)
    clock.advance(TEN + 2 * HOUR + timedelta(minutes=10))
    counted = [
        documents["dataset"]["item_count"]
        for key, documents in sorted(outputs(watched).items())
        if key.endswith("statistics.json")
    ]
    assert counted == [120, 80]


def test_an_hour_without_traffic_fails_and_says_so(watched: Project, clock: ModuleType) -> None:
    clock.advance(TEN + HOUR + timedelta(minutes=10))
    (execution,) = executions(watched)
    assert execution["MonitoringExecutionStatus"] == "Failed"
    assert execution["FailureReason"].startswith("NO_DATA: no captured record")
    assert job_of(watched, execution)["ProcessingJobStatus"] == "Failed"
    assert outputs(watched) == {}


def test_metrics_reach_cloudwatch(watched: Project, clock: ModuleType) -> None:
    send(watched, watched.model.rows[:100])
    clock.advance(TEN + HOUR + timedelta(minutes=10))
    metrics = client(watched.session, "cloudwatch").list_metrics(
        Namespace="aws/sagemaker/Endpoints/data-metrics"
    )["Metrics"]
    dimensions = {d["Name"]: d["Value"] for d in metrics[0]["Dimensions"]}
    assert dimensions == {"Endpoint": "fraud-staging", "MonitoringSchedule": "hourly"}
    assert any(metric["MetricName"].startswith("feature_baseline_drift_") for metric in metrics)


def test_a_missing_baseline_names_the_object(watched: Project, clock: ModuleType) -> None:
    watched.s3.delete_object(Bucket=BUCKET, Key="baselines/constraints.json")
    send(watched, watched.model.rows[:10])
    clock.advance(TEN + HOUR + timedelta(minutes=10))
    (execution,) = executions(watched)
    assert execution["MonitoringExecutionStatus"] == "Failed"
    assert f"s3://{BUCKET}/baselines/constraints.json" in execution["FailureReason"]


def test_an_output_bucket_that_is_not_there_leaves_nothing_behind(
    watched: Project, clock: ModuleType
) -> None:
    nowhere = {"S3Uri": "s3://not-there/reports", "LocalPath": "/opt/ml/processing/output/dq"}
    watched.sagemaker.stop_monitoring_schedule(MonitoringScheduleName="hourly")
    schedule(
        watched,
        DATA_QUALITY,
        "lost",
        DataQualityBaselineConfig=baseline_config(),
        DataQualityJobOutputConfig={"MonitoringOutputs": [{"S3Output": nowhere}]},
    )
    send(watched, watched.model.rows[:50])
    clock.advance(TEN + HOUR + timedelta(minutes=10))
    (execution,) = executions(watched)
    assert execution["MonitoringExecutionStatus"] == "Failed"
    assert "Failed to upload output to s3://not-there/reports" in execution["FailureReason"]


def test_what_the_job_refuses_it_refuses_in_its_own_words(
    watched: Project, clock: ModuleType
) -> None:
    watched.s3.put_object(Bucket=BUCKET, Key="baselines/analysis_config.json", Body=b"{}")
    watched.sagemaker.stop_monitoring_schedule(MonitoringScheduleName="hourly")
    schedule(watched, EXPLAINABILITY, "other")
    send(watched, watched.model.rows[:10])
    clock.advance(TEN + HOUR + timedelta(minutes=10))
    (execution,) = executions(watched, MonitoringTypeEquals=EXPLAINABILITY.name)
    assert execution["MonitoringExecutionStatus"] == "Failed"
    assert execution["FailureReason"].startswith("analysis_config.json: methods must be")
    assert job_of(watched, execution)["ExitMessage"] == execution["FailureReason"]


def test_a_stopped_schedule_does_not_run(watched: Project, clock: ModuleType) -> None:
    watched.sagemaker.stop_monitoring_schedule(MonitoringScheduleName="hourly")
    assert clock.advance(TEN + 3 * HOUR) == []


def test_a_jump_of_the_clock_runs_nothing_in_between(watched: Project, clock: ModuleType) -> None:
    clock.travel(TEN + 5 * HOUR + timedelta(minutes=30))
    assert scheduler.run_due() == []
    (execution,) = clock.advance(TEN + 6 * HOUR + timedelta(minutes=10))
    assert execution.scheduled == TEN + 6 * HOUR


def test_a_schedule_of_now_runs_once_over_its_window(watched: Project, clock: ModuleType) -> None:
    watched.sagemaker.stop_monitoring_schedule(MonitoringScheduleName="hourly")
    send(watched, watched.model.rows[:60])
    clock.travel(TEN + timedelta(minutes=30))
    watched.sagemaker.create_monitoring_schedule(
        MonitoringScheduleName="once",
        MonitoringScheduleConfig=schedule_config(
            DATA_QUALITY,
            "hourly-definition",
            ScheduleExpression="NOW",
            DataAnalysisStartTime="-PT1H",
            DataAnalysisEndTime="-PT0H",
        ),
    )
    (execution,) = clock.advance(TEN + timedelta(minutes=31))
    assert execution.status in {"Completed", "CompletedWithViolations"}, execution
    assert clock.advance(TEN + 4 * HOUR) == []


def test_the_schedule_tells_its_last_execution(watched: Project, clock: ModuleType) -> None:
    send(watched, watched.model.rows[:50])
    clock.advance(TEN + 2 * HOUR + timedelta(minutes=10))
    got = watched.sagemaker.describe_monitoring_schedule(MonitoringScheduleName="hourly")
    assert got["MonitoringScheduleStatus"] == "Scheduled"
    last = got["LastMonitoringExecutionSummary"]
    assert last["ScheduledTime"].astimezone(UTC).hour == 12
    assert last["FailureReason"].startswith("NO_DATA")


def test_executions_are_filtered_and_outlive_their_schedule(
    watched: Project, clock: ModuleType
) -> None:
    send(watched, watched.model.rows[:50])
    clock.advance(TEN + 2 * HOUR + timedelta(minutes=10))
    watched.sagemaker.delete_monitoring_schedule(MonitoringScheduleName="hourly")
    assert len(executions(watched, MonitoringScheduleName="hourly")) == 2
    (failed,) = executions(watched, StatusEquals="Failed")
    (late,) = executions(watched, ScheduledTimeAfter=(TEN + HOUR).replace(tzinfo=UTC))
    assert failed == late
    assert executions(watched, EndpointName="another") == []


def test_violations_raise_the_schedules_alert_and_a_clean_hour_takes_it_back(
    watched: Project, clock: ModuleType
) -> None:
    rows = watched.model.rows[:200]
    spoilt = [f"{float(amount) + 5000},{rest}" for amount, rest in (r.split(",", 1) for r in rows)]
    for hour, sent in enumerate((spoilt, rows), 1):
        send(watched, sent)
        clock.advance(TEN + hour * HOUR + timedelta(minutes=10))
    (alert,) = watched.sagemaker.list_monitoring_alerts(MonitoringScheduleName="hourly")[
        "MonitoringAlertSummaries"
    ]
    assert alert["AlertStatus"] == "OK"
    history = watched.sagemaker.list_monitoring_alert_history(SortOrder="Ascending")
    assert [one["AlertStatus"] for one in history["MonitoringAlertHistory"]] == ["InAlert", "OK"]
    assert history["MonitoringAlertHistory"][0]["CreationTime"].astimezone(UTC).hour == 11
    raised = watched.sagemaker.list_monitoring_alert_history(StatusEquals="InAlert")
    assert len(raised["MonitoringAlertHistory"]) == 1
