"""Bias metrics on real data: AWS's own analysis.json files, and smclarify on public tables.

Needs $SHARED_DIR (default ../shared): golden cases, and the data the fixtures were recorded
on. Baselines whose predictions were not published can be replayed before training only.
"""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial import cKDTree

from monitoring.measures.facets import FacetCounts, Interval, above, is_continuous
from monitoring.measures.fairness import (
    DESCRIPTIONS,
    POST_TRAINING,
    PRE_TRAINING,
    bias_metrics,
)
from monitoring.measures.labels import Coded
from monitoring.measures.neighbors import flip_test
from monitoring.measures.outcome import Outcome, Uncomputable

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("SHARED_DIR", ROOT.parent / "shared"))
RECORDED = ROOT / "tests" / "fixtures" / "smclarify"
pytestmark = pytest.mark.skipif(
    not (SHARED / "golden").is_dir(), reason=f"no golden cases at {SHARED}; set SHARED_DIR"
)

SEX, AGE = 9, 0
"""Places in AWS's encoded adult table."""


def golden(case: str, name: str) -> Any:
    return json.loads((SHARED / "golden" / case / name).read_text())


def entry(document: Any, stage: str, facet: str) -> Mapping[str, Any]:
    """The one entry of a facet in an analysis.json."""
    (found,) = document[f"{stage}_bias_metrics"]["facets"][facet]
    return dict(found)


def values(found: Mapping[str, Any]) -> dict[str, Any]:
    return {metric["name"]: metric["value"] for metric in found["metrics"]}


def assert_same(ours: Mapping[str, Outcome], theirs: Mapping[str, Any]) -> None:
    """Equal to 1e-12; null is a reason."""
    wrong = {
        name: (ours[name], value)
        for name, value in theirs.items()
        if (
            not isinstance(ours[name], Uncomputable)
            if value is None
            else isinstance(ours[name], Uncomputable)
            or not math.isclose(ours[name], float(value), rel_tol=1e-12, abs_tol=1e-12)
        )
    }
    assert not wrong, wrong


def test_the_sdks_continuous_facet():
    with (SHARED / "golden" / "sdk-clarify_check_step" / "dataset.csv").open() as file:
        table = np.array(list(csv.reader(file)), dtype=np.float64)
    label, facet, group = table[:, 0] == 1, table[:, 1], table[:, 2]
    theirs = entry(golden("sdk-clarify_check_step", "analysis.good.json"), "pre_training", "F1")
    counts = FacetCounts.of(above(facet, 0.5), label, group=Coded.of(group.tolist()))
    assert theirs["value_or_threshold"] == str(Interval(0.5, float(facet.max())))
    assert_same(bias_metrics(PRE_TRAINING, counts.against_rest(["above"])), values(theirs))


@pytest.mark.parametrize("case", ["bias-adult-batch-json", "bias-adult-batch-jsonl"])
def test_the_adult_baseline_before_training(case):
    path = SHARED / "data" / "aws-adult-jsonl" / "validation-dataset.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    features = np.array([row["features"] for row in rows])
    label = np.array([row["label"] for row in rows]) == 1
    counts = FacetCounts.of(column(features[:, SEX]), label, group=column(features[:, AGE]))
    theirs = values(entry(golden(case, "baseline.analysis.json"), "pre_training", "Sex"))
    assert_same(bias_metrics(PRE_TRAINING, counts.against_rest(["0"])), theirs)


def test_the_adult_violations_are_this_hours_metrics():
    """Whatever is farther from zero than the baseline was reported, and nothing else."""
    features, label, predicted = merged()
    facet, groups = column(features[:, SEX]), column(features[:, AGE])
    ours = bias_metrics(
        POST_TRAINING, FacetCounts.of(facet, label, predicted, groups).against_rest(["0"])
    )
    ours["FT"] = flip_test(np.delete(features, SEX, axis=1), features[:, SEX] == 0, predicted)
    case = "bias-adult-batch-json"
    reported = {
        violation["metric_name"]: float(violation["description"].split()[2])
        for violation in golden(case, "constraint_violations.json")["violations"]
    }
    assert_same(ours, reported)
    baseline = values(entry(golden(case, "baseline.analysis.json"), "post_training", "Sex"))
    farther = [
        name
        for name, value in ours.items()
        if not isinstance(value, Uncomputable) and abs(value) > abs(baseline[name])
    ]
    assert sorted(farther) == sorted(reported)


def merged() -> tuple[Any, Any, Any]:
    """Features, labels and predictions of the batch-transform record that was merged."""
    record = golden("bias-adult-batch-json", "merged_record_first_line.json")
    captured = json.loads(record["captureData"]["batchTransformOutput"]["data"])
    truth = json.loads(record["groundTruthData"]["data"])["instances"]
    answers = captured["SageMakerOutput"]["predictions"]
    return (
        np.array([row["features"] for row in captured["instances"]], dtype=np.float64),
        np.array([row["label"] for row in truth]) == 1,
        np.array([row["predicted_label"] for row in answers]) == 1,
    )


def column(numbers: Any) -> Coded:
    return Coded.of([str(int(number)) for number in numbers])


def test_descriptions_are_aws_own_words():
    document = golden("bias-adult-batch-json", "baseline.analysis.json")
    written = {
        metric["name"]: metric["description"]
        for stage in ("pre_training", "post_training")
        for metric in entry(document, stage, "Sex")["metrics"]
    }
    assert written == DESCRIPTIONS


PUBLIC = ("german-credit", "adult-census", "taiwan-default")


def public(name: str) -> tuple[Any, list[dict[str, str]]]:
    """What was recorded of a public table, and its rows."""
    case = json.loads((RECORDED / f"{name}.json").read_text())
    with (SHARED / "data" / case["file"]).open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == case["rows"]
    return case, rows


@pytest.mark.parametrize("name", PUBLIC)
def test_flip_tests_differ_from_smclarifys_by_tied_neighbours_alone(name):
    """Each member of d whose fifth and sixth neighbour are equally far may count otherwise."""
    case, rows = public(name)
    predicted = rule(rows, case["predicted"])
    for facet in case["facets"]:
        names = [column for column in case["features"] if column != facet["name"]]
        features = np.array([[float(row[column]) for column in names] for row in rows])
        texts = np.array([row[facet["name"]] for row in rows])
        for written, found in facet["post"].items():
            if written.startswith("("):
                numbers = np.array([float(text or "nan") for text in texts])
                members = numbers > facet["values"][0]
            else:
                members = np.isin(texts, written.split(","))
            if found["FT"] is None or not members.any():
                continue
            people = cKDTree(features[~members])
            distance, _ = people.query(features[members], k=[5, 6])
            ties = np.count_nonzero(distance[:, 0] == distance[:, 1])
            ours = flip_test(features, members, predicted)
            assert abs(ours - found["FT"]) <= ties / members.sum() + 1e-12, written


@pytest.mark.parametrize("name", PUBLIC)
def test_public_tables_give_what_smclarify_gave(name):
    case, rows = public(name)
    positive = np.isin([row[case["label"]] for row in rows], [str(v) for v in case["positive"]])
    predicted = rule(rows, case["predicted"])
    group = Coded.of([row[case["group"]] for row in rows])
    for facet in case["facets"]:
        for written, comparison in compared(rows, facet, positive, predicted, group):
            post = bias_metrics(POST_TRAINING, comparison)
            theirs = dict(facet["post"][written])
            theirs.pop("FT")
            assert_same(bias_metrics(PRE_TRAINING, comparison), facet["pre"][written])
            assert_same(post, theirs)


def rule(rows: list[dict[str, str]], predicted: Mapping[str, Any]) -> Any:
    """The stand-in for a model that the fixtures were recorded with."""
    numbers = np.array([float(row[predicted["column"]]) for row in rows])
    limit = predicted.get("at_most", predicted.get("at_least"))
    return numbers <= limit if "at_most" in predicted else numbers >= limit


def compared(
    rows: list[dict[str, str]],
    facet: Mapping[str, Any],
    positive: Any,
    predicted: Any,
    group: Coded,
) -> Iterator[tuple[str, Any]]:
    """Every entry of a facet: its name in analysis.json, and the two sides."""
    texts = [row[facet["name"]] for row in rows]
    wanted = facet["values"]
    numeric = all(map(is_number, texts))
    if numeric:
        texts = [text.strip() for text in texts]
    if numeric and wanted and len(wanted) == 1:
        numbers = np.array([float(text or "nan") for text in texts])
        integers = all(text.lstrip("-").isdigit() for text in texts)
        if is_continuous(len(set(texts)), len(texts), integers=integers):
            highest = np.nanmax(numbers)
            top = int(highest) if integers else float(highest)
            counts = FacetCounts.of(above(numbers, wanted[0]), positive, predicted, group)
            yield str(Interval(wanted[0], top)), counts.against_rest(["above"])
            return
    counts = FacetCounts.of(Coded.of(texts), positive, predicted, group)
    for chosen in [[str(value) for value in wanted]] if wanted else [[v] for v in counts.values]:
        yield ",".join(chosen), counts.against_rest(chosen)


def is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text or 0)) or True
    except ValueError:
        return False
