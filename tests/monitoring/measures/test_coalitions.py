"""Coalitions: all of them where they fit, otherwise fairly drawn; and what solves for values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.measures.coalitions import coalitions

unhurried = settings(deadline=None, max_examples=60)
sizes = st.tuples(st.integers(2, 14), st.integers(2, 300), st.integers(0, 5))


@pytest.mark.parametrize("features", range(2, 10))
def test_all_coalitions_are_there_when_the_budget_allows(features):
    found = coalitions(features, num_samples=2**features - 2)
    assert found.exact
    assert len({row.tobytes() for row in found.members}) == 2**features - 2


@unhurried
@given(sizes)
def test_no_coalition_is_asked_twice_and_none_without_its_complement(size):
    features, num_samples, seed = size
    members = coalitions(features, num_samples, seed).members
    asked = {row.tobytes() for row in members}
    assert len(asked) == len(members) <= num_samples
    assert {(~row).tobytes() for row in members} == asked
    assert members.sum(axis=1).min(initial=1) > 0
    assert members.sum(axis=1).max(initial=1) < features


@unhurried
@given(sizes)
def test_the_budget_is_used_up_to_the_last_pair(size):
    features, num_samples, seed = size
    members = coalitions(features, num_samples, seed).members
    assert len(members) == min(num_samples // 2 * 2, 2**features - 2)


@unhurried
@given(sizes, st.integers(0, 100))
def test_values_sum_to_what_is_to_be_explained(size, answers_seed):
    features, num_samples, seed = size
    found = coalitions(features, num_samples, seed)
    generator = np.random.default_rng(answers_seed)
    empty, whole = generator.normal(size=2), generator.normal(size=(3, 2))
    answers = generator.normal(size=(3, len(found.members), 2))
    values = found.shapley_values(empty, answers, whole)
    np.testing.assert_allclose(values.sum(axis=1), whole - empty, atol=1e-9)


@unhurried
@given(st.integers(2, 14), st.integers(0, 5))
def test_an_additive_game_is_solved_exactly_from_few_answers(features, seed):
    """Whichever coalitions were drawn, once they tell the features apart."""
    weights = np.random.default_rng(seed).normal(size=features)
    found = coalitions(features, 6 * features, seed)
    values = found.shapley_values(
        np.zeros(1), (found.members @ weights)[None, :, None], weights.sum().reshape(1, 1)
    )
    np.testing.assert_allclose(values[0, :, 0], weights, atol=1e-9)


def test_another_seed_draws_others():
    one, other = (coalitions(12, 50, seed).members for seed in (1, 2))
    assert (one != other).any()


def test_the_same_seed_draws_the_same():
    coalitions.cache_clear()
    first = coalitions(12, 50, 3)
    coalitions.cache_clear()
    assert (coalitions(12, 50, 3).members == first.members).all()


@pytest.mark.parametrize(("features", "num_samples"), [(0, 10), (3, 1)])
def test_a_game_without_players_or_questions_is_a_defect(features, num_samples):
    with pytest.raises(ValueError, match="it takes"):
        coalitions(features, num_samples)
