"""Kernel SHAP against the definition of the Shapley value, and against shap's own answers.

The recorded answers are made by benchmarks/oracles/shap_fixtures.py.
"""

from __future__ import annotations

import json
import math
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.measures import attribution
from monitoring.measures.attribution import GlobalValues, KernelShap, NotExplainableError, logit
from monitoring.measures.outcome import Uncomputable

unhurried = settings(deadline=None, max_examples=40)
RECORDED = json.loads((Path(__file__).parents[2] / "fixtures" / "shap" / "kernel.json").read_text())
COMPLETE = 1 << 16


def model(case: Any) -> Any:
    """The game of the fixtures: logistic, with products of features."""

    def predict(rows: np.ndarray) -> np.ndarray:
        rows = rows.astype(float)
        score = rows @ np.array(case["weights"])
        for (one, other), factor in zip(case["products"], case["factors"], strict=True):
            score = score + factor * rows[:, one] * rows[:, other]
        return (1 / (1 + np.exp(-score)))[:, None]

    return predict


def explained(case: Any, num_samples: int, seed: int = 0, logit: bool = False) -> np.ndarray:
    baseline = np.array(case["baseline"])
    shap = KernelShap.of(model(case), baseline, num_samples, seed, logit)
    return shap.explain(np.array(case["rows"])).values[:, :, 0]


def by_definition(predict: Any, row: np.ndarray, baseline: np.ndarray) -> np.ndarray:
    """Every order in which features can join, one after the other."""
    values = np.zeros(len(row))
    for order in permutations(range(len(row))):
        mixed = baseline.copy()
        before = predict(mixed).mean()
        for feature in order:
            mixed[:, feature] = row[feature]
            after = predict(mixed).mean()
            values[feature] += after - before
            before = after
    return values / math.factorial(len(row))


@pytest.mark.parametrize("case", RECORDED["complete"], ids=lambda case: f"{len(case['weights'])}")
def test_all_coalitions_give_shaps_values(case):
    ours = explained(case, COMPLETE, logit=case["link"] == "logit")
    np.testing.assert_allclose(ours, case["values"], atol=1e-6)


@pytest.mark.parametrize("case", RECORDED["sampled"], ids=lambda case: f"{len(case['weights'])}")
def test_the_error_is_no_larger_than_shaps_at_the_same_budget(case):
    """Mean error against exact values, over seeds; a tenth is what twelve seeds cannot tell."""
    exact = np.array(case["exact"])
    theirs = [np.abs(np.array(estimate) - exact).mean() for estimate in case["estimates"]]
    ours = [
        np.abs(explained(case, case["num_samples"], seed) - exact).mean()
        for seed in range(3 * len(theirs))
    ]
    assert np.mean(ours) <= 1.1 * np.mean(theirs)


@unhurried
@given(st.integers(1, 5), st.integers(1, 3), st.integers(0, 1000))
def test_all_coalitions_give_the_value_by_definition(features, baselines, seed):
    generator = np.random.default_rng(seed)
    weights = generator.normal(size=(features, features))

    def predict(rows: np.ndarray) -> np.ndarray:
        return np.tanh(rows @ weights).sum(axis=1, keepdims=True)

    baseline, row = generator.normal(size=(baselines, features)), generator.normal(size=features)
    values = KernelShap.of(predict, baseline, COMPLETE).explain(row[None]).values[0, :, 0]
    np.testing.assert_allclose(values, by_definition(predict, row, baseline), atol=1e-9)


@unhurried
@given(st.integers(2, 12), st.integers(4, 200), st.integers(0, 1000))
def test_a_feature_that_equals_the_baseline_owes_nothing(features, num_samples, seed):
    generator = np.random.default_rng(seed)
    baseline = generator.integers(0, 2, (1, features)).astype(str).astype(object)
    rows = generator.integers(0, 2, (8, features)).astype(str).astype(object)

    def predict(cells: np.ndarray) -> np.ndarray:
        return np.prod(cells.astype(float) + 0.5, axis=1, keepdims=True)

    shap = KernelShap.of(predict, baseline, num_samples)
    values = shap.explain(rows).values[:, :, 0]
    assert (values[rows == baseline] == 0).all()
    total = predict(rows)[:, 0] - shap.expected[0]
    np.testing.assert_allclose(values.sum(axis=1), total, atol=1e-9 * max(1, np.abs(total).max()))


def test_few_differing_features_are_exact_whatever_the_width():
    """Thirty columns, four of them unlike the baseline: fourteen coalitions are all there are."""
    baseline = np.zeros((1, 30))
    row = np.zeros(30)
    row[[3, 8, 11, 20]] = [1.0, 2.0, 3.0, 4.0]

    def predict(rows: np.ndarray) -> np.ndarray:
        return np.exp(rows[:, [3]] * rows[:, [8]] / 4) + rows[:, [11]] * rows[:, [20]]

    found = KernelShap.of(predict, baseline, num_samples=14).explain(row[None]).values[0, :, 0]
    assert found[[11, 20]] == pytest.approx([6.0, 6.0])
    assert found[3] == pytest.approx(found[8]) == pytest.approx((math.exp(0.5) - 1) / 2)


def test_text_and_missing_cells_are_features_like_others():
    def predict(rows: np.ndarray) -> np.ndarray:
        return np.array([[(row[0] == "web") + 2.0 * (row[1] is None)] for row in rows])

    shap = KernelShap.of(predict, np.array([["shop", "7"]], dtype=object), 100)
    rows = np.array([["web", None], ["shop", None], ["web", "7"]], dtype=object)
    assert shap.explain(rows).values[:, :, 0].tolist() == [[1, 2], [0, 2], [1, 0]]


def test_every_label_has_its_own_values():
    def predict(rows: np.ndarray) -> np.ndarray:
        return np.stack([rows[:, 0] * rows[:, 1], rows[:, 1]], axis=1)

    shap = KernelShap.of(predict, np.zeros((1, 2)), 100)
    found = shap.explain(np.array([[2.0, 3.0]])).values[0]
    np.testing.assert_allclose(found, [[3, 0], [3, 3]], atol=1e-12)


def test_a_refused_row_is_not_a_number_and_spoils_no_other():
    def predict(rows: np.ndarray) -> np.ndarray:
        return np.where(rows[:, [0]] < 0, np.nan, rows.sum(axis=1, keepdims=True))

    found = KernelShap.of(predict, np.zeros((1, 2)), 100).explain(np.array([[-1.0, 2], [1, 2]]))
    assert found.refused == 1
    assert np.isnan(found.values[0]).all()
    assert found.values[1].ravel().tolist() == [1, 2]


def test_a_refused_baseline_is_an_error():
    with pytest.raises(NotExplainableError, match="baseline"):
        KernelShap.of(lambda rows: np.full((len(rows), 1), np.nan), np.zeros((1, 2)), 100)


def test_the_logit_of_no_probability_is_an_error():
    with pytest.raises(NotExplainableError, match="outside 0 to 1"):
        KernelShap.of(lambda rows: np.full((len(rows), 1), 2.0), np.zeros((1, 1)), 10, 0, True)


def test_the_logit_of_certainty_is_finite():
    assert np.isfinite(logit(np.array([0.0, 1.0]))).all()


def test_a_model_is_never_handed_more_rows_than_agreed():
    """Also where one row's coalitions alone are more."""
    largest = 0

    def predict(rows: np.ndarray) -> np.ndarray:
        nonlocal largest
        largest = max(largest, len(rows))
        return rows.sum(axis=1, keepdims=True)

    baseline = np.random.default_rng(0).normal(size=(40, 18))
    rows = np.ones((3, 18))
    values = KernelShap.of(predict, baseline, num_samples=4000).explain(rows).values
    assert 0 < largest <= attribution.PREDICTED_AT_ONCE
    expected = rows - baseline.mean(axis=0)
    np.testing.assert_allclose(values[:, :, 0], expected, atol=1e-9)


@pytest.mark.parametrize(
    ("method", "expected"), [("mean_abs", 2.75), ("mean_sq", 11.75), ("median", -1.0)]
)
def test_values_are_aggregated_as_clarify_names_it(method, expected):
    seen = GlobalValues(method)
    seen.update(np.array([-1.0, 3.0]).reshape(2, 1, 1))
    seen.update(np.array([-1.0, -6.0]).reshape(2, 1, 1))
    assert seen.result() == pytest.approx(expected)


@unhurried
@given(
    st.sampled_from(["mean_abs", "mean_sq", "median"]),
    st.lists(st.lists(st.floats(-1e6, 1e6), max_size=5), min_size=1, max_size=4),
)
def test_global_values_add_up(method, parts):
    def seen(*lists: list[float]) -> GlobalValues:
        found = GlobalValues(method)
        for one in lists:
            if one:
                found.update(np.array(one).reshape(-1, 1, 1))
        return found

    split = sum((seen(part) for part in parts[1:]), seen(parts[0]))
    whole = seen([value for part in parts for value in part]).result()
    if isinstance(whole, Uncomputable):
        assert isinstance(split.result(), Uncomputable)
    else:
        np.testing.assert_allclose(split.result(), whole, rtol=1e-12, atol=1e-9)


def test_values_of_two_methods_do_not_mix():
    with pytest.raises(ValueError, match="do not add up"):
        GlobalValues("mean_abs") + GlobalValues("median")
