"""What is wrong with a template is said before anything is made."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

TOPIC = {"Type": "AWS::SNS::Topic"}
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}},
}


def note(value: Any, **extra: Any) -> dict[str, Any]:
    properties = {"Type": "String", "Value": value}
    return {"Type": "AWS::SSM::Parameter", "Properties": properties, **extra}


@pytest.mark.parametrize(
    ("resources", "said"),
    [
        ({"A": {"Type": "AWS::Bogus::Thing"}}, r"Unrecognized .*: \[AWS::Bogus::Thing\]"),
        ({"A": {"Type": "AWS::RDS::DBInstance"}}, r"DBInstance \(resource A\) is not simulated"),
        ({"A": {"Type": "Custom::Thing"}}, "Custom::Thing .* is not simulated"),
        ({"A": note({"Ref": "B"})}, r"Unresolved resource dependencies \[B\] in the Resources"),
        ({"A": note({"Fn::Sub": "${B.Arn}-${C}"})}, r"dependencies \[B, C\] in the Resources"),
        ({"A": note("x", DependsOn="B")}, r"Unresolved resource dependencies \[B\]"),
        ({"A": note("x", DependsOn=["A"])}, r"Circular dependency between resources: \[A\]"),
        ({"A": note({"Ref": "B"}), "B": note({"Ref": "A"})}, r"Circular dependency .* \[A, B\]"),
        ({"A": note({"Fn::GetAtt": ["T", "Colour"]}), "T": TOPIC},
         "T does not support attribute type Colour in Fn::GetAtt"),
        ({"A": note("x", Condition="Never")}, "Never"),
        ({"A": {**TOPIC, "DeletionPolicy": "Snapshot"}}, "DeletionPolicy Snapshot"),
    ],
)  # fmt: skip
def test_a_template_that_cannot_work_is_refused_and_makes_no_stack(
    stacks: Any, resources: dict[str, Any], said: str
) -> None:
    with pytest.raises(ClientError, match=said):
        stacks.create("it", {"Resources": resources})
    with pytest.raises(ClientError, match=said):
        stacks.plan("it", {"Resources": resources}, kind="CREATE")
    assert stacks.client.list_stacks()["StackSummaries"] == []


def test_an_output_may_not_refer_to_nothing(stacks: Any) -> None:
    template = {"Resources": {"T": TOPIC}, "Outputs": {"It": {"Value": {"Ref": "B"}}}}
    with pytest.raises(ClientError, match=r"\[B\] in the Outputs block"):
        stacks.create("it", template)


@pytest.mark.parametrize(
    ("role", "given", "missing"),
    [
        (ROLE, [], "CAPABILITY_IAM"),
        ({**ROLE, "Properties": {**ROLE["Properties"], "RoleName": "r"}},
         ["CAPABILITY_IAM"], "CAPABILITY_NAMED_IAM"),
    ],
)  # fmt: skip
def test_iam_resources_must_be_acknowledged(
    stacks: Any, role: dict[str, Any], given: list[str], missing: str
) -> None:
    body = str({"Resources": {"Role": role}}).replace("'", '"')
    with pytest.raises(ClientError, match=rf"InsufficientCapabilities.*\[{missing}\]"):
        stacks.client.create_stack(StackName="it", TemplateBody=body, Capabilities=given)


def test_a_resource_keeps_its_type(stacks: Any) -> None:
    stacks.create("it", {"Resources": {"A": TOPIC}})
    with pytest.raises(ClientError, match=r"modifies resource type .*: \[A\]"):
        stacks.update("it", {"Resources": {"A": note("x")}})


RULES = {
    "Parameters": {"Stage": {"Type": "String"}, "Count": {"Type": "Number"}},
    "Rules": {
        "ProdIsNotAlone": {
            "RuleCondition": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
            "Assertions": [
                {
                    "Assert": {"Fn::Contains": [["2", "3"], {"Ref": "Count"}]},
                    "AssertDescription": "prod needs two or three instances",
                }
            ],
        }
    },
    "Resources": {"T": TOPIC},
}


def test_a_rule_is_asserted_where_its_condition_holds(stacks: Any) -> None:
    with pytest.raises(ClientError, match="prod needs two or three instances"):
        stacks.create("it", RULES, Stage="prod", Count="1")
    assert stacks.create("one", RULES, Stage="staging", Count="1") == "CREATE_COMPLETE"
    assert stacks.create("two", RULES, Stage="prod", Count="2") == "CREATE_COMPLETE"


def test_pseudo_parameters_say_where_the_stack_is(stacks: Any) -> None:
    names = ("AccountId", "Region", "Partition", "StackName", "StackId", "URLSuffix")
    values = {name: {"Value": {"Ref": f"AWS::{name}"}} for name in names}
    stacks.create("it", {"Resources": {"T": TOPIC}, "Outputs": values})
    found = stacks.outputs("it")
    assert found.pop("StackId") == stacks.describe("it")["StackId"]
    assert found == {
        "AccountId": "123456789012",
        "Region": "us-east-1",
        "Partition": "aws",
        "StackName": "it",
        "URLSuffix": "amazonaws.com",
    }
