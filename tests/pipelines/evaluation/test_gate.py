"""The gate: every limit is checked, what is unknown does not pass, and register asks it."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, replace
from pathlib import Path

import pytest

from monitoring.errors import GateError, UsageError
from pipelines.evaluation.gate import LIMITED, judge, require
from pipelines.models.base import Limits

REPORT = {
    "binary_classification_metrics": {"auc": {"value": 0.7}},
    "capacity": {"precision": 0.4},
    "calibration": {"beyond_chance": 0.02},
    "overfitting": {"auc_gap": {"value": 0.03}},
    "cost": {"relative": 0.8},
    "stress": {"answers": 100, "invalid": 0},
}
KEPT = Limits(0.6, 0.3, 0.05, 0.05, 0.9)
BROKEN = Limits(0.8, 0.5, 0.01, 0.01, 0.5)
WHERE = Path("report/evaluation.json")


def test_every_limit_of_a_model_is_judged():
    assert {field.name for field in fields(Limits)} == LIMITED.keys()


def test_a_model_within_its_limits_passes():
    assert judge(KEPT, REPORT) == {
        "passed": True,
        "failures": [],
        "reason": "",
        "limits": asdict(KEPT),
    }


def test_without_limits_nothing_is_asked():
    assert judge(Limits(), REPORT)["passed"]


@pytest.mark.parametrize("name", LIMITED)
def test_each_limit_fails_by_itself_with_its_name_and_both_numbers(name):
    limits = replace(KEPT, **{name: getattr(BROKEN, name)})
    (line,) = judge(limits, REPORT)["failures"]
    assert name in line
    assert f"{getattr(BROKEN, name):g}" in line
    assert " is 0.0" in line or " is 0." in line


@pytest.mark.parametrize("name", LIMITED)
def test_a_number_at_its_limit_is_within_it(name):
    found = REPORT
    for step in LIMITED[name].path:
        found = found[step]
    assert judge(replace(Limits(), **{name: found}), REPORT)["passed"]


@pytest.mark.parametrize("unknown", [None, {"not_computed": "no row is labelled positive"}])
def test_what_could_not_be_computed_does_not_pass(unknown):
    report = {**REPORT, "cost": {"relative": unknown}}
    (line,) = judge(KEPT, report)["failures"]
    assert "could not be computed" in line


def test_an_answer_that_is_no_probability_fails_whatever_the_limits():
    report = {**REPORT, "stress": {"answers": 100, "invalid": 2}}
    assert judge(Limits(), report)["failures"] == [
        "2 of 100 answers under stress are no probability"
    ]


def test_a_refusal_names_every_limit_that_is_not_kept():
    with pytest.raises(GateError) as caught:
        require(json.dumps({"gate": judge(BROKEN, REPORT)}).encode(), WHERE)
    assert all(name in str(caught.value) for name in LIMITED)
    assert str(caught.value).startswith("report/evaluation.json: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [b"{}", b"[]", b"not JSON", b'{"gate": {}}', b'{"gate": {"passed": true, "failures": 1}}'],
)
def test_a_report_without_a_gate_is_no_pass(content):
    with pytest.raises(UsageError, match="unknown"):
        require(content, WHERE)


@pytest.mark.parametrize("passed", ["true", 1, None, False])
def test_only_true_is_a_pass(passed):
    with pytest.raises(GateError):
        require(json.dumps({"gate": {"passed": passed, "failures": []}}).encode(), WHERE)
