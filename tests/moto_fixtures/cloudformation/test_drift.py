"""Drift: what was changed by hand is found, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from moto_fixtures.cloudformation import drift

TRUST = {"Version": "2012-10-17", "Statement": []}
READ = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
}


def resource(type_name: str, **properties: Any) -> dict[str, Any]:
    return {"Type": type_name, "Properties": properties}


RESOURCES: dict[str, dict[str, Any]] = {
    "Topic": resource("AWS::SNS::Topic", TopicName="alerts", DisplayName="first"),
    "Queue": resource("AWS::SQS::Queue", QueueName="alerts", VisibilityTimeout="60"),
    "Note": resource("AWS::SSM::Parameter", Name="/note", Type="String", Value="first"),
    "Alarm": resource(
        "AWS::CloudWatch::Alarm", AlarmName="drift", Namespace="it", MetricName="violations",
        ComparisonOperator="GreaterThanThreshold", EvaluationPeriods="1", Period="3600",
        Statistic="Maximum", Threshold="0",
    ),
    "Role": resource(
        "AWS::IAM::Role", RoleName="monitor", AssumeRolePolicyDocument=TRUST,
        Policies=[{"PolicyName": "read", "PolicyDocument": READ}],
    ),
    "Log": resource("AWS::Logs::LogGroup", LogGroupName="/it", RetentionInDays="30"),
    "Rule": resource("AWS::Events::Rule", Name="it", EventPattern={"source": ["aws.sagemaker"]}),
    "Bucket": resource(
        "AWS::S3::Bucket", BucketName="captured", VersioningConfiguration={"Status": "Enabled"}
    ),
    "Policy": resource(
        "AWS::S3::BucketPolicy", Bucket={"Ref": "Bucket"},
        PolicyDocument={**READ, "Statement": [{**READ["Statement"][0], "Principal": "*"}]},
    ),
    "Key": resource("AWS::KMS::Key", Description="first", EnableKeyRotation=True),
    "Group": resource(
        "AWS::SageMaker::ModelPackageGroup",
        ModelPackageGroupName="fraud", ModelPackageGroupDescription="first",
    ),
}  # fmt: skip
TEMPLATE = {"Resources": RESOURCES}


def detect(stacks: Any) -> str:
    """Detect drift and return the stack's status."""
    found = stacks.client.detect_stack_drift(StackName="it")["StackDriftDetectionId"]
    told = stacks.client.describe_stack_drift_detection_status(StackDriftDetectionId=found)
    assert told["DetectionStatus"] == "DETECTION_COMPLETE"
    return str(told["StackDriftStatus"])


def drifts(stacks: Any, *statuses: str) -> dict[str, Any]:
    filters = {"StackResourceDriftStatusFilters": list(statuses)} if statuses else {}
    found = stacks.client.describe_stack_resource_drifts(StackName="it", **filters)
    return {item["LogicalResourceId"]: item for item in found["StackResourceDrifts"]}


def beside(logical_id: str) -> dict[str, Any]:
    """One resource with another beside it, and what both lean on."""
    names = {logical_id, "Topic" if logical_id == "Alarm" else "Alarm"}
    names |= {"Bucket"} if logical_id == "Policy" else set()
    return {"Resources": {name: RESOURCES[name] for name in sorted(names)}}


def test_what_nobody_touched_is_in_sync(stacks: Any) -> None:
    stacks.create("it", TEMPLATE, tags={"team": "risk"})
    assert detect(stacks) == "IN_SYNC"
    found = {key: item["StackResourceDriftStatus"] for key, item in drifts(stacks).items()}
    assert found == dict.fromkeys(RESOURCES, "IN_SYNC")
    assert stacks.describe("it")["DriftInformation"]["StackDriftStatus"] == "IN_SYNC"


Change = Callable[[Callable[[str], Any]], Any]
CHANGES: dict[str, tuple[Change, str]] = {
    "Topic": (
        lambda service: service("sns").set_topic_attributes(
            TopicArn="arn:aws:sns:us-east-1:123456789012:alerts",
            AttributeName="DisplayName",
            AttributeValue="second",
        ),
        "/DisplayName",
    ),
    "Queue": (
        lambda service: service("sqs").set_queue_attributes(
            QueueUrl=service("sqs").get_queue_url(QueueName="alerts")["QueueUrl"],
            Attributes={"VisibilityTimeout": "90"},
        ),
        "/VisibilityTimeout",
    ),
    "Note": (
        lambda service: service("ssm").put_parameter(Name="/note", Value="x", Overwrite=True),
        "/Value",
    ),
    "Alarm": (
        lambda service: service("cloudwatch").put_metric_alarm(
            AlarmName="drift", Namespace="it", MetricName="violations", EvaluationPeriods=1,
            ComparisonOperator="GreaterThanThreshold", Period=3600, Statistic="Maximum",
            Threshold=5,
        ),
        "/Threshold",
    ),
    "Role": (
        lambda service: service("iam").put_role_policy(
            RoleName="monitor", PolicyName="more", PolicyDocument=json.dumps(READ)
        ),
        "/Policies/1",
    ),
    "Log": (
        lambda service: service("logs").delete_retention_policy(logGroupName="/it"),
        "/RetentionInDays",
    ),
    "Rule": (
        lambda service: service("events").put_rule(
            Name="it", EventPattern=json.dumps({"source": ["aws.s3"]})
        ),
        "/EventPattern/source/0",
    ),
    "Bucket": (
        lambda service: service("s3").put_bucket_versioning(
            Bucket="captured", VersioningConfiguration={"Status": "Suspended"}
        ),
        "/VersioningConfiguration/Status",
    ),
    "Policy": (
        lambda service: service("s3").put_bucket_policy(
            Bucket="captured",
            Policy=json.dumps({
                **READ, "Statement": [{**READ["Statement"][0], "Principal": {"AWS": "*"}}]
            }),
        ),
        "/PolicyDocument/Statement/0/Principal",
    ),
    "Key": (
        lambda service: service("kms").disable_key_rotation(
            KeyId=service("kms").list_keys()["Keys"][0]["KeyId"]
        ),
        "/EnableKeyRotation",
    ),
}  # fmt: skip


@pytest.mark.parametrize("logical_id", CHANGES)
def test_a_change_by_hand_is_found_where_it_is(stacks: Any, logical_id: str) -> None:
    stacks.create("it", beside(logical_id))
    change, path = CHANGES[logical_id]
    change(stacks.service)
    assert detect(stacks) == "DRIFTED"
    found = drifts(stacks, "MODIFIED", "DELETED")
    assert list(found) == [logical_id]
    assert [item["PropertyPath"] for item in found[logical_id]["PropertyDifferences"]] == [path]
    assert stacks.resources("it")[logical_id] == found[logical_id]["PhysicalResourceId"]


GONE: dict[str, Change] = {
    "Topic": lambda service: service("sns").delete_topic(
        TopicArn="arn:aws:sns:us-east-1:123456789012:alerts"
    ),
    "Queue": lambda service: service("sqs").delete_queue(
        QueueUrl=service("sqs").get_queue_url(QueueName="alerts")["QueueUrl"]
    ),
    "Note": lambda service: service("ssm").delete_parameter(Name="/note"),
    "Alarm": lambda service: service("cloudwatch").delete_alarms(AlarmNames=["drift"]),
    "Log": lambda service: service("logs").delete_log_group(logGroupName="/it"),
    "Rule": lambda service: service("events").delete_rule(Name="it"),
    "Policy": lambda service: service("s3").delete_bucket_policy(Bucket="captured"),
    "Group": lambda service: service("sagemaker").delete_model_package_group(
        ModelPackageGroupName="fraud"
    ),
}


@pytest.mark.parametrize("logical_id", GONE)
def test_what_was_deleted_by_hand_is_found_deleted(stacks: Any, logical_id: str) -> None:
    stacks.create("it", beside(logical_id))
    GONE[logical_id](stacks.service)
    assert detect(stacks) == "DRIFTED"
    assert list(drifts(stacks, "DELETED")) == [logical_id]


def test_one_resource_can_be_looked_at_alone(stacks: Any) -> None:
    stacks.create("it", beside("Note"))
    CHANGES["Note"][0](stacks.service)
    found = stacks.client.detect_stack_resource_drift(StackName="it", LogicalResourceId="Note")
    (difference,) = found["StackResourceDrift"]["PropertyDifferences"]
    assert difference == {
        "PropertyPath": "/Value",
        "ExpectedValue": "first",
        "ActualValue": "x",
        "DifferenceType": "NOT_EQUAL",
    }
    detail = stacks.client.describe_stack_resource(StackName="it", LogicalResourceId="Note")
    drift = detail["StackResourceDetail"]["DriftInformation"]
    assert drift["StackResourceDriftStatus"] == "MODIFIED"


def test_a_type_that_cannot_be_read_is_not_checked(stacks: Any) -> None:
    policy = resource("AWS::SNS::TopicPolicy", Topics=[{"Ref": "Topic"}], PolicyDocument=READ)
    stacks.create("it", {"Resources": {"Topic": RESOURCES["Topic"], "Policy": policy}})
    assert detect(stacks) == "IN_SYNC"
    assert list(drifts(stacks)) == ["Topic"]
    with pytest.raises(ClientError, match="not supported for resource type AWS::SNS::TopicPolicy"):
        stacks.client.detect_stack_resource_drift(StackName="it", LogicalResourceId="Policy")


def test_a_secret_is_not_read_for_it(stacks: Any) -> None:
    stacks.service("secretsmanager").create_secret(Name="quiet", SecretString="hush")
    note = {**RESOURCES["Note"]["Properties"], "Value": "{{resolve:secretsmanager:quiet}}"}
    stacks.create(
        "it", {"Resources": {"Note": {"Type": "AWS::SSM::Parameter", "Properties": note}}}
    )
    assert detect(stacks) == "IN_SYNC"
    assert "hush" not in drifts(stacks)["Note"]["ExpectedProperties"]


def test_a_resource_that_cannot_be_read_is_unknown_and_never_in_sync(stacks: Any) -> None:
    stacks.create("it", {"Resources": {"Topic": RESOURCES["Topic"]}})

    def refuse(**_: Any) -> tuple[Any, dict[str, Any]]:
        response = type("Response", (), {"status_code": 403, "headers": {}})()
        denied = {"Error": {"Code": "AccessDenied", "Message": "not you"}}
        return response, {**denied, "ResponseMetadata": {"HTTPStatusCode": 403}}

    events = stacks.service("sns").meta.events
    events.register("before-call.sns.GetTopicAttributes", refuse)
    try:
        made = stacks.client.detect_stack_drift(StackName="it")["StackDriftDetectionId"]
    finally:
        events.unregister("before-call.sns.GetTopicAttributes", refuse)
    told = stacks.client.describe_stack_drift_detection_status(StackDriftDetectionId=made)
    assert (told["StackDriftStatus"], told["DetectionStatus"]) == ("UNKNOWN", "DETECTION_FAILED")
    assert told["DetectionStatusReason"].endswith("[Topic]")
    assert "not you" in drifts(stacks, "UNKNOWN")["Topic"]["DriftStatusReason"]


def test_drift_of_a_stack_that_stopped_half_way_is_not_detected(stacks: Any) -> None:
    bad = {"Bad": resource("AWS::SQS::Queue", QueueName="no name!")}
    stacks.create("it", {"Resources": bad})
    with pytest.raises(ClientError, match="ROLLBACK_COMPLETE"):
        stacks.client.detect_stack_drift(StackName="it")


def test_a_resource_or_a_detection_that_is_not_there_is_named(stacks: Any) -> None:
    stacks.create("it", {"Resources": {"Topic": RESOURCES["Topic"]}})
    with pytest.raises(ClientError, match=r"\[Other\] do not exist"):
        stacks.client.detect_stack_drift(StackName="it", LogicalResourceIds=["Other"])
    with pytest.raises(ClientError, match="detection none does not exist"):
        stacks.client.describe_stack_drift_detection_status(StackDriftDetectionId="none")


values = st.recursive(
    st.booleans() | st.integers() | st.text(alphabet="xyz", min_size=1, max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["A", "B", "C"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(values)
def test_a_value_never_differs_from_itself(value: Any) -> None:
    assert not list(drift.differences({"It": value}, {"It": value}))


@given(st.dictionaries(st.sampled_from("ABC"), values, max_size=3), st.integers())
def test_what_the_service_has_besides_is_no_drift(expected: dict[str, Any], more: int) -> None:
    assert not list(drift.differences(expected, {**expected, "Default": more}))


@given(st.lists(st.integers(), max_size=5), st.randoms())
def test_the_order_of_a_list_is_no_drift(items: list[int], random: Any) -> None:
    mixed = list(items)
    random.shuffle(mixed)
    assert not list(drift.differences(items, mixed))
    longer = [item.kind for item in drift.differences(items, [*mixed, 10**9])]
    assert longer == ["ADD"]
