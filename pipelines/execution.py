"""An execution of the pipeline: its data in S3, its parameters, and how it went.

Needs     a pipeline in SageMaker; a table of the model's rows
Writes    the data once, under a key made of their sha256; an execution

A first execution has no approved package to compare with. Its checks would all fail, so they
are skipped and every new baseline registered; that is said, and a parameter that is given wins.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from csv import writer
from typing import Any, Final

from botocore.exceptions import ClientError

from monitoring.aws import registry
from monitoring.aws.clients import Aws, asking, is_missing
from monitoring.errors import AwsError, RegistryError, UsageError
from pipelines.in_force import checks_of, switches
from pipelines.models.base import Model, Table
from pipelines.register import upload

PAUSE: Final = 5.0
"""Seconds between two looks at a running execution."""
OVER: Final = ("Succeeded", "Failed", "Stopped")
Document = Mapping[str, Any]


def upload_data(
    aws: Aws, bucket: str, prefix: str, account: str, model: Model, table: Table
) -> str:
    """Put a model's rows into S3, once; the URI of the object."""
    text = io.StringIO(newline="")
    lines = writer(text, lineterminator="\n")
    lines.writerow([model.label, *model.schema.names])
    lines.writerows([label, *row] for label, row in zip(table.labels, table.rows, strict=True))
    name = f"{model.name}.csv"
    return upload(aws, bucket, f"{prefix}/data", account, name, text.getvalue().encode())["S3Uri"]


def put(aws: Aws, uri: str, account: str, content: bytes) -> None:
    """Write a JSON object that a definition names, into a bucket of this account."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    with asking("s3:PutObject", uri):
        aws.s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=content,
            ContentType="application/json",
            ExpectedBucketOwner=account,
        )


def is_first(aws: Aws, group: str) -> bool:
    """Whether no package of the group is approved, so that no baseline is in force."""
    try:
        registry.newest_approved(aws.sagemaker, group)
    except RegistryError:
        return True
    return False


def first_run_switches(model: Model) -> dict[str, str]:
    """The parameters of a first execution.

    >>> from pipelines.models import model_for
    >>> list(first_run_switches(model_for("fraud")))[:2]
    ['SkipDataQualityCheck', 'RegisterNewDataQualityBaseline']
    """
    return {name: "true" for check in checks_of(model) for name in switches(check)}


def definition_of(aws: Aws, name: str) -> Any:
    """The definition that a pipeline has, as a JSON value; None where there is no such pipeline."""
    with asking("sagemaker:DescribePipeline", name):
        try:
            found = aws.sagemaker.describe_pipeline(PipelineName=name)
        except ClientError as error:
            if not is_missing(error):
                raise
            return None
    return json.loads(found["PipelineDefinition"])


def upsert(aws: Aws, name: str, definition: str, role: str, description: str) -> str:
    """Create the pipeline, or give it a new definition; its ARN."""
    request = {
        "PipelineName": name,
        "PipelineDefinition": definition,
        "PipelineDescription": description,
        "RoleArn": role,
    }
    if definition_of(aws, name) is not None:
        with asking("sagemaker:UpdatePipeline", name):
            return str(aws.sagemaker.update_pipeline(**request)["PipelineArn"])
    with asking("sagemaker:CreatePipeline", name):
        return str(aws.sagemaker.create_pipeline(**request)["PipelineArn"])


def start(aws: Aws, name: str, parameters: Mapping[str, str]) -> str:
    """Start an execution; its ARN."""
    with asking("sagemaker:StartPipelineExecution", name):
        started = aws.sagemaker.start_pipeline_execution(
            PipelineName=name,
            PipelineParameters=[
                {"Name": each, "Value": value} for each, value in parameters.items()
            ],
        )
    return str(started["PipelineExecutionArn"])


def parsed(given: Sequence[str]) -> dict[str, str]:
    """Parameters as a command line has them; UsageError for one without a `=`.

    >>> parsed(["ModelApprovalStatus=Approved", "InputDataUrl="])
    {'ModelApprovalStatus': 'Approved', 'InputDataUrl': ''}
    """
    wrong = [text for text in given if "=" not in text]
    if wrong:
        raise UsageError(f"--parameter {wrong[0]!r}: has no value; write Name=Value")
    return {name: value for name, _, value in (text.partition("=") for text in given)}


def wait(aws: Aws, arn: str, sleep: Callable[[float], None] = time.sleep) -> Document:
    """Look at an execution until it has ended; what DescribePipelineExecution says of it."""
    while True:
        with asking("sagemaker:DescribePipelineExecution", arn):
            found: Document = aws.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        if found["PipelineExecutionStatus"] in OVER:
            return found
        sleep(PAUSE)


def steps(aws: Aws, arn: str) -> Iterator[Document]:
    """Its steps in the order in which they began."""
    with asking("sagemaker:ListPipelineExecutionSteps", arn):
        pages = aws.sagemaker.get_paginator("list_pipeline_execution_steps").paginate(
            PipelineExecutionArn=arn, SortOrder="Ascending"
        )
        for page in pages:
            yield from page["PipelineExecutionSteps"]


def require_success(aws: Aws, arn: str, ended: Document) -> None:
    """Raise AwsError naming the steps that failed, and why, unless it succeeded."""
    status = ended["PipelineExecutionStatus"]
    if status == "Succeeded":
        return
    failed = [
        f"{step['StepName']}: {step.get('FailureReason', 'no reason given')}"
        for step in steps(aws, arn)
        if step["StepStatus"] == "Failed"
    ]
    why = "; ".join(failed) or ended.get("FailureReason", "no step failed")
    raise AwsError(
        f"{arn}: {status}, so no package was registered. {why}. See its steps: aws sagemaker "
        f"list-pipeline-execution-steps --pipeline-execution-arn {arn}"
    )
