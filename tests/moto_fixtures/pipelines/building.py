"""Small pipelines for the tests: definitions by hand, and an account to run them in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moto_fixtures import work
from tests.moto_fixtures.building import ROLE
from tests.moto_fixtures.jobs.building import SKLEARN

Document = dict[str, Any]


def definition(*steps: Document, parameters: Sequence[Document] = ()) -> Document:
    """A definition of some steps."""
    return {"Version": "2020-12-01", "Parameters": list(parameters), "Steps": list(steps)}


def condition(
    name: str, *conditions: Document, then: Sequence[Document] = (), otherwise: Any = ()
) -> Document:
    """A Condition step."""
    arguments = {
        "Conditions": list(conditions),
        "IfSteps": list(then),
        "ElseSteps": list(otherwise),
    }
    return {"Name": name, "Type": "Condition", "Arguments": arguments}


def compare(left: Any, kind: str, right: Any) -> Document:
    """One condition."""
    return {"Type": kind, "LeftValue": left, "RightValue": right}


def fail(name: str, message: Any = "no good", **other: Any) -> Document:
    """A Fail step."""
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}, **other}


def passes(name: str, **other: Any) -> Document:
    """A step that succeeds at once: a condition that holds."""
    return {**condition(name, compare(1, "Equals", 1)), **other}


@dataclass(frozen=True)
class Pipelines:
    """An account in which pipelines are made and run to their end."""

    sagemaker: Any

    def create(self, document: Document, name: str = "p") -> str:
        answer = self.sagemaker.create_pipeline(
            PipelineName=name, PipelineDefinition=json.dumps(document), RoleArn=ROLE
        )
        return str(answer["PipelineArn"])

    def start(self, parameters: Mapping[str, str] | None = None, **other: Any) -> str:
        """Begin an execution of the pipeline `p`."""
        given = [{"Name": name, "Value": value} for name, value in (parameters or {}).items()]
        answer = self.sagemaker.start_pipeline_execution(
            PipelineName="p", PipelineParameters=given, **other
        )
        return str(answer["PipelineExecutionArn"])

    def run(self, parameters: Mapping[str, str] | None = None, **other: Any) -> str:
        """An execution of the pipeline `p`, ended."""
        arn = self.start(parameters, **other)
        work.wait(arn)
        return arn

    def describe(self, arn: str) -> Document:
        return dict(self.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn))

    def steps(self, arn: str) -> dict[str, Document]:
        """The steps that began, by name, the first first."""
        listed = self.sagemaker.list_pipeline_execution_steps(
            PipelineExecutionArn=arn, SortOrder="Ascending", MaxResults=100
        )
        return {one["StepName"]: one for one in listed["PipelineExecutionSteps"]}

    def statuses(self, arn: str) -> dict[str, str]:
        return {name: one["StepStatus"] for name, one in self.steps(arn).items()}


BUCKET = "pipeline-tests"


def processing(name: str, script: str, *arguments: Any, **other: Any) -> Document:
    """A Processing step that runs `s3://pipeline-tests/code/<script>` and keeps its output."""
    code = "/opt/ml/processing/input/code"
    inputs = [_input("code", f"s3://{BUCKET}/code/{script}", code)]
    inputs += [
        _input(channel, uri, f"/opt/ml/processing/input/{channel}")
        for channel, uri in other.pop("inputs", {}).items()
    ]
    place = ["s3:/", BUCKET, {"Get": "Execution.PipelineExecutionId"}, name]
    output = {
        "OutputName": "result",
        "S3Output": {
            "S3Uri": {"Std:Join": {"On": "/", "Values": place}},
            "LocalPath": "/opt/ml/processing/output",
            "S3UploadMode": "EndOfJob",
        },
    }
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
    return {
        "Name": name,
        "Type": "Processing",
        "Arguments": {
            "AppSpecification": {
                "ImageUri": SKLEARN,
                "ContainerEntrypoint": ["python3", f"{code}/{script}"],
                **({"ContainerArguments": list(arguments)} if arguments else {}),
            },
            "ProcessingInputs": inputs,
            "ProcessingOutputConfig": {"Outputs": [output]},
            "ProcessingResources": {"ClusterConfig": cluster},
            "RoleArn": ROLE,
        },
        **other,
    }


def _input(name: str, uri: Any, local: str) -> Document:
    source = {"S3Uri": uri, "LocalPath": local, "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {"InputName": name, "S3Input": source}
