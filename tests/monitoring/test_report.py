"""What people are told: cleaned, redacted, and never a made-up number."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring import report
from monitoring.capture import Counts, Problem, Reading
from monitoring.kinds import DATA_QUALITY
from monitoring.measures.state import Uncomputable
from monitoring.monitors.base import Analysis, Finding

SECRET = "4111-1111"


def finding(**changed: Any) -> Finding:
    values: dict[str, Any] = {
        "feature": "city",
        "check": "categorical_values_check",
        "description": "Value inclusion requirement is not met.",
        "observed": 0.5,
        "expected": 1.0,
        "threshold": 1.0,
        "mode": "corrected",
        "other_mode": "compat: the same",
        "evidence": {"unseen": {SECRET: 3, "\x1b[31mred": 2}},
    }
    return Finding(**{**values, **changed})


def feature(name: str, **block: Any) -> dict[str, Any]:
    common = {"common": {"num_present": 4, "num_missing": 0}, "completeness": 1.0}
    return {"name": name, "numerical_statistics": {**common, **block}}


def analysis(*findings: Finding, **changed: Any) -> Analysis:
    features = changed.pop("features", [])
    documents = {"statistics.json": {"features": features}}
    return Analysis(documents, findings, item_count=1200, **changed)


def outcome(*findings: Finding, **changed: Any) -> report.Outcome:
    return report.Outcome(DATA_QUALITY, "corrected", analysis(*findings), **changed)


@given(st.text())
def test_cleaned_text_only_prints(text: str):
    shown = report.clean(text)
    assert not set(shown) & set(map(chr, [*range(32), *range(127, 160), 0x202E, 0x2028, 0x2029]))
    assert len(shown) <= report.LONGEST_TEXT


@pytest.mark.parametrize("text", ["plain", "Zürich €", "שלום", "🦊", "a,b;c"])
def test_text_that_prints_is_left_alone(text: str):
    assert report.clean(text) == text


@pytest.mark.parametrize(
    ("findings", "verdict"),
    [
        ((), "no violations"),
        ((finding(),), "1 violation "),
        ((finding(), finding()), "2 violations "),
    ],
)
def test_the_first_sentence_is_the_verdict(findings: tuple[Finding, ...], verdict: str):
    first = next(report.sentences(outcome(*findings)))
    assert first.startswith("data quality: ")
    assert verdict in first
    assert "1,200 rows" in first


def test_values_are_redacted_until_they_are_asked_for():
    plain = "\n".join(report.sentences(outcome(finding())))
    assert "in 5 rows (values redacted)" in plain
    assert SECRET not in plain
    shown = "\n".join(report.sentences(outcome(finding()), show_values=True))
    assert f"'{SECRET}' in 3 rows" in shown
    assert "\x1b" not in shown


def test_names_cannot_reach_the_terminal():
    hostile = finding(feature="\x1b]0;owned\x07\nage", description="\x1b[2Jgone")
    for sentence in report.sentences(outcome(hostile)):
        assert sentence.isprintable()


def test_what_was_skipped_is_told_by_place():
    reading = Reading(
        batches=iter(()),
        counts=Counts(records=10, rows=9, malformed=1),
        problems=[Problem("a.jsonl", 7, "the line is not JSON")],
        warnings=["look here"],
    )
    told = "\n".join(report.sentences(outcome(reading=reading)))
    assert "10 records, 9 rows, 1 malformed" in told
    assert "skipped: a.jsonl:7: the line is not JSON" in told
    assert "note: look here" in told


def test_a_drift_that_is_unknown_is_told_with_its_reason():
    distances = {"a": Uncomputable("too few values"), "b": Uncomputable("too few values"), "c": 0.0}
    unknown = report.Outcome(DATA_QUALITY, "corrected", analysis(distances=distances))
    told = list(report.sentences(unknown))
    assert "  drift not computed (too few values): a, b" in told


def test_findings_are_a_json_document_without_values():
    document = report.findings_document(outcome(finding()))
    assert SECRET not in json.dumps(document, allow_nan=False)
    assert document["findings"][0]["observed"] == 0.5
    assert document["findings"][0]["other_mode"] == "compat: the same"


def test_redaction_keeps_the_baselines_values_and_the_pairing():
    evidence = {
        "at": SECRET,
        "baseline_counts": {"Rome": 5},
        "current_counts": {"Rome": 1, SECRET: 4},
        "correction": 0.1,
    }
    redacted = report.redacted(evidence)
    assert redacted["current_counts"] == {"Rome": 1, redacted["at"]: 4}
    assert redacted["baseline_counts"] == {"Rome": 5}
    assert redacted["correction"] == 0.1
