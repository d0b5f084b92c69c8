"""Requests and small worlds for the tests of the offline AWS."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3

from monitoring.kinds import Kind

BUCKET = "offline-tests"
CAPTURE = f"s3://{BUCKET}/capture"
ROLE = "arn:aws:iam::123456789012:role/monitor"
IMAGE = "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer"
CONTENT_TYPES = {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]}


@cache
def client(session: boto3.Session, service: str) -> Any:
    """A client, made once per session: making one costs more than most calls."""
    return session.client(service)


@dataclass(frozen=True)
class TrainedModel:
    """A trained model's archive, and rows it can be asked about."""

    archive: bytes
    rows: list[str]
    columns: tuple[str, ...]
    """The model's inputs, in order."""
    baseline: dict[str, bytes]
    """The data-quality baseline's documents, by file name."""


@dataclass(frozen=True)
class Project:
    """Clients of an account in which an endpoint is in service."""

    session: boto3.Session
    endpoint: str
    model: TrainedModel
    sagemaker: Any = field(init=False)
    runtime: Any = field(init=False)
    s3: Any = field(init=False)

    def __post_init__(self) -> None:
        for name, service in (("sagemaker",) * 2, ("runtime", "sagemaker-runtime"), ("s3",) * 2):
            object.__setattr__(self, name, client(self.session, service))

    def captured(self) -> dict[str, list[dict[str, Any]]]:
        """Every captured event, by S3 key."""
        found = self.s3.list_objects_v2(Bucket=BUCKET, Prefix="capture/").get("Contents", [])
        bodies = {
            one["Key"]: self.s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read()
            for one in found
        }
        return {
            key: [json.loads(line) for line in body.splitlines()] for key, body in bodies.items()
        }


def deploy_endpoint(project: Project, capture: dict[str, Any]) -> None:
    """Everything an endpoint is made of, through AWS's own API."""
    name, sagemaker = project.endpoint, project.sagemaker
    project.s3.create_bucket(Bucket=BUCKET)
    project.s3.put_object(Bucket=BUCKET, Key="model.tar.gz", Body=project.model.archive)
    sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=ROLE,
        PrimaryContainer={"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz"},
    )
    sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[variant(name)],
        DataCaptureConfig={
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": CAPTURE,
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": CONTENT_TYPES,
            **capture,
        },
    )
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)


def variant(model_name: str, **other: Any) -> dict[str, Any]:
    """A production variant."""
    return {
        "VariantName": "AllTraffic",
        "ModelName": model_name,
        "InstanceType": "ml.m6i.large",
        "InitialInstanceCount": 1,
        **other,
    }


def job_definition(kind: Kind, endpoint: str, name: str = "watch", **other: Any) -> dict[str, Any]:
    """The request for a job definition of a kind, with all it needs and no more."""
    app = {"ImageUri": IMAGE}
    job_input: dict[str, Any] = {
        "EndpointInput": {
            "EndpointName": endpoint,
            "LocalPath": f"/opt/ml/processing/input/{kind.slug}",
        }
    }
    if kind.has_config_file:
        app["ConfigUri"] = f"s3://{BUCKET}/baselines/analysis_config.json"
    if kind.name == "ModelQuality":
        app["ProblemType"] = "BinaryClassification"
    if kind.needs_labels:
        job_input["GroundTruthS3Input"] = {"S3Uri": f"s3://{BUCKET}/ground-truth"}
    output = {
        "S3Uri": f"s3://{BUCKET}/reports/{kind.slug}",
        "LocalPath": f"/opt/ml/processing/output/{kind.slug}",
    }
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20}
    return {
        "JobDefinitionName": name,
        f"{kind.name}AppSpecification": app,
        f"{kind.name}JobInput": job_input,
        f"{kind.name}JobOutputConfig": {"MonitoringOutputs": [{"S3Output": output}]},
        "JobResources": {"ClusterConfig": cluster},
        "RoleArn": ROLE,
        "StoppingCondition": {"MaxRuntimeInSeconds": 1800},
        **other,
    }


def schedule_config(kind: Kind, definition: str = "watch", **timing: Any) -> dict[str, Any]:
    """The configuration of a schedule; hourly unless said otherwise."""
    return {
        "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)", **timing},
        "MonitoringJobDefinitionName": definition,
        "MonitoringType": kind.name,
    }
