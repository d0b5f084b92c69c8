"""Point metrics of a classifier against scikit-learn, and what they do without an answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from monitoring.measures.classification import binary_metrics, multiclass_metrics
from monitoring.measures.confusion import BinaryCounts, ConfusionCounts
from monitoring.measures.outcome import Uncomputable

unhurried = settings(deadline=None, max_examples=50)

BINARY = ("0", "1")
THREE = ("a", "b", "c")

pairs = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=60)
answered = pairs.filter(lambda rows: len(rows) > 0)


def counts(rows: list[tuple[int, int]], classes: tuple[str, ...] = THREE) -> ConfusionCounts:
    table = np.array(rows, dtype=np.int64).reshape(-1, 2)
    return ConfusionCounts.of(table[:, 0], table[:, 1], classes)


def two(rows: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(min(actual, 1), min(predicted, 1)) for actual, predicted in rows]


@unhurried
@given(answered)
def test_binary_metrics_are_scikit_learns(rows):
    rows = two(rows)
    actual, predicted = zip(*rows, strict=True)
    found = binary_metrics(counts(rows, BINARY), undefined_as_zero=True)
    expected = {
        "recall": oracle.recall_score(actual, predicted, zero_division=0),
        "precision": oracle.precision_score(actual, predicted, zero_division=0),
        "accuracy": oracle.accuracy_score(actual, predicted),
        **{
            name: oracle.fbeta_score(actual, predicted, beta=beta, zero_division=0)
            for name, beta in (("f0_5", 0.5), ("f1", 1), ("f2", 2))
        },
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-12)


@unhurried
@given(answered)
def test_multiclass_metrics_are_scikit_learns_weighted_ones(rows):
    actual, predicted = zip(*rows, strict=True)
    found = multiclass_metrics(counts(rows))
    weighted = {"average": "weighted", "zero_division": 0}
    expected = {
        "accuracy": oracle.accuracy_score(actual, predicted),
        "weighted_recall": oracle.recall_score(actual, predicted, **weighted),
        "weighted_precision": oracle.precision_score(actual, predicted, **weighted),
        **{
            f"weighted_{name}": oracle.fbeta_score(actual, predicted, beta=beta, **weighted)
            for name, beta in (("f0_5", 0.5), ("f1", 1), ("f2", 2))
        },
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-12)


@unhurried
@given(answered)
def test_the_matrix_is_scikit_learns_actual_first(rows):
    actual, predicted = zip(*rows, strict=True)
    expected = oracle.confusion_matrix(actual, predicted, labels=[0, 1, 2])
    assert counts(rows).cells.tolist() == expected.tolist()


@unhurried
@given(pairs)
def test_no_metric_is_ever_nan(rows):
    for zero in (True, False):
        found = {
            **binary_metrics(counts(two(rows), BINARY), undefined_as_zero=zero),
            **multiclass_metrics(counts(rows)),
        }
        assert all(isinstance(value, Uncomputable) or value == value for value in found.values())


@unhurried
@given(pairs, pairs, pairs)
def test_counts_add_up_in_any_order_and_grouping(one, two_, three):
    a, b, c = counts(one), counts(two_, ("c", "d", "e")), counts(three)
    assert ((a + b) + c).as_mapping() == (a + (b + c)).as_mapping() == (c + b + a).as_mapping()


@unhurried
@given(pairs, pairs)
def test_two_batches_count_like_one(one, other):
    assert (counts(one) + counts(other)).cells.tolist() == counts(one + other).cells.tolist()


@unhurried
@given(answered)
def test_exchanging_the_classes_exchanges_the_rates(rows):
    rows = two(rows)
    here = binary_metrics(counts(rows, BINARY))
    there = binary_metrics(counts(rows, BINARY), positive="0")
    for name, mirrored in (
        ("true_positive_rate", "true_negative_rate"),
        ("false_positive_rate", "false_negative_rate"),
    ):
        if not isinstance(here[name], Uncomputable):
            assert here[name] == there[mirrored]
    assert here["accuracy"] == there["accuracy"]


def test_an_hour_without_positives_says_nothing_about_recall():
    found = binary_metrics(counts([(0, 0), (0, 1)], BINARY))
    for name in ("recall", "true_positive_rate", "false_negative_rate", "f0_5", "f1", "f2"):
        assert str(found[name]) == "not computed: no row is labelled positive"
    assert found["precision"] == 0.0


def test_aws_calls_recall_zero_there_and_leaves_the_rate_undefined():
    found = binary_metrics(counts([(0, 0), (0, 1)], BINARY), undefined_as_zero=True)
    assert found["recall"] == found["f1"] == 0.0
    assert isinstance(found["true_positive_rate"], Uncomputable)


def test_no_rows_are_never_zero_not_even_for_aws():
    found = binary_metrics(counts([], BINARY), undefined_as_zero=True)
    assert all(isinstance(value, Uncomputable) for value in found.values())


def test_the_constant_is_the_label_predicted_most_often():
    rows = [(0, 0)] * 52 + [(0, 1)] * 40 + [(1, 0)] * 55 + [(1, 1)] * 54
    found = binary_metrics(counts(rows, BINARY), undefined_as_zero=True)
    assert found["accuracy_best_constant_classifier"] == pytest.approx(92 / 201)
    assert found["recall_best_constant_classifier"] == 0.0


def test_a_third_label_is_counted_and_not_classified():
    restricted = counts([(0, 0), (1, 1), (2, 1), (0, 2)]).restricted_to(("a", "b"))
    assert restricted.left_out == 2
    assert restricted.total == 2


def test_three_classes_have_no_binary_metrics():
    with pytest.raises(ValueError, match="two classes, not a, b, c"):
        binary_metrics(counts([(0, 1)]), positive="a")


def test_a_class_that_never_came_up_has_only_negatives():
    assert counts([(0, 0)]).binary("z") == BinaryCounts(tp=0, fp=0, fn=0, tn=1)


def test_rows_without_a_label_are_left_out_and_counted():
    found = counts([(0, -1), (-1, 0), (1, 1)])
    assert (found.total, found.left_out) == (1, 2)
