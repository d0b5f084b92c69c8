"""A container's file system: S3 below its root only, outputs whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from moto_fixtures.staging import MESSAGE, METRICS, Staging, StagingError
from tests.moto_fixtures.building import BUCKET, client

OUTPUT = {"LocalPath": "/opt/ml/processing/output", "S3Uri": f"s3://{BUCKET}/reports/1"}


@pytest.fixture
def s3(session: Any) -> Any:
    made = client(session, "s3")
    made.create_bucket(Bucket=BUCKET)
    return made


@pytest.fixture
def staging(tmp_path: Path, s3: Any) -> Staging:
    del s3
    return Staging(tmp_path, "us-east-1", "123456789012")


def request(name: str, uri: str, local_path: str = "/opt/ml/processing/in") -> dict[str, Any]:
    source = {"S3Uri": uri, "LocalPath": local_path}
    return {
        "ProcessingInputs": [{"InputName": name, "S3Input": source}],
        "ProcessingOutputConfig": {"Outputs": [{"S3Output": OUTPUT}]},
    }


def write(staging: Staging, path: str, text: str) -> None:
    local = staging.local(path)
    local.parent.mkdir(parents=True, exist_ok=True)
    local.write_text(text)


def test_a_document_lies_under_its_own_name(staging: Staging, s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="b/constraints.json", Body=b"{}")
    staging.fetch(request("constraints", f"s3://{BUCKET}/b/constraints.json"), "arn")
    assert staging.local("/opt/ml/processing/in/constraints.json").read_text() == "{}"


def test_an_hour_is_that_hour_only(staging: Staging, s3: Any) -> None:
    """Not the hours whose number it begins."""
    for key in ("c/01/1/a.jsonl", "c/01/10/b.jsonl"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
    staging.fetch(request("endpoint_input_1", f"s3://{BUCKET}/c/01/1"), "arn")
    directory = staging.local("/opt/ml/processing/in")
    assert [path.name for path in directory.rglob("*.jsonl")] == ["a.jsonl"]


def test_an_hour_without_traffic_is_an_empty_directory(staging: Staging) -> None:
    staging.fetch(request("endpoint_input_1", f"s3://{BUCKET}/c/02"), "arn")
    assert list(staging.local("/opt/ml/processing/in").iterdir()) == []


@pytest.mark.parametrize("name", ["endpoint_input_1", "groundtruth_input_7"])
def test_only_hours_may_be_empty(staging: Staging, name: str) -> None:
    staging.fetch(request(name, f"s3://{BUCKET}/nothing"), "arn")
    with pytest.raises(StagingError, match="No S3 objects found under"):
        staging.fetch(request("constraints", f"s3://{BUCKET}/nothing"), "arn")


def test_the_job_finds_its_own_description(staging: Staging) -> None:
    staging.fetch(request("endpoint_input_1", f"s3://{BUCKET}/c"), "arn:job")
    config = json.loads(staging.local("/opt/ml/config/processingjobconfig.json").read_text())
    assert config["ProcessingJobArn"] == "arn:job"
    assert staging.local("/opt/ml/config/resourceconfig.json").is_file()
    assert staging.local(OUTPUT["LocalPath"]).is_dir()


@pytest.mark.parametrize("key", ["c/../../../../etc/passwd", "c/a/../../../x"])
def test_a_key_never_leads_out_of_its_directory(staging: Staging, s3: Any, key: str) -> None:
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
    with pytest.raises(StagingError, match="leads out of"):
        staging.fetch(request("endpoint_input_1", f"s3://{BUCKET}/c"), "arn")


def test_a_path_of_a_definition_never_leads_out_of_the_container(staging: Staging) -> None:
    with pytest.raises(StagingError, match="leads out of the container"):
        staging.local("/opt/../../../etc")


def test_outputs_keep_their_names(staging: Staging, s3: Any) -> None:
    write(staging, "/opt/ml/processing/output/statistics.json", "{}")
    staging.publish(OUTPUT, None)
    (found,) = s3.list_objects_v2(Bucket=BUCKET, Prefix="reports/")["Contents"]
    assert found["Key"] == "reports/1/statistics.json"


def test_a_set_that_cannot_be_written_whole_is_taken_back(staging: Staging, s3: Any) -> None:
    for name in ("a", "b", "c"):
        write(staging, f"/opt/ml/processing/output/{name}.json", "{}")
    denied = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/reports/1/c.json",
    }
    policy = {"Version": "2012-10-17", "Statement": [denied]}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
    with pytest.raises(StagingError, match="Failed to upload output to s3://"):
        staging.publish(OUTPUT, None)
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET, Prefix="reports/")


def test_an_hour_that_is_replaced_holds_nothing_older(staging: Staging, s3: Any) -> None:
    """And only that hour: neither hour 1's neighbour nor hour 10 is hour 1."""
    for key in ("01/old", "01/kept", "02/old", "010/old"):
        s3.put_object(Bucket=BUCKET, Key=f"reports/1/{key}", Body=b"before")
    write(staging, "/opt/ml/processing/output/01/kept", "now")
    staging.publish(OUTPUT, None, [f"{OUTPUT['S3Uri']}/01"])
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix="reports/1/")["Contents"]
    assert [one["Key"].removeprefix("reports/1/") for one in found] == [
        "01/kept",
        "010/old",
        "02/old",
    ]


def test_metrics_keep_their_time(staging: Staging, session: Any) -> None:
    line = {
        "MetricName": "feature_non_null_amount",
        "Timestamp": "2026-01-31T10:00:00Z",
        "Dimensions": [{"Name": "Endpoint", "Value": "e"}],
        "Value": 3.0,
    }
    write(staging, METRICS, json.dumps(line) + "\n")
    assert staging.publish_metrics("aws/sagemaker/Endpoints/data-metrics") == 1
    (found,) = client(session, "cloudwatch").get_metric_statistics(
        Namespace="aws/sagemaker/Endpoints/data-metrics",
        MetricName="feature_non_null_amount",
        Dimensions=[{"Name": "Endpoint", "Value": "e"}],
        StartTime="2026-01-31T10:00:00Z",
        EndTime="2026-01-31T11:00:00Z",
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    assert (found["Sum"], found["Timestamp"].hour) == (3.0, 10)


def test_a_message_is_one_kilobyte_in_the_containers_own_paths(staging: Staging) -> None:
    assert staging.message() == ""
    write(staging, MESSAGE, f"{staging.root}/opt/ml/in is empty. " + "x" * 2000)
    assert staging.message().startswith("/opt/ml/in is empty.")
    assert len(staging.message()) <= 1024
