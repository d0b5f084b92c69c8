"""A DeploymentConfig becomes the steps AWS documents, or is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moto_fixtures.guardrails import Plan, PlanError, plan


def percent(value: int) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def count(value: int) -> dict[str, Any]:
    return {"Type": "INSTANCE_COUNT", "Value": value}


def blue_green(kind: str, **other: Any) -> dict[str, Any]:
    routing = {"Type": kind, "WaitIntervalInSeconds": 300, **other}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}


def rolling(size: dict[str, Any], **other: Any) -> dict[str, Any]:
    policy = {"MaximumBatchSize": size, "WaitIntervalInSeconds": 60, **other}
    return {"RollingUpdatePolicy": policy}


@pytest.mark.parametrize(
    ("config", "instances", "shares"),
    [
        (blue_green("ALL_AT_ONCE"), 1, (1.0,)),
        (blue_green("CANARY", CanarySize=percent(10)), 1, (0.1, 1.0)),
        (blue_green("CANARY", CanarySize=count(1)), 4, (0.25, 1.0)),
        (blue_green("LINEAR", LinearStepSize=percent(25)), 1, (0.25, 0.5, 0.75, 1.0)),
        (blue_green("LINEAR", LinearStepSize=percent(40)), 1, (0.4, 0.8, 1.0)),
        (rolling(count(1)), 4, (0.25, 0.5, 0.75, 1.0)),
        (rolling(percent(50)), 5, (0.4, 0.8, 1.0)),
        (rolling(percent(5)), 2, (0.5, 1.0)),
    ],
)
def test_traffic_moves_in_these_steps(
    config: dict[str, Any], instances: int, shares: tuple[float, ...]
) -> None:
    assert plan(config, instances).shares == pytest.approx(shares)


@given(st.integers(10, 50), st.integers(1, 40))
def test_steps_only_rise_and_end_with_all_of_it(size: int, instances: int) -> None:
    for config in (blue_green("LINEAR", LinearStepSize=percent(size)), rolling(percent(size))):
        shares = plan(config, instances).shares
        assert shares[-1] == 1.0
        assert list(shares) == sorted(set(shares))


def test_waits_timeout_and_alarms_are_read() -> None:
    config = blue_green("ALL_AT_ONCE")
    config["BlueGreenUpdatePolicy"] |= {
        "TerminationWaitInSeconds": 120,
        "MaximumExecutionTimeoutInSeconds": 1800,
    }
    config["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": "a"}, {"AlarmName": "b"}]}
    assert plan(config, 1) == Plan(
        shares=(1.0,),
        bake=timedelta(minutes=5),
        termination=timedelta(minutes=2),
        timeout=timedelta(minutes=30),
        alarms=("a", "b"),
    )


@pytest.mark.parametrize("nothing", [None, {}])
def test_without_one_all_traffic_moves_at_once(nothing: dict[str, Any] | None) -> None:
    assert plan(nothing, 1) == Plan()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (blue_green("CANARY"), "CanarySize is required"),
        (blue_green("LINEAR", CanarySize=percent(10)), "CanarySize cannot be specified"),
        (blue_green("ALL_AT_ONCE", LinearStepSize=percent(10)), "LinearStepSize cannot be"),
        (blue_green("CANARY", CanarySize=percent(51)), "between 1% and 50%"),
        (blue_green("CANARY", CanarySize=count(1)), r"is 100% of 1 instance\(s\)"),
        (blue_green("LINEAR", LinearStepSize=percent(9)), "between 10% and 50%"),
        (rolling(count(1)), "MaximumBatchSize of 1"),
        (rolling(percent(4)), "between 5% and 50%"),
        (rolling(percent(50), RollbackMaximumBatchSize=percent(101)), "RollbackMaximumBatchSize"),
        ({**rolling(percent(50)), **blue_green("ALL_AT_ONCE")}, "Only one of"),
    ],
)
def test_what_cannot_be_done_is_refused(config: dict[str, Any], message: str) -> None:
    with pytest.raises(PlanError, match=message):
        plan(config, 1)
