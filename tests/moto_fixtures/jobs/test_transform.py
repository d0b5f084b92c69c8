"""A batch transform sends S3 objects through the model, and stores what it answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from moto_fixtures import jobs
from moto_fixtures.jobs import records
from moto_fixtures.jobs.jsonpath import Path, PathError
from tests.moto_fixtures.building import BUCKET, IMAGE, ROLE, TrainedModel, client


@pytest.fixture
def s3(session: Any, trained: TrainedModel) -> Any:
    made = client(session, "s3")
    made.create_bucket(Bucket=BUCKET)
    made.put_object(Bucket=BUCKET, Key="model.tar.gz", Body=trained.archive)
    client(session, "sagemaker").create_model(
        ModelName="fraud",
        ExecutionRoleArn=ROLE,
        PrimaryContainer={"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz"},
    )
    return made


@pytest.fixture
def sagemaker(session: Any) -> Any:
    return client(session, "sagemaker")


def request(name: str = "score", **change: Any) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/in/"}
    wanted = {
        "TransformJobName": name,
        "ModelName": "fraud",
        "TransformInput": {
            "DataSource": {"S3DataSource": source},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/out", "AssembleWith": "Line"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    return {**wanted, **change}


def run(**change: Any) -> dict[str, Any]:
    return jobs.run_transform(request(**change), "us-east-1", "123456789012")


def put(s3: Any, key: str, lines: list[str]) -> None:
    s3.put_object(Bucket=BUCKET, Key=key, Body="".join(f"{line}\n" for line in lines).encode())


def lines(s3: Any, key: str) -> list[str]:
    body: bytes = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return body.decode().splitlines()


def keys(s3: Any, prefix: str) -> list[str]:
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    return [one["Key"] for one in found]


def test_every_object_gets_its_answers(s3: Any, trained: TrainedModel) -> None:
    put(s3, "in/a.csv", trained.rows[:5])
    put(s3, "in/deep/b.csv", trained.rows[5:8])
    found = run()
    assert found["TransformJobStatus"] == "Completed", found
    assert keys(s3, "out/") == ["out/a.csv.out", "out/deep/b.csv.out"]
    assert [len(lines(s3, key)) for key in keys(s3, "out/")] == [5, 3]
    assert found["TransformStartTime"] <= found["TransformEndTime"]


@pytest.mark.parametrize("strategy", ["SingleRecord", "MultiRecord"])
def test_answers_are_those_of_the_endpoint_in_the_order_of_the_rows(
    s3: Any, deploy: Callable[..., Any], trained: TrainedModel, strategy: str
) -> None:
    project = deploy()
    put(s3, "in/a.csv", trained.rows[:4])
    run(BatchStrategy=strategy)
    answered = [
        project.runtime.invoke_endpoint(
            EndpointName=project.endpoint, Body=row, ContentType="text/csv"
        )["Body"].read().decode().strip()
        for row in trained.rows[:4]
    ]  # fmt: skip
    found = [float(line.split(",")[-1]) for line in lines(s3, "out/a.csv.out")]
    assert found == pytest.approx([float(line.split(",")[-1]) for line in answered], rel=1e-12)


def test_a_record_is_joined_with_its_answer(s3: Any, trained: TrainedModel) -> None:
    rows = trained.rows[:3]
    put(s3, "in/a.csv", [f"id-{n},{row}" for n, row in enumerate(rows)])
    processing = {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"}
    found = run(name="joined", DataProcessing=processing)
    assert found["TransformJobStatus"] == "Completed", found
    joined = [line.split(",") for line in lines(s3, "out/a.csv.out")]
    assert [cells[0] for cells in joined] == ["id-0", "id-1", "id-2"]
    assert all(len(cells) == 2 and float(cells[1]) >= 0 for cells in joined)


def test_a_row_the_model_refuses_fails_the_job_and_its_log_says_why(session: Any, s3: Any) -> None:
    put(s3, "in/a.csv", ["nonsense"])
    found = run()
    assert found["TransformJobStatus"] == "Failed"
    assert found["FailureReason"] == "ClientError: See job logs for more information"
    logs, group = client(session, "logs"), "/aws/sagemaker/TransformJobs"
    (stream,) = logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert stream["logStreamName"].startswith("score/")
    events = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])
    assert "Bad HTTP status returned from invoke: 4" in events["events"][0]["message"]


def test_what_was_read_and_written_is_captured_as_lists(
    s3: Any, trained: TrainedModel, clock: ModuleType
) -> None:
    clock.travel(datetime(2031, 5, 1, 12, 30))
    put(s3, "in/a.csv", trained.rows[:2])
    destination = f"s3://{BUCKET}/captured"
    run(DataCaptureConfig={"DestinationS3Uri": destination, "GenerateInferenceId": True})
    listed = json.loads("\n".join(lines(s3, "captured/output/2031/05/01/12/score.json")))
    assert listed == [{"prefix": f"s3://{BUCKET}/out/"}, "a.csv.out"]
    listed = json.loads("\n".join(lines(s3, "captured/input/2031/05/01/12/score.json")))
    assert listed == [{"prefix": f"s3://{BUCKET}/in/"}, "a.csv"]
    ends = [line.split(",")[-2:] for line in lines(s3, "out/a.csv.out")]
    assert len({identity for identity, _ in ends}) == 2
    assert all(time.startswith("2031-05-01T12:30:") for _, time in ends)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        pytest.param({"ModelName": "nothing"}, "model", id="no model"),
        pytest.param({"DataProcessing": {"InputFilter": "$..a"}}, "no path", id="no path"),
        pytest.param(
            {"MaxConcurrentTransforms": 50, "MaxPayloadInMB": 6}, "100 MB", id="too much at once"
        ),
    ],
)
def test_what_would_not_run_is_refused(
    s3: Any, sagemaker: Any, change: dict[str, Any], error: str
) -> None:
    del s3
    with pytest.raises(ClientError, match=error):
        sagemaker.create_transform_job(**request(**change))
    assert sagemaker.list_transform_jobs()["TransformJobSummaries"] == []


@given(
    lines=st.lists(st.binary(min_size=1, max_size=9).filter(lambda one: one.strip() == one and
                   b"\n" not in one)),
    most=st.integers(10, 40),
)  # fmt: skip
def test_no_record_is_lost_and_no_request_is_too_large(lines: list[bytes], most: int) -> None:
    split = records.split(b"\n".join(lines), "Line")
    batches = list(records.batches(split, "MultiRecord", most))
    assert [record for batch in batches for record in batch] == lines
    assert all(len(b"\n".join(batch)) <= most for batch in batches)


@pytest.mark.parametrize("text", ["", "a", "$.", "$[a]", "$..a", "$[?(@.a)]", "$[1:2:3]", "$ "])
def test_a_path_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(PathError, match="no path"):
        Path.parse(text)


@pytest.mark.parametrize("text", ["$.b", "$[5]", "$['a','b']", "$.a[0]"])
def test_a_path_without_its_part_says_where(text: str) -> None:
    with pytest.raises(PathError, match="finds nothing at"):
        Path.parse(text).of({"a": 1})
