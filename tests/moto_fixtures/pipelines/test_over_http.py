"""Pipelines of the server: several executions at once, each with jobs, and refusals."""

from __future__ import annotations

import time
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.moto_fixtures.pipelines.building import (
    BUCKET,
    Pipelines,
    compare,
    condition,
    definition,
    processing,
)
from tests.moto_fixtures.pipelines.test_jobs import AUC, DOUBLE, METRICS, OUTPUT, WRITE
from tests.patience import PATIENCE

AT_ONCE = 2
"""Seconds: the machine may be busy."""


@pytest.fixture
def pipelines(server: str) -> Pipelines:
    """The server's account, its scripts in S3."""
    session = boto3.Session("offline", "offline", region_name="eu-west-1")
    s3 = session.client("s3", endpoint_url=server)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for name, script in (("write.py", WRITE), ("double.py", DOUBLE)):
        s3.put_object(Bucket=BUCKET, Key=f"code/{name}", Body=script)
    return Pipelines(session.client("sagemaker", endpoint_url=server))


def status(pipelines: Pipelines, arn: str) -> Any:
    return pipelines.describe(arn)["PipelineExecutionStatus"]


def test_executions_run_side_by_side_and_none_waits_for_the_call(pipelines: Pipelines) -> None:
    pipelines.create(
        definition(
            processing("Write", "write.py", "0.4"),
            processing("Double", "double.py", inputs={"metrics": OUTPUT}, PropertyFiles=[METRICS]),
            condition("Gate", compare(AUC, "GreaterThan", 0.7)),
        )
    )
    arns = [pipelines.start() for _ in range(AT_ONCE)]
    assert status(pipelines, arns[-1]) == "Executing"
    until = time.monotonic() + PATIENCE
    while any(status(pipelines, arn) == "Executing" for arn in arns) and time.monotonic() < until:
        time.sleep(0.2)
    assert [status(pipelines, arn) for arn in arns] == ["Succeeded"] * AT_ONCE
    outputs = {pipelines.steps(arn)["Double"]["Metadata"]["ProcessingJob"]["Arn"] for arn in arns}
    assert len(outputs) == AT_ONCE

    pipelines.create(definition({"Name": "Call", "Type": "Lambda"}), "other")
    with pytest.raises(ClientError) as refused:
        pipelines.sagemaker.start_pipeline_execution(PipelineName="other")
    assert refused.value.response["Error"]["Code"] == "NotSimulated"
