"""Four job definitions and their schedules as a stack: what an edit replaces, and what not."""

from __future__ import annotations

import re
from typing import Any

import pytest

from monitoring import kinds

ROLE = "arn:aws:iam::123456789012:role/monitor"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/analyzer:1"
NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")


def definition(kind: kinds.Kind, endpoint: str) -> dict[str, Any]:
    application: dict[str, Any] = {"ImageUri": IMAGE}
    local = f"/opt/ml/processing/input/{kind.slug}_input"
    inputs: dict[str, Any] = {"EndpointInput": {"EndpointName": endpoint, "LocalPath": local}}
    if kind.has_config_file:
        application["ConfigUri"] = "s3://outputs/analysis_config.json"
    if kind is kinds.MODEL_QUALITY:
        application["ProblemType"] = "BinaryClassification"
    if kind.needs_labels:
        inputs["GroundTruthS3Input"] = {"S3Uri": "s3://outputs/labels"}
    output = {"S3Uri": "s3://outputs/reports", "LocalPath": "/opt/ml/processing/output"}
    volume, instance = {"Ref": "VolumeSize"}, {"Ref": "InstanceType"}
    cluster = {"InstanceCount": 1, "InstanceType": instance, "VolumeSizeInGB": volume}
    properties = {
        f"{kind.name}AppSpecification": application,
        f"{kind.name}JobInput": inputs,
        f"{kind.name}JobOutputConfig": {"MonitoringOutputs": [{"S3Output": output}]},
        "JobResources": {"ClusterConfig": cluster},
        "RoleArn": ROLE,
        "StoppingCondition": {"MaxRuntimeInSeconds": {"Ref": f"{kind.name}MaxRuntime"}},
    }
    return {"Type": f"AWS::SageMaker::{kind.job_definition}", "Properties": properties}


def schedule(kind: kinds.Kind) -> dict[str, Any]:
    config = {
        "MonitoringJobDefinitionName": {
            "Fn::GetAtt": [kind.job_definition, "JobDefinitionName"],
        },
        "MonitoringType": kind.name,
        "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"},
    }
    properties = {
        "MonitoringScheduleName": f"fraud-{kind.name}",
        "MonitoringScheduleConfig": config,
    }
    return {"Type": "AWS::SageMaker::MonitoringSchedule", "Properties": properties}


def template(endpoint: str) -> dict[str, Any]:
    numbers = {
        f"{kind.name}MaxRuntime": {"Type": "Number", "Default": 1800} for kind in kinds.KINDS
    }
    resources: dict[str, Any] = {}
    for kind in kinds.KINDS:
        resources[kind.job_definition] = definition(kind, endpoint)
        resources[f"{kind.name}Schedule"] = schedule(kind)
    return {
        "Parameters": {
            **numbers,
            "VolumeSize": {"Type": "Number", "Default": 20},
            "InstanceType": {"Type": "String", "Default": "ml.m5.large"},
        },
        "Resources": resources,
    }


@pytest.fixture
def monitors(stacks: Any, project: Any) -> Any:
    """The stack `monitors`, over an endpoint in service."""
    assert stacks.create("monitors", template(project.endpoint)) == "CREATE_COMPLETE"
    return stacks


def definitions(stacks: Any) -> set[str]:
    sagemaker = stacks.service("sagemaker")
    found = set()
    for kind in kinds.KINDS:
        verb = f"list_{kind.slug.replace('-', '_')}_job_definitions"
        for item in getattr(sagemaker, verb)()["JobDefinitionSummaries"]:
            found.add(item["MonitoringJobDefinitionName"])
    return found


def test_generated_names_are_valid_and_say_what_they_are(monitors: Any) -> None:
    found = definitions(monitors)
    assert len(found) == 4
    assert all(NAME.fullmatch(name) for name in found)
    assert {name.rsplit("-", 1)[0] for name in found} == {
        kind.job_definition for kind in kinds.KINDS
    }


def test_one_edited_parameter_replaces_one_definition_and_moves_one_schedule(
    monitors: Any, project: Any
) -> None:
    body = template(project.endpoint)
    assert monitors.changes("monitors", body, ModelBiasMaxRuntime="900") == {
        "ModelBiasJobDefinition": ("Modify", "True"),
        "ModelBiasSchedule": ("Modify", "False"),
    }
    before, names = monitors.resources("monitors"), definitions(monitors)
    seen = len(monitors.events("monitors"))
    assert monitors.update("monitors", body, ModelBiasMaxRuntime="900") == "UPDATE_COMPLETE"

    after = monitors.resources("monitors")
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"ModelBiasJobDefinition"}
    assert len(definitions(monitors) - names) == len(names - definitions(monitors)) == 1
    touched = {name for name, _ in monitors.events("monitors")[seen:]}
    assert touched == {"monitors", "ModelBiasJobDefinition", "ModelBiasSchedule"}
    sagemaker = monitors.service("sagemaker")
    moved = sagemaker.describe_monitoring_schedule(MonitoringScheduleName="fraud-ModelBias")
    name = moved["MonitoringScheduleConfig"]["MonitoringJobDefinitionName"]
    found = sagemaker.describe_model_bias_job_definition(JobDefinitionName=name)
    assert found["StoppingCondition"]["MaxRuntimeInSeconds"] == 900


def test_a_bad_instance_type_rolls_back_and_leaves_the_monitors_as_they_were(
    monitors: Any, project: Any
) -> None:
    before, names = monitors.resources("monitors"), definitions(monitors)
    status = monitors.update("monitors", template(project.endpoint), InstanceType="ml.bogus")
    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert (monitors.resources("monitors"), definitions(monitors)) == (before, names)
    assert "ml.bogus" in monitors.reasons("monitors")


def test_a_bad_instance_type_leaves_nothing_of_a_new_stack(stacks: Any, project: Any) -> None:
    body = template(project.endpoint)
    assert stacks.create("monitors", body, InstanceType="ml.bogus") == "ROLLBACK_COMPLETE"
    assert definitions(stacks) == set()
    schedules = stacks.service("sagemaker").list_monitoring_schedules()
    assert schedules["MonitoringScheduleSummaries"] == []
