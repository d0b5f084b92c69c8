"""What a target receives of an event."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moto_fixtures.events.inputs import problem_of, text_for

EVENT = {
    "source": "aws.sagemaker",
    "time": "2026-01-05T12:00:00Z",
    "detail": {"name": 'the "best"', "count": 2, "tags": ["a", "b"]},
}
ARN = "arn:aws:events:us-east-1:123456789012:rule/drift"


def transformed(template: str, **paths: str) -> str:
    transformer = {"InputPathsMap": paths, "InputTemplate": template}
    return text_for({"InputTransformer": transformer}, EVENT, ARN)


def test_without_an_input_it_is_the_event():
    assert json.loads(text_for({}, EVENT, ARN)) == EVENT


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("$", json.dumps(EVENT)),
        ("$.detail.count", "2"),
        ("$.detail.tags[1]", '"b"'),
        ("$['detail']['count']", "2"),
        ("$.absent", "null"),
    ],
)
def test_a_path_gives_a_part(path, text):
    assert text_for({"InputPath": path}, EVENT, ARN) == text


def test_a_constant_is_sent_as_it_is():
    assert text_for({"Input": '{"a": 1}'}, EVENT, ARN) == '{"a": 1}'


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ('{"n": <n>, "c": <c>}', '{"n": "the \\"best\\"", "c": 2}'),
        ('"<n> has <c>"', '"the \\"best\\" has 2"'),
        ('{"tags": <t>}', '{"tags": ["a", "b"]}'),
        ('"nobody: <x>."', '"nobody: ."'),
        ('"a <b> tag stays"', '"a <b> tag stays"'),
        ('"<aws.events.rule-name> at <aws.events.event.ingestion-time>"',
         '"drift at 2026-01-05T12:00:00Z"'),
    ],
)  # fmt: skip
def test_a_template_is_filled(template, text):
    paths = {"n": "$.detail.name", "c": "$.detail.count", "t": "$.detail.tags", "x": "$.absent"}
    assert transformed(template, **paths) == text


def test_the_whole_event_fits_into_a_template():
    assert json.loads(transformed('{"was": <aws.events.event.json>}')) == {"was": EVENT}


@given(st.text())
def test_a_quoted_value_never_breaks_the_json_around_it(name):
    transformer = {"InputPathsMap": {"n": "$.detail"}, "InputTemplate": '{"a": "<n>!"}'}
    sent = text_for({"InputTransformer": transformer}, {"detail": name}, ARN)
    assert json.loads(sent) == {"a": f"{name}!"}


def test_two_inputs_and_a_broken_path_are_refused():
    both = {"Id": "1", "Input": "{}", "InputPath": "$"}
    assert "Only one of" in str(problem_of(both))
    assert "Invalid JSON path" in str(problem_of({"Id": "1", "InputPath": "detail"}))
    assert problem_of({"Id": "1", "InputPath": "$.detail-type"}) is None
