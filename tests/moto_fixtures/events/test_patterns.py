"""Event patterns."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.events.exceptions import InvalidEventPatternException

from moto_fixtures.events.patterns import check, matches

EVENT = {
    "source": "aws.sagemaker",
    "detail-type": "SageMaker Endpoint State Change",
    "region": "us-east-1",
    "detail": {
        "EndpointName": "fraud-staging",
        "count": 5,
        "flag": True,
        "nothing": None,
        "address": "10.0.0.7",
        "tags": ["blue", "green"],
        "variants": [{"name": "A", "weight": 1}, {"name": "B", "weight": 0}],
        "empty": {},
    },
}


@pytest.mark.parametrize(
    ("field", "wanted", "expected"),
    [
        ("EndpointName", ["fraud-staging"], True),
        ("EndpointName", ["loan", {"prefix": "fraud-"}], True),
        ("EndpointName", [{"prefix": {"equals-ignore-case": "FRAUD"}}], True),
        ("EndpointName", [{"suffix": "-prod"}], False),
        ("EndpointName", [{"suffix": {"equals-ignore-case": "STAGING"}}], True),
        ("EndpointName", [{"equals-ignore-case": "Fraud-Staging"}], True),
        ("EndpointName", [{"wildcard": "*-sta*g"}], True),
        ("EndpointName", [{"anything-but": "fraud-staging"}], False),
        ("EndpointName", [{"anything-but": ["a", "b"]}], True),
        ("EndpointName", [{"anything-but": {"prefix": "fraud"}}], False),
        ("EndpointName", [{"anything-but": {"suffix": ["-prod", "-dev"]}}], True),
        ("EndpointName", [{"anything-but": {"wildcard": "*prod*"}}], True),
        ("count", [{"numeric": [">", 0, "<=", 5]}], True),
        ("count", [{"numeric": ["=", 5.0]}], True),
        ("count", [5.0], True),
        ("count", ["5"], False),
        ("flag", [True], True),
        ("flag", [1], False),
        ("flag", [{"numeric": [">", 0]}], False),
        ("nothing", [None], True),
        ("nothing", [""], False),
        ("nothing", [{"exists": True}], True),
        ("absent", [{"exists": False}], True),
        ("absent", [{"anything-but": "x"}], False),
        ("absent", [None], False),
        ("empty", [{"exists": True}], False),
        ("address", [{"cidr": "10.0.0.0/24"}], True),
        ("address", [{"cidr": "10.0.1.0/24"}], False),
        ("tags", ["green"], True),
        ("tags", [{"prefix": "gr"}], True),
        ("tags", ["red"], False),
        ("variants", {"name": ["B"], "weight": [0]}, True),
        ("variants", {"name": ["B"], "weight": [1]}, False),
        ("$or", [{"count": [9]}, {"flag": [True]}], True),
        ("$or", [{"count": [9]}, {"flag": [False]}], False),
    ],
)
def test_a_field_matches_as_its_operator_says(field, wanted, expected):
    pattern = json.dumps({"detail": {field: wanted}})
    check(pattern)
    assert matches(pattern, EVENT) is expected


def test_every_field_must_match():
    pattern = {"source": ["aws.sagemaker"], "detail": {"count": [5], "flag": [False]}}
    assert not matches(json.dumps(pattern), EVENT)


@given(st.text(max_size=12), st.text(max_size=4))
def test_a_wildcard_of_plain_text_and_a_star_is_a_prefix(text, start):
    escaped = start.replace("\\", "\\\\").replace("*", "\\*")
    found = matches(json.dumps({"a": [{"wildcard": f"{escaped}*"}]}), {"a": text})
    assert found is text.startswith(start)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("{", "Invalid JSON"),
        ("{}", "at least one field"),
        ('{"source": "aws"}', "must be an object or an array"),
        ('{"source": []}', "Empty arrays"),
        ('{"detail": {}}', "Empty objects"),
        ('{"a": [{"begins": "x"}]}', "Unrecognized match type begins"),
        ('{"a": [{"numeric": [">"]}]}', "Invalid numeric expression"),
        ('{"a": [{"numeric": ["~", 1]}]}', "Unrecognized numeric range operator"),
        ('{"a": [{"numeric": [">", "1"]}]}', "must be numeric"),
        ('{"a": [{"exists": "yes"}]}', "either true or false"),
        ('{"a": [{"cidr": "10.0.0.0/99"}]}', "Malformed CIDR"),
        ('{"a": [{"prefix": 5}]}', "prefix match pattern must be a string"),
        ('{"a": [{"anything-but": []}]}', "Unsupported anything-but"),
        ('{"a": [{"anything-but": {"numeric": ["=", 1]}}]}', "Unsupported anything-but"),
    ],
)
def test_what_is_no_pattern_is_refused(pattern, why):
    with pytest.raises(InvalidEventPatternException, match=why):
        check(pattern)
