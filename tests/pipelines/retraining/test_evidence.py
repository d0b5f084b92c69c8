"""Evidence counts windows that were evaluated, of this model, and no others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitoring.aws.clients import Aws
from monitoring.errors import UsageError
from monitoring.kinds import DATA_QUALITY, EXPLAINABILITY, MODEL_QUALITY
from pipelines.retraining.evidence import DRIFT, PERFORMANCE, from_executions, from_files

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def test_the_latest_windows_count(world):
    world.judge("model-quality", "vvcccv")
    found = from_files(world.evidence)
    assert found.latest(PERFORMANCE, 4, None) == (MODEL_QUALITY, 1, 4)
    assert found.latest(PERFORMANCE, 99, None) == (MODEL_QUALITY, 3, 6)


def test_windows_before_the_last_training_are_of_another_model(world):
    world.judge("model-quality", "vvvc")
    found = from_files(world.evidence)
    after = START + timedelta(hours=1)
    assert found.latest(PERFORMANCE, 10, after) == (MODEL_QUALITY, 1, 2)


def test_drift_is_of_the_inputs_or_of_the_reasons(world):
    world.judge("data-quality", "cv")
    world.judge("model-explainability", "vv")
    found = from_files(world.evidence)
    assert found.latest(DRIFT, 2, None) == (EXPLAINABILITY, 2, 2)


def test_a_monitor_that_found_nothing_yet_is_no_evidence(world):
    world.judge("data-quality", "v")
    assert from_files(world.evidence).latest(PERFORMANCE, 5, None) == (MODEL_QUALITY, 0, 0)


def test_a_directory_without_monitors_is_refused(tmp_path):
    with pytest.raises(UsageError, match="has no directory data-quality or"):
        from_files(tmp_path)


def test_damaged_violations_are_not_taken_for_clean(world):
    world.judge("data-quality", "v")
    (path,) = world.evidence.rglob("*.json")
    path.write_text("{")
    with pytest.raises(UsageError, match="cannot be read as violations"):
        from_files(world.evidence)


class Schedules:
    """A SageMaker client with one schedule per endpoint."""

    def __init__(self, **statuses):
        self.statuses = statuses

    def get_paginator(self, operation):
        self.operation = operation
        return self

    def paginate(self, NameContains="", MonitoringScheduleName="", **_):
        if self.operation == "list_monitoring_schedules":
            names = [name for name in self.statuses if NameContains in name]
            return [{"MonitoringScheduleSummaries": [self.summary(name) for name in names]}]
        found = [
            {"ScheduledTime": START + timedelta(hours=at), "MonitoringExecutionStatus": status}
            for at, status in enumerate(self.statuses[MonitoringScheduleName])
        ]
        return [{"MonitoringExecutionSummaries": found}]

    def summary(self, name):
        return {
            "MonitoringScheduleName": name,
            "MonitoringScheduleArn": name,
            "MonitoringScheduleStatus": "Scheduled",
            "MonitoringType": "DataQuality",
            "EndpointName": name,
        }


def account(**statuses) -> Aws:
    aws = Aws(None)
    aws.__dict__["sagemaker"] = Schedules(**statuses)
    return aws


def test_executions_that_could_not_evaluate_are_no_evidence():
    aws = account(fraud=["CompletedWithViolations", "Failed", "Completed", "InProgress"])
    found = from_executions(aws, "fraud")
    assert found.latest(DRIFT, 10, None) == (DATA_QUALITY, 1, 2)


def test_another_endpoints_executions_are_not_counted():
    aws = account(fraud=["Completed"], fraud_staging=["CompletedWithViolations"] * 9)
    assert from_executions(aws, "fraud").latest(DRIFT, 10, None) == (DATA_QUALITY, 0, 1)


def test_an_endpoint_that_nobody_watches_is_refused():
    with pytest.raises(UsageError, match="no monitoring schedule of endpoint 'loans'"):
        from_executions(account(fraud=[]), "loans")
