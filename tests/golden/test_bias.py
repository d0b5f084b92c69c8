"""The bias monitor on AWS's own files: the same documents from the same data.

Needs $SHARED_DIR/golden and $SHARED_DIR/data (default ../shared). Numbers are compared to
1e-12; the predictions behind the adult baseline were not published, so its post-training
part is replayed from the hour whose violations were.
"""

from __future__ import annotations

import csv
import json
import math
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from monitoring.documents import ANALYSIS, CONSTRAINTS, VIOLATIONS, parse
from monitoring.monitors.base import Observations
from monitoring.monitors.bias import analyze, suggest
from monitoring.monitors.bias_documents import BiasBaseline
from monitoring.monitors.bias_settings import BiasSettings

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("SHARED_DIR", ROOT.parent / "shared"))
GOLDEN = SHARED / "golden"
pytestmark = pytest.mark.skipif(
    not GOLDEN.is_dir(), reason=f"no golden cases at {GOLDEN}; set SHARED_DIR"
)

ADULT = [
    *("Age", "Workclass", "fnlwgt", "Education", "Education-Num", "Marital Status", "Occupation"),
    *("Relationship", "Ethnic group", "Sex", "Capital Gain", "Capital Loss", "Hours per week"),
    "Country",
]
ADULT_CONFIG = {
    "version": "1.0",
    "headers": [*ADULT, "Target"],
    "label": "Target",
    "label_values_or_threshold": [1],
    "facet": [{"name_or_index": "Sex", "value_or_threshold": [0]}],
    "group_variable": "Age",
}
ADULT_CASES = ("bias-adult-batch-json", "bias-adult-batch-jsonl")
SENTENCE = "Metric value {} doesn't meet the baseline constraint requirement {}"


def read(case: str, name: str) -> Any:
    path = GOLDEN / case / name
    return parse(path.read_bytes(), name)


def texts(column: list[Any]) -> pa.Array:
    return pa.array([None if cell is None else str(cell) for cell in column], pa.utf8())


def observations(
    names: list[str], rows: list[list[Any]], label: list[Any], predicted: list[Any] | None = None
) -> Observations:
    columns = [texts(list(column)) for column in zip(*rows, strict=True)]
    return Observations(
        pa.RecordBatch.from_arrays(columns, names=names),
        texts(label),
        None if predicted is None else texts(predicted),
    )


def near(ours: Any, theirs: Any, where: str = "$") -> None:
    """Equal as JSON, numbers to 1e-12."""
    if isinstance(theirs, dict):
        assert ours.keys() == theirs.keys(), where
        for key in theirs:
            near(ours[key], theirs[key], f"{where}.{key}")
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs), where
        for at, value in enumerate(theirs):
            near(ours[at], value, f"{where}[{at}]")
    elif isinstance(theirs, float):
        assert math.isclose(ours, theirs, rel_tol=1e-12, abs_tol=1e-12), where
    else:
        assert ours == theirs, where


def test_the_sdks_baseline_is_written_again():
    path = GOLDEN / "sdk-clarify_check_step" / "dataset.csv"
    rows = list(csv.reader(path.open()))
    headers = ["Label", "F1", "F2", "F3", "F4"]
    settings = BiasSettings.of(
        {
            "headers": headers,
            "label": "Label",
            "label_values_or_threshold": [1],
            "facet": [{"name_or_index": "F1", "value_or_threshold": [0.5]}],
            "group_variable": "F2",
            "methods": {"pre_training_bias": {"methods": "all"}},
        }
    )
    seen = observations(headers[1:], [row[1:] for row in rows], [row[0] for row in rows])
    documents = suggest([seen], settings)
    near(documents[ANALYSIS], read("sdk-clarify_check_step", "analysis.good.json"))
    assert documents[CONSTRAINTS] == documents[ANALYSIS]


@pytest.mark.parametrize("case", ADULT_CASES)
def test_the_adult_baseline_before_training_is_written_again(case):
    path = SHARED / "data" / "aws-adult-jsonl" / "validation-dataset.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    settings = BiasSettings.of(
        {**ADULT_CONFIG, "methods": {"pre_training_bias": {"methods": "all"}}}
    )
    seen = observations(ADULT, [row["features"] for row in rows], [row["label"] for row in rows])
    theirs = read(case, "baseline.analysis.json")
    del theirs["post_training_bias_metrics"]
    near(suggest([seen], settings)[ANALYSIS], theirs)


def adult_hour(case: str, copies: int = 1) -> list[Observations]:
    """The merged record, as often as its job read it."""
    record = read(case, "merged_record_first_line.json")
    captured = record["captureData"]["batchTransformOutput"]["data"]
    truth = json.loads(record["groundTruthData"]["data"])
    answers = json.loads(captured)
    rows = [row["features"] for row in answers["instances"]]
    label = [row["label"] for row in truth["instances"]]
    predicted = [row["predicted_label"] for row in answers["SageMakerOutput"]["predictions"]]
    return [observations(ADULT, rows, label, predicted)] * copies


def test_the_adult_violations_are_written_again():
    """In AWS's words and order. Its baseline's label is Target, whose positive value is 1."""
    case = "bias-adult-batch-json"
    analysis = analyze(
        adult_hour(case),
        {CONSTRAINTS: read(case, "baseline.analysis.json")},
        "compat",
        BiasSettings.of({**ADULT_CONFIG, "methods": {"post_training_bias": {"methods": "all"}}}),
    )
    ours = analysis.documents[VIOLATIONS]
    theirs = read(case, "constraint_violations.json")
    assert ours.keys() == theirs.keys()
    for mine, wanted in zip(ours["violations"], theirs["violations"], strict=True):
        assert mine.keys() == wanted.keys()
        numbers = [text.split() for text in (mine["description"], wanted["description"])]
        pairs = [(float(words[2]), float(words[-1])) for words in numbers]
        assert pairs[0] == pytest.approx(pairs[1], rel=1e-12)
        assert mine["description"] == SENTENCE.format(numbers[0][2], numbers[0][-1])
        shown = ("facet", "facet_value", "metric_name", "constraint_check_type")
        assert [mine[key] for key in shown] == [wanted[key] for key in shown]


@pytest.mark.parametrize(
    "name",
    [
        "clarify-misc/fraud.bias_1.analysis.json",
        "clarify-misc/fraud.bias_2.analysis.json",
        "clarify-misc/immersion-day-credit.analysis.json",
        "bias-adult-batch-json/baseline.analysis.json",
        "bias-adult-batch-jsonl/baseline.analysis.json",
        "sdk-clarify_check_step/analysis.bad.json",
        "sdk-clarify_check_step/analysis.good.json",
        "model-card-example-metrics/clarify_bias.json",
    ],
)
def test_every_public_analysis_is_read_without_loss(name):
    document = read(*name.split("/"))
    sections = [value for key, value in document.items() if key.endswith("_bias_metrics")]
    written = {
        (facet, entry["value_or_threshold"], metric["name"]): metric["value"]
        for section in sections
        for facet, entries in section["facets"].items()
        for entry in entries
        for metric in entry["metrics"]
    }
    baseline = BiasBaseline.of(document, name)
    assert written == {
        (*key, name): value
        for key, metrics in baseline.metrics.items()
        for name, value in metrics.items()
    }
    assert baseline.label_text == sections[0]["label_value_or_threshold"]


@pytest.mark.parametrize("name", ["bias_analysis_config.json", "fraud.analysis_config.json"])
def test_public_configurations_are_understood(name):
    document = read("clarify-misc", name)
    settings = BiasSettings.of(document, name)
    (facet,) = document["facet"]
    assert settings.facets[0].column == facet["name_or_index"]
    assert settings.facets[0].text == str(facet["value_or_threshold"][0])
    assert settings.label.text == str(document["label_values_or_threshold"][0])
    assert bool(settings.post_training) == ("post_training_bias" in document["methods"])


RECORDED = ROOT / "tests" / "fixtures" / "smclarify"


@pytest.mark.parametrize("name", ["german-credit", "adult-census", "taiwan-default"])
def test_public_tables_give_what_smclarify_gave(name):
    """From text to analysis.json, the choice between threshold and category included.

    FT may differ where neighbours are equally far (see test_bias_measures); where Clarify
    divides nobody by nobody, a baseline of ours has a reason.
    """
    case = json.loads((RECORDED / f"{name}.json").read_text())
    rows = list(csv.DictReader((SHARED / "data" / case["file"]).open()))
    rule = case["predicted"]
    scores = [float(row[rule["column"]]) for row in rows]
    limit = rule.get("at_most", rule.get("at_least"))
    accepted = [s <= limit if "at_most" in rule else s >= limit for s in scores]
    good = str(case["positive"][0])
    predicted = [good if yes else "other" for yes in accepted]
    names = [column for column in rows[0] if column != case["label"]]
    cells = [[row[column] for column in names] for row in rows]
    seen = observations(names, cells, [row[case["label"]] for row in rows], predicted)
    for facet in case["facets"]:
        settings = BiasSettings.of(
            {
                "label": case["label"],
                "label_values_or_threshold": case["positive"],
                "facet": [{"name_or_index": facet["name"], "value_or_threshold": facet["values"]}],
                "group_variable": case["group"],
                "excluded_columns": [c for c in names if c not in case["features"]],
            }
        )
        document = suggest([seen], settings)[ANALYSIS]
        for stage, theirs in (("pre_training", facet["pre"]), ("post_training", facet["post"])):
            entries = document[f"{stage}_bias_metrics"]["facets"][facet["name"]]
            assert {entry["value_or_threshold"] for entry in entries} == theirs.keys()
            for entry in entries:
                same_metrics(entry["metrics"], theirs[entry["value_or_threshold"]])


def same_metrics(ours: list[dict[str, Any]], theirs: dict[str, Any]) -> None:
    assert {metric["name"] for metric in ours} == theirs.keys()
    for metric in ours:
        expected, found = theirs[metric["name"]], metric["value"]
        if found is None:
            assert not expected or math.isinf(float(expected)), metric
            assert metric["error"]
        elif metric["name"] != "FT":
            assert math.isclose(float(found), float(expected), rel_tol=1e-12, abs_tol=1e-12), metric
