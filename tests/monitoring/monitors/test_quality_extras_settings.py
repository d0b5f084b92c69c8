"""additional_measures.json: what may stand in it, and that every problem is told at once."""

from __future__ import annotations

from typing import Any

import pytest

from monitoring.errors import ConfigError
from monitoring.monitors.quality_extras_settings import Capacity, Extras, SegmentColumn

WHOLE = {
    "calibration": {"bins": 5, "max_error": 0.1},
    "cost": {"false_positive": 5, "false_negative": 90.5, "max_mean": 3},
    "capacity": {"share": 0.02, "min_precision": 0.3},
    "segments": {
        "columns": ["sex", {"column": "age", "edges": [25, 40.5]}],
        "headers": ["age", "sex"],
        "few_rows": 50,
        "max_gap": 0.1,
    },
}


def test_a_whole_file_is_read():
    asked = Extras.of(WHOLE)
    assert asked.calibration.bins == 5
    assert (asked.cost.false_negative, asked.cost.max_mean) == (90.5, 3.0)
    assert asked.capacity == Capacity(None, 0.02, 0.3)
    assert asked.segments.columns == (SegmentColumn("sex"), SegmentColumn("age", (25.0, 40.5)))
    assert (asked.segments.few_rows, asked.segments.max_gap) == (50, 0.1)


def test_only_what_is_named_is_asked():
    asked = Extras.of({"calibration": {}})
    assert asked.calibration.max_error is None
    assert (asked.cost, asked.capacity, asked.segments) == (None, None, None)


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ([], "the file must be an object"),
        ({}, "asks for nothing"),
        ({"callibration": {}}, "did you mean 'calibration'"),
        ({"calibration": {"bin": 5}}, "did you mean 'bins'"),
        ({"calibration": 3}, "calibration must be an object"),
        ({"calibration": {"bins": 1}}, "calibration.bins must be a whole number from 2 to 1000"),
        ({"calibration": {"bins": True}}, "calibration.bins must be"),
        ({"calibration": {"max_error": 1.5}}, "calibration.max_error must be a number from 0 to 1"),
        ({"cost": {"false_positive": 1}}, "cost.false_negative is missing"),
        ({"cost": {"false_positive": 0, "false_negative": 0}}, "must cost something"),
        ({"cost": {"false_positive": -1, "false_negative": 2}}, "cost.false_positive must be"),
        ({"cost": {"false_positive": "5", "false_negative": 2}}, "cost.false_positive must be"),
        ({"cost": {"false_positive": 1e400, "false_negative": 2}}, "cost.false_positive must be"),
        ({"capacity": {}}, "either rows or share"),
        ({"capacity": {"rows": 5, "share": 0.1}}, "either rows or share"),
        ({"capacity": {"share": 0}}, "capacity.share must be above 0"),
        ({"capacity": {"rows": 0}}, "capacity.rows must be a whole number from 1"),
        ({"segments": {}}, "segments.columns must list one column or more"),
        ({"segments": {"columns": "sex"}}, "segments.columns must list"),
        ({"segments": {"columns": [3]}}, "segments.columns[0] must be"),
        ({"segments": {"columns": [{"edges": [1]}]}}, "segments.columns[0] must be"),
        ({"segments": {"columns": ["a", "a"]}}, "names 'a' twice"),
        ({"segments": {"columns": ["a"], "headers": ["b"]}}, "not among segments.headers"),
        ({"segments": {"columns": ["a"], "headers": "a"}}, "segments.headers must be a list"),
        ({"segments": {"columns": [{"column": "a", "edges": [2, 1]}]}}, "rising numbers"),
        ({"segments": {"columns": [{"column": "a", "edges": "1"}]}}, "rising numbers"),
        ({"segments": {"columns": [{"column": "a", "edge": [1]}]}}, "did you mean 'edges'"),
    ],
)
def test_a_problem_is_named(document: Any, problem: str):
    with pytest.raises(ConfigError) as caught:
        Extras.of(document, "measures.json")
    assert problem in str(caught.value)
    assert str(caught.value).startswith("measures.json: ")
    assert "\n" not in str(caught.value)


def test_all_problems_are_told_at_once():
    with pytest.raises(ConfigError) as caught:
        Extras.of({"calibration": {"bins": 0}, "cost": {}, "capacity": {}})
    for part in ("calibration.bins", "cost.false_positive", "cost.false_negative", "capacity"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("asked", "rows", "reviewed"),
    [(Capacity(share=0.02), 120, 3), (Capacity(share=1e-9), 5, 1), (Capacity(rows=7), 5, 7)],
)
def test_a_capacity_is_a_number_of_rows_or_a_share(asked: Capacity, rows: int, reviewed: int):
    assert asked.of(rows) == reviewed
