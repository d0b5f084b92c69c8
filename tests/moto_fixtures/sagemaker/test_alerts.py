"""Alerts of schedules: m of the last n runs, and the history of their changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from monitoring.kinds import DATA_QUALITY
from moto_fixtures.sagemaker.alerts import CLEAN, IN_ALERT, OK, VIOLATED, Alert
from tests.moto_fixtures.building import Project, job_definition, schedule_config

SCHEDULE = {"MonitoringScheduleName": "hourly"}
ALERT = {**SCHEDULE, "MonitoringAlertName": "hourly"}


@pytest.fixture
def sagemaker(project: Project) -> Any:
    definition = job_definition(DATA_QUALITY, project.endpoint)
    project.sagemaker.create_data_quality_job_definition(**definition)
    for name in ("hourly", "other"):
        project.sagemaker.create_monitoring_schedule(
            MonitoringScheduleName=name, MonitoringScheduleConfig=schedule_config(DATA_QUALITY)
        )
    return project.sagemaker


def test_every_schedule_has_one_of_one_run(sagemaker: Any) -> None:
    (alert,) = sagemaker.list_monitoring_alerts(**SCHEDULE)["MonitoringAlertSummaries"]
    assert (alert["DatapointsToAlert"], alert["EvaluationPeriod"]) == (1, 1)
    assert alert["AlertStatus"] == "OK"
    assert sagemaker.list_monitoring_alert_history(**SCHEDULE)["MonitoringAlertHistory"] == []


def test_an_update_is_of_its_schedule_alone(sagemaker: Any) -> None:
    sagemaker.update_monitoring_alert(**ALERT, DatapointsToAlert=2, EvaluationPeriod=3)
    found = [
        sagemaker.list_monitoring_alerts(MonitoringScheduleName=name)["MonitoringAlertSummaries"]
        for name in ("hourly", "other")
    ]
    counts = [(one["DatapointsToAlert"], one["EvaluationPeriod"]) for (one,) in found]
    assert counts == [(2, 3), (1, 1)]


def test_an_alert_that_could_never_be_raised_is_refused(sagemaker: Any) -> None:
    with pytest.raises(ClientError, match="must not be greater than EvaluationPeriod"):
        sagemaker.update_monitoring_alert(**ALERT, DatapointsToAlert=3, EvaluationPeriod=2)


@pytest.mark.parametrize(
    ("action", "request_"),
    [
        ("list_monitoring_alerts", {"MonitoringScheduleName": "nowhere"}),
        ("list_monitoring_alert_history", {"MonitoringScheduleName": "nowhere"}),
        (
            "update_monitoring_alert",
            {
                **SCHEDULE,
                "MonitoringAlertName": "no",
                "DatapointsToAlert": 1,
                "EvaluationPeriod": 1,
            },
        ),
    ],
)
def test_what_is_not_there_is_not_found(
    sagemaker: Any, action: str, request_: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match="not found") as refused:
        getattr(sagemaker, action)(**request_)
    assert refused.value.response["Error"]["Code"] == "ResourceNotFound"


@given(
    st.lists(st.sampled_from([CLEAN, VIOLATED, "Failed", "Stopped"])),
    st.integers(1, 5).flatmap(lambda period: st.tuples(st.integers(1, period), st.just(period))),
)
def test_its_status_is_that_of_the_last_runs_that_were_evaluated(
    statuses: list[str], counts: tuple[int, int]
) -> None:
    alert = Alert("hourly", datetime(2026, 1, 1), datetime(2026, 1, 1), *counts)
    for status in statuses:
        alert.judge(status)
    evaluated = [status for status in statuses if status in (CLEAN, VIOLATED)]
    violated = sum(status == VIOLATED for status in evaluated[-counts[1] :])
    assert alert.status == (IN_ALERT if violated >= counts[0] else OK)
    changes = [change["AlertStatus"] for change in alert.history]
    assert changes == [IN_ALERT, OK] * (len(changes) // 2) + [IN_ALERT] * (len(changes) % 2)
    assert (changes or [OK])[-1] == alert.status
