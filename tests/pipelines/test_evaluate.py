"""The report: numbers scikit-learn agrees with, and null where there is no number."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn import metrics

from pipelines import data
from pipelines.evaluation.quality import report_of
from pipelines.models import fraud
from serving.model import Predictor


@pytest.fixture(scope="module")
def scores(build):
    table = data.read(build / "data", "test", fraud.MODEL)
    answers = Predictor.load(build / "model").predict(table.rows)
    return (
        np.array(fraud.MODEL.targets(table)),
        np.array([answer.prediction for answer in answers]),
        np.array([answer.probability for answer in answers]),
    )


def test_the_report_is_of_the_test_rows(build, scores):
    written = json.loads((build / "report" / "evaluation.json").read_text())
    blocks = report_of(*scores)
    assert {name: written[name] for name in blocks} == blocks
    assert written["dataset"] == {"item_count": 1200, "positive_count": int(scores[0].sum())}


def test_the_numbers_are_scikit_learns(scores):
    targets, predictions, probabilities = scores
    found = report_of(*scores)["binary_classification_metrics"]
    expected = {
        "recall": metrics.recall_score(targets, predictions),
        "precision": metrics.precision_score(targets, predictions),
        "accuracy": metrics.accuracy_score(targets, predictions),
        "f1": metrics.f1_score(targets, predictions),
        "auc": metrics.roc_auc_score(targets, probabilities),
        "au_prc": metrics.average_precision_score(targets, probabilities),
    }
    assert {name: found[name]["value"] for name in expected} == pytest.approx(expected)


def test_a_deviation_is_null_where_a_resample_defines_no_value():
    few = report_of(np.array([0] * 20 + [1]), np.array([0] * 21), np.linspace(0, 1, 21))
    found = few["binary_classification_metrics"]
    assert found["auc"]["value"] == 1.0
    assert found["auc"]["standard_deviation"] is None


def test_one_class_only_leaves_the_undefined_numbers_null():
    report = report_of(np.zeros(9, int), np.zeros(9, int), np.linspace(0, 1, 9))
    found = report["binary_classification_metrics"]
    undefined = {name for name, each in found.items() if each.get("value", 0) is None}
    assert undefined == {"recall", "precision", "f1", "auc", "au_prc"}
    assert found["accuracy"]["value"] == 1.0
