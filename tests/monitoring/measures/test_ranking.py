"""The drift score against AWS's example, scikit-learn's ndcg_score, and what it promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import ndcg_score

from monitoring.measures.outcome import Uncomputable
from monitoring.measures.ranking import normalized_discounted_gain

unhurried = settings(deadline=None, max_examples=100)
importance = arrays(np.float64, st.integers(2, 12), elements=st.sampled_from([0, 0.1, 0.5, 1, 3]))


def test_aws_example_of_a_reversed_order():
    score = normalized_discounted_gain(np.array([0.70, 0.50, 0.05]), np.array([0.05, 0.5, 0.7]))
    assert score == pytest.approx(0.71546 / 1.04046, abs=1e-5)


@unhurried
@given(importance, st.integers(0, 1000))
def test_scikit_learn_says_the_same_with_and_without_ties(baseline, seed):
    assume(baseline.any())
    current = np.random.default_rng(seed).integers(0, 4, baseline.size).astype(float)
    expected = ndcg_score([baseline], [current])
    assert normalized_discounted_gain(baseline, current) == pytest.approx(expected, abs=1e-12)


@unhurried
@given(importance, st.floats(0.01, 100))
def test_the_same_order_scores_one(baseline, factor):
    assume(baseline.any())
    assert normalized_discounted_gain(baseline, factor * baseline) == pytest.approx(1)


@unhurried
@given(importance, st.integers(0, 1000))
def test_the_order_of_columns_changes_nothing(baseline, seed):
    assume(baseline.any())
    generator = np.random.default_rng(seed)
    current = generator.integers(0, 4, baseline.size).astype(float)
    order = generator.permutation(baseline.size)
    one = normalized_discounted_gain(baseline, current)
    other = normalized_discounted_gain(baseline[order], current[order])
    assert one == pytest.approx(other, abs=1e-12)
    assert 0 < one <= 1 + 1e-12


def test_a_sign_is_no_importance():
    """A negative median pushes the other way; it matters as much."""
    assert normalized_discounted_gain(np.array([-3.0, 1.0]), np.array([2.0, -1.0])) == 1


def test_without_any_attribution_there_is_no_order_to_keep():
    assert isinstance(normalized_discounted_gain(np.zeros(3), np.ones(3)), Uncomputable)
