"""A definition: what it is made of, and the mistakes it is refused for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from moto_fixtures.pipelines.definition import REFUSED, Gate, parse
from moto_fixtures.sagemaker.errors import AWSValidationException, NotSimulatedError
from tests.moto_fixtures.pipelines.building import compare, condition, definition, fail, passes


def parsed(*steps: dict[str, Any], **other: Any) -> Any:
    return parse(json.dumps(definition(*steps, **other)))


def test_a_step_waits_for_what_it_names_refers_to_and_stands_in() -> None:
    join = {"Std:Join": {"On": "", "Values": [{"Get": "Steps.a.Outcome"}]}}
    inner = condition("inner", compare(1, "Equals", 1), then=[fail("deep", DependsOn=["b"])])
    read = parsed(
        passes("a"), passes("b"), condition("gate", compare(join, "Equals", "x"), then=[inner])
    )
    assert list(read.steps) == ["a", "b", "gate", "inner", "deep"]
    assert read.steps["gate"].after == {"a"}
    assert read.steps["deep"].after == {"b", "inner"}
    assert read.steps["deep"].gate == Gate("inner", True)


def test_the_steps_of_the_other_branch_stand_in_it() -> None:
    read = parsed(condition("gate", compare(1, "Equals", 1), otherwise=[fail("f")]))
    assert read.steps["f"].gate == Gate("gate", False)


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ([passes("a"), passes("a")], "'a' is used twice"),
        ([fail("f", {"Get": "Steps.b.X"})], r"unknown steps \['b'\]"),
        ([fail("f", DependsOn=["b"])], r"unknown steps \['b'\]"),
        ([fail("f", {"Get": "Parameters.P"})], "unknown parameter 'P'"),
        ([fail("f", {"Get": "Execution.Id"})], "unknown execution variable 'Id'"),
        ([fail("f", {"Get": "Nowhere"})], "refers to nothing"),
        ([passes("a"), fail("f", {"Get": "Steps.a.PropertyFiles.E"})], "no property file 'E'"),
        ([passes("a", DependsOn=["b"]), passes("b", DependsOn=["a"])], "wait for each other"),
        ([{"Name": "a", "Type": "Magic"}], "'Magic', which is none"),
        ([{"Name": "a b", "Type": "Fail"}], "Name must match"),
        ([], "has no Steps"),
    ],
)
def test_a_mistake_is_refused_and_named(steps: list[dict[str, Any]], why: str) -> None:
    with pytest.raises(AWSValidationException, match=f"Unable to parse pipeline.*{why}"):
        parsed(*steps)


@pytest.mark.parametrize("text", ["{", "[]", '{"Version": "2019-01-01", "Steps": []}'])
def test_what_is_no_definition_is_refused(text: str) -> None:
    with pytest.raises(AWSValidationException, match="Unable to parse pipeline definition"):
        parse(text)


@pytest.mark.parametrize("kind", REFUSED)
def test_a_type_that_is_not_simulated_is_refused_by_name(kind: str) -> None:
    read = parsed({"Name": "other", "Type": kind, "Arguments": {}})
    with pytest.raises(NotSimulatedError, match=f"{kind} step 'other'.*not simulated"):
        read.refuse_what_is_not_simulated()
