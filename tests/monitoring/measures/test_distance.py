"""Distances: AWS's published numbers to the last bit, and scipy where textbooks agree."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from monitoring.measures.distance import (
    ChiSquared,
    Distance,
    categorical_distance,
    chi_squared,
    chi_squared_tail,
    numeric_distance,
    robust_correction,
)
from monitoring.measures.kll import QuantileSketch, Ranked
from monitoring.measures.state import Uncomputable

SAMPLES = st.lists(st.integers(-20, 20).map(float), min_size=1, max_size=80).map(np.array)
HISTOGRAMS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 500), min_size=1)


def ranked(values: np.ndarray) -> Ranked:
    sketch = QuantileSketch()
    sketch.update(values)
    return sketch.ranked()


def stepped(distinct: int, below: int) -> Ranked:
    """A rank map of `distinct` unit weights, `below` of them at or below zero."""
    values = np.concatenate((np.arange(1.0 - below, 1.0), np.arange(1.0, distinct - below + 1)))
    return Ranked(values, np.ones(distinct))


@pytest.mark.parametrize(
    ("n", "m", "difference", "amazon"),
    [
        (64, 233, 6376, 0.17354640931273702),
        (57, 215, 5056, 0.14440240796849557),
        (119, 303, 11215, 0.11630482464065406),
        (72, 233, 5957, 0.11238588915222741),
        (10, 63, 580, 0.30791265775509713),
    ],
    ids=["length", "diameter", "whole_weight", "shell_weight", "target"],
)
def test_five_distances_that_aws_printed_are_equal_to_the_last_bit(n, m, difference, amazon):
    """The ranks i of n and j of m are not printed; two pairs, one a sign, have this gap."""
    pairs = [(i, j) for i in range(n + 1) for j in range(m + 1) if abs(i * m - j * n) == difference]
    noise = robust_correction(float(n), float(m))
    assert amazon in [abs(i / n - j / m) - noise for i, j in pairs]


@pytest.mark.filterwarnings("ignore::RuntimeWarning:scipy")
@given(SAMPLES, SAMPLES)
def test_the_simple_distance_is_the_two_sample_ks_statistic(a, b):
    distance = numeric_distance(ranked(a), ranked(b), "Simple")
    assert isinstance(distance, Distance)
    oracle = stats.ks_2samp(a, b, method="asymp").statistic
    assert distance.value == pytest.approx(oracle, abs=1e-12)
    assert (distance.baseline_size, distance.current_size) == (a.size, b.size)


@given(SAMPLES, SAMPLES)
def test_the_largest_difference_is_where_it_says(a, b):
    distance = numeric_distance(ranked(a), ranked(b))
    assert isinstance(distance, Distance)
    gap = abs(float((a <= distance.at).mean()) - float((b <= distance.at).mean()))
    assert gap == pytest.approx(distance.largest, abs=1e-12)


@given(SAMPLES, SAMPLES)
def test_distances_are_symmetric(a, b):
    one, other = numeric_distance(ranked(a), ranked(b)), numeric_distance(ranked(b), ranked(a))
    assert isinstance(one, Distance)
    assert isinstance(other, Distance)
    assert one.value == pytest.approx(other.value, abs=1e-15)


@given(HISTOGRAMS)
def test_a_sample_is_not_far_from_itself(histogram):
    distance = categorical_distance(histogram, histogram)
    assert isinstance(distance, Distance)
    assert distance.value == distance.largest == 0.0


def test_chance_explains_what_robust_takes_off():
    distance = numeric_distance(stepped(100, 50), stepped(100, 10))
    assert isinstance(distance, Distance)
    assert distance.largest == pytest.approx(0.4)
    assert distance.value == distance.largest - 1.8 * math.sqrt(200 / 10_000)


def test_an_unseen_category_counts_as_much_as_a_lost_one():
    distance = categorical_distance({"a": 100}, {"a": 60, "new": 40}, "Simple")
    assert isinstance(distance, Distance)
    assert (distance.value, distance.at) == (0.4, "a")


def test_one_empty_side_has_no_distance():
    empty = Ranked(np.empty(0), np.empty(0))
    assert isinstance(numeric_distance(empty, stepped(2, 1)), Uncomputable)
    assert "current data" in str(numeric_distance(stepped(2, 1), empty))
    assert isinstance(categorical_distance({}, {"a": 1}), Uncomputable)
    assert isinstance(chi_squared({"a": 1}, {}), Uncomputable)


@given(st.floats(1e-9, 400), st.integers(1, 60))
def test_the_tail_is_scipys(statistic, freedom):
    expected = stats.chi2.sf(statistic, freedom)
    assert chi_squared_tail(statistic, freedom) == pytest.approx(expected, rel=1e-9, abs=1e-300)


@given(st.lists(st.tuples(st.integers(50, 500), st.integers(50, 500)), min_size=2, max_size=8))
def test_large_categories_give_scipys_chi_squared(counts):
    baseline = {str(i): pair[0] for i, pair in enumerate(counts)}
    current = {str(i): pair[1] for i, pair in enumerate(counts)}
    expected = np.array([pair[0] for pair in counts], dtype=float)
    observed = np.array([pair[1] for pair in counts], dtype=float)
    expected *= observed.sum() / expected.sum()
    if expected.min() < 10:
        return
    oracle = stats.chisquare(observed, expected, sum_check=False)
    result = chi_squared(baseline, current)
    assert isinstance(result, ChiSquared)
    assert result.statistic == pytest.approx(oracle.statistic, rel=1e-9, abs=1e-9)
    assert result.p_value == pytest.approx(oracle.pvalue, rel=1e-9, abs=1e-12)


def test_small_categories_are_merged_until_the_test_holds():
    baseline = {"a": 1000, "b": 1000, "rare": 2, "rarer": 1}
    result = chi_squared(baseline, {"a": 50, "b": 50, "rare": 1})
    assert isinstance(result, ChiSquared)
    assert result.degrees_of_freedom == 1


def test_two_small_categories_cannot_be_tested():
    assert isinstance(chi_squared({"a": 50, "b": 50}, {"a": 9, "b": 9}), Uncomputable)


def test_an_unseen_category_beside_many_large_ones_is_impossible_by_chance():
    baseline = dict.fromkeys("abcdef", 100)
    result = chi_squared(baseline, {**baseline, "new": 30})
    assert isinstance(result, ChiSquared)
    assert result.p_value == 0.0
