"""docs/fidelity.md answers whatever the contract marks as not known, and names what is there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONTRACT = Path(os.environ.get("SHARED_DIR", ROOT.parent / "shared")) / "CONTRACT.md"
FIDELITY = (ROOT / "docs" / "fidelity.md").read_text()
MARK = "UNCONFIRMED"

needs_contract = pytest.mark.skipif(not CONTRACT.is_file(), reason=f"no {CONTRACT}; set SHARED_DIR")

OPEN_UNKNOWNS = {
    "Modern wording of `categorical_values_check` and of categorical drift": (
        "Wording of `categorical_values_check`",
        "Wording of a categorical drift",
    ),
    "lead phrase of `missing_column_check`": ("Lead phrase of `missing_column_check`",),
    "Fractional expectation vs integers": ("Does an integer match an expected `Fractional`?",),
    "all-boolean and all-null columns": ("An all-boolean column", "An all-null column"),
    "completeness constraint for incomplete baselines": (
        "Completeness constraint of an incomplete column",
    ),
    "`NullValue` bucket": ("Does null become a category (`NullValue`)?",),
    "exact low-cardinality boundary (120?)": (
        "Up to how many distinct values is there a histogram?",
    ),
    "ChiSquared decision rule": ("How is a ChiSquared result judged?",),
    "JSON-capture column naming": ("Names of the columns of JSON payloads",),
    "multiclass constant rule": ("Best constant for more than two classes",),
    "std-dev ddof and sampler": ("`standard_deviation`: sampler and divisor",),
    "MQ metric names in regression/multiclass violations": (
        "Names in regression and multiclass violations",
    ),
    "value exactly at a threshold": (
        "A value exactly at a threshold",
        "A value exactly at its threshold",
        "A probability exactly at its threshold",
    ),
    "behaviour when only some checks are disabled": ("Only some checks are disabled",),
    "normal bootstrap parameters": (
        "How many resamples, and which confidence, has the *normal bootstrap interval*?",
    ),
    "nDCG ties": ("Ties in the current ranking",),
    "real explainability violation file": ("The violations file itself",),
    "environment of Clarify monitoring jobs": (
        "`features_attribute`, and the environment of Clarify's monitoring jobs",
    ),
    "`exclude_features_attribute` format": ("`exclude_features_attribute`",),
    "batch value of `monitoring_input_type`": ("`monitoring_input_type`",),
    "whether an empty violations file is ever written": ("Is an empty violations file written?",),
}
"""What the contract's list J calls open → the questions that answer it."""

ELSEWHERE = {
    "order, arrays)": "Names of the columns of JSON payloads",
    "With no violations the violations file": "Is an empty violations file written?",
    "`categorical.buckets` |": "Up to how many distinct values is there a histogram?",
    "all-boolean column": "An all-boolean column",
    "`Unknown` columns": "An all-null column",
    "incomplete baseline columns": "Completeness constraint of an incomplete column",
    '"Missing columns"': "Lead phrase of `missing_column_check`",
    "Expected `Fractional`": "Does an integer match an expected `Fractional`?",
    "**categorical_values_check**": "Wording of `categorical_values_check`",
    "`LInfinity` (Deequ": "Wording of a categorical drift",
    "`ChiSquared` (Deequ": "How is a ChiSquared result judged?",
    "key `NullValue`": "Does null become a category (`NullValue`)?",
    "`probability_attribute` without": "A probability exactly at its threshold",
    "five random 80 % subsamples": "`standard_deviation`: sampler and divisor",
    "best constant classifier (binary)": "Best constant for more than two classes",
    "strictly beyond the threshold": "A value exactly at its threshold",
    "never yields a violation": "Names in regression and multiclass violations",
    "Infinite values appear": "How is an infinite value written?",
    "Constraints file = the baseline": "A metric that is `null` on either side",
    "Normal Bootstrap Interval": "How many resamples, and which confidence",
    "negative `median` values": "A negative `median`",
    "`monitoring_input_type` |": "`monitoring_input_type`",
    "`exclude_features_attribute` |": "`exclude_features_attribute`",
    "`positive_label` |": "`positive_label` of a job",
    "the other three types by analogy": "Names of processing jobs",
}
"""Words of each line that bears the mark → the question that answers it."""


def questions() -> Iterator[str]:
    """The first cells of the tables under UNCONFIRMED, and of rows graded so elsewhere."""
    for section in re.split(r"^#+ ", FIDELITY, flags=re.MULTILINE):
        for first, rest in re.findall(r"^\| (.+?) \|(.+)\|$", section, flags=re.MULTILINE):
            graded = section.startswith(MARK) or MARK in rest.split("|")[-1]
            if graded and first != "question":
                yield first


def lines_with_the_mark() -> list[str]:
    legend, _, rest = CONTRACT.read_text().partition("## 0. Context")
    assert MARK in legend
    return [line for line in rest.splitlines() if MARK in line]


@needs_contract
def test_every_open_unknown_of_the_contract_has_its_answer():
    text = CONTRACT.read_text().split("## J. Open unknowns")[1].split("## K.")[0]
    listed = [" ".join(item.split()) for item in text.strip().rstrip(".").split(";")]
    assert listed == list(OPEN_UNKNOWNS)


@needs_contract
def test_every_line_that_bears_the_mark_has_its_answer():
    found = [[words for words in ELSEWHERE if words in line] for line in lines_with_the_mark()]
    assert [len(words) for words in found] == [1] * len(found)
    assert {words for (words,) in found} == set(ELSEWHERE)


@pytest.mark.parametrize(
    "question", sorted({*ELSEWHERE.values()}.union(*map(set, OPEN_UNKNOWNS.values())))
)
def test_each_question_is_answered_in_the_page(question: str):
    assert any(asked.startswith(question) for asked in questions())


def test_every_file_the_page_names_is_there():
    named = {*re.findall(r"`((?:monitoring|tests|benchmarks|docs)/[\w/.-]+)", FIDELITY)}
    assert named
    assert not {name for name in named if not (ROOT / name).exists()}
