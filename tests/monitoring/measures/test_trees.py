"""Exact values of trees against the game asked coalition by coalition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestRegressor

from monitoring.measures.attribution import KernelShap
from monitoring.measures.trees import Tree, leaves, tree_shapley_values

unhurried = settings(deadline=None, max_examples=25)
COMPLETE = 1 << 16


def forest(features: int, seed: int, labels: int = 1, trees: int = 4, deepest: int = 6):
    """A fitted forest, and the same as arrays. Quarters: scikit-learn compares 32-bit numbers."""
    generator = np.random.default_rng(seed)
    data = np.round(4 * generator.normal(size=(120, features))) / 4
    targets = np.stack(
        [np.prod(data[:, : 2 + label], axis=1) + data[:, -1] for label in range(labels)], axis=1
    )
    model = RandomForestRegressor(trees, max_depth=deepest, random_state=seed).fit(
        data, targets.squeeze()
    )
    arrays = [
        Tree(
            each.tree_.children_left,
            each.tree_.children_right,
            np.maximum(each.tree_.feature, 0),
            each.tree_.threshold,
            each.tree_.value[:, :, 0] / trees,
        )
        for each in model.estimators_
    ]
    return model, arrays, data


def answers(model, rows: np.ndarray) -> np.ndarray:
    return model.predict(rows).reshape(len(rows), -1)


@unhurried
@given(st.integers(1, 7), st.integers(1, 6), st.integers(1, 3), st.integers(0, 1000))
def test_the_values_are_the_games_with_every_coalition_asked(features, baselines, labels, seed):
    model, trees, data = forest(features, seed, labels)
    baseline, rows = data[:baselines], data[-5:]
    asked = KernelShap.of(lambda cells: answers(model, cells), baseline, COMPLETE)
    np.testing.assert_allclose(
        tree_shapley_values(trees, rows, baseline), asked.explain(rows).values, atol=1e-9
    )


@unhurried
@given(st.integers(0, 1000))
def test_features_made_of_one_column_are_one_player(seed):
    """A column's value and its square: no row has the one without the other."""
    generator = np.random.default_rng(seed)
    _, trees, _ = forest(6, seed)
    players = np.array([0, 0, 1, 1, 2, 2])
    columns, baseline = generator.normal(size=(4, 3)).round(1), generator.normal(size=(3, 3))

    def made(cells: np.ndarray) -> np.ndarray:
        return np.stack([cells, cells**2], axis=2).reshape(len(cells), 6)

    def predict(cells: np.ndarray) -> np.ndarray:
        return np.array([[sum(walk(tree, row) for tree in trees)] for row in made(cells)])

    asked = KernelShap.of(predict, baseline, COMPLETE).explain(columns).values
    found = tree_shapley_values(trees, made(columns), made(baseline), players)
    np.testing.assert_allclose(found, asked, atol=1e-9)


def walk(tree: Tree, row: np.ndarray) -> float:
    place = 0
    while tree.left[place] >= 0:
        goes_left = row[tree.feature[place]] <= tree.threshold[place]
        place = tree.left[place] if goes_left else tree.right[place]
    return float(tree.value[place, 0])


@pytest.mark.parametrize("deepest", [1, 12])
def test_many_features_sum_to_what_is_to_be_explained(deepest):
    model, trees, data = forest(40, 3, trees=20, deepest=deepest)
    baseline, rows = data[:30], data[30:90]
    values = tree_shapley_values(trees, rows, baseline)
    total = answers(model, rows) - answers(model, baseline).mean(axis=0)
    np.testing.assert_allclose(values.sum(axis=1), total, atol=1e-9)


def test_every_leaf_is_found_once():
    _, trees, _ = forest(5, 1)
    for tree in trees:
        assert sorted(leaf.place for leaf in leaves(tree)) == np.flatnonzero(tree.left < 0).tolist()


def test_a_tree_of_one_leaf_owes_nobody_anything():
    only = Tree(*(np.array([-1]),) * 2, np.array([0]), np.array([0.0]), np.array([[5.0]]))
    assert not tree_shapley_values([only], np.ones((2, 3)), np.zeros((1, 3))).any()
