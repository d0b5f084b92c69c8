"""Model-quality metrics on the data AWS's analyzer was run on, against what it wrote.

Needs the golden cases beside the repository ($SHARED_DIR/golden, default ../shared).
Notebook output is rounded to six digits; where AWS printed a full number somewhere (a
threshold in a violation) that is what must be equal.
"""

from __future__ import annotations

import csv
import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from monitoring.measures.classification import binary_metrics
from monitoring.measures.confusion import ConfusionCounts
from monitoring.measures.labels import Coded, recode
from monitoring.measures.outcome import Uncomputable
from monitoring.measures.regression import RegressionMoments, regression_metrics
from monitoring.measures.resampling import standard_deviations

SHARED = Path(os.environ.get("SHARED_DIR", Path(__file__).parents[3] / "shared"))
GOLDEN = SHARED / "golden"
pytestmark = pytest.mark.skipif(
    not GOLDEN.is_dir(), reason=f"no golden cases at {GOLDEN}; set SHARED_DIR"
)
CLASSES = ("0", "1")
THRESHOLD = re.compile(r"Metric (\w+) with .* '([^']+)'")


def golden(case: str, name: str) -> Any:
    return json.loads((GOLDEN / case / name).read_text())


def rows(case: str, name: str) -> list[dict[str, str]]:
    with (GOLDEN / case / name).open() as file:
        return list(csv.DictReader(file))


def snake(name: str) -> str:
    return re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


def printed_thresholds(violations: list[str]) -> dict[str, float]:
    """Baseline values to the last digit, as violations repeat them."""
    found = (THRESHOLD.match(text) for text in violations)
    return {snake(match[1]): float(match[2]) for match in found if match}


def teslanando() -> ConfusionCounts:
    table = rows("mq-binary-teslanando-2024", "validation_with_predictions.csv")
    actual, predicted = (
        recode(Coded.of([row[name] for row in table]), CLASSES) for name in ("labels", "prediction")
    )
    return ConfusionCounts.of(actual, predicted, CLASSES)


def test_the_binary_baseline_of_2024():
    expected = golden("mq-binary-teslanando-2024", "expected.json")
    counts = teslanando()
    matrix = counts.as_mapping()
    found = binary_metrics(counts, undefined_as_zero=True)
    for name, value in expected["statistics"].items():
        metric, _, field = name.partition(".")
        if metric == "confusion_matrix":
            actual, predicted = field.split(".")
            assert matrix[actual][predicted] == value
        elif field == "value":
            assert round(found[metric], 6) == value, metric
    full = printed_thresholds([entry["description"] for entry in expected["violations"]])
    assert len(full) == 7
    assert {name: found[name] for name in full} == pytest.approx(full, abs=1e-12)


def test_statistics_of_2024_have_these_metrics_in_this_order():
    expected = golden("mq-binary-teslanando-2024", "expected.json")["statistics"]
    names = [name.removesuffix(".value") for name in expected if name.endswith(".value")]
    assert list(binary_metrics(teslanando())) == names


def test_fewer_than_200_rows_have_no_standard_deviation():
    found = standard_deviations(binary_metrics, teslanando(), seed=0)
    assert all(isinstance(value, Uncomputable) for value in found.values())


def test_the_binary_baseline_of_2025():
    """Its data is not public, its confusion matrix is: every other metric follows."""
    case = "from-idea-to-prod-2025"
    expected = golden(case, "mq_baseline_as_printed.json")
    matrix = [[expected["confusion_matrix"][a][p] for p in CLASSES] for a in CLASSES]
    found = binary_metrics(ConfusionCounts(CLASSES, np.array(matrix)))
    for line in expected["constraints_as_printed"].splitlines()[1:]:
        name, value, _ = line.split()
        if name != "auc":
            assert found[name] == pytest.approx(float(value), abs=5e-7)
    full = printed_thresholds(golden(case, "mq_violations_first5_as_printed.json"))
    del full["auc"]
    assert len(full) == 4
    assert {name: found[name] for name in full} == pytest.approx(full, abs=1e-12)


def test_the_regression_of_the_sdk():
    """That test gives label and prediction in exchanged roles; only r2 notices."""
    case = "sdk-mq-quality_check_step"
    table = rows(case, "baseline_dataset.csv")
    label, prediction = (
        np.array([float(row[name]) for row in table]) for name in ("Label", "Prediction")
    )
    statistics = golden(case, "statistics.json")
    moments = RegressionMoments.of(truth=prediction, predicted=label)
    expected = {name: entry["value"] for name, entry in statistics["regression_metrics"].items()}
    assert moments.total == statistics["dataset"]["item_count"]
    assert regression_metrics(moments) == pytest.approx(expected, abs=1e-12)
    assert list(regression_metrics(moments)) == list(expected)
