"""A threshold is as exact as the rows it comes from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from monitoring.documents import CONSTRAINTS, STATISTICS
from monitoring.errors import DocumentError
from monitoring.monitors.answers import ModelQuality
from monitoring.monitors.base import Observations
from monitoring.monitors.model_quality import UNKNOWN_SIZE, analyze, suggest

BINARY = ModelQuality("BinaryClassification")
REGRESSION = ModelQuality("Regression")


def answers(rows: int, seed: int, lift: float = 0.2) -> Observations:
    rng = np.random.default_rng(seed)
    truth = (rng.random(rows) < 0.3).astype(int)
    scores = np.clip(0.4 + (2 * truth - 1) * lift + rng.normal(0, 0.25, rows), 0, 1)
    return Observations(
        pa.record_batch([], names=[]),
        pa.array([str(x) for x in truth]),
        None,
        pa.array([repr(x) for x in scores.tolist()]),
    )


def errors(rows: int, seed: int, spread: float = 1.0) -> Observations:
    rng = np.random.default_rng(seed)
    truth = rng.normal(10, 3, rows)
    said = truth + spread * rng.standard_t(5, rows)
    texts = ([repr(x) for x in column.tolist()] for column in (truth, said))
    label, predicted = (pa.array(column) for column in texts)
    return Observations(pa.record_batch([], names=[]), label, predicted)


def alarms(data: Any, settings: ModelQuality, forgotten: bool, rows: int = 100) -> int:
    """Hours with a finding, of ten hours after each of ten baselines of `rows` rows."""
    count = 0
    for seed in range(10):
        baseline = dict(suggest([data(rows, seed)], settings))
        if forgotten:
            del baseline[STATISTICS]
        for hour in range(10):
            hourly = data(300, 1000 + 10 * seed + hour)
            count += bool(analyze([hourly], baseline, "corrected", settings).findings)
    return count


def test_hours_after_a_small_baseline_stay_clean_where_its_size_is_known():
    assert alarms(answers, BINARY, forgotten=False) <= 1
    assert alarms(answers, BINARY, forgotten=True) > 5


def test_a_small_baseline_of_a_regression_too():
    assert alarms(errors, REGRESSION, forgotten=False, rows=250) <= 1


def test_a_bad_hour_is_found_after_a_small_baseline():
    baseline = suggest([answers(100, 1)], BINARY)
    worse = answers(300, 2, lift=-0.2)
    found = analyze([worse], baseline, "corrected", BINARY)
    assert {"auc", "accuracy"} <= {finding.feature for finding in found.findings}
    assert all(finding.evidence["baseline_rows"] for finding in found.findings)


def test_a_baseline_of_unknown_size_is_said_beside_its_findings():
    baseline = dict(suggest([answers(100, 1)], BINARY))
    worse = answers(300, 2, lift=-0.2)
    assert UNKNOWN_SIZE not in analyze([worse], baseline, "corrected", BINARY).warnings
    del baseline[STATISTICS]
    assert UNKNOWN_SIZE in analyze([worse], baseline, "corrected", BINARY).warnings
    assert UNKNOWN_SIZE not in analyze([worse], baseline, "compat", BINARY).warnings
    assert UNKNOWN_SIZE not in analyze([answers(50, 1)], baseline, "corrected", BINARY).warnings


def test_a_threshold_that_somebody_set_is_exact():
    baseline = suggest([answers(100, 1)], BINARY)
    block = baseline[CONSTRAINTS]["binary_classification_constraints"]
    block["accuracy"]["threshold"] = 0.99
    found = analyze([answers(300, 2)], baseline, "corrected", BINARY).findings
    (accuracy,) = (finding for finding in found if finding.feature == "accuracy")
    assert accuracy.evidence["baseline_rows"] == 0


def test_rows_without_a_label_are_not_behind_the_baselines_numbers():
    labelled = answers(100, 1)
    half = pa.array([t if i % 2 else None for i, t in enumerate(labelled.label.to_pylist())])
    known = Observations(labelled.features, half, None, labelled.probability)
    baseline = suggest([known], BINARY)
    found = analyze([answers(300, 2, lift=-0.3)], baseline, "corrected", BINARY).findings
    (accuracy,) = (finding for finding in found if finding.feature == "accuracy")
    assert accuracy.evidence["baseline_rows"] == 50


@pytest.mark.parametrize("spelt", [{"0": "0.0", "1": "1.0"}, {"0": "false", "1": "true"}])
def test_classes_of_the_baseline_may_be_spelt_otherwise(spelt: dict[str, str]):
    baseline = suggest([answers(100, 1)], BINARY)
    block = baseline[STATISTICS]["binary_classification_metrics"]
    block["confusion_matrix"] = {
        spelt[actual]: {spelt[said]: n for said, n in row.items()}
        for actual, row in block["confusion_matrix"].items()
    }
    found = analyze([answers(300, 2, lift=-0.2)], baseline, "corrected", BINARY).findings
    behind = {finding.feature: finding.evidence["baseline_rows"] for finding in found}
    assert 0 < behind["recall"] < behind["accuracy"] == 100


@pytest.mark.parametrize("count", ["many", {"0": 3}, True])
def test_a_damaged_matrix_is_refused(count: Any):
    baseline = suggest([answers(100, 1)], BINARY)
    matrix = baseline[STATISTICS]["binary_classification_metrics"]["confusion_matrix"]
    matrix["0"]["0"] = count
    with pytest.raises(DocumentError, match="confusion_matrix"):
        analyze([answers(100, 1)], baseline, "corrected", BINARY)
