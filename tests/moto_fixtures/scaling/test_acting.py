"""Endpoints scale with their traffic, as policies and scheduled actions say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.sagemaker.models import sagemaker_backends

from moto_fixtures import runtime
from moto_fixtures.runtime import Record
from tests.moto_fixtures.building import Project, client

NOON = datetime(2026, 1, 31, 12)
MINUTE = timedelta(minutes=1)
TRACKING = {
    "TargetValue": 10.0,
    "PredefinedMetricSpecification": {
        "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
    },
}


class Scaled:
    """An endpoint's variant, as a scalable target."""

    def __init__(self, project: Project, clock: ModuleType) -> None:
        self.project, self.clock = project, clock
        self.api = client(project.session, "application-autoscaling")
        self.names = {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"endpoint/{project.endpoint}/variant/AllTraffic",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        }
        clock.travel(NOON)

    def register(self, least: int, most: int, **other: Any) -> None:
        self.api.register_scalable_target(
            MinCapacity=least, MaxCapacity=most, **self.names, **other
        )

    def policy(self, **other: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.api.put_scaling_policy(
            PolicyName="policy",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={**TRACKING, **other},
            **self.names,
        )
        return made

    @property
    def count(self) -> int:
        found = self.project.sagemaker.describe_endpoint(EndpointName=self.project.endpoint)
        return int(found["ProductionVariants"][0]["CurrentInstanceCount"])

    def minutes(self, number: int, invocations: int) -> None:
        """Some minutes of traffic, each with so many invocations."""
        row = self.project.model.rows[0].encode()
        backend = sagemaker_backends["123456789012"]["us-east-1"]
        for _ in range(number):
            start = self.clock.now().replace(second=0, microsecond=0)
            records = [Record(row, "text/csv", start)] * invocations
            runtime.send_traffic(backend, self.project.endpoint, records)
            self.clock.advance(start + MINUTE)

    def activities(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.api.describe_scaling_activities(**self.names)[
            "ScalingActivities"
        ]
        return found


@pytest.fixture
def scaled(project: Project, clock: ModuleType) -> Scaled:
    return Scaled(project, clock)


def test_it_scales_out_to_what_keeps_to_the_target(scaled: Scaled) -> None:
    scaled.register(1, 8)
    scaled.policy()
    scaled.minutes(2, invocations=45)
    assert scaled.count == 1
    scaled.minutes(2, invocations=45)
    assert scaled.count == 5
    (activity,) = scaled.activities()
    assert activity["Description"] == "Setting desired instance count to 5."
    assert "AlarmHigh" in activity["Cause"]
    assert activity["StatusCode"] == "Successful"


def test_it_scales_in_after_a_quarter_of_an_hour(scaled: Scaled) -> None:
    scaled.register(1, 8)
    weights = [{"VariantName": "AllTraffic", "DesiredInstanceCount": 4}]
    scaled.project.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=scaled.project.endpoint, DesiredWeightsAndCapacities=weights
    )
    scaled.policy()
    scaled.minutes(14, invocations=8)
    assert scaled.count == 4
    scaled.minutes(3, invocations=8)
    assert scaled.count == 1


def test_limits_hold_whatever_the_metric(scaled: Scaled) -> None:
    scaled.register(1, 3)
    scaled.policy()
    scaled.minutes(4, invocations=200)
    assert scaled.count == 3


def test_it_rests_after_a_change_and_then_goes_on(scaled: Scaled) -> None:
    scaled.register(1, 20)
    scaled.policy(ScaleOutCooldown=180)
    scaled.minutes(4, invocations=20)
    assert scaled.count == 2
    scaled.minutes(2, invocations=120)
    assert scaled.count == 2, "it rests"
    scaled.minutes(5, invocations=120)
    assert scaled.count == 12


def test_an_endpoint_nobody_calls_is_not_scaled_in(scaled: Scaled) -> None:
    scaled.register(1, 3)
    scaled.policy()
    scaled.minutes(4, invocations=200)
    scaled.clock.advance(scaled.clock.now() + timedelta(hours=2))
    assert scaled.count == 3


@pytest.mark.parametrize("how", ["disabled", "suspended"])
def test_scaling_in_can_be_switched_off(scaled: Scaled, how: str) -> None:
    suspended = {"DynamicScalingInSuspended": how == "suspended"}
    scaled.register(2, 3, SuspendedState=suspended)
    scaled.register(1, 3)
    scaled.policy(DisableScaleIn=how == "disabled")
    scaled.minutes(18, invocations=2)
    assert scaled.count == 2


def test_a_step_policy_acts_on_the_alarm_that_names_it(scaled: Scaled) -> None:
    scaled.register(1, 8)
    made = scaled.api.put_scaling_policy(
        PolicyName="steps",
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={
            "AdjustmentType": "ChangeInCapacity",
            "Cooldown": 600,
            "StepAdjustments": [
                {
                    "MetricIntervalLowerBound": 0,
                    "MetricIntervalUpperBound": 50,
                    "ScalingAdjustment": 1,
                },
                {"MetricIntervalLowerBound": 50, "ScalingAdjustment": 3},
            ],
        },
        **scaled.names,
    )
    client(scaled.project.session, "cloudwatch").put_metric_alarm(
        AlarmName="busy",
        Namespace="AWS/SageMaker",
        MetricName="Invocations",
        Dimensions=[
            {"Name": "EndpointName", "Value": scaled.project.endpoint},
            {"Name": "VariantName", "Value": "AllTraffic"},
        ],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=30,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[made["PolicyARN"]],
    )
    scaled.minutes(2, invocations=90)
    assert scaled.count == 4
    (policy,) = scaled.api.describe_scaling_policies(ServiceNamespace="sagemaker")[
        "ScalingPolicies"
    ]
    assert [alarm["AlarmName"] for alarm in policy["Alarms"]] == ["busy"]


def test_limits_that_the_variant_breaks_are_kept_at_once(scaled: Scaled) -> None:
    scaled.register(3, 5)
    assert scaled.count == 3
    scaled.register(1, 2)
    assert scaled.count == 2
    assert [one["Cause"] for one in scaled.activities()] == [
        "maximum capacity was set to 2",
        "minimum capacity was set to 3",
    ]


def test_a_scheduled_action_changes_the_limits_at_its_time(scaled: Scaled) -> None:
    scaled.register(1, 2)
    scaled.api.put_scheduled_action(
        ScheduledActionName="evening",
        Schedule="cron(0 19 * * ? *)",
        Timezone="Europe/Berlin",
        ScalableTargetAction={"MinCapacity": 4, "MaxCapacity": 6},
        **scaled.names,
    )
    scaled.clock.advance(NOON + timedelta(hours=5, minutes=59))
    assert scaled.count == 1
    scaled.clock.advance(NOON + timedelta(hours=6))
    assert scaled.count == 4


def test_a_policy_put_again_keeps_its_arn_and_leaves_no_alarm(scaled: Scaled) -> None:
    scaled.register(1, 8)
    cloudwatch = client(scaled.project.session, "cloudwatch")
    first, second = scaled.policy(), scaled.policy(TargetValue=20.0)
    assert first["PolicyARN"] == second["PolicyARN"]
    alarms = cloudwatch.describe_alarms()["MetricAlarms"]
    assert sorted(one["Threshold"] for one in alarms) == [18.0, 20.0]
    scaled.api.deregister_scalable_target(**scaled.names)
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
    left = scaled.api.describe_scaling_policies(ServiceNamespace="sagemaker")
    assert left["ScalingPolicies"] == []


Call = Callable[[Scaled], Any]


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        (lambda s: s.policy(), "ObjectNotFoundException", "No scalable target registered"),
        (lambda s: s.register(3, 2), "ValidationException", "cannot be less than minimum"),
        (
            lambda s: s.api.register_scalable_target(
                MinCapacity=1,
                MaxCapacity=2,
                **{**s.names, "ResourceId": "endpoint/nowhere/variant/AllTraffic"},
            ),
            "ValidationException",
            "nowhere has no variant",
        ),
        (
            lambda s: s.api.register_scalable_target(MinCapacity=1, **s.names),
            "ValidationException",
            "MinCapacity and MaxCapacity are required",
        ),
        (
            lambda s: s.api.register_scalable_target(
                MinCapacity=1,
                MaxCapacity=2,
                **{
                    **s.names,
                    "ScalableDimension": "sagemaker:variant:DesiredProvisionedConcurrency",
                },
            ),
            "NotSimulated",
            "DesiredProvisionedConcurrency",
        ),
        (
            lambda s: s.api.describe_scaling_activities(IncludeNotScaledActivities=True, **s.names),
            "NotSimulated",
            "IncludeNotScaledActivities",
        ),
    ],
)
def test_what_cannot_be_is_refused(scaled: Scaled, call: Call, code: str, message: str) -> None:
    with pytest.raises(ClientError, match=message) as refused:
        call(scaled)
    assert refused.value.response["Error"]["Code"] == code


def test_metrics_that_are_not_measured_here_are_refused(scaled: Scaled) -> None:
    scaled.register(1, 2)
    other = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
    with pytest.raises(ClientError, match=other):
        scaled.policy(PredefinedMetricSpecification={"PredefinedMetricType": other})
