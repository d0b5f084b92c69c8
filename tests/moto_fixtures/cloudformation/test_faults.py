"""The ways a deployment fails on AWS, as it shows them: faults 57 to 67 of our list.

What is shown elsewhere is not shown again: a failed rollback (58) and a repaired one (60) in
test_rollback, a second operation (61) in test_operations, nothing to do (62) in test_change_sets.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.cloudformation.models import cloudformation_backends

from tests.moto_fixtures.building import BUCKET, IMAGE, ROLE, TrainedModel, variant

TOPIC = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "first"}}
NO_QUEUE = {
    "Type": "AWS::SQS::Queue",
    "DependsOn": "Topic",
    "Properties": {"QueueName": "not a valid name!"},
}
GOOD: dict[str, Any] = {"Resources": {"Topic": TOPIC}}
BAD: dict[str, Any] = {"Resources": {"Topic": TOPIC, "Queue": NO_QUEUE}}
REPAIRED: dict[str, Any] = {
    "Resources": {"Topic": TOPIC, "Queue": {"Type": "AWS::SQS::Queue", "DependsOn": "Topic"}}
}


def stopped_half_way(stacks: Any, kind: str) -> None:
    """A stack that failed with rollback disabled."""
    if kind == "UPDATE":
        stacks.create("it", GOOD)
    made = stacks.plan("it", BAD, kind=kind)["ChangeSetId"]
    stacks.client.execute_change_set(ChangeSetName=made, DisableRollback=True)
    assert stacks.status("it") == f"{kind}_FAILED"


@pytest.mark.parametrize("kind", ["CREATE", "UPDATE"])
def test_57_a_stack_whose_creation_failed_takes_no_change_set(stacks: Any, kind: str) -> None:
    stacks.create("it", BAD)
    with pytest.raises(ClientError) as refused:
        stacks.plan("it", GOOD, kind=kind)
    said = refused.value.response["Error"]
    assert said["Code"] == "ValidationError"
    assert ("is in ROLLBACK_COMPLETE state and can not be updated" in said["Message"]) is (
        kind == "UPDATE"
    )


def test_58_a_stack_whose_rollback_failed_takes_no_change_set_and_is_not_rolled_back(
    stacks: Any,
) -> None:
    stacks.create("it", {"Resources": {"Topic": TOPIC}})
    arn, sns = stacks.resources("it")["Topic"], stacks.service("sns")
    changed = json.loads(json.dumps(BAD))
    changed["Resources"]["Topic"]["Properties"]["DisplayName"] = "second"

    def delete(**_: Any) -> None:
        sns.delete_topic(TopicArn=arn)

    events = stacks.service("sqs").meta.events
    events.register("before-call.sqs.CreateQueue", delete)
    try:
        assert stacks.update("it", changed) == "UPDATE_ROLLBACK_FAILED"
    finally:
        events.unregister("before-call.sqs.CreateQueue", delete)
    with pytest.raises(ClientError, match="UPDATE_ROLLBACK_FAILED state and can not be updated"):
        stacks.plan("it", REPAIRED)
    with pytest.raises(ClientError, match="must be in CREATE_FAILED or UPDATE_FAILED"):
        stacks.client.rollback_stack(StackName="it")
    with pytest.raises(ClientError, match=r"\[Other\] are not waiting to be rolled back"):
        stacks.client.continue_update_rollback(StackName="it", ResourcesToSkip=["Other"])


@pytest.mark.parametrize("kind", ["CREATE", "UPDATE"])
def test_59_what_stopped_half_way_is_no_rollback_to_continue(stacks: Any, kind: str) -> None:
    stopped_half_way(stacks, kind)
    with pytest.raises(ClientError, match="must be in UPDATE_ROLLBACK_FAILED"):
        stacks.client.continue_update_rollback(StackName="it")


@pytest.mark.parametrize("kind", ["CREATE", "UPDATE"])
def test_59_what_stopped_half_way_is_updated_without_rollback_only(stacks: Any, kind: str) -> None:
    stopped_half_way(stacks, kind)
    with pytest.raises(ClientError, match="please use the disable-rollback parameter"):
        stacks.update("it", REPAIRED)
    planned = stacks.client.create_change_set(
        StackName="it", ChangeSetName="repair", TemplateBody=json.dumps(REPAIRED)
    )["Id"]
    with pytest.raises(ClientError, match=rf"non-terminal \[{kind}_FAILED\] state"):
        stacks.client.execute_change_set(ChangeSetName=planned)
    stacks.client.execute_change_set(ChangeSetName=planned, DisableRollback=True)
    assert stacks.status("it") == "UPDATE_COMPLETE"
    assert set(stacks.resources("it")) == {"Topic", "Queue"}


def test_59_a_creation_tried_again_in_vain_rolls_back_to_nothing(stacks: Any) -> None:
    stopped_half_way(stacks, "CREATE")
    again = {"Resources": {**BAD["Resources"], "More": {"Type": "AWS::S3::Bucket"}}}
    stacks.client.update_stack(StackName="it", TemplateBody=json.dumps(again), DisableRollback=True)
    assert stacks.status("it") == "UPDATE_FAILED"
    stacks.client.rollback_stack(StackName="it")
    assert stacks.status("it") == "ROLLBACK_COMPLETE"
    assert stacks.service("sns").list_topics()["Topics"] == []
    assert stacks.service("s3").list_buckets()["Buckets"] == []


def test_60_a_rolled_back_update_is_deployable(stacks: Any) -> None:
    stacks.create("it", GOOD)
    assert stacks.update("it", BAD) == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.update("it", REPAIRED) == "UPDATE_COMPLETE"


NOT_IN_THE_MODEL = pytest.mark.filterwarnings("ignore:Exception.Throttled")
"""AWS answers every service's calls with Throttling, but few services' models have the error."""


def throttle(times: int) -> None:
    engine: Any = cloudformation_backends["123456789012"]["us-east-1"]
    engine.throttle.refuse("DescribeStacks", times)


@NOT_IN_THE_MODEL
def test_63_a_throttled_call_succeeds_when_it_is_tried_again(stacks: Any) -> None:
    stacks.create("it", GOOD)
    patient = boto3.client(
        "cloudformation",
        region_name="us-east-1",
        config=Config(retries={"mode": "standard", "total_max_attempts": 3}),
    )
    throttle(2)
    found = patient.describe_stacks(StackName="it")
    assert found["ResponseMetadata"]["RetryAttempts"] == 2
    assert found["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"


@NOT_IN_THE_MODEL
def test_63_a_call_that_is_not_tried_again_says_that_the_rate_was_exceeded(stacks: Any) -> None:
    stacks.create("it", GOOD)
    throttle(1)
    with pytest.raises(ClientError) as refused:
        stacks.describe("it")
    assert refused.value.response["Error"]["Code"] == "Throttling"
    assert refused.value.response["Error"]["Message"] == "Rate exceeded"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert stacks.describe("it")["StackStatus"] == "CREATE_COMPLETE"


@contextmanager
def failing(client: Any, event: str, code: str, status: int) -> Iterator[None]:
    """Have a service refuse a call with an error of its own."""

    def refuse(**_: Any) -> tuple[Any, dict[str, Any]]:
        response = type("Response", (), {"status_code": status, "headers": {}})()
        error = {"Code": code, "Message": "We are sorry."}
        return response, {"Error": error, "ResponseMetadata": {"HTTPStatusCode": status}}

    client.meta.events.register(event, refuse)
    try:
        yield
    finally:
        client.meta.events.unregister(event, refuse)


def test_64_a_services_own_failure_is_a_generic_reason(stacks: Any) -> None:
    with failing(stacks.service("sns"), "before-call.sns.CreateTopic", "InternalError", 500):
        assert stacks.create("it", GOOD) == "ROLLBACK_COMPLETE"
    said = stacks.reasons("it")
    assert "Error occurred during operation 'CREATE'." in said
    assert "HandlerErrorCode: GeneralServiceException" in said
    assert "We are sorry" not in said


def test_64_a_refusal_is_said_in_the_services_words(stacks: Any) -> None:
    with failing(stacks.service("sns"), "before-call.sns.CreateTopic", "AccessDenied", 403):
        assert stacks.create("it", GOOD) == "ROLLBACK_COMPLETE"
    assert '"We are sorry. (Status Code: 403)" (HandlerErrorCode: AccessDenied)' in (
        stacks.reasons("it")
    )


def test_65_a_name_that_another_stack_took_fails_and_leaves_the_other_alone(stacks: Any) -> None:
    group = {
        "Type": "AWS::SageMaker::ModelPackageGroup",
        "Properties": {"ModelPackageGroupName": "fraud"},
    }
    stacks.create("first", {"Resources": {"Group": group}})
    assert stacks.create("second", {"Resources": {"Group": group}}) == "ROLLBACK_COMPLETE"
    assert "already exists" in stacks.reasons("second")
    groups = stacks.service("sagemaker").list_model_package_groups()
    assert len(groups["ModelPackageGroupSummaryList"]) == 1


def test_65_a_change_set_flags_the_replacement_of_a_named_resource(stacks: Any) -> None:
    group = {
        "Type": "AWS::SageMaker::ModelPackageGroup",
        "Properties": {"ModelPackageGroupName": "fraud"},
    }
    stacks.create("it", {"Resources": {"Group": group}})
    group["Properties"] = {"ModelPackageGroupName": "fraud", "ModelPackageGroupDescription": "x"}
    assert stacks.changes("it", {"Resources": {"Group": group}}) == {"Group": ("Modify", "True")}


def endpoint(archive: str, instance: str = "ml.m6i.large") -> dict[str, Any]:
    """A model, its configuration and the endpoint that serves it."""
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/{archive}"}
    name = {"Fn::GetAtt": ["Model", "ModelName"]}
    return {
        "Resources": {
            "Model": {
                "Type": "AWS::SageMaker::Model",
                "Properties": {"ExecutionRoleArn": ROLE, "PrimaryContainer": container},
            },
            "Config": {
                "Type": "AWS::SageMaker::EndpointConfig",
                "Properties": {
                    "ProductionVariants": [
                        {**variant("", InitialVariantWeight=1, InstanceType=instance),
                         "ModelName": name}
                    ]
                },
            },
            "Endpoint": {
                "Type": "AWS::SageMaker::Endpoint",
                "Properties": {
                    "EndpointName": "fraud",
                    "EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]},
                },
            },
        }
    }  # fmt: skip


@pytest.fixture
def served(stacks: Any, trained: TrainedModel) -> Any:
    """The stack `it`, whose endpoint serves a model; a broken archive lies beside it."""
    s3 = stacks.service("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="model.tar.gz", Body=trained.archive)
    s3.put_object(Bucket=BUCKET, Key="broken.tar.gz", Body=b"no archive")
    assert stacks.create("it", endpoint("model.tar.gz")) == "CREATE_COMPLETE"
    return stacks


def test_66_the_endpoint_moves_before_its_old_configuration_goes(served: Any) -> None:
    seen = len(served.events("it"))
    sagemaker = served.service("sagemaker")
    old = sagemaker.describe_endpoint(EndpointName="fraud")["EndpointConfigName"]
    changed = endpoint("model.tar.gz", "ml.m6i.xlarge")
    assert served.update("it", changed) == "UPDATE_COMPLETE"
    happened = served.events("it")[seen:]
    moved = happened.index(("Endpoint", "UPDATE_COMPLETE"))
    assert moved < happened.index(("Config", "DELETE_IN_PROGRESS"))
    new = sagemaker.describe_endpoint(EndpointName="fraud")["EndpointConfigName"]
    configs = sagemaker.list_endpoint_configs()["EndpointConfigs"]
    assert ([item["EndpointConfigName"] for item in configs], new != old) == ([new], True)


def test_67_a_model_that_does_not_load_leaves_the_old_fleet_serving(served: Any) -> None:
    sagemaker = served.service("sagemaker")
    before = sagemaker.describe_endpoint(EndpointName="fraud")["EndpointConfigName"]
    assert served.update("it", endpoint("broken.tar.gz")) == "UPDATE_ROLLBACK_COMPLETE"
    after = sagemaker.describe_endpoint(EndpointName="fraud")
    assert (after["EndpointStatus"], after["EndpointConfigName"]) == ("InService", before)
    assert "HandlerErrorCode: NotStabilized" in served.reasons("it")
    assert len(sagemaker.list_endpoint_configs()["EndpointConfigs"]) == 1


def test_67_an_endpoint_that_never_comes_into_service_is_given_up_with_its_status(
    stacks: Any, trained: TrainedModel
) -> None:
    s3 = stacks.service("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="model.tar.gz", Body=trained.archive)

    def still_creating(parsed: dict[str, Any], **_: Any) -> None:
        parsed["EndpointStatus"] = "Creating"

    events = stacks.service("sagemaker").meta.events
    events.register("after-call.sagemaker.DescribeEndpoint", still_creating)
    try:
        assert stacks.create("it", endpoint("model.tar.gz")) == "ROLLBACK_COMPLETE"
    finally:
        events.unregister("after-call.sagemaker.DescribeEndpoint", still_creating)
    assert "did not stabilize. It is Creating" in stacks.reasons("it")
    assert stacks.service("sagemaker").list_endpoints()["Endpoints"] == []
