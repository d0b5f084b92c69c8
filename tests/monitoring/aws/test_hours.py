"""An endpoint's hours, fetched: those asked for, no others, and nothing outside the directory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from monitoring.aws import hours
from monitoring.aws.clients import Aws
from monitoring.errors import AwsError, StorageError

BUCKET = "capture"
NAMESPACE = "aws/sagemaker/Endpoints/data-metrics"


@pytest.fixture
def aws(session: boto3.Session) -> Aws:
    made = Aws(session)
    made.s3.create_bucket(Bucket=BUCKET)
    return made


def put(aws: Aws, *keys: str) -> None:
    for key in keys:
        aws.s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())


def test_only_the_hours_asked_for_are_brought(aws: Aws, tmp_path: Path) -> None:
    put(aws, "traffic/e/v/2026/01/31/09/a.jsonl", "traffic/e/v/2026/01/31/10/b.jsonl")
    put(aws, "traffic/e/v/2026/01/31/100/c.jsonl", "traffic/e/v/2026/01/31/10/")
    hours.bring(aws, f"s3://{BUCKET}/traffic", ["e/v/2026/01/31/10"], tmp_path)
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.jsonl")}
    assert found == {"e/v/2026/01/31/10/b.jsonl"}


def test_an_hour_in_which_nothing_lies_is_no_error(aws: Aws, tmp_path: Path) -> None:
    hours.bring(aws, f"s3://{BUCKET}", ["e/v/2026/01/31/10"], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_leads_out_of_the_directory_is_refused(aws: Aws, tmp_path: Path) -> None:
    put(aws, "e/../../evil")
    with pytest.raises(StorageError, match="leads out"):
        hours.bring(aws, f"s3://{BUCKET}", ["e"], tmp_path / "inner")
    assert not (tmp_path / "evil").exists()


def test_an_endpoint_that_is_not_there_is_named(aws: Aws) -> None:
    with pytest.raises(AwsError, match="endpoint fraud-prod: "):
        hours.captured(aws, "fraud-prod")


def test_metrics_reach_cloudwatch_with_their_time_and_dimensions(aws: Aws) -> None:
    line: dict[str, Any] = {
        "MetricName": "total_number_of_violations",
        "Timestamp": "2026-01-31T10:00:00Z",
        "Dimensions": [{"Name": "Endpoint", "Value": "fraud-prod"}],
        "Value": 3.0,
    }
    assert hours.put_metrics(aws, NAMESPACE, [json.dumps(line)]) == 1
    (metric,) = aws.cloudwatch.list_metrics(Namespace=NAMESPACE)["Metrics"]
    assert metric["Dimensions"] == line["Dimensions"]
