"""A processing job runs the user's script: S3 in, S3 out, a log, a status and its reason."""

from __future__ import annotations

from typing import Any

import pytest

from moto_fixtures import jobs
from tests.moto_fixtures.building import BUCKET, ROLE, client
from tests.moto_fixtures.jobs.building import SKLEARN

CODE = "/opt/ml/processing/input/code"


@pytest.fixture
def s3(session: Any) -> Any:
    made = client(session, "s3")
    made.create_bucket(Bucket=BUCKET)
    return made


def put(s3: Any, key: str, text: str) -> None:
    s3.put_object(Bucket=BUCKET, Key=key, Body=text.encode())


def stored(s3: Any, key: str) -> str:
    return str(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode())


def keys(s3: Any, prefix: str) -> list[str]:
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    return [one["Key"] for one in found]


def request(name: str, *arguments: str, **change: Any) -> dict[str, Any]:
    """A job that runs `code/main.py` over `in/` and keeps what it writes under `out/`."""
    return {
        "ProcessingJobName": name,
        "RoleArn": ROLE,
        "AppSpecification": {
            "ImageUri": SKLEARN,
            "ContainerEntrypoint": ["python3", f"{CODE}/main.py"],
            **({"ContainerArguments": list(arguments)} if arguments else {}),
        },
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": "ml.m5.large",
                "VolumeSizeInGB": 1,
            }
        },
        "ProcessingInputs": [
            _input("code", "code/", CODE),
            _input("data", "in/", "/opt/ml/processing/input/data"),
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "result",
                    "S3Output": {
                        "S3Uri": f"s3://{BUCKET}/out",
                        "LocalPath": "/opt/ml/processing/output",
                        "S3UploadMode": "EndOfJob",
                    },
                }
            ]
        },
        **change,
    }


def _input(name: str, key: str, path: str, **change: Any) -> dict[str, Any]:
    source = {
        "S3Uri": f"s3://{BUCKET}/{key}",
        "LocalPath": path,
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
        **change,
    }
    return {"InputName": name, "S3Input": source}


def run(s3: Any, script: str, *arguments: str, name: str = "job", **change: Any) -> dict[str, Any]:
    put(s3, "code/main.py", script)
    if not keys(s3, "in/"):
        put(s3, "in/rows.csv", "a,b\n1,2\n")
    return jobs.run_processing(request(name, *arguments, **change), "us-east-1", "123456789012")


def logged(session: Any, name: str = "job") -> list[str]:
    logs = client(session, "logs")
    group = "/aws/sagemaker/ProcessingJobs"
    streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{name}/")
    (stream,) = streams["logStreams"]
    events = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])
    return [event["message"] for event in events["events"]]


def test_a_script_that_names_the_containers_paths_runs(session: Any, s3: Any) -> None:
    script = """
import os, pathlib, sys
rows = open("/opt/ml/processing/input/data/rows.csv").read()
assert os.listdir("/opt/ml/processing/input/data") == ["rows.csv"]
pathlib.Path("/opt/ml/processing/output/deep").mkdir(parents=True)
with open("/opt/ml/processing/output/deep/copy.csv", "w") as copy:
    copy.write(rows.upper())
print("wrote", sys.argv[1:])
pathlib.Path("/opt/ml/output").mkdir(parents=True, exist_ok=True)
pathlib.Path("/opt/ml/output/message").write_text("all is well")
"""
    found = run(s3, script, "--output", "/opt/ml/processing/output")
    assert found["ProcessingJobStatus"] == "Completed", logged(session)
    assert found["ExitMessage"] == "all is well"
    assert found["CreationTime"] <= found["ProcessingStartTime"] <= found["ProcessingEndTime"]
    assert stored(s3, "out/deep/copy.csv") == "A,B\n1,2\n"
    assert logged(session) == ["wrote ['--output', '/opt/ml/processing/output']"]


def test_a_script_that_fails_says_so_and_publishes_nothing(session: Any, s3: Any) -> None:
    script = """
open("/opt/ml/processing/output/half.csv", "w").write("half")
raise ValueError("the column is gone")
"""
    found = run(s3, script)
    assert found["ProcessingJobStatus"] == "Failed"
    assert found["FailureReason"] == "AlgorithmError: See job logs for more information"
    assert logged(session)[-1] == "ValueError: the column is gone"
    assert not keys(s3, "out/")


def test_an_input_that_is_not_there_fails_the_job(s3: Any) -> None:
    found = run(s3, "", ProcessingInputs=[_input("code", "nothing/", CODE)])
    assert found["ProcessingJobStatus"] == "Failed"
    assert f"s3://{BUCKET}/nothing/" in found["FailureReason"]
