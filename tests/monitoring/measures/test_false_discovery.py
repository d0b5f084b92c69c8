"""Adjusted p-values: scipy's, in any order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from monitoring.measures.false_discovery import adjusted

P_VALUES = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("procedure", "method"), [("benjamini-hochberg", "bh"), ("benjamini-yekutieli", "by")]
)
@settings(deadline=None)
@given(p_values=P_VALUES)
def test_scipy_adjusts_to_the_same(procedure, method, p_values):
    expected = false_discovery_control(p_values, method=method)
    np.testing.assert_allclose(adjusted(p_values, procedure), expected, rtol=1e-12, atol=1e-300)


@settings(deadline=None)
@given(p_values=P_VALUES)
def test_adjusting_keeps_the_order_and_never_makes_a_test_stronger(p_values):
    found = adjusted(p_values)
    order = np.argsort(p_values)
    assert np.all(np.diff(np.asarray(found)[order]) >= 0)
    assert all(new >= old for new, old in zip(found, p_values, strict=True))


@settings(deadline=None)
@given(p_values=P_VALUES, seed=st.integers(0, 2**32 - 1))
def test_the_order_of_the_tests_changes_nothing(p_values, seed):
    order = np.random.default_rng(seed).permutation(len(p_values))
    shuffled = adjusted([p_values[at] for at in order])
    assert shuffled == tuple(adjusted(p_values)[at] for at in order)


@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan")])
def test_what_is_no_p_value_is_refused(wrong):
    with pytest.raises(ValueError, match="from 0 to 1"):
        adjusted([0.5, wrong])
