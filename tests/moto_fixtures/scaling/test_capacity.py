"""How many instances a policy asks for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moto_fixtures.scaling.capacity import stepped, tracked, within


@given(st.integers(1, 50), st.floats(0.1, 1e6), st.floats(0.1, 1e6))
def test_the_tracked_count_is_the_least_that_keeps_to_the_target(
    current: int, value: float, target: float
) -> None:
    total, wanted = current * value, tracked(current, value, target)
    assert total <= wanted * target * (1 + 1e-6) + 1e-6
    assert wanted == 0 or total >= (wanted - 1) * target * (1 - 1e-6) - 1e-6


@pytest.mark.parametrize(
    ("breach", "change"), [(0, 1), (14.9, 1), (15, 2), (24.9, 2), (25, 3), (1000, 3)]
)
def test_steps_over_a_threshold_hold_from_their_lower_bound(breach: float, change: int) -> None:
    """The example of the user guide: scale out by 1, 2 and 3."""
    steps = [
        {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 15, "ScalingAdjustment": 1},
        {"MetricIntervalLowerBound": 15, "MetricIntervalUpperBound": 25, "ScalingAdjustment": 2},
        {"MetricIntervalLowerBound": 25, "ScalingAdjustment": 3},
    ]
    policy = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": steps}
    assert stepped(4, breach, True, policy) == 4 + change


@pytest.mark.parametrize(("breach", "change"), [(0, -1), (-9.9, -1), (-10, -2), (-50, -2)])
def test_steps_under_a_threshold_hold_from_their_upper_bound(breach: float, change: int) -> None:
    steps = [
        {"MetricIntervalLowerBound": -10, "MetricIntervalUpperBound": 0, "ScalingAdjustment": -1},
        {"MetricIntervalUpperBound": -10, "ScalingAdjustment": -2},
    ]
    policy = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": steps}
    assert stepped(4, breach, False, policy) == 4 + change


@pytest.mark.parametrize(
    ("current", "adjustment", "other", "expected"),
    [
        (10, 25, {}, 12),
        (1, 25, {}, 2),
        (10, -25, {}, 8),
        (1, -25, {}, 0),
        (10, 10, {"MinAdjustmentMagnitude": 3}, 13),
        (10, -10, {"MinAdjustmentMagnitude": 3}, 7),
        (10, 0, {"MinAdjustmentMagnitude": 3}, 10),
    ],
)
def test_percentages_are_whole_instances(
    current: int, adjustment: int, other: dict[str, Any], expected: int
) -> None:
    policy = {
        "AdjustmentType": "PercentChangeInCapacity",
        "StepAdjustments": [{"ScalingAdjustment": adjustment}],
        **other,
    }
    assert stepped(current, 1.0, True, policy) == expected


def test_an_exact_capacity_is_just_that_and_limits_hold() -> None:
    policy = {"AdjustmentType": "ExactCapacity", "StepAdjustments": [{"ScalingAdjustment": 7}]}
    assert stepped(1, 1.0, True, policy) == 7
    assert [within(count, 2, 4) for count in (1, 3, 9)] == [2, 3, 4]
