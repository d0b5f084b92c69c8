"""Endpoints and their configurations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.moto_fixtures.building import BUCKET, CAPTURE, IMAGE, ROLE, Project, client, variant


def test_describe_summarises_the_capture(project: Project) -> None:
    got = project.sagemaker.describe_endpoint(EndpointName=project.endpoint)
    assert got["EndpointStatus"] == "InService"
    assert got["DataCaptureConfig"] == {
        "EnableCapture": True,
        "CaptureStatus": "Started",
        "CurrentSamplingPercentage": 100,
        "DestinationS3Uri": CAPTURE,
        "KmsKeyId": "",
    }
    (served,) = got["ProductionVariants"]
    assert served["CurrentInstanceCount"] == 1
    assert served["DeployedImages"][0]["SpecifiedImage"] == IMAGE


def test_an_endpoint_without_capture_has_no_summary_of_it(session: boto3.Session) -> None:
    """The endpoint fails for want of its model, and still says so correctly."""
    sagemaker = client(session, "sagemaker")
    sagemaker.create_model(
        ModelName="m",
        ExecutionRoleArn=ROLE,
        PrimaryContainer={"Image": IMAGE, "ModelDataUrl": "s3://nowhere/model.tar.gz"},
    )
    sagemaker.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant("m")])
    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")
    got = sagemaker.describe_endpoint(EndpointName="e")
    assert "DataCaptureConfig" not in got
    assert got["EndpointStatus"] == "Failed"
    assert "did not pass the ping health check" in got["FailureReason"]
    assert "s3://nowhere/model.tar.gz" in got["FailureReason"]


@pytest.mark.parametrize("instance_type", ["ml.m6i.large", "ml.c6i.xlarge", "ml.g5.xlarge"])
def test_instance_types_are_botocores(project: Project, instance_type: str) -> None:
    project.sagemaker.create_endpoint_config(
        EndpointConfigName="other",
        ProductionVariants=[variant(project.endpoint, InstanceType=instance_type)],
    )


def test_an_unknown_instance_type_is_refused(project: Project) -> None:
    with pytest.raises(ClientError, match="Member must satisfy enum value set"):
        project.sagemaker.create_endpoint_config(
            EndpointConfigName="other",
            ProductionVariants=[variant(project.endpoint, InstanceType="ml.made-up.large")],
        )


def test_an_update_moves_to_the_other_configuration(project: Project) -> None:
    capture = {
        "EnableCapture": False,
        "InitialSamplingPercentage": 10,
        "DestinationS3Uri": CAPTURE,
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    project.sagemaker.create_endpoint_config(
        EndpointConfigName="next",
        ProductionVariants=[variant(project.endpoint)],
        DataCaptureConfig=capture,
    )
    project.sagemaker.update_endpoint(EndpointName=project.endpoint, EndpointConfigName="next")
    got = project.sagemaker.describe_endpoint(EndpointName=project.endpoint)
    assert got["EndpointConfigName"] == "next"
    assert got["DataCaptureConfig"]["CaptureStatus"] == "Stopped"


def test_an_update_to_a_model_that_does_not_load_leaves_the_old_one_serving(
    project: Project,
) -> None:
    project.s3.put_object(Bucket=BUCKET, Key="broken.tar.gz", Body=b"this is no archive")
    project.sagemaker.create_model(
        ModelName="broken",
        ExecutionRoleArn=ROLE,
        PrimaryContainer={"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/broken.tar.gz"},
    )
    project.sagemaker.create_endpoint_config(
        EndpointConfigName="broken", ProductionVariants=[variant("broken")]
    )
    project.sagemaker.update_endpoint(EndpointName=project.endpoint, EndpointConfigName="broken")
    got = project.sagemaker.describe_endpoint(EndpointName=project.endpoint)
    assert (got["EndpointStatus"], got["EndpointConfigName"]) == ("InService", project.endpoint)
    assert "model.tar.gz cannot be unpacked" in got["FailureReason"]
    answer = project.runtime.invoke_endpoint(
        EndpointName=project.endpoint, Body=project.model.rows[0], ContentType="text/csv"
    )
    assert answer["Body"].read()


def test_a_capacity_changes_without_touching_the_weight(project: Project) -> None:
    change = {"VariantName": "AllTraffic", "DesiredInstanceCount": 4}
    project.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=project.endpoint, DesiredWeightsAndCapacities=[change]
    )
    got = project.sagemaker.describe_endpoint(EndpointName=project.endpoint)
    (found,) = got["ProductionVariants"]
    assert (found["CurrentInstanceCount"], found["CurrentWeight"]) == (4, 1.0)
    with pytest.raises(ClientError, match='"other" is/are not present'):
        project.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=project.endpoint,
            DesiredWeightsAndCapacities=[{**change, "VariantName": "other"}],
        )


def test_references_must_exist(project: Project) -> None:
    with pytest.raises(ClientError, match="Could not find model"):
        project.sagemaker.create_endpoint_config(
            EndpointConfigName="other", ProductionVariants=[variant("nowhere")]
        )
    for action in (project.sagemaker.create_endpoint, project.sagemaker.update_endpoint):
        name = "new" if action == project.sagemaker.create_endpoint else project.endpoint
        with pytest.raises(ClientError, match="Could not find endpoint configuration"):
            action(EndpointName=name, EndpointConfigName="nowhere")


@pytest.mark.parametrize("what", ["model", "endpoint_config", "endpoint"])
def test_a_name_is_used_once(deploy: Callable[..., Project], what: str) -> None:
    project = deploy()
    name = project.endpoint
    requests: dict[str, dict[str, Any]] = {
        "model": {"ModelName": name, "PrimaryContainer": {"Image": IMAGE}},
        "endpoint_config": {
            "EndpointConfigName": name,
            "ProductionVariants": [variant(name)],
        },
        "endpoint": {"EndpointName": name, "EndpointConfigName": name},
    }
    with pytest.raises(ClientError, match="Cannot create already existing"):
        getattr(project.sagemaker, f"create_{what}")(**requests[what])


def test_describe_config_returns_what_was_created(project: Project) -> None:
    got = project.sagemaker.describe_endpoint_config(EndpointConfigName=project.endpoint)
    assert got["ProductionVariants"] == [variant(project.endpoint)]
    assert got["DataCaptureConfig"]["DestinationS3Uri"] == CAPTURE
