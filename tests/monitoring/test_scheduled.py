"""From the one moment a schedule tells to the window, the places and the variables of its run."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.errors import UsageError
from monitoring.kinds import BIAS, DATA_QUALITY, EXPLAINABILITY, KINDS, MODEL_QUALITY
from monitoring.scheduled import Due, hours_of
from moto_fixtures.timing import MonitoringCron

NAMES = {
    "sagemaker_endpoint_name": "fraud-prod",
    "sagemaker_monitoring_schedule_name": "fraud-prod-DataQuality",
}


def due(time: str = "2026-01-31T11:15:00Z", **other: str) -> Due:
    return Due.of({"scheduled_time": time, **NAMES, **other})


def test_a_run_is_named_after_its_hour_though_it_began_later() -> None:
    assert due().hour == due("2026-01-31T11:59:59Z").hour == datetime(2026, 1, 31, 11, tzinfo=UTC)
    assert due().place == "fraud-prod/fraud-prod-DataQuality/2026/01/31/11"


def test_midnight_looks_at_the_last_hour_of_the_day_before() -> None:
    assert str(due("2026-01-01T00:15:00Z").window) == "2025-12-31T23:00:00Z to 2026-01-01T00:00:00Z"
    assert due("2026-01-01T00:15:00Z").captured == [
        "2025/12/31/22",
        "2025/12/31/23",
        "2026/01/01/00",
    ]


def test_a_time_with_an_offset_is_taken_in_utc() -> None:
    assert due("2026-01-31T12:15:00+01:00") == due()


@given(st.integers(0, 23), st.integers(1, 24))
def test_a_window_reaches_back_to_the_run_before_as_sagemakers_does(start: int, step: int) -> None:
    expression = f"cron(0 {start}/{step} ? * * *)"
    assert hours_of({"schedule_expression": expression}) == MonitoringCron.parse(expression).step


@pytest.mark.parametrize(
    ("variables", "hours"),
    [
        ({}, 1),
        ({"schedule_expression": "cron(0 * ? * * *)"}, 1),
        ({"schedule_expression": "cron(0 6 ? * * *)"}, 24),
        ({"schedule_expression": "cron(0 * ? * * *)", "window_hours": "3"}, 3),
    ],
)
def test_window_hours_win_over_the_expression(variables: dict[str, str], hours: int) -> None:
    assert hours_of(variables) == hours


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"window_hours": "0"}, "window_hours is '0'"),
        ({"window_hours": "25"}, "window_hours is '25'"),
        ({"window_hours": "an hour"}, "window_hours is 'an hour'"),
        ({"schedule_expression": "rate(1 hour)"}, "set window_hours"),
        ({"scheduled_time": "<aws.scheduler.scheduled-time>"}, "scheduled_time is"),
        ({"sagemaker_endpoint_name": ""}, "sagemaker_endpoint_name not set"),
    ],
)
def test_a_wrong_variable_is_named(variables: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Due.of({"scheduled_time": "2026-01-31T11:15:00Z", **NAMES, **variables})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_monitor_is_told_only_what_its_job_definition_has(kind) -> None:
    everything = {
        "problem_type": "BinaryClassification",
        "features_attribute": "features",
        "inference_attribute": "0",
        "probability_attribute": "1",
        "probability_threshold_attribute": "0.5",
        "baseline_statistics": "",
    }
    told = due().variables(kind, everything)
    absent = {
        DATA_QUALITY: set(everything),
        MODEL_QUALITY: {"features_attribute", "baseline_statistics"},
        BIAS: {"problem_type", "baseline_statistics"},
        EXPLAINABILITY: {
            "problem_type",
            "probability_threshold_attribute",
            "baseline_statistics",
        },
    }[kind]
    assert set(everything) - set(told) == absent
    assert told["metric_time"] == told["start_time"] == "2026-01-31T10:00:00Z"
    assert told["end_time"] == "2026-01-31T11:00:00Z"
    assert told["publish_cloudwatch_metrics"] == "Enabled"
