"""Curves and areas against scikit-learn; calibration, cost and capacity by definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from monitoring.measures.confusion import BinaryCounts
from monitoring.measures.curves import (
    ScoreCounts,
    area_under_precision_recall,
    area_under_roc,
    precision_recall_curve,
    roc_curve,
)
from monitoring.measures.decisions import (
    at_threshold,
    expected_calibration_error,
    mean_cost,
    precision_at_capacity,
    reliability,
)
from monitoring.measures.outcome import Uncomputable

unhurried = settings(deadline=None, max_examples=50)

score = st.one_of(st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.floats(0, 1))
rows = st.lists(st.tuples(score, st.booleans()), max_size=50)
both = rows.filter(lambda table: len({label for _, label in table}) == 2)


def counts(table: list[tuple[float, bool]]) -> ScoreCounts:
    return ScoreCounts.of(
        np.array([score for score, _ in table], dtype=np.float64),
        np.array([label for _, label in table], dtype=np.bool_),
    )


def listed(found: ScoreCounts) -> list[list[float]]:
    return [found.scores.tolist(), found.positives.tolist(), found.negatives.tolist()]


@unhurried
@given(both)
def test_auc_is_scikit_learns(table):
    scores, labels = zip(*table, strict=True)
    assert area_under_roc(counts(table)) == pytest.approx(
        oracle.roc_auc_score(labels, scores), abs=1e-12
    )


@unhurried
@given(both)
def test_the_roc_curve_is_scikit_learns_with_its_last_point_twice(table):
    scores, labels = zip(*table, strict=True)
    fpr, tpr, _ = oracle.roc_curve(labels, scores, drop_intermediate=False)
    curve = roc_curve(counts(table))
    assert curve.x.tolist() == [*fpr, 1.0]
    assert curve.y.tolist() == [*tpr, 1.0]


@unhurried
@given(both)
def test_the_precision_recall_curve_is_scikit_learns_but_for_its_first_point(table):
    scores, labels = zip(*table, strict=True)
    precision, recall, _ = oracle.precision_recall_curve(labels, scores)
    curve = precision_recall_curve(counts(table))
    assert curve.x.tolist() == pytest.approx(recall[::-1].tolist())
    assert curve.y[1:].tolist() == pytest.approx(precision[::-1][1:].tolist())
    assert curve.y[0] == curve.y[1]
    assert area_under_precision_recall(counts(table)) == pytest.approx(
        np.trapezoid(curve.y, curve.x)
    )


@unhurried
@given(rows, rows, rows)
def test_counts_add_up_in_any_order_and_grouping(one, two, three):
    a, b, c = counts(one), counts(two), counts(three)
    assert listed((a + b) + c) == listed(a + (b + c)) == listed(c + a + b)
    assert listed(a + b) == listed(counts(one + two))


@unhurried
@given(both)
def test_exchanging_labels_and_scores_mirrors_the_area(table):
    mirrored = [(1 - score, not label) for score, label in table]
    distinct = len({1 - score for score, _ in table}) == len({score for score, _ in table})
    if distinct:
        assert area_under_roc(counts(mirrored)) == pytest.approx(area_under_roc(counts(table)))


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ([], "no row has both a label and a score"),
        ([(0.5, True)], "no row is labelled negative"),
        ([(0.5, False)], "no row is labelled positive"),
    ],
)
def test_one_class_has_no_area(table, reason):
    assert area_under_roc(counts(table)) == Uncomputable(reason)
    assert area_under_precision_recall(counts(table)) == Uncomputable(reason)


def test_scores_that_are_no_numbers_are_left_out_and_counted():
    found = counts([(0.5, True), (float("nan"), True), (0.1, False)])
    assert (found.total, found.left_out) == (2, 1)


def test_a_thinned_curve_keeps_its_ends_and_its_area_nearly():
    generator = np.random.default_rng(3)
    labels = generator.random(20_000) < 0.3
    curve = roc_curve(ScoreCounts.of(generator.normal(size=20_000) + labels, labels))
    thin = curve.thinned()
    assert thin.x.size == 1000
    assert (thin.x[0], thin.x[-1], thin.y[-1]) == (0.0, 1.0, 1.0)
    assert thin.area == pytest.approx(curve.area, abs=1e-4)


@unhurried
@given(both, st.floats(0, 1))
def test_scores_above_the_threshold_are_positive(table, threshold):
    scores = np.array([score for score, _ in table])
    labels = np.array([label for _, label in table])
    assert at_threshold(counts(table), threshold) == BinaryCounts.of(labels, scores > threshold)


@unhurried
@given(both)
def test_calibration_error_is_the_weighted_gap_of_the_bins(table):
    scores = np.array([score for score, _ in table])
    labels = np.array([label for _, label in table])
    place = np.minimum((scores * 10).astype(int), 9)
    expected = sum(
        abs(scores[place == bin_].mean() - labels[place == bin_].mean()) * (place == bin_).mean()
        for bin_ in set(place.tolist())
    )
    assert expected_calibration_error(counts(table)) == pytest.approx(expected, abs=1e-12)


def test_true_probabilities_are_calibrated():
    generator = np.random.default_rng(4)
    scores = generator.random(200_000)
    found = ScoreCounts.of(scores, generator.random(200_000) < scores)
    assert expected_calibration_error(found) < 0.01


def test_scores_outside_zero_and_one_are_no_probabilities():
    assert "no probabilities" in reliability(counts([(1.5, True)])).reason


def test_costs_are_per_row():
    found = BinaryCounts(tp=1, fp=3, fn=2, tn=4)
    assert mean_cost(found, false_positive=1.0, false_negative=10.0) == 2.3


@unhurried
@given(both, st.integers(1, 60))
def test_capacity_takes_the_highest_scores_first(table, capacity):
    found = precision_at_capacity(counts(table), capacity)
    distinct = {score for score, _ in table}
    if len(distinct) == len(table):
        best = sorted(table, reverse=True)[:capacity]
        assert found == pytest.approx(sum(label for _, label in best) / len(best))
    assert 0 <= found <= 1


def test_no_capacity_is_a_mistake():
    with pytest.raises(ValueError, match="reviews nothing"):
        precision_at_capacity(counts([(0.5, True)]), 0)
