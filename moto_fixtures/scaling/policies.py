"""The alarms of scaling policies: those that target tracking puts, and those that name one.

Target tracking puts two: AlarmHigh goes off when the metric was over its target for three
minutes, AlarmLow when it was under nine tenths of it for fifteen. Neither goes off without
data: an endpoint that nobody calls is not scaled in, as on AWS.
"""

from __future__ import annotations

from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.moto_api._internal import mock_random

from moto_fixtures.clients import client
from moto_fixtures.endpoint_metrics import NAMESPACE
from moto_fixtures.scaling import variants

HIGH, LOW = "AlarmHigh", "AlarmLow"
LOW_SHARE = 0.9
"""AlarmLow's threshold, as a share of the target."""
PERIODS = {HIGH: 3, LOW: 15}
COMPARISONS = {HIGH: "GreaterThanThreshold", LOW: "LessThanThreshold"}
PREDEFINED = "SageMakerVariantInvocationsPerInstance"


def problem_of(policy_type: str | None, body: dict[str, Any]) -> str | None:
    """What of a policy for a variant is not simulated; None when nothing is."""
    if policy_type == "PredictiveScaling":
        return "PredictiveScaling"
    predefined = body.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType")
    if predefined not in {None, PREDEFINED}:
        return f"PredefinedMetricType {predefined}"
    if body.get("CustomizedMetricSpecification", {}).get("Metrics"):
        return "Metrics of a CustomizedMetricSpecification"
    return None


def put_tracking_alarms(policy: Any) -> None:
    """Put the alarms of a target tracking policy."""
    tracking = policy.target_tracking_scaling_policy_configuration
    sides = (HIGH,) if tracking.get("DisableScaleIn") else (HIGH, LOW)
    for side in sides:
        threshold = tracking["TargetValue"] * (LOW_SHARE if side == LOW else 1)
        client("cloudwatch", policy.region_name, policy.account_id).put_metric_alarm(
            AlarmName=f"TargetTracking-{policy.resource_id}-{side}-{mock_random.uuid4()}",
            AlarmDescription=f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy "
            f"{policy.policy_arn}.",
            AlarmActions=[policy.policy_arn],
            Period=60,
            EvaluationPeriods=PERIODS[side],
            Threshold=threshold,
            ComparisonOperator=COMPARISONS[side],
            **_metric(policy, tracking),
        )


def _metric(policy: Any, tracking: dict[str, Any]) -> dict[str, Any]:
    """The metric a policy tracks, as PutMetricAlarm names it."""
    own = tracking.get("CustomizedMetricSpecification")
    if own:
        return {
            "Dimensions": [],
            **{member: value for member, value in own.items() if value is not None},
        }
    endpoint, variant = variants.names(policy.resource_id)
    return {
        "Namespace": NAMESPACE,
        "MetricName": "InvocationsPerInstance",
        "Statistic": "Sum",
        "Dimensions": [
            {"Name": "EndpointName", "Value": endpoint},
            {"Name": "VariantName", "Value": variant},
        ],
    }


def alarms_of(policy: Any) -> list[Any]:
    """The alarms that would carry a policy out, whoever put them."""
    backend = cloudwatch_backends[policy.account_id][policy.region_name]
    return [one for one in backend.alarms.values() if policy.policy_arn in one.alarm_actions]
