"""What a resource type cannot do is said by name, and the stack is as it was before."""

from __future__ import annotations

import json
from typing import Any

import pytest

from moto_fixtures import clients

KEY = {"Type": "AWS::KMS::Key"}
BUS = {"Type": "AWS::Events::EventBus", "Properties": {"Name": "risk"}}


def client(service: str) -> Any:
    return clients.client(service, "us-east-1", "123456789012")


def deploy(resource: dict[str, Any], *, update: bool = False) -> tuple[str, list[str]]:
    """The stack's status, and why what failed did."""
    cloudformation = client("cloudformation")
    call = cloudformation.update_stack if update else cloudformation.create_stack
    body = json.dumps({"Resources": {"Key": KEY, "Bus": BUS, "It": resource}})
    call(StackName="it", TemplateBody=body)
    events = cloudformation.describe_stack_events(StackName="it")["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("_FAILED")]
    stack = cloudformation.describe_stacks(StackName="it")["Stacks"][0]
    return stack["StackStatus"], [event["ResourceStatusReason"] for event in failed]


@pytest.mark.parametrize(
    ("type_name", "before", "after", "words"),
    [
        ("AWS::KMS::Key", {}, {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}, "KeySpec"),
        ("AWS::KMS::Key", {}, {"MultiRegion": True}, "MultiRegion"),
        ("AWS::KMS::Key", {}, {"Origin": "EXTERNAL"}, "Origin"),
        ("AWS::S3::Bucket", {}, {"ObjectLockEnabled": True}, "ObjectLockEnabled"),
        ("AWS::Logs::LogGroup", {}, {"KmsKeyId": {"Fn::GetAtt": ["Key", "Arn"]}}, "KmsKeyId"),
        (
            "AWS::Events::EventBus",
            {"Name": "it"},
            {"Name": "it", "Description": "x"},
            "Description",
        ),
    ],
)
def test_a_change_that_cannot_be_made_is_refused_by_name(
    aws: None, type_name: str, before: dict[str, Any], after: dict[str, Any], words: str
) -> None:
    assert deploy({"Type": type_name, "Properties": before})[0] == "CREATE_COMPLETE"
    status, reasons = deploy({"Type": type_name, "Properties": after}, update=True)
    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert words in reasons[0]


def test_a_rule_on_another_bus_is_another_rule(aws: None) -> None:
    rule = {"EventPattern": {"source": ["aws.sagemaker"]}}
    deploy({"Type": "AWS::Events::Rule", "Properties": rule})
    on_bus = {**rule, "EventBusName": {"Ref": "Bus"}}
    assert deploy({"Type": "AWS::Events::Rule", "Properties": on_bus}, update=True)[0] == (
        "UPDATE_COMPLETE"
    )
    assert len(client("events").list_rules(EventBusName="risk")["Rules"]) == 1
    assert client("events").list_rules()["Rules"] == []


def test_a_metric_filter_needs_its_log_group(aws: None) -> None:
    metric = {"MetricName": "errors", "MetricNamespace": "risk", "MetricValue": "1"}
    properties = {"LogGroupName": "absent", "FilterPattern": "", "MetricTransformations": [metric]}
    status, reasons = deploy({"Type": "AWS::Logs::MetricFilter", "Properties": properties})
    assert status == "ROLLBACK_COMPLETE"
    assert "absent" in reasons[0]


def test_a_drawn_secret_stays_until_what_it_is_drawn_from_changes(aws: None) -> None:
    def secret(description: str, length: int) -> dict[str, Any]:
        drawn = {"PasswordLength": length, "ExcludePunctuation": True}
        return {
            "Type": "AWS::SecretsManager::Secret",
            "Properties": {
                "Name": "risk", "Description": description, "GenerateSecretString": drawn,
            },
        }  # fmt: skip

    def value() -> str:
        return str(client("secretsmanager").get_secret_value(SecretId="risk")["SecretString"])

    deploy(secret("first", 20))
    first = value()
    deploy(secret("second", 20), update=True)
    assert value() == first and len(first) == 20
    deploy(secret("second", 30), update=True)
    assert len(value()) == 30
