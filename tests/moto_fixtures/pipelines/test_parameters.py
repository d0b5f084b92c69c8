"""Parameters of an execution: defaults, overrides, types."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moto_fixtures.pipelines.parameters import Parameter, values
from moto_fixtures.sagemaker.errors import AWSValidationException

DECLARED = [
    Parameter("Rows", "Integer", 20),
    Parameter("Rate", "Float", 0.5),
    Parameter("Stage", "String", "dev", ("dev", "prod")),
    Parameter("Fast", "Boolean", False),
]


def given_one(name: str, value: str) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value}]


def test_defaults_hold_where_nothing_is_given() -> None:
    assert values(DECLARED, []) == {"Rows": 20, "Rate": 0.5, "Stage": "dev", "Fast": False}


@given(st.integers(), st.floats(allow_nan=False), st.booleans())
def test_an_override_is_read_in_the_declared_type(rows: int, rate: float, fast: bool) -> None:
    overrides = [
        {"Name": "Rows", "Value": str(rows)},
        {"Name": "Rate", "Value": str(rate)},
        {"Name": "Fast", "Value": str(fast)},
    ]
    read = values(DECLARED, overrides)
    assert (read["Rows"], read["Rate"], read["Fast"]) == (rows, rate, fast)


@pytest.mark.parametrize(
    ("override", "why"),
    [
        (("Rows", "many"), "is no Integer"),
        (("Rows", "1.5"), "is no Integer"),
        (("Rate", "high"), "is no Float"),
        (("Fast", "1"), "is no Boolean"),
        (("Stage", "test"), r"not one of \[dev, prod\]"),
        (("Other", "1"), "not declared"),
    ],
)
def test_an_override_that_does_not_fit_is_refused(override: tuple[str, str], why: str) -> None:
    with pytest.raises(AWSValidationException, match=why):
        values(DECLARED, given_one(*override))


def test_a_parameter_without_default_must_be_given() -> None:
    declared = [Parameter("Rows", "Integer")]
    with pytest.raises(AWSValidationException, match=r"\['Rows'\] have no default value"):
        values(declared, [])
    assert values(declared, given_one("Rows", "3")) == {"Rows": 3}


@pytest.mark.parametrize(
    "declared",
    [
        {"Name": "Rows", "Type": "Number"},
        {"Type": "String"},
        {"Name": "Rows", "Type": "Integer", "DefaultValue": "many"},
        {"Name": "Stage", "Type": "String", "DefaultValue": "x", "EnumValues": ["dev"]},
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(declared: dict[str, Any]) -> None:
    with pytest.raises(AWSValidationException):
        Parameter.parse(declared)
