"""Overfitting: the gap between rows learnt from and rows never seen, beside scikit-learn."""

from __future__ import annotations

import pytest
from sklearn.metrics import roc_auc_score

from pipelines.evaluation import overfitting
from pipelines.models import fraud
from pipelines.models.base import Costs


@pytest.fixture(scope="module")
def measured(built):
    return overfitting.measure(built.parts, fraud.MODEL.costs)


def test_the_gap_is_the_difference_of_two_areas(measured, built):
    areas = {
        name: roc_auc_score(part.targets, part.probabilities) for name, part in built.parts.items()
    }
    assert {name: part["auc"] for name, part in measured["parts"].items()} == pytest.approx(areas)
    assert measured["auc_gap"]["value"] == pytest.approx(areas["train"] - areas["test"])
    low, high = measured["auc_gap"]["interval"]
    assert low < measured["auc_gap"]["value"] < high


def test_each_part_is_told_with_its_rows(measured, built):
    for name, part in measured["parts"].items():
        assert part["rows"] == len(built.parts[name].rows)
        assert part["positives"] == built.parts[name].targets.sum()


def test_rows_learnt_by_heart_show_as_a_gap(rule, answers):
    learnt = [[str(at)] for at in range(40)]
    model = rule(lambda row: 0.9 if int(row[0]) < 40 and int(row[0]) % 2 else 0.2)
    parts = {
        "train": answers(model, learnt, [at % 2 for at in range(40)]),
        "validation": answers(model, learnt, [at % 2 for at in range(40)]),
        "test": answers(model, [[str(at)] for at in range(40, 80)], [0, 1] * 20),
    }
    assert overfitting.measure(parts, Costs())["auc_gap"]["value"] == 0.5


def test_a_part_of_one_class_says_why_there_is_no_gap(rule, answers):
    model = rule(lambda _: 0.2)
    part = answers(model, [["1"]] * 5, [0] * 5)
    found = overfitting.measure(dict.fromkeys(("train", "test"), part), Costs())
    assert found["auc_gap"] == {"value": {"not_computed": "no row is labelled positive"}}
