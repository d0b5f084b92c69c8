"""Clusters of numbers and words: against scikit-learn's k-means, and by what must hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

from monitoring.measures.prototypes import elbow, prototypes, prototypes_by_elbow

NO_WORDS = np.empty((0, 0), dtype=np.int64)


def crowds(rows: int = 90, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Three crowds that differ in their numbers and in one word; the other word is noise."""
    draw = np.random.default_rng(seed)
    crowd = np.arange(rows) % 3
    numbers = draw.normal(0, 1, (rows, 2)) + 40.0 * crowd[:, None]
    return numbers, np.column_stack([crowd, draw.integers(0, 4, rows)])


@pytest.mark.parametrize("clusters", [1, 2, 3, 5])
def test_numbers_alone_cost_no_more_than_scikit_learns_k_means(clusters):
    numbers = np.random.default_rng(1).normal(size=(150, 3)) * [1, 50, 1e6]
    found = prototypes(numbers, np.empty((150, 0), dtype=np.int64), clusters)
    oracle = KMeans(clusters, n_init=20, random_state=0).fit(
        StandardScaler().fit_transform(numbers)
    )
    assert found.cost <= oracle.inertia_ * 1.02


def test_from_its_own_centres_scikit_learn_moves_nowhere():
    numbers, words = crowds()
    found = prototypes(numbers, words[:, :0], 3)
    scaler = StandardScaler().fit(numbers)
    again = KMeans(3, init=scaler.transform(found.numbers), n_init=1).fit(scaler.transform(numbers))
    assert again.inertia_ == pytest.approx(found.cost, rel=1e-12)
    centres = scaler.inverse_transform(again.cluster_centers_)
    assert np.sort(centres, axis=0) == pytest.approx(np.sort(found.numbers, axis=0))


def test_one_cluster_is_the_mean_and_the_most_frequent_word():
    numbers, words = crowds()
    words[:, 0] = np.where(np.arange(90) < 50, 2, words[:, 0])
    found = prototypes(numbers, words, 1)
    assert found.numbers[0] == pytest.approx(numbers.mean(axis=0))
    assert found.words[0, 0] == 2
    assert found.sizes.tolist() == [90]


def test_crowds_are_found_by_numbers_and_words_and_by_words_alone():
    numbers, words = crowds()
    both = prototypes(numbers, words, 3)
    assert both.sizes.tolist() == [30, 30, 30]
    assert sorted(both.words[:, 0].tolist()) == [0, 1, 2]
    alone = prototypes(numbers[:, :0], words[:, :1], 3)
    assert (alone.cost, sorted(alone.words.ravel().tolist())) == (0.0, [0, 1, 2])


def test_the_elbow_finds_how_many_crowds_there_are():
    assert len(prototypes_by_elbow(*crowds()).sizes) == 3


@pytest.mark.parametrize("clusters", [2, 7])
def test_there_are_no_more_clusters_than_distinct_rows(clusters):
    numbers = np.repeat([[1.0, 5.0], [2.0, 5.0]], 10, axis=0)
    found = prototypes(numbers, np.zeros((20, 1), dtype=np.int64), clusters)
    assert (found.cost, sorted(found.numbers.tolist())) == (0.0, [[1.0, 5.0], [2.0, 5.0]])


def test_a_constant_column_decides_nothing_and_stays_what_it_is():
    numbers, words = crowds()
    constant = np.full((90, 1), 0.1)
    with_it = prototypes(np.hstack([numbers, constant]), words, 3)
    assert with_it.cost == pytest.approx(prototypes(numbers, words, 3).cost, rel=1e-12)
    assert with_it.numbers[:, 2] == pytest.approx(0.1)


def test_one_seed_gives_one_answer():
    first, again = (prototypes(*crowds(), 5, seed=4) for _ in range(2))
    assert np.array_equal(first.numbers, again.numbers)
    assert np.array_equal(first.words, again.words)


def test_without_rows_there_is_nothing_to_put_together():
    with pytest.raises(ValueError, match="no rows"):
        prototypes(np.empty((0, 2)), NO_WORDS, 2)


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.tuples(st.floats(-1e150, 1e150), st.integers(0, 3)), min_size=1, max_size=25),
    clusters=st.integers(1, 6),
)
def test_whatever_the_rows_clusters_are_finite_and_hold_every_row(rows, clusters):
    numbers = np.array([[number] for number, _ in rows])
    words = np.array([[word] for _, word in rows])
    found = prototypes(numbers, words, clusters)
    assert np.isfinite(found.numbers).all()
    assert found.sizes.sum() == len(rows)
    assert (found.sizes > 0).all()
    assert set(found.words.ravel()) <= set(words.ravel())
    assert found.cost <= prototypes(numbers, words, 1).cost * (1 + 1e-9) + 1e-9


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=12))
def test_an_elbow_is_a_place_in_the_curve(costs):
    assert 0 <= elbow(costs) < len(costs)
