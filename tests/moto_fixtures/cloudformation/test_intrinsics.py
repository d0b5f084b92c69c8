"""Intrinsic functions: what each means, and what each refuses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moto_fixtures.cloudformation import template
from moto_fixtures.cloudformation.errors import NotSimulated, ValidationError
from moto_fixtures.cloudformation.intrinsics import UNKNOWN, Evaluator, is_unknown

BODY = """
Transform: AWS::LanguageExtensions
Parameters: {Stage: {Type: String}}
Mappings: {Sizes: {prod: {Count: 2, Zones: [a, b]}}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsBoth: !And [!Condition IsProd, !Not [!Equals [a, b]]]
  IsEither: !Or [!Equals [1, "1"], !Equals [a, b]]
  IsCalled: !Equals [!Sub "${Stage}-x", prod-x]
Resources: {Topic: {Type: "AWS::SNS::Topic"}}
"""


class Made:
    """One resource and one export."""

    def reference(self, logical_id: str) -> Any:
        return {"Topic": "arn:topic", "Later": UNKNOWN}[logical_id]

    def attribute(self, logical_id: str, name: str) -> Any:
        return f"{self.reference(logical_id)}.{name}"

    def exported(self, name: str) -> str:
        return {"vpc": "vpc-1"}[name]


def evaluator(body: str = BODY) -> Evaluator:
    values = {"Stage": "prod", "Names": ["a", "b"], "AWS::Region": "eu-west-1"}
    return Evaluator(template.load(body), values, Made())


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"Ref": "Stage"}, "prod"),
        ({"Ref": "Topic"}, "arn:topic"),
        ({"Fn::GetAtt": ["Topic", "TopicName"]}, "arn:topic.TopicName"),
        ({"Fn::GetAtt": "Topic.TopicName"}, "arn:topic.TopicName"),
        ({"Fn::Sub": "${Stage}/${Topic.TopicName}/${!Stage}"}, "prod/arn:topic.TopicName/${Stage}"),
        ({"Fn::Sub": ["${Own}-${Stage}", {"Own": {"Ref": "Stage"}}]}, "prod-prod"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Stage"}, 3, True]]}, "a-prod-3-true"),
        ({"Fn::Join": [",", {"Ref": "Names"}]}, "a,b"),
        ({"Fn::Split": ["-", "a-b"]}, ["a", "b"]),
        ({"Fn::Select": ["1", {"Fn::Split": ["-", "a-b"]}]}, "b"),
        ({"Fn::Select": [0, {"Ref": "Names"}]}, "a"),
        ({"Fn::If": ["IsProd", 1, 2]}, 1),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "Count"]}, 2),
        ({"Fn::FindInMap": ["Sizes", "test", "Count", {"DefaultValue": 1}]}, 1),
        ({"Fn::ImportValue": "vpc"}, "vpc-1"),
        ({"Fn::Base64": "text"}, "dGV4dA=="),
        ({"Fn::GetAZs": ""}, ["eu-west-1a", "eu-west-1b", "eu-west-1c"]),
        ({"Fn::Cidr": ["10.0.0.0/16", 2, 8]}, ["10.0.0.0/24", "10.0.1.0/24"]),
        ({"Fn::ToJsonString": {"a": {"Ref": "Stage"}}}, '{"a":"prod"}'),
        ({"Fn::Length": {"Ref": "Names"}}, 2),
        ({"Keep": 1, "Drop": {"Ref": "AWS::NoValue"}}, {"Keep": 1}),
        ([{"Ref": "AWS::NoValue"}, 1], [1]),
        ({"Condition": {"StringEquals": {"a": {"Ref": "Stage"}}}},
         {"Condition": {"StringEquals": {"a": "prod"}}}),
    ],
)  # fmt: skip
def test_a_function_means_what_it_says(value: Any, found: Any) -> None:
    assert evaluator()(value) == found


@pytest.mark.parametrize("name", ["IsProd", "IsBoth", "IsEither", "IsCalled"])
def test_a_condition_holds(name: str) -> None:
    assert evaluator().condition(name) is True


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"Fn::Select": [5, ["a"]]}, "nonexistent value at index 5"),
        ({"Fn::Join": [{"Ref": "Stage"}, "a"]}, "Fn::Join"),
        ({"Fn::FindInMap": ["Sizes", "none", "Count"]}, "Unable to get mapping for Sizes::none"),
        ({"Fn::If": ["Nowhere", 1, 2]}, "Nowhere"),
        ({"Fn::If": ["IsProd", 1]}, "3 items"),
        ({"Fn::Sub": "${Names}"}, "a list or an object stands where a string must be"),
    ],
)
def test_a_wrong_use_is_refused_with_its_reason(value: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        evaluator()(value)


@pytest.mark.parametrize(
    "value",
    [{"Fn::Transform": {}}, {"Fn::ForEach": []}, {"Fn::GetStackOutput": []}],
)
def test_what_is_not_simulated_is_refused_by_name(value: Any) -> None:
    with pytest.raises(NotSimulated):
        evaluator()(value)


@pytest.mark.parametrize("value", [{"Fn::Length": []}, {"Fn::ToJsonString": {}}])
def test_language_extensions_need_their_transform(value: Any) -> None:
    plain = evaluator(BODY.replace("Transform: AWS::LanguageExtensions", ""))
    with pytest.raises(ValidationError, match="requires Transform: AWS::LanguageExtensions"):
        plain(value)


def test_what_waits_for_a_resource_is_unknown_through_every_function() -> None:
    evaluate, later = evaluator(), {"Ref": "Later"}
    for value in (
        {"Fn::Sub": "${Later}/x"},
        {"Fn::Join": ["-", ["a", later]]},
        {"Fn::Select": [4, {"Fn::Split": [":", later]}]},
        {"Fn::Base64": later},
        {"Deep": [{"In": {"Fn::GetAtt": ["Later", "Arn"]}}]},
    ):
        assert is_unknown(evaluate(value))


plain_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet="abc"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["A", "B", "C"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(plain_values)
def test_a_value_without_functions_means_itself(value: Any) -> None:
    assert evaluator()(value) == value


@given(st.lists(st.text(alphabet="ab-", max_size=4), min_size=1, max_size=5))
def test_split_takes_back_what_join_made(parts: list[str]) -> None:
    joined = {"Fn::Join": ["|", parts]}
    assert evaluator()({"Fn::Split": ["|", joined]}) == parts
