"""How much an endpoint was asked: all its variants, whole windows, and nothing made up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitoring.aws.clients import Aws
from monitoring.aws.traffic import traffic
from monitoring.errors import AwsError

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
END = START + timedelta(hours=1)


@pytest.fixture
def endpoint(world: Any) -> Any:
    """An endpoint with two variants, capturing half of its traffic."""
    world.answer(
        "DescribeEndpoint",
        {
            "EndpointName": "fraud",
            "ProductionVariants": [{"VariantName": "blue"}, {"VariantName": "green"}],
            "DataCaptureConfig": {"CurrentSamplingPercentage": 50},
        },
    )
    return world


def invoked(aws: Aws, variant: str, number: int, time: datetime) -> None:
    names = {"EndpointName": "fraud", "VariantName": variant}
    datum = {
        "MetricName": "Invocations",
        "Dimensions": [{"Name": name, "Value": value} for name, value in names.items()],
        "Timestamp": time,
        "Value": number,
    }
    aws.cloudwatch.put_metric_data(Namespace="AWS/SageMaker", MetricData=[datum])


def test_the_requests_of_all_variants_and_of_the_window_alone_are_counted(endpoint):
    aws = Aws(endpoint.session)
    invoked(aws, "blue", 300, START)
    invoked(aws, "green", 100, START + timedelta(minutes=59))
    invoked(aws, "blue", 999, END + timedelta(minutes=1))
    assert traffic(aws, "fraud", START, END) == (400, 0.5)


def test_without_a_datapoint_nothing_is_known(endpoint):
    assert traffic(Aws(endpoint.session), "fraud", START, END) is None


def test_a_denied_call_names_the_action_to_allow(endpoint):
    endpoint.refuse("GetMetricStatistics", "AccessDenied")
    with pytest.raises(AwsError, match="Allow cloudwatch:GetMetricStatistics"):
        traffic(Aws(endpoint.session), "fraud", START, END)
