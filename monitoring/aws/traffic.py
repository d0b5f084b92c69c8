"""How much an endpoint was asked, by its own count.

Needs     sagemaker:DescribeEndpoint and cloudwatch:GetMetricStatistics
Gives     the requests of a time span, and the share of them that is captured

The one thing a reader gets wrong: without a datapoint nothing is known. CloudWatch forgets,
and a period without requests has no datapoint either.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from monitoring.aws.clients import Aws, asking

NAMESPACE, INVOCATIONS = "AWS/SageMaker", "Invocations"
MINUTE = 60


class Traffic(NamedTuple):
    """What an endpoint answered."""

    invocations: int
    sampled: float
    """The share of requests that data capture is told to keep, from 0 to 1."""


def traffic(aws: Aws, endpoint: str, start: datetime, end: datetime) -> Traffic | None:
    """The requests of all variants from `start` up to `end`, whole minutes; None if unknown.

    Source: the metric Invocations of
    https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html. Raises AwsError.
    """
    with asking("sagemaker:DescribeEndpoint", f"endpoint {endpoint}"):
        described: dict[str, Any] = aws.sagemaker.describe_endpoint(EndpointName=endpoint)
    capture = described.get("DataCaptureConfig") or {}
    seconds = int((end - start).total_seconds()) // MINUTE * MINUTE
    total, known = 0.0, False
    for variant in described.get("ProductionVariants", []):
        with asking("cloudwatch:GetMetricStatistics", f"endpoint {endpoint}"):
            points = aws.cloudwatch.get_metric_statistics(
                Namespace=NAMESPACE,
                MetricName=INVOCATIONS,
                Dimensions=[
                    {"Name": "EndpointName", "Value": endpoint},
                    {"Name": "VariantName", "Value": variant["VariantName"]},
                ],
                StartTime=start,
                EndTime=end,
                Period=max(seconds, MINUTE),
                Statistics=["Sum"],
            )["Datapoints"]
        total += sum(point["Sum"] for point in points)
        known = known or bool(points)
    if not known or not capture:
        return None
    return Traffic(round(total), capture["CurrentSamplingPercentage"] / 100.0)
