"""Monitoring schedules: names, references, statuses, listing."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from monitoring.kinds import DATA_QUALITY
from tests.moto_fixtures.building import Project, job_definition, schedule_config

NOW = {
    "ScheduleExpression": "NOW",
    "DataAnalysisStartTime": "-PT2H",
    "DataAnalysisEndTime": "-PT0H",
}


@pytest.fixture
def sagemaker(project: Project) -> Any:
    definition = job_definition(DATA_QUALITY, project.endpoint)
    project.sagemaker.create_data_quality_job_definition(**definition)
    return project.sagemaker


def create(sagemaker: Any, name: str = "hourly", **timing: Any) -> str:
    config = schedule_config(DATA_QUALITY, **timing)
    answer = sagemaker.create_monitoring_schedule(
        MonitoringScheduleName=name, MonitoringScheduleConfig=config
    )
    return str(answer["MonitoringScheduleArn"])


def names(answer: dict[str, Any]) -> list[str]:
    return [one["MonitoringScheduleName"] for one in answer["MonitoringScheduleSummaries"]]


def status(sagemaker: Any, name: str = "hourly") -> str:
    answer = sagemaker.describe_monitoring_schedule(MonitoringScheduleName=name)
    return str(answer["MonitoringScheduleStatus"])


def test_describe_returns_what_was_created(sagemaker: Any) -> None:
    arn = create(sagemaker)
    got = sagemaker.describe_monitoring_schedule(MonitoringScheduleName="hourly")
    assert got["MonitoringScheduleArn"] == arn
    assert got["MonitoringScheduleConfig"] == schedule_config(DATA_QUALITY)
    assert got["EndpointName"] == "fraud-staging"
    assert got["MonitoringType"] == "DataQuality"
    assert "LastMonitoringExecutionSummary" not in got


def test_it_is_pending_until_it_was_read_once(sagemaker: Any) -> None:
    create(sagemaker)
    assert [status(sagemaker), status(sagemaker)] == ["Pending", "Scheduled"]


def test_it_cannot_be_deleted_while_pending(sagemaker: Any) -> None:
    create(sagemaker)
    with pytest.raises(ClientError, match="in status Pending"):
        sagemaker.delete_monitoring_schedule(MonitoringScheduleName="hourly")
    status(sagemaker)
    sagemaker.delete_monitoring_schedule(MonitoringScheduleName="hourly")
    with pytest.raises(ClientError) as gone:
        status(sagemaker)
    assert gone.value.response["Error"]["Code"] == "ResourceNotFound"


def test_a_name_is_used_once(sagemaker: Any) -> None:
    create(sagemaker)
    with pytest.raises(sagemaker.exceptions.ResourceInUse):
        create(sagemaker)


def test_it_stops_and_starts(sagemaker: Any) -> None:
    create(sagemaker)
    with pytest.raises(ClientError, match="only a Stopped one starts"):
        sagemaker.start_monitoring_schedule(MonitoringScheduleName="hourly")
    sagemaker.stop_monitoring_schedule(MonitoringScheduleName="hourly")
    assert status(sagemaker) == "Stopped"
    sagemaker.start_monitoring_schedule(MonitoringScheduleName="hourly")
    assert status(sagemaker) == "Scheduled"


def test_an_update_takes_another_definition_and_keeps_the_schedule(sagemaker: Any) -> None:
    arn = create(sagemaker)
    sagemaker.create_data_quality_job_definition(
        **job_definition(DATA_QUALITY, "fraud-staging", "watch-2")
    )
    sagemaker.update_monitoring_schedule(
        MonitoringScheduleName="hourly",
        MonitoringScheduleConfig=schedule_config(DATA_QUALITY, "watch-2"),
    )
    got = sagemaker.describe_monitoring_schedule(MonitoringScheduleName="hourly")
    assert got["MonitoringScheduleArn"] == arn
    assert got["MonitoringScheduleConfig"]["MonitoringJobDefinitionName"] == "watch-2"


def test_an_unknown_definition_is_refused(sagemaker: Any) -> None:
    with pytest.raises(ClientError, match=r"Could not find job definition .*/nowhere"):
        sagemaker.create_monitoring_schedule(
            MonitoringScheduleName="hourly",
            MonitoringScheduleConfig=schedule_config(DATA_QUALITY, "nowhere"),
        )


@pytest.mark.parametrize(
    "expression",
    ["cron(0/30 * ? * * *)", "cron(0 * ? * MON-FRI *)", "rate(1 hour)", "cron(0 25 ? * * *)"],
)
def test_an_expression_model_monitor_does_not_run_is_refused(
    sagemaker: Any, expression: str
) -> None:
    with pytest.raises(ClientError, match="is not one Model Monitor runs"):
        create(sagemaker, ScheduleExpression=expression)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"DataAnalysisEndTime": None}, "are required when"),
        ({"DataAnalysisStartTime": "-P2D"}, "at most 1 day"),
        ({"DataAnalysisStartTime": "-PT0H"}, "longer than zero"),
        ({"DataAnalysisStartTime": "-PxH"}, "is not an ISO 8601 duration"),
    ],
    ids=["no end", "two days", "empty", "no duration"],
)
def test_a_single_run_needs_a_window(sagemaker: Any, change: dict[str, Any], why: str) -> None:
    timing = {member: value for member, value in {**NOW, **change}.items() if value is not None}
    with pytest.raises(ClientError, match=why):
        create(sagemaker, **timing)


@pytest.mark.parametrize(
    ("beside", "why"),
    [
        ({"MonitoringType": "ModelQuality"}, "of type ModelQuality is not simulated"),
        ({"MonitoringJobDefinitionName": "watch"}, "not both"),
        ({}, "Could not find endpoint"),
    ],
)
def test_an_inline_definition_is_held_to_the_same(
    sagemaker: Any, beside: dict[str, str], why: str
) -> None:
    config: dict[str, Any] = {
        "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"},
        **beside,
        "MonitoringJobDefinition": {
            "MonitoringInputs": [{"EndpointInput": {"EndpointName": "e", "LocalPath": "/opt"}}],
            "MonitoringOutputConfig": {
                "MonitoringOutputs": [{"S3Output": {"S3Uri": "s3://b/o", "LocalPath": "/o"}}]
            },
            "MonitoringResources": {
                "ClusterConfig": {
                    "InstanceCount": 1,
                    "InstanceType": "ml.m5.large",
                    "VolumeSizeInGB": 1,
                }
            },
            "MonitoringAppSpecification": {"ImageUri": "image"},
            "RoleArn": "arn:aws:iam::123456789012:role/monitor",
        },
    }
    with pytest.raises(ClientError, match=why):
        sagemaker.create_monitoring_schedule(
            MonitoringScheduleName="inline", MonitoringScheduleConfig=config
        )


def test_schedules_are_filtered_sorted_and_paged(sagemaker: Any) -> None:
    for name in ("b", "a", "c"):
        create(sagemaker, name)
    sagemaker.stop_monitoring_schedule(MonitoringScheduleName="c")
    pages = sagemaker.get_paginator("list_monitoring_schedules").paginate(
        EndpointName="fraud-staging",
        SortBy="Name",
        SortOrder="Ascending",
        PaginationConfig={"PageSize": 2},
    )
    assert [names(page) for page in pages] == [["a", "b"], ["c"]]
    stopped = sagemaker.list_monitoring_schedules(StatusEquals="Stopped")
    assert names(stopped) == ["c"]
    assert stopped["MonitoringScheduleSummaries"][0]["MonitoringJobDefinitionName"] == "watch"


def test_an_endpoint_that_is_watched_is_not_deleted(sagemaker: Any) -> None:
    create(sagemaker)
    with pytest.raises(ClientError, match="Delete the schedules first"):
        sagemaker.delete_endpoint(EndpointName="fraud-staging")
