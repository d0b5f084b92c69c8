"""Monitors of batch transform jobs: manifests, the objects they list, and labels by id."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import boto3
import pytest

from monitoring.kinds import DATA_QUALITY, MODEL_QUALITY, Kind
from tests.moto_fixtures.building import BUCKET, client, job_definition, schedule_config

TEN = datetime(2026, 1, 31, 10)
SOON = timedelta(hours=1, minutes=10)
ROWS = 200
TIME = "2026-01-31T10:20:00Z"
MONITORED = {
    "BatchTransformInput": {
        "DataCapturedDestinationS3Uri": f"s3://{BUCKET}/batch",
        "DatasetFormat": {"Csv": {"Header": False}},
        "LocalPath": "/opt/ml/processing/input",
    }
}


def identity(row: int) -> str:
    return f"ae4e5b3f-9c1d-4e63-8d5e-{row:012x}"


@pytest.fixture
def account(session: boto3.Session, clock: ModuleType) -> boto3.Session:
    """At 10:00, before a transform whose answers are a score, an age and an identity."""
    clock.travel(TEN)
    s3 = client(session, "s3")
    s3.create_bucket(Bucket=BUCKET)
    answers = [f"{row % 97 / 97},{20 + row % 50},{identity(row)},{TIME}" for row in range(ROWS)]
    s3.put_object(Bucket=BUCKET, Key="scores/a.csv.out", Body="\n".join(answers).encode())
    manifest = json.dumps([{"prefix": f"s3://{BUCKET}/scores/"}, "a.csv.out"])
    s3.put_object(Bucket=BUCKET, Key="batch/output/2026/01/31/10/one.json", Body=manifest.encode())
    return session


def watch(session: boto3.Session, kind: Kind, job_input: dict[str, Any], **other: Any) -> None:
    sagemaker = client(session, "sagemaker")
    request = job_definition(kind, "", **{f"{kind.name}JobInput": job_input}, **other)
    getattr(sagemaker, f"create_{kind.slug.replace('-', '_')}_job_definition")(**request)
    sagemaker.create_monitoring_schedule(
        MonitoringScheduleName="hourly", MonitoringScheduleConfig=schedule_config(kind)
    )


def document(session: boto3.Session, name: str) -> Any:
    key = f"reports/{name.replace(' ', '/')}"
    body = client(session, "s3").get_object(Bucket=BUCKET, Key=key)["Body"]
    return json.loads(body.read())


def test_the_objects_a_manifest_lists_are_evaluated(
    account: boto3.Session, clock: ModuleType
) -> None:
    watch(account, DATA_QUALITY, MONITORED)
    (execution,) = clock.advance(TEN + SOON)
    assert execution.status == "Completed", execution.failure_reason
    statistics = document(account, "data-quality hourly/2026/01/31/11 statistics.json")
    assert statistics["dataset"]["item_count"] == ROWS
    assert [feature["inferred_type"] for feature in statistics["features"]] == [
        "Fractional",
        "Integral",
    ]


def test_an_hour_without_a_transform_has_no_data(account: boto3.Session, clock: ModuleType) -> None:
    watch(account, DATA_QUALITY, MONITORED)
    _, later = clock.advance(TEN + SOON + timedelta(hours=1))
    assert later.status == "Failed"
    assert later.failure_reason.startswith("NO_DATA")


def test_labels_join_a_transforms_answers_by_their_id(
    account: boto3.Session, clock: ModuleType
) -> None:
    labels = [
        json.dumps(
            {
                "groundTruthData": {"data": str(int(row % 97 > 48)), "encoding": "CSV"},
                "eventMetadata": {"eventId": identity(row)},
                "eventVersion": "0",
            }
        )
        for row in range(ROWS)
    ]
    client(account, "s3").put_object(
        Bucket=BUCKET, Key="labels/2026/01/31/10/a.jsonl", Body="\n".join(labels).encode()
    )
    source = {**MONITORED["BatchTransformInput"], "ProbabilityAttribute": "0"}
    job_input = {
        "BatchTransformInput": source,
        "GroundTruthS3Input": {"S3Uri": f"s3://{BUCKET}/labels"},
    }
    watch(account, MODEL_QUALITY, job_input)
    (execution,) = clock.advance(TEN + SOON)
    assert execution.status == "Completed", execution.failure_reason
    statistics = document(account, "model-quality hourly/2026/01/31/11 statistics.json")
    assert statistics["binary_classification_metrics"]["accuracy"]["value"] == 1.0
