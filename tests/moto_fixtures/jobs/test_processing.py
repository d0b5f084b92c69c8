"""A processing job runs the user's script: S3 in, S3 out, a log, a status and its reason."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError

from moto_fixtures import clients, jobs
from moto_fixtures.jobs import background, images
from tests.moto_fixtures.building import BUCKET, IMAGE, ROLE, TrainedModel, client
from tests.moto_fixtures.jobs.building import SKLEARN

CLARIFY = "205585389593.dkr.ecr.us-east-1.amazonaws.com/sagemaker-clarify-processing:1.0"
DATA = "/opt/ml/processing/input"
CODE = f"{DATA}/code"


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


CALLS = """
import boto3, os
s3 = boto3.client("s3")
assert s3.get_object(Bucket="offline-tests", Key="in/rows.csv")["Body"].read()
s3.put_object(Bucket="offline-tests", Key="from-inside", Body=b"hello")
print(boto3.client("sts").get_caller_identity()["Account"])
"""


@pytest.mark.parametrize("account", ["123456789012", "210987654321"])
def test_its_own_calls_reach_the_same_aws_as_its_role(session: Any, account: str) -> None:
    del session
    s3 = clients.client("s3", "us-east-1", account)
    s3.create_bucket(Bucket=BUCKET)
    put(s3, "code/main.py", CALLS)
    put(s3, "in/rows.csv", "a")
    wanted = request("job", RoleArn=f"arn:aws:iam::{account}:role/job")
    found = jobs.run_processing(wanted, "us-east-1", account)
    logs = clients.client("logs", "us-east-1", account)
    group = "/aws/sagemaker/ProcessingJobs"
    (stream,) = logs.describe_log_streams(logGroupName=group)["logStreams"]
    events = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])
    assert [one["message"] for one in events["events"]] == [account]
    assert found["ProcessingJobStatus"] == "Completed"
    assert stored(s3, "from-inside") == "hello"


def test_an_isolated_job_reaches_nothing(session: Any, s3: Any) -> None:
    found = run(s3, CALLS, NetworkConfig={"EnableNetworkIsolation": True})
    assert found["ProcessingJobStatus"] == "Failed"
    assert "EndpointConnectionError" in logged(session)[-1]


def test_every_host_has_its_share_of_what_is_sharded(session: Any, s3: Any) -> None:
    script = """
import json, os
host = json.load(open("/opt/ml/config/resourceconfig.json"))
found = sorted(os.listdir("/opt/ml/processing/input/data"))
with open(f"/opt/ml/processing/output/{host['current_host']}.json", "w") as kept:
    json.dump([host["hosts"], found], kept)
print(found)
"""
    for name in ("a", "b", "c"):
        put(s3, f"in/{name}.csv", name)
    shard = {"S3DataDistributionType": "ShardedByS3Key"}
    inputs = [_input("code", "code/", CODE), _input("data", "in/", f"{DATA}/data", **shard)]
    cluster = {"InstanceCount": 2, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
    found = run(
        s3,
        script,
        ProcessingInputs=inputs,
        ProcessingResources={"ClusterConfig": cluster},
    )
    assert found["ProcessingJobStatus"] == "Completed"
    shares = {host: json.loads(stored(s3, f"out/{host}.json")) for host in ("algo-1", "algo-2")}
    assert [hosts for hosts, _ in shares.values()] == [["algo-1", "algo-2"]] * 2
    names = [name for _, share in shares.values() for name in share]
    assert sorted(names) == ["a.csv", "b.csv", "c.csv"]
    streams = client(session, "logs").describe_log_streams(
        logGroupName="/aws/sagemaker/ProcessingJobs"
    )["logStreams"]
    hosts = [one["logStreamName"].split("/")[1].rpartition("-")[0] for one in streams]
    assert hosts == ["algo-1", "algo-2"]


def test_a_manifest_and_packed_objects_are_unpacked(s3: Any) -> None:
    script = """
from pathlib import Path
data = Path("/opt/ml/processing/input/data")
assert (data / "deep" / "one.csv").read_text() == "1", sorted(data.rglob("*"))
assert (data / "two.csv").read_text() == "2"
"""
    for key, text in (("x/deep/one.csv", b"1"), ("x/two.csv", b"2"), ("x/three.csv", b"3")):
        s3.put_object(Bucket=BUCKET, Key=key, Body=gzip.compress(text))
    listed = [{"prefix": f"s3://{BUCKET}/x/"}, "deep/one.csv", "two.csv"]
    put(s3, "list.json", json.dumps(listed))
    packed = {"S3DataType": "ManifestFile", "S3CompressionType": "Gzip"}
    inputs = [
        _input("code", "code/", CODE),
        _input("data", "list.json", f"{DATA}/data", **packed),
    ]
    assert run(s3, script, ProcessingInputs=inputs)["ProcessingJobStatus"] == "Completed"


@pytest.mark.parametrize("mode", ["Continuous", "EndOfJob"])
def test_what_is_uploaded_as_it_goes_is_there_though_the_job_failed(s3: Any, mode: str) -> None:
    script = "open('/opt/ml/processing/output/half', 'w').write('half'); raise SystemExit(1)"
    output = {
        "S3Uri": f"s3://{BUCKET}/out",
        "LocalPath": "/opt/ml/processing/output",
        "S3UploadMode": mode,
    }
    config = {"Outputs": [{"OutputName": "result", "S3Output": output}]}
    assert run(s3, script, ProcessingOutputConfig=config)["ProcessingJobStatus"] == "Failed"
    assert bool(keys(s3, "out/")) == (mode == "Continuous")


def test_one_is_stopped_and_one_has_its_time(session: Any, s3: Any) -> None:
    sagemaker = client(session, "sagemaker")
    put(s3, "code/main.py", "import time; time.sleep(60)")
    put(s3, "in/rows.csv", "a")
    sagemaker.create_processing_job(**request("stopped"))
    sagemaker.stop_processing_job(ProcessingJobName="stopped")
    over = run(
        s3, "import time; time.sleep(60)", name="over", StoppingCondition={"MaxRuntimeInSeconds": 1}
    )
    background.wait_for_all()
    stopped = sagemaker.describe_processing_job(ProcessingJobName="stopped")
    assert stopped["ProcessingJobStatus"] == over["ProcessingJobStatus"] == "Stopped"
    assert "FailureReason" not in stopped
    assert over["FailureReason"].startswith("MaxRuntimeExceeded")


def test_the_clock_waits_for_a_job_that_runs(session: Any, s3: Any, clock: ModuleType) -> None:
    clock.travel(datetime(2031, 5, 1, 12))
    put(s3, "code/main.py", "import time; time.sleep(0.5)")
    put(s3, "in/rows.csv", "a")
    sagemaker = client(session, "sagemaker")
    sagemaker.create_processing_job(**request("job"))
    clock.advance(datetime(2031, 5, 2, 12))
    found = sagemaker.describe_processing_job(ProcessingJobName="job")
    assert found["ProcessingJobStatus"] == "Completed"
    assert f"{found['ProcessingEndTime']:%Y-%m-%d %H}" == "2031-05-01 12"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        pytest.param({"ImageUri": "me/other:1"}, "The image me/other:1 is not sim", id="image"),
        pytest.param({"ImageUri": SKLEARN}, "ContainerEntrypoint", id="no script"),
    ],
)
def test_an_image_that_would_not_run_is_refused(
    session: Any, change: dict[str, Any], error: str
) -> None:
    sagemaker = client(session, "sagemaker")
    with pytest.raises(ClientError, match=error):
        sagemaker.create_processing_job(**request("job", AppSpecification=change))
    assert sagemaker.list_processing_jobs()["ProcessingJobSummaries"] == []


def test_a_registered_command_runs_for_its_image(session: Any, s3: Any) -> None:
    images.register("me/other", ["python", "-c", "import sys; print('mine', sys.argv[1:])"])
    try:
        app = {"ImageUri": "me/other:1", "ContainerArguments": ["a"]}
        found = run(s3, "", AppSpecification=app)
    finally:
        images.forget()
    assert found["ProcessingJobStatus"] == "Completed"
    assert logged(session) == ["mine ['a']"]


def test_they_are_listed_by_name_and_status(session: Any, s3: Any) -> None:
    run(s3, "", name="good-1")
    run(s3, "raise SystemExit(1)", name="bad-1")
    sagemaker = client(session, "sagemaker")
    listed = sagemaker.list_processing_jobs(StatusEquals="Failed")["ProcessingJobSummaries"]
    assert [one["ProcessingJobName"] for one in listed] == ["bad-1"]
    assert "See job logs" in listed[0]["FailureReason"]
    with pytest.raises(ClientError, match="must be unique"):
        sagemaker.create_processing_job(**request("good-1"))
    with pytest.raises(ClientError, match="Could not find requested job"):
        sagemaker.describe_processing_job(ProcessingJobName="nothing")


def test_model_monitors_image_suggests_a_baseline(
    session: Any, s3: Any, trained: TrainedModel
) -> None:
    """As the SDK's DefaultModelMonitor.suggest_baseline asks for it."""
    put(s3, "in/rows.csv", "\n".join([",".join(trained.columns), *trained.rows]))
    change = {
        "AppSpecification": {"ImageUri": IMAGE},
        "ProcessingInputs": [_input("baseline_dataset_input", "in/rows.csv", f"{DATA}/baseline")],
        "Environment": {
            "dataset_format": json.dumps({"csv": {"header": True}}),
            "dataset_source": f"{DATA}/baseline",
            "output_path": "/opt/ml/processing/output",
            "publish_cloudwatch_metrics": "Disabled",
        },
    }
    found = run(s3, "", **change)
    assert found["ProcessingJobStatus"] == "Completed", found
    assert found["ExitMessage"].startswith("Completed: ")
    assert {"out/constraints.json", "out/statistics.json"} <= set(keys(s3, "out/"))
    assert logged(session)[-1] == found["ExitMessage"]
    statistics = json.loads(stored(s3, "out/statistics.json"))
    assert statistics["dataset"]["item_count"] == len(trained.rows)


BIAS_CONFIG = {
    "dataset_type": "text/csv",
    "headers": ["age", "income", "approved", "predicted"],
    "label": "approved",
    "predicted_label": "predicted",
    "label_values_or_threshold": [1],
    "facet": [{"name_or_index": "age", "value_or_threshold": [40]}],
    "methods": {"pre_training_bias": {"methods": "all"}, "post_training_bias": {"methods": "all"}},
}


def test_clarifys_image_is_told_by_its_configuration(s3: Any) -> None:
    """As the SDK's ModelBiasMonitor.suggest_baseline asks for it."""
    rows = [f"{30 + n % 30},{n},{n % 2},{int(n % 3 == 0)}" for n in range(60)]
    put(s3, "in/rows.csv", "\n".join(rows))
    put(s3, "config/analysis_config.json", json.dumps(BIAS_CONFIG))
    change = {
        "AppSpecification": {"ImageUri": CLARIFY},
        "ProcessingInputs": [
            _input("dataset", "in/rows.csv", f"{DATA}/data"),
            _input("analysis_config", "config/analysis_config.json", f"{DATA}/config"),
        ],
    }
    found = run(s3, "", **change)
    assert found["ProcessingJobStatus"] == "Completed", found["ExitMessage"]
    assert "out/analysis.json" in keys(s3, "out/")
    analysis = json.loads(stored(s3, "out/analysis.json"))
    assert "age" in json.dumps(analysis["post_training_bias_metrics"]["facets"])
