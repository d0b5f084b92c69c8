"""Parameters: what is taken, typed and refused."""

from __future__ import annotations

from typing import Any

import pytest

from moto_fixtures.cloudformation import parameters
from moto_fixtures.cloudformation.errors import ValidationError

SSM = {"/image": "ami-1", "/zones": "a,b"}


def nothing_exists(_kind: str, _value: str) -> bool:
    return False


def resolve(rules: dict[str, Any], value: str) -> Any:
    return parameters.resolve({"It": rules}, {"It": value}, SSM.__getitem__, nothing_exists)["It"]


@pytest.mark.parametrize(
    ("rules", "value", "found"),
    [
        ({"Type": "String"}, "a", "a"),
        ({"Type": "Number"}, "1.5", "1.5"),
        ({"Type": "CommaDelimitedList"}, "a, b ,c", ["a", "b", "c"]),
        ({"Type": "CommaDelimitedList"}, "", []),
        ({"Type": "List<Number>"}, "1,2", ["1", "2"]),
        ({"Type": "AWS::SSM::Parameter::Value<String>"}, "/image", "ami-1"),
        ({"Type": "AWS::SSM::Parameter::Value<List<String>>"}, "/zones", ["a", "b"]),
        ({"Type": "AWS::SSM::Parameter::Name"}, "/image", "/image"),
        ({"Type": "String", "AllowedValues": ["yes", "no"]}, "no", "no"),
        ({"Type": "Number", "AllowedValues": [1, 2]}, "2", "2"),
    ],
)
def test_a_value_is_read_as_its_type(rules: dict[str, Any], value: str, found: Any) -> None:
    assert resolve(rules, value) == found


@pytest.mark.parametrize(
    ("rules", "value", "said"),
    [
        ({"Type": "String", "AllowedValues": ["yes", "no"]}, "No", "must be one of AllowedValues"),
        ({"Type": "String", "AllowedPattern": "[a-z]+"}, "ab1", r"must match pattern \[a-z\]\+"),
        ({"Type": "String", "MinLength": 2}, "a", "at least 2 characters"),
        ({"Type": "String", "MaxLength": "2"}, "abc", "at most 2 characters"),
        ({"Type": "Number"}, "many", "must be a number"),
        ({"Type": "Number", "MinValue": 1}, "0", "not less than 1"),
        ({"Type": "Number", "MaxValue": 86400}, "86401", "not greater than 86400"),
        ({"Type": "List<Number>", "MaxValue": 3}, "1,4", "not greater than 3"),
        ({"Type": "Sting"}, "a", "Unrecognized parameter type: Sting"),
    ],
)
def test_a_value_outside_its_constraints_is_refused(
    rules: dict[str, Any], value: str, said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        resolve(rules, value)


def test_the_constraint_description_is_said_instead_of_the_constraint() -> None:
    rules = {"Type": "Number", "MaxValue": 9, "ConstraintDescription": "at most nine seconds"}
    with pytest.raises(ValidationError, match="It failed to satisfy constraint: at most nine"):
        resolve(rules, "10")


@pytest.mark.parametrize("kind", ["AWS::EC2::Subnet::Id", "List<AWS::EC2::Subnet::Id>"])
def test_a_value_the_account_does_not_have_is_refused(kind: str) -> None:
    with pytest.raises(ValidationError, match=r"value subnet-1 .* name It does not exist"):
        resolve({"Type": kind}, "subnet-1")


def test_all_unknown_and_all_missing_parameters_are_named() -> None:
    declared = {"A": {"Type": "String"}, "B": {"Type": "String"}, "C": {"Type": "String"}}
    with pytest.raises(ValidationError, match=r"\[X, Y\] do not exist in the template"):
        parameters.given(declared, {"Y": "", "X": ""})
    with pytest.raises(ValidationError, match=r"\[B, C\] must have values"):
        parameters.given(declared, {"A": ""})


def test_a_default_is_text_as_if_it_had_been_sent() -> None:
    declared = {"A": {"Type": "Number", "Default": 3}, "B": {"Type": "String", "Default": True}}
    assert parameters.given(declared, {}) == {"A": "3", "B": "true"}
