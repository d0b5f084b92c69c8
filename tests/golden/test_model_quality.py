"""The model-quality monitor on the data AWS's analyzer was run on, against what it wrote.

Needs the golden cases beside the repository ($SHARED_DIR/golden, default ../shared).
"""

from __future__ import annotations

import csv
import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from monitoring.documents import CONSTRAINTS, STATISTICS, VIOLATIONS
from monitoring.monitors.base import Observations
from monitoring.monitors.model_quality import ModelQuality, analyze, suggest

SHARED = Path(os.environ.get("SHARED_DIR", Path(__file__).parents[3] / "shared"))
GOLDEN = SHARED / "golden"
pytestmark = pytest.mark.skipif(
    not GOLDEN.is_dir(), reason=f"no golden cases at {GOLDEN}; set SHARED_DIR"
)
BINARY = ModelQuality("BinaryClassification")
REGRESSION = ModelQuality("Regression")


def golden(case: str, name: str) -> Any:
    return json.loads((GOLDEN / case / name).read_text())


def observed(label: list[str], predicted: list[str] | None = None, **more: Any) -> Observations:
    columns = {name: pa.array(cells) for name, cells in more.items()}
    answers = None if predicted is None else pa.array(predicted)
    return Observations(pa.record_batch([], names=[]), pa.array(label), answers, **columns)


def table(case: str, name: str, label: str, predicted: str) -> Observations:
    with (GOLDEN / case / name).open() as file:
        rows = list(csv.DictReader(file))
    return observed([row[label] for row in rows], [row[predicted] for row in rows])


def rows_of(matrix: dict[str, dict[str, int]]) -> Observations:
    """Rows with this confusion matrix."""
    pairs = [
        (actual, predicted)
        for actual, row in matrix.items()
        for predicted, count in row.items()
        for _ in range(count)
    ]
    return observed([a for a, _ in pairs], [p for _, p in pairs])


def teslanando() -> Observations:
    name = "validation_with_predictions.csv"
    return table("mq-binary-teslanando-2024", name, "labels", "prediction")


def flat(value: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {path: value}
    return {
        name: inner
        for key, part in value.items()
        for name, inner in flat(part, f"{path}.{key}" if path else key).items()
    }


def test_the_binary_statistics_of_2024():
    expected = golden("mq-binary-teslanando-2024", "expected.json")["statistics"]
    statistics = suggest([teslanando()], BINARY)[STATISTICS]
    found = flat(statistics["binary_classification_metrics"])
    # pandas cut three long names short; the order and everything before the cut is there.
    assert [name[:45] for name in found] == [name.rstrip(".")[:45] for name in expected]
    for name, value in zip(found, expected.values(), strict=True):
        if value == "None":
            assert found[name] is None
        else:
            assert round(found[name], 6) == value, name
    assert statistics["dataset"] == {"item_count": 114}


def test_the_binary_constraints_of_2024():
    expected = golden("mq-binary-teslanando-2024", "expected.json")["constraints"]
    found = suggest([teslanando()], BINARY)[CONSTRAINTS]["binary_classification_constraints"]
    assert list(found) == list(expected)
    for name, entry in found.items():
        entry["threshold"] = round(entry["threshold"], 6)
        assert entry == expected[name]


def test_the_binary_violations_of_2024_in_their_order_and_words():
    """The run's own rows are not public; its metrics are those of a model that says only 0."""
    expected = golden("mq-binary-teslanando-2024", "expected.json")["violations"]
    rows = [("0", "0")] * 569 + [("1", "0")] * 1673
    run = observed([label for label, _ in rows], [answer for _, answer in rows])
    documents = analyze([run], suggest([teslanando()], BINARY), "compat", BINARY).documents
    violations = documents[VIOLATIONS]["violations"]
    assert [dict(v, description=_without_spread(v)) for v in violations] == [
        dict(v, description=_without_spread(v)) for v in expected
    ]
    spreads = [re.search(r" \+/- (\S+) was", v["description"])[1] for v in violations]
    assert [spread == "0.0" for spread in spreads] == [True, True, True, False, True, True, True]


def _without_spread(violation: dict[str, str]) -> str:
    """Random, and never to be compared."""
    return re.sub(r" \+/- \S+", "", violation["description"])


def test_the_binary_violations_of_2025():
    """77 rows, 45 right, none found: the first five of eight, in AWS's words and digits."""
    case = "from-idea-to-prod-2025"
    baseline = golden(case, "mq_baseline_as_printed.json")["confusion_matrix"]
    first = golden(case, "mq_violations_first5_as_printed.json")
    constraints = suggest([rows_of(baseline)], BINARY)[CONSTRAINTS]
    auc = {"threshold": 0.7726853760190512, "comparison_operator": "LessThanThreshold"}
    constraints["binary_classification_constraints"]["auc"] = auc
    run = rows_of({"0": {"0": 45, "1": 0}, "1": {"0": 32, "1": 0}})
    found = analyze([run], {CONSTRAINTS: constraints}, "compat", BINARY).documents[VIOLATIONS]
    described = [violation["description"] for violation in found["violations"]]
    assert described[:4] == first[1:]
    assert [v["metric_name"] for v in found["violations"]] == [
        "precision",
        "truePositiveRate",
        "f1",
        "accuracy",
        "falseNegativeRate",
        "recall",
        "f2",
    ]


def test_the_regression_of_the_sdk():
    """That test gives label and prediction in exchanged roles; only r2 notices."""
    case = "sdk-mq-quality_check_step"
    data = [table(case, "baseline_dataset.csv", label="Prediction", predicted="Label")]
    documents = suggest(data, REGRESSION)
    expected = golden(case, "statistics.json")
    assert documents[STATISTICS]["dataset"] == expected["dataset"]
    metrics = {
        name: entry["value"] for name, entry in documents[STATISTICS]["regression_metrics"].items()
    }
    expected_metrics = expected["regression_metrics"]
    assert metrics == pytest.approx({n: e["value"] for n, e in expected_metrics.items()}, abs=1e-12)
    assert documents[CONSTRAINTS] == near(golden(case, "constraints.good.json"))


def test_the_regression_constraint_that_the_sdk_made_bad():
    case = "sdk-mq-quality_check_step"
    data = [table(case, "baseline_dataset.csv", label="Prediction", predicted="Label")]
    bad = {CONSTRAINTS: golden(case, "constraints.bad.json")}
    (violation,) = analyze(data, bad, "compat", REGRESSION).documents[VIOLATIONS]["violations"]
    assert violation["metric_name"] == "mse"
    assert violation["constraint_check_type"] == "GreaterThanThreshold"
    assert re.fullmatch(
        r"Metric mse with 0\.3336493\d+ was GreaterThanThreshold '0\.03364933609800973'",
        violation["description"],
    )


def near(value: Any) -> Any:
    """The same document, its numbers to the last bits."""
    if isinstance(value, dict):
        return {key: near(inner) for key, inner in value.items()}
    return pytest.approx(value, abs=1e-12) if isinstance(value, float) else value


def test_a_model_card_example_has_our_metrics():
    case, name = (
        "model-card-example-metrics",
        "model_monitor_model_quality_binary_classification.json",
    )
    expected = golden(case, name)["binary_classification_metrics"]
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 300)
    scores = np.clip(truth * 0.3 + rng.random(300) * 0.7, 0, 1)
    data = observed([str(x) for x in truth], probability=[repr(float(x)) for x in scores])
    found = suggest([data], BINARY)[STATISTICS]["binary_classification_metrics"]
    assert {*found} == {*expected, "au_prc"}
