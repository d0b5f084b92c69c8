"""Property values against schemas: made right where nothing is lost, named where wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moto_fixtures.cloudformation import properties
from moto_fixtures.cloudformation.intrinsics import UNKNOWN

SCALARS = {"b": {"type": "boolean"}, "i": {"type": "integer"}, "n": {"type": "number"}}


@pytest.mark.parametrize(
    ("kind", "written", "meant"),
    [
        ("boolean", "true", True),
        ("boolean", "yes", "yes"),
        ("integer", "20", 20),
        ("integer", "1.5", "1.5"),
        ("integer", "many", "many"),
        ("number", "0.5", 0.5),
        ("string", 5, "5"),
        ("string", True, "true"),
        (["object", "string"], {"a": 1}, {"a": 1}),
    ],
)
def test_a_scalar_takes_the_type_its_schema_states(kind: Any, written: Any, meant: Any) -> None:
    assert properties.coerce(written, {"type": kind}, {}) == meant


@given(st.one_of(st.booleans(), st.integers(), st.floats(allow_nan=False), st.text()))
def test_coercing_twice_is_coercing_once(value: Any) -> None:
    for schema in SCALARS.values():
        once = properties.coerce(value, schema, {})
        assert properties.coerce(once, schema, {}) == once


@given(st.integers())
def test_a_number_written_as_text_is_that_number(number: int) -> None:
    assert properties.coerce(str(number), {"type": "integer"}, {}) == number


@pytest.mark.parametrize(
    ("value", "schema", "said"),
    [
        (1, {"type": "string"}, "#: expected type: String, found: Integer"),
        ("x", {"enum": ["a"]}, "#: x is not a valid enum value"),
        ("ab", {"minLength": 3}, "#: expected minLength: 3, actual: 2"),
        ("abcd", {"maxLength": 3}, "#: expected maxLength: 3, actual: 4"),
        ("a b", {"pattern": "^[a-z]+$"}, "#: failed validation constraint for keyword [pattern]"),
        (0, {"minimum": 1}, "#: 0 is not greater or equal to 1"),
        (9, {"maximum": 8}, "#: 9 is not less or equal to 8"),
        ([], {"minItems": 1}, "#: expected minimum item count: 1, found: 0"),
        ([1, 1], {"uniqueItems": True}, "#: array items are not unique"),
        ([1, "x"], {"items": {"type": "integer"}}, "#/1: expected type: Integer, found: String"),
        ({}, {"required": ["A"]}, "#: required key [A] not found"),
        ({"B": 1}, {"additionalProperties": False, "properties": {"A": {}}},
         "#: extraneous key [B] is not permitted"),
        ({}, {"requiredXor": ["A", "B"]}, "#: exactly one of the keys ['A', 'B'] is required"),
    ],
)  # fmt: skip
def test_a_broken_keyword_is_named(value: Any, schema: dict[str, Any], said: str) -> None:
    assert properties.problems(value, schema, {}) == [said]


def test_a_definition_is_followed() -> None:
    root = {"definitions": {"Name": {"type": "string", "maxLength": 2}}}
    assert properties.problems("abc", {"$ref": "#/definitions/Name"}, root)


def test_what_is_not_known_yet_is_not_judged() -> None:
    schema = {"properties": {"A": {"pattern": "^x$"}}, "required": ["A"]}
    assert properties.problems({"A": f"s3://{UNKNOWN}"}, schema, {}) == []


def test_a_pattern_of_another_dialect_judges_nothing() -> None:
    tags = {
        "type": "object",
        "additionalProperties": False,
        "patternProperties": {r"^[\p{L}]+$": {"type": "string"}},
    }
    assert properties.problems({"team": "risk"}, tags, {}) == []
