"""Whatever stands in a template, the answer is a plan or a ValidationError, never a crash."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.core.exceptions import ServiceException

from moto_fixtures.cloudformation import blueprint, parameters, plan, template
from moto_fixtures.cloudformation.errors import ValidationError
from moto_fixtures.cloudformation.resource_types.base import Scope
from moto_fixtures.cloudformation.stack import Intent, Stack

WHOLE: dict[str, Any] = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Parameters": {
        "Stage": {"Type": "String", "Default": "prod", "AllowedPattern": "[a-z]+"},
        "Count": {"Type": "Number", "Default": 2, "MinValue": 1, "MaxValue": 4},
        "Names": {"Type": "CommaDelimitedList", "Default": "a,b"},
    },
    "Mappings": {"Sizes": {"prod": {"Count": 2}}},
    "Conditions": {
        "IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
        "IsBoth": {"Fn::And": [{"Condition": "IsProd"}, {"Fn::Not": [{"Fn::Equals": [1, 2]}]}]},
    },
    "Rules": {
        "Few": {
            "RuleCondition": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
            "Assertions": [{"Assert": {"Fn::Contains": [["1", "2"], {"Ref": "Count"}]}}],
        }
    },
    "Resources": {
        "Topic": {
            "Type": "AWS::SNS::Topic",
            "Condition": "IsProd",
            "Properties": {
                "DisplayName": {"Fn::Sub": ["${Stage} ${Own}", {"Own": {"Fn::Base64": "x"}}]},
                "Tags": [{"Key": "a", "Value": {"Fn::Join": ["-", {"Ref": "Names"}]}}],
            },
        },
        "Note": {
            "Type": "AWS::SSM::Parameter",
            "DependsOn": ["Topic"],
            "DeletionPolicy": "Retain",
            "Properties": {
                "Type": "String",
                "Value": {
                    "Fn::If": [
                        "IsProd",
                        {"Fn::GetAtt": ["Topic", "TopicName"]},
                        {"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "Count"]},
                    ]
                },
                "Description": {
                    "Fn::Select": [0, {"Fn::Cidr": ["10.0.0.0/16", {"Ref": "Count"}, 8]}]
                },
                "Tier": {"Fn::Select": ["0", {"Fn::Split": ["|", "Standard|x"]}]},
            },
        },
    },
    "Outputs": {
        "It": {
            "Condition": "IsBoth",
            "Value": {"Ref": "Note"},
            "Export": {"Name": {"Fn::Select": [0, {"Fn::GetAZs": ""}]}},
        }
    },
}
SCOPE = Scope("123456789012", "us-east-1")

Place = tuple[Any, ...]


def places(value: Any, path: Place = ()) -> Iterator[Place]:
    """Every place in a document, the whole of it apart."""
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in members:
        yield (*path, key)
        if isinstance(item, dict | list):
            yield from places(item, (*path, key))


junk = st.sampled_from([
    None, True, 0, -1, 1.5, "", "x", "[", "${", "${}", "${Nothing}", "10.0.0.0/99", [], ["x"], {},
    {"x": 1}, [[]], [{}], {"Ref": []}, {"Ref": {}}, {"Ref": "Names"}, {"Ref": "AWS::NoValue"},
    {"Fn::GetAtt": "Topic"}, {"Fn::GetAtt": []}, {"Fn::GetAtt": ["Topic"]}, {"Fn::Sub": []},
    {"Fn::Sub": ["x", []]}, {"Fn::Sub": [1, {}]}, {"Fn::If": ["IsProd"]}, {"Fn::If": [[], 1, 2]},
    {"Fn::Join": ["", "x"]}, {"Fn::Split": ["", "x"]}, {"Fn::Split": [[], "x"]},
    {"Fn::Cidr": ["10.0.0.0/16", "x", 8]}, {"Fn::Cidr": ["10.0.0.0/16", 1, 99]},
    {"Fn::FindInMap": [[], {}, 1]}, {"Fn::Base64": []}, {"Fn::GetAZs": []}, {"Fn::And": [1, 2]},
    {"Fn::Not": 1}, {"Fn::Equals": 1}, {"Condition": "Nowhere"}, {"Fn::ImportValue": {}},
    {"Fn::Contains": 1}, "{{resolve:ssm:}}", "{{resolve:x}}", "{{resolve:secretsmanager:}}",
])  # fmt: skip


def planned(document: dict[str, Any]) -> tuple[plan.Change, ...]:
    """What creating a stack from a document would change."""
    loaded = template.Template("", document)
    template.check(document, loaded)
    stack = Stack("it", "arn:aws:cloudformation:us-east-1:123456789012:stack/it/1")
    drawn = blueprint.draw(stack, Intent(loaded), SCOPE)

    def exported(name: str) -> str:
        raise ValidationError(f"No export named {name} found.")

    changes, _ = plan.plan(stack, drawn, {}, exported)
    return changes


def test_the_template_itself_is_well_formed(aws: None) -> None:
    assert [change.logical_id for change in planned(WHOLE)] == ["Topic", "Note"]
    assert parameters.given(WHOLE["Parameters"], {})["Count"] == "2"


@given(st.sampled_from(list(places(WHOLE))), junk)
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_fault_anywhere_is_a_validation_error(aws: None, place: Place, value: Any) -> None:
    document = copy.deepcopy(WHOLE)
    where: Any = document
    for key in place[:-1]:
        where = where[key]
    where[place[-1]] = value
    try:
        planned(document)
    except ServiceException as error:
        assert error.code == "ValidationError"
