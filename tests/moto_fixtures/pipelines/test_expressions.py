"""Get, Std:Join and Std:JsonGet, and the paths they read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moto_fixtures.pipelines.expressions import (
    ExpressionError,
    Reference,
    at,
    references,
    resolve,
)

DESCRIBED = {
    "ProcessingOutputConfig": {
        "Outputs": [
            {"OutputName": "train", "S3Output": {"S3Uri": "s3://b/train"}},
            {"OutputName": "test", "S3Output": {"S3Uri": "s3://b/test"}},
        ]
    },
    "FinalMetricDataList": [{"MetricName": "auc", "Value": 0.9}],
    "HyperParameters": {"max.depth": "4"},
}


class Known:
    """A scope of constants."""

    def parameter(self, name: str) -> Any:
        return {"Rows": 20, "Rate": 0.5, "Flag": True, "Name": "fraud"}[name]

    def variable(self, name: str) -> str:
        return {"PipelineExecutionId": "abc"}[name]

    def properties(self, step: str) -> dict[str, Any]:
        return {"Prepare": DESCRIBED}[step]

    def property_file(self, step: str, name: str) -> str:
        return f"s3://b/{step}/{name}.json"

    def document(self, uri: str) -> Any:
        return {"s3://b/Eval/Metrics.json": {"metrics": {"auc": [0.7, {"value": 0.9}]}}}[uri]


def get(text: str) -> dict[str, str]:
    return {"Get": text}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("ProcessingOutputConfig.Outputs['test'].S3Output.S3Uri", "s3://b/test"),
        ("ProcessingOutputConfig.Outputs[0].S3Output.S3Uri", "s3://b/train"),
        ("FinalMetricDataList['auc'].Value", 0.9),
        ("HyperParameters['max.depth']", "4"),
    ],
)
def test_a_property_is_found_by_member_name_and_index(path: str, value: Any) -> None:
    assert resolve(get(f"Steps.Prepare.{path}"), Known()) == value


@pytest.mark.parametrize(
    "path",
    ["Nothing", "ProcessingOutputConfig.Outputs['other']", "FinalMetricDataList[1]", "a..b", "a["],
)
def test_a_path_that_leads_nowhere_is_named(path: str) -> None:
    with pytest.raises(ExpressionError, match=r"Steps\.Prepare"):
        resolve(get(f"Steps.Prepare.{path}"), Known())


def test_a_parameter_keeps_its_type_and_a_join_makes_text_of_it() -> None:
    values = [get(f"Parameters.{name}") for name in ("Rows", "Rate", "Flag", "Name")]
    assert resolve(values, Known()) == [20, 0.5, True, "fraud"]
    join = {"Std:Join": {"On": "/", "Values": [*values, get("Execution.PipelineExecutionId")]}}
    assert resolve(join, Known()) == "20/0.5/true/fraud/abc"


def test_a_join_stands_in_a_join() -> None:
    inner = {"Std:Join": {"On": "-", "Values": ["a", get("Parameters.Rows")]}}
    assert resolve({"Std:Join": {"On": "/", "Values": ["s3:/", inner]}}, Known()) == "s3://a-20"


def test_a_structure_cannot_be_joined() -> None:
    join = {"Std:Join": {"On": "", "Values": [get("Steps.Prepare.HyperParameters")]}}
    with pytest.raises(ExpressionError, match="takes text, numbers and booleans"):
        resolve(join, Known())


def test_a_value_is_read_from_a_property_file_and_from_s3() -> None:
    path = {"Path": "metrics.auc[1].value"}
    file = {"PropertyFile": get("Steps.Eval.PropertyFiles.Metrics"), **path}
    place = {"S3Uri": {"Std:Join": {"On": "/", "Values": ["s3://b/Eval", "Metrics.json"]}}, **path}
    assert resolve({"Std:JsonGet": file}, Known()) == 0.9
    assert resolve({"Std:JsonGet": place}, Known()) == 0.9


def test_every_reference_is_found_however_deep() -> None:
    document = {
        "a": [{"Std:Join": {"Values": ["x", get("Parameters.Rows")]}}],
        "b": {"Std:JsonGet": {"PropertyFile": get("Steps.Eval.PropertyFiles.M"), "Path": "x"}},
    }
    assert list(references(document)) == [
        Reference("Parameters", "Rows"),
        Reference("Steps", "Eval", "PropertyFiles.M"),
    ]


@pytest.mark.parametrize("text", ["Rows", "Parameters.", "Parameter.Rows", "Parameters.Rows.x"])
def test_a_reference_to_nothing_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        Reference.parse(text)


KEYS = st.text("abcXYZ019_-", min_size=1, max_size=5)


@given(st.lists(KEYS, min_size=1, max_size=5), st.integers())
def test_any_nesting_is_read_back_by_its_path(keys: list[str], value: int) -> None:
    document: Any = value
    for key in reversed(keys):
        document = {key: document}
    assert at(document, ".".join(keys), "here") == value
    assert at(document, "".join(f"['{key}']" for key in keys), "here") == value


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=3),
    max_leaves=10,
)


@given(JSON)
def test_what_holds_no_expression_is_left_as_it_is(document: Any) -> None:
    assert resolve(document, Known()) == document
