"""additional_tests.json: defaults, and every problem at once."""

from __future__ import annotations

import pytest

from monitoring.errors import ConfigError
from monitoring.monitors.drift_test_settings import THRESHOLDS, DriftTests


def problems(document) -> str:
    with pytest.raises(ConfigError) as caught:
        DriftTests.of(document, "mine.json")
    message = str(caught.value)
    assert message.startswith("mine.json: ")
    assert "\n" not in message
    return message


def test_everything_but_the_tests_has_a_default():
    asked = DriftTests.of({"tests": {name: {} for name in THRESHOLDS}})
    assert asked.thresholds == dict(THRESHOLDS)
    assert (asked.false_discovery_rate, asked.procedure) == (0.05, "benjamini-hochberg")
    assert not asked.violation


def test_everything_can_be_said():
    asked = DriftTests.of(
        {
            "tests": {"ks": {"threshold": 0}, "classifier": {"threshold": 0.6}},
            "false_discovery_rate": 0.01,
            "procedure": "benjamini-yekutieli",
            "columns": ["age", "income"],
            "labels": ["repaid"],
            "predictions": ["score"],
            "sample_rows": 500,
            "violation": True,
        }
    )
    assert asked.thresholds == {"ks": 0.0, "classifier": 0.6}
    assert asked.procedure == "benjamini-yekutieli"
    assert [asked.includes(name) for name in ("age", "score", "other")] == [True, True, False]
    assert [asked.role_of(name) for name in ("age", "repaid", "score")] == [
        "feature",
        "label",
        "prediction",
    ]
    assert (asked.sample_rows, asked.violation) == (500, True)


def test_all_problems_are_said_at_once():
    message = problems(
        {
            "test": {},
            "tests": {"kss": {}, "psi": {"treshold": 0.1}, "ks": {"threshold": -1}},
            "false_discovery_rate": 1,
            "procedure": "bonferroni",
            "columns": "age",
            "labels": ["y"],
            "predictions": ["y", 3],
            "sample_rows": 5_001,
            "violation": "yes",
        }
    )
    for part in (
        "'test'; did you mean 'tests'?",
        "'kss'; did you mean 'ks'?",
        "tests.psi has no 'treshold'; did you mean 'threshold'?",
        "tests.ks.threshold must be a number from 0",
        "false_discovery_rate must be",
        "procedure is one of benjamini-hochberg, benjamini-yekutieli",
        "columns must be a list",
        "predictions must be a list",
        "sample_rows must be a whole number from 100 to 5000",
        "violation must be true or false",
    ):
        assert part in message


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "the file must be an object, but is a list"),
        ({}, "tests must be an object, but is missing"),
        ({"tests": {}}, "tests names none of ks"),
        ({"tests": {"ks": None}}, "tests.ks must be an object"),
        ({"tests": {"ks": {"threshold": float("nan")}}}, "tests.ks.threshold must be a number"),
        ({"tests": {"ks": {"threshold": True}}}, "tests.ks.threshold must be a number"),
        ({"tests": {"ks": {}}, "sample_rows": True}, "sample_rows must be"),
        (
            {"tests": {"ks": {}}, "labels": ["y"], "predictions": ["y"]},
            "'y' is both a label and a prediction",
        ),
    ],
)
def test_what_is_wrong_is_said(document, said):
    assert said in problems(document)
