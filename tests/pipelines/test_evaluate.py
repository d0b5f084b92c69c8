"""The report: numbers scikit-learn agrees with, and null where there is no number."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from sklearn import metrics

from pipelines import data
from pipelines.evaluate import evaluate, main
from pipelines.evaluation.quality import report_of
from pipelines.models import fraud, from_csv
from pipelines.preprocess import preprocess
from pipelines.train import train
from serving.model import Predictor

DATA = Path(os.environ.get("SHARED_DIR", Path(__file__).parents[3] / "shared")) / "data"
MOST_REAL_ROWS = 2_500


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


def test_the_curves_keep_their_corners_and_so_their_areas(scores):
    """Of 1,200 points few are left, and the areas under the two are the whole ones."""
    targets, _, probabilities = scores
    found = report_of(*scores)["binary_classification_metrics"]
    roc, pr = found["receiver_operating_characteristic_curve"], found["precision_recall_curve"]
    assert len(roc["true_positive_rates"]) <= 200
    area = np.trapezoid(roc["true_positive_rates"], roc["false_positive_rates"])
    assert area == pytest.approx(metrics.roc_auc_score(targets, probabilities))
    precisions, recalls, _ = metrics.precision_recall_curve(targets, probabilities)
    whole = {*zip(recalls.tolist(), precisions.tolist(), strict=True)}
    kept = [*zip(pr["recalls"], pr["precisions"], strict=True)][1:]
    assert set(kept) <= whole
    assert {recall for recall, _ in kept} | {0.0} == set(recalls.tolist())


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


@pytest.mark.skipif(not DATA.exists(), reason="the real data (SHARED_DIR) is not on this machine")
@pytest.mark.parametrize(
    "path,label,positive,least_auc",
    [
        ("taiwan-default/UCI_Credit_Card.csv", "default.payment.next.month", None, 0.72),
        ("german-credit/german_credit.csv", "risk", "2", 0.65),
        ("ulb-creditcard/creditcard_492fraud_1230normal.csv", "Class", None, 0.93),
    ],
)
def test_real_files_are_preprocessed_trained_and_evaluated(
    tmp_path, path, label, positive, least_auc
):
    model, table = from_csv.load(DATA / path, label, positive)
    few = table.take(range(0, len(table), max(1, len(table) // MOST_REAL_ROWS)))
    preprocess(tmp_path / "data", model, few)
    train(tmp_path / "data", tmp_path / "model")
    report = evaluate(tmp_path / "data", tmp_path / "model", tmp_path / "report")
    assert report["binary_classification_metrics"]["auc"]["value"] > least_auc
    assert report["stress"]["invalid"] == 0
    assert report["gate"]["passed"]
    page = (tmp_path / "report" / "evaluation.html").read_text()
    assert "It has no limits to keep." in page
    columns = data.read_model(tmp_path / "data").schema.columns
    assert all(column.categories for column in columns if column.kind == "categorical")


def test_the_command_says_what_the_gate_says_and_still_exits_0(build, tmp_path):
    shutil.copytree(build / "data", tmp_path / "data")
    path = tmp_path / "data" / "model.json"
    document = json.loads(path.read_text())
    document["limits"]["min_auc"] = 0.9999
    path.write_text(json.dumps(document))
    arguments = ("--data", tmp_path / "data", "--model", build / "model", "--output", tmp_path)
    done = CliRunner().invoke(main, [str(each) for each in arguments])
    assert done.exit_code == 0, done.output
    assert "must be at least 0.9999 (min_auc)" in done.output
    assert "gate       not passed" in done.output
    assert json.loads((tmp_path / "evaluation.json").read_text())["gate"]["passed"] is False
