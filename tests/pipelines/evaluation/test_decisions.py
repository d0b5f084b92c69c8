"""Decisions: numbers that follow from counting, and from scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from monitoring.measures.confusion import BinaryCounts
from pipelines.evaluation import decisions
from pipelines.evaluation.decisions import same_for_all
from pipelines.models import fraud

COUNTS = st.builds(BinaryCounts, *[st.integers(0, 1000)] * 4)
PRICE = st.floats(0.01, 1e4)


@pytest.fixture(scope="module")
def measured(built):
    return decisions.measure(fraud.MODEL, built.parts["test"], built.spreads)


def test_the_cost_is_the_sum_over_wrong_decisions(measured, built):
    test, costs = built.parts["test"], fraud.MODEL.costs
    wrong = (
        (test.predictions == 1) & (test.targets == 0),
        (test.predictions == 0) & (test.targets == 1),
    )
    total = wrong[0].sum() * costs.false_positive + wrong[1].sum() * costs.false_negative
    assert measured["cost"]["mean_cost"] == pytest.approx(total / len(test.rows))
    everybody = measured["cost"]["same_for_all"]
    assert everybody["0"] == pytest.approx(test.targets.mean() * costs.false_negative)
    assert everybody["1"] == pytest.approx((1 - test.targets.mean()) * costs.false_positive)


def test_the_cost_curve_says_what_each_threshold_would_cost(measured, built):
    test, costs = built.parts["test"], fraud.MODEL.costs
    curve = measured["cost"]["curve"]
    pairs = list(zip(curve["thresholds"], curve["mean_costs"], strict=True))
    for threshold, cost in pairs[::20]:
        decided = test.probabilities > threshold
        wrong = (decided & (test.targets == 0)).sum() * costs.false_positive
        wrong += (~decided & (test.targets == 1)).sum() * costs.false_negative
        assert cost == pytest.approx(wrong / len(test.rows))


def test_capacity_counts_the_positives_among_the_highest(measured, built):
    test, capacity = built.parts["test"], measured["capacity"]
    assert capacity["reviewed"] == 12
    highest = np.argsort(-test.probabilities)[:12]
    assert capacity["precision"] == pytest.approx(test.targets[highest].mean())
    assert capacity["recall"] == pytest.approx(test.targets[highest].sum() / test.targets.sum())


def test_each_segments_area_is_that_of_its_rows(measured, built):
    test = built.parts["test"]
    at = fraud.SCHEMA.names.index("entry_mode")
    for found in measured["segments"]["entry_mode"]["values"]:
        chosen = np.array([row[at] == found["value"] for row in test.rows])
        assert found["rows"] == chosen.sum()
        if 0 < test.targets[chosen].sum() < chosen.sum():
            area = roc_auc_score(test.targets[chosen], test.probabilities[chosen])
            assert found["auc"]["value"] == pytest.approx(area)


def test_a_column_of_numbers_is_divided_at_the_training_rows_quartiles(measured):
    found = measured["segments"]["customer_age"]["values"]
    assert len(found) == 4
    shares = [part["rows"] / 1200 for part in found]
    assert sum(shares) == pytest.approx(1.0)
    assert all(0.2 < share < 0.3 for share in shares)


@given(COUNTS, PRICE, PRICE)
def test_ours_relative_to_the_better_constant(counts, false_positive, false_negative):
    block = same_for_all(counts, false_positive, false_negative)
    if not counts.positives or not counts.negatives:
        assert "not_computed" in block["relative"]
        return
    ours = counts.fp * false_positive + counts.fn * false_negative
    better = min(counts.positives * false_negative, counts.negatives * false_positive)
    assert block["relative"] == pytest.approx(ours / better)


def test_the_best_constant_costs_as_much_as_itself():
    nobody = BinaryCounts(tp=0, fp=0, fn=3, tn=7)
    assert same_for_all(nobody, 10.0, 1.0)["relative"] == 1.0
