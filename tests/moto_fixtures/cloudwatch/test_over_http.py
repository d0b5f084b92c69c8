"""Alarms and the clock of a server, over HTTP as a client and a script reach them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.moto_fixtures.cloudwatch.test_alarms import ALARM, METRIC
from tests.patience import PATIENCE


def control(server: str, path: str, **body: Any) -> dict[str, Any]:
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(f"{server}/offline/{path}", data)  # noqa: S310
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
        return dict(json.load(answer))


@pytest.fixture
def cloudwatch(server: str) -> Any:
    return boto3.client(
        "cloudwatch",
        region_name="us-east-1",
        endpoint_url=server,
        aws_access_key_id="offline",
        aws_secret_access_key="offline",
    )


def test_winding_the_clock_tells_which_alarms_changed(server, cloudwatch):
    name = "over-http"
    cloudwatch.put_metric_alarm(**{**ALARM, "AlarmName": name})
    cloudwatch.put_metric_data(
        Namespace=METRIC["Namespace"], MetricData=[{"MetricName": METRIC["MetricName"], "Value": 3}]
    )
    wound = control(server, "advance", hours=0.05)
    cloudwatch.delete_alarms(AlarmNames=[name])
    changes = [one for one in wound["alarms"] if one["AlarmName"] == name]
    assert [one["NewStateValue"] for one in changes] == ["ALARM"]


def test_what_is_not_simulated_is_a_typed_error(cloudwatch):
    refused = {**ALARM, "AlarmActions": ["arn:aws:automate:us-east-1:ec2:stop"]}
    with pytest.raises(ClientError, match="not simulated by the offline AWS") as error:
        cloudwatch.put_metric_alarm(**refused)
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_the_clock_is_frozen_and_thawed(server):
    try:
        frozen = control(server, "clock", frozen=True)
        assert frozen["frozen"] is True
        assert control(server, "clock") == frozen
    finally:
        thawed = control(server, "clock", frozen=False)
    assert thawed["frozen"] is False
    with pytest.raises(urllib.error.HTTPError):
        control(server, "clock", frozen="perhaps")
