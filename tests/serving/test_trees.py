"""Exact values of saved tree models, against the same models asked coalition by coalition."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeClassifier

from monitoring.measures.attribution import KernelShap
from serving.encoder import NotANumber, RowEncoder
from serving.trees import TreeExplainer

COMPLETE = 1 << 16
FORESTS = (
    RandomForestClassifier(8, max_depth=6, random_state=1),
    DecisionTreeClassifier(max_depth=6, random_state=1),
)
BOOSTED = GradientBoostingClassifier(n_estimators=20, random_state=1)


def cells(count: int = 400, seed: int = 5) -> np.ndarray:
    """An amount, a channel, an age now and then missing."""
    generator = np.random.default_rng(seed)
    rows = np.empty((count, 3), dtype=object)
    rows[:, 0] = [f"{x:.2f}" for x in generator.lognormal(3, 1, count)]
    rows[:, 1] = generator.choice(["web", "shop", "phone"], count)
    rows[:, 2] = [str(x) if x > 20 else None for x in generator.integers(18, 80, count)]
    return rows


def fitted(model) -> Pipeline:
    rows = cells()
    amounts = rows[:, 0].astype(float)
    target = (amounts > 20) ^ (rows[:, 1] == "web") ^ (np.arange(len(rows)) % 9 == 0)
    encoder = RowEncoder(numeric=[0, 2], categorical=[1], stretches=4)
    return Pipeline([("encoder", encoder), ("model", model)]).fit(list(rows), target)


def asking(pipeline: Pipeline, places=(0, 1, 2)):
    def predict(rows: np.ndarray) -> np.ndarray:
        answers = np.full((len(rows), 1), np.nan)
        for at, row in enumerate(rows[:, places]):
            try:
                answers[at] = pipeline.predict_proba([row])[0, 1]
            except NotANumber:
                continue
        return answers

    return predict


@pytest.mark.parametrize("model", FORESTS, ids=lambda model: type(model).__name__)
@pytest.mark.parametrize("baselines", [1, 5])
def test_a_forests_values_are_those_of_every_coalition(model, baselines):
    pipeline = fitted(model)
    predict, baseline, rows = asking(pipeline), cells()[:baselines], cells(6, seed=6)
    exact = TreeExplainer.of(predict, pipeline, np.arange(3), baseline, use_logit=False)
    asked = KernelShap.of(predict, baseline, COMPLETE)
    assert exact is not None
    np.testing.assert_allclose(exact.expected, asked.expected)
    np.testing.assert_allclose(exact.explain(rows).values, asked.explain(rows).values, atol=1e-9)


def test_boosted_trees_are_exact_on_the_scale_of_the_logit():
    pipeline = fitted(BOOSTED)
    predict, baseline, rows = asking(pipeline), cells()[:1], cells(6, seed=6)
    exact = TreeExplainer.of(predict, pipeline, np.arange(3), baseline, use_logit=True)
    asked = KernelShap.of(predict, baseline, COMPLETE, use_logit=True)
    assert exact is not None
    np.testing.assert_allclose(exact.explain(rows).values, asked.explain(rows).values, atol=1e-9)


def test_columns_in_another_order_keep_their_values():
    pipeline, places = fitted(FORESTS[0]), np.array([3, 0, 2])
    wide = np.column_stack([cells()[:, 1], cells()[:, 1], cells()[:, 2], cells()[:, 0]])
    exact = TreeExplainer.of(asking(pipeline, places), pipeline, places, wide[:1], use_logit=False)
    straight = TreeExplainer.of(
        asking(pipeline), pipeline, np.arange(3), cells()[:1], use_logit=False
    )
    assert exact is not None
    assert straight is not None
    turned = exact.explain(wide[-5:]).values
    np.testing.assert_allclose(turned[:, places], straight.explain(cells()[-5:]).values)
    assert not turned[:, 1].any()


def test_a_refused_row_is_counted_and_not_explained():
    pipeline = fitted(FORESTS[1])
    rows = cells(3, seed=6)
    rows[1, 0] = "much"
    exact = TreeExplainer.of(asking(pipeline), pipeline, np.arange(3), cells()[:1], False)
    assert exact is not None
    found = exact.explain(rows)
    assert found.refused == 1
    assert np.isnan(found.values[1]).all()
    assert np.isfinite(found.values[[0, 2]]).all()


@pytest.mark.parametrize(
    ("model", "use_logit", "baselines"),
    [
        pytest.param(LogisticRegression(), True, 1, id="no trees"),
        pytest.param(FORESTS[0], True, 1, id="the logit of a forest is no sum"),
        pytest.param(BOOSTED, False, 1, id="the probability of boosted trees is no sum"),
        pytest.param(BOOSTED, True, 2, id="nor is the logit of a mean"),
    ],
)
def test_what_is_no_sum_of_trees_has_no_exact_values(model, use_logit, baselines):
    pipeline = fitted(model)
    baseline = cells()[:baselines]
    found = TreeExplainer.of(asking(pipeline), pipeline, np.arange(3), baseline, use_logit)
    assert found is None
