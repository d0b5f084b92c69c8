"""Jobs of a server are those of a test: the same calls, over HTTP."""

from __future__ import annotations

import time
from typing import Any

import boto3
import pytest

from moto_fixtures import environment
from tests.moto_fixtures.building import ROLE
from tests.moto_fixtures.jobs.building import SKLEARN
from tests.patience import PATIENCE

SCRIPT = """
import boto3
boto3.client("s3").put_object(Bucket="jobs-over-http", Key="said", Body=b"from inside")
print("said")
"""


@pytest.fixture
def clients(server: str) -> Any:
    given = environment.environment(server)
    session = boto3.Session(
        given["AWS_ACCESS_KEY_ID"], given["AWS_SECRET_ACCESS_KEY"], region_name="us-east-1"
    )
    return lambda service: session.client(service, endpoint_url=server)


def test_a_script_of_a_servers_job_reaches_that_server(clients: Any) -> None:
    s3, sagemaker = clients("s3"), clients("sagemaker")
    s3.create_bucket(Bucket="jobs-over-http")
    s3.put_object(Bucket="jobs-over-http", Key="code/main.py", Body=SCRIPT.encode())
    code = "/opt/ml/processing/input/code"
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
    source = {
        "S3Uri": "s3://jobs-over-http/code/main.py",
        "LocalPath": code,
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
    }
    sagemaker.create_processing_job(
        ProcessingJobName="over-http",
        RoleArn=ROLE,
        AppSpecification={
            "ImageUri": SKLEARN,
            "ContainerEntrypoint": ["python3", f"{code}/main.py"],
        },
        ProcessingResources={"ClusterConfig": cluster},
        ProcessingInputs=[{"InputName": "code", "S3Input": source}],
    )
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found = sagemaker.describe_processing_job(ProcessingJobName="over-http")
        if found["ProcessingJobStatus"] != "InProgress":
            break
        time.sleep(0.1)
    assert found["ProcessingJobStatus"] == "Completed", found
    assert s3.get_object(Bucket="jobs-over-http", Key="said")["Body"].read() == b"from inside"
