"""Hours of an endpoint's traffic: where they were captured, and their files brought here.

Needs     sagemaker:DescribeEndpoint; s3:ListBucket and s3:GetObject on captured data and labels;
          cloudwatch:PutMetricData
Writes    files below a directory; metrics

SageMaker brings a job its whole prefix or none of it. A run that is told only its hour fetches
that hour itself, so that a year of traffic is not copied for each hour of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from monitoring.aws.clients import Aws, asking
from monitoring.aws.storage import download, split
from monitoring.errors import AwsError, StorageError

METRICS_PER_CALL = 1000
"""What one PutMetricData takes."""


@dataclass(frozen=True, slots=True)
class Captured:
    """Where an endpoint's traffic is."""

    uri: str
    variants: tuple[str, ...]


def captured(aws: Aws, endpoint: str) -> Captured:
    """Where an endpoint captures to. Raises AwsError when it captures nothing."""
    with asking("sagemaker:DescribeEndpoint", f"endpoint {endpoint}"):
        found: dict[str, Any] = aws.sagemaker.describe_endpoint(EndpointName=endpoint)
    uri = found.get("DataCaptureConfig", {}).get("DestinationS3Uri", "")
    if not uri:
        raise AwsError(
            f"endpoint {endpoint}: captures nothing, so there is nothing to evaluate. Deploy it "
            "with EnableDataCapture yes, or switch its monitors off"
        )
    names = tuple(variant["VariantName"] for variant in found.get("ProductionVariants", ()))
    return Captured(uri.rstrip("/"), names)


def bring(aws: Aws, uri: str, places: Iterable[str], directory: Path) -> None:
    """Put every object below `{uri}/{place}/` at the same place below a directory.

    A place where nothing lies is an hour without traffic. Raises AwsError; StorageError for a
    key that would leave the directory.
    """
    bucket, prefix = split(uri)
    base = f"{prefix.rstrip('/')}/".lstrip("/")
    for place in places:
        for key in _keys(aws, bucket, f"{base}{place}/"):
            path = directory / key.removeprefix(base)
            if ".." in path.parts:
                raise StorageError(f"s3://{bucket}/{key}: leads out of its prefix; remove it")
            path.parent.mkdir(parents=True, exist_ok=True)
            download(aws.s3, f"s3://{bucket}/{key}", path)


def put_metrics(aws: Aws, namespace: str, lines: Iterable[str]) -> int:
    """Put a container's metrics, one JSON object a line, into CloudWatch; answer how many."""
    data = [_datum(line) for line in lines if line.strip()]
    for start in range(0, len(data), METRICS_PER_CALL):
        with asking("cloudwatch:PutMetricData", namespace):
            aws.cloudwatch.put_metric_data(
                Namespace=namespace, MetricData=data[start : start + METRICS_PER_CALL]
            )
    return len(data)


def _keys(aws: Aws, bucket: str, prefix: str) -> Iterator[str]:
    with asking("s3:ListBucket", f"s3://{bucket}/{prefix}"):
        pages = aws.s3.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=bucket, Prefix=prefix):
            for found in page.get("Contents", ()):
                if not found["Key"].endswith("/"):
                    yield found["Key"]


def _datum(line: str) -> dict[str, Any]:
    datum: dict[str, Any] = json.loads(line)
    return {**datum, "Timestamp": datetime.fromisoformat(datum["Timestamp"])}
