"""Template text: what is read, and what is refused in which words."""

from __future__ import annotations

from typing import Any

import pytest

from moto_fixtures.cloudformation import template
from moto_fixtures.cloudformation.errors import NotSimulated, ValidationError

TOPIC = "Resources: {Topic: {Type: 'AWS::SNS::Topic'}}"


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("!Ref Topic", {"Ref": "Topic"}),
        ("!GetAtt Role.Arn.Part", {"Fn::GetAtt": ["Role", "Arn.Part"]}),
        ("!GetAtt [Role, Arn]", {"Fn::GetAtt": ["Role", "Arn"]}),
        ("!Sub '${AWS::Region}'", {"Fn::Sub": "${AWS::Region}"}),
        ("!Join [',', [!Ref A, b]]", {"Fn::Join": [",", [{"Ref": "A"}, "b"]]}),
        ("!If [C, {K: !Ref A}, !Ref 'AWS::NoValue']",
         {"Fn::If": ["C", {"K": {"Ref": "A"}}, {"Ref": "AWS::NoValue"}]}),
        ("!Condition IsProd", {"Condition": "IsProd"}),
    ],
)  # fmt: skip
def test_a_short_form_is_its_long_form(short: str, long: Any) -> None:
    body = f"{TOPIC}\nMetadata: {{It: {short}}}"
    assert template.load(body).document["Metadata"]["It"] == long


def test_a_date_stays_text() -> None:
    found = template.load(f"{TOPIC}\nMetadata: {{Version: 2012-10-17}}")
    assert found.document["Metadata"]["Version"] == "2012-10-17"


def test_json_is_read_as_well() -> None:
    found = template.load('{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}')
    assert list(found.resources) == ["Topic"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("Resources: [", "YAML not well-formed"),
        ('{"Resources": ', "JSON not well-formed"),
        ("just text", "unsupported structure"),
        ("Resources: {}", "At least one Resources member must be defined"),
        (f"{TOPIC}\nResorces: {{}}", r"Invalid template property or properties \[Resorces\]"),
        (f"AWSTemplateFormatVersion: '2011-01-01'\n{TOPIC}", "AWSTemplateFormatVersion"),
        ("Resources: {Topic: {}}", "Every Resources object must contain a Type member"),
        ("Resources: {a-b: {Type: 'AWS::SNS::Topic'}}", "Resource name a-b is non alphanumeric"),
        ("Resources: {A: {Type: 'AWS::SNS::Topic', Propertys: {}}}", "'Propertys'"),
        ("Resources: {A: {Type: 'AWS::SNS::Topic', DeletionPolicy: Keep}}", "DeletionPolicy Keep"),
        (f"{TOPIC}\nOutputs: {{It: {{}}}}", "must contain a Value"),
        (f"A: &a [1]\nB: *a\n{TOPIC}", "YAML aliases are not allowed"),
    ],
)
def test_what_is_malformed_is_refused_with_its_reason(body: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        template.load(body)


def test_aliases_cannot_blow_a_template_up() -> None:
    bomb = "a: &a [x, x]\n" + "\n".join(f"b{i}: &b{i} [*a, *a]" for i in range(50))
    with pytest.raises(ValidationError, match="aliases"):
        template.load(f"{bomb}\n{TOPIC}")


def test_more_members_than_the_service_takes_are_refused() -> None:
    many = ", ".join(f"R{index}: {{Type: 'AWS::SNS::Topic'}}" for index in range(501))
    with pytest.raises(ValidationError, match="501, is greater than maximum allowed, 500"):
        template.load(f"Resources: {{{many}}}")


@pytest.mark.parametrize("transform", ["AWS::Serverless-2016-10-31", "MyMacro", "AWS::Include"])
def test_a_transform_is_refused_by_name(transform: str) -> None:
    with pytest.raises(NotSimulated, match=transform):
        template.load(f"Transform: {transform}\n{TOPIC}")
