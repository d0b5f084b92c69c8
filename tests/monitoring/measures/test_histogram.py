"""The histogram of floats: exact while it can be, and never a matter of order."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from monitoring.measures.histogram import MOST_CELLS, PENDING, FloatHistogram
from monitoring.measures.kll import QuantileSketch

FINITE = st.floats(allow_nan=False, allow_infinity=False)
NEAR_ONE = st.floats(1.0, 1.0 + 1e-12)
VALUES = st.one_of(
    arrays(np.float64, st.integers(0, 60), elements=FINITE),
    arrays(
        np.float64, st.integers(0, 60), elements=st.one_of(NEAR_ONE, st.sampled_from([0.0, 5e-324]))
    ),
)
SMALL = 8
"""Few ranges, so that short lists of values collapse too."""


def of(*parts: np.ndarray, most: int = SMALL) -> FloatHistogram:
    histogram = FloatHistogram(most)
    for part in parts:
        histogram.update(part)
    return histogram


def facts(histogram: FloatHistogram) -> tuple[object, ...]:
    values, weights = histogram.ranked()
    return histogram.dropped_bits, values.tobytes(), weights.tobytes(), histogram.count


def ordered_bits(value: float) -> int:
    """A float's place among all floats, by Python's own integers."""
    bits = int(np.float64(value).view(np.int64))
    return bits if bits >= 0 else bits ^ (2**63 - 1)


@given(VALUES, st.randoms())
def test_the_order_of_values_changes_nothing(values, random):
    shuffled = values.tolist()
    random.shuffle(shuffled)
    assert facts(of(np.array(shuffled))) == facts(of(values))


@given(VALUES, st.integers(0, 60), st.integers(0, 60))
def test_batches_and_merges_change_nothing(values, one, other):
    low, high = sorted((one, other))
    a, b, c = values[:low], values[low:high], values[high:]
    whole = facts(of(values))
    assert facts(of(a, b, c)) == whole
    assert facts(of(a) + (of(b) + of(c))) == whole
    assert facts((of(c) + of(a)) + of(b)) == whole


@given(VALUES)
def test_the_fewest_bits_are_dropped_with_which_the_ranges_suffice(values):
    histogram = of(values)
    bits = histogram.dropped_bits
    places = [ordered_bits(value + 0.0) for value in values.tolist()]
    ranges = {place >> bits: [] for place in places}
    for place, value in zip(places, values.tolist(), strict=True):
        ranges[place >> bits].append(value + 0.0)
    assert len(ranges) <= SMALL
    assert not bits or len({place >> (bits - 1) for place in places}) > SMALL
    found = histogram.ranked()
    assert found.values.tolist() == sorted(max(inside) for inside in ranges.values())
    assert found.weights.tolist() == [len(ranges[place]) for place in sorted(ranges)]


@given(VALUES, st.data())
def test_repeats_stand_for_repeated_values(values, data):
    repeats = data.draw(arrays(np.int64, values.size, elements=st.integers(1, 5)))
    counted = FloatHistogram(SMALL)
    counted.update(values, repeats)
    assert facts(counted) == facts(of(np.repeat(values, repeats)))


@given(VALUES)
def test_distinct_values_that_fit_are_given_back_exactly(values):
    ranked = of(values, most=100).ranked()
    assert np.repeat(ranked.values, ranked.weights.astype(int)).tolist() == sorted(values.tolist())


@given(VALUES, VALUES)
def test_adding_changes_neither_operand(a, b):
    one, other = of(a), of(b)
    before = facts(one), facts(other)
    assert (one + other).count == a.size + b.size
    assert (facts(one), facts(other)) == before


def test_a_state_travels_with_what_waits_to_be_sorted():
    histogram = of(np.arange(5.0))
    assert facts(pickle.loads(pickle.dumps(histogram))) == facts(histogram)  # noqa: S301


RNG = np.random.default_rng(5)
N = 150_000
SHAPES = {
    "normal": RNG.normal(size=N),
    "lognormal": RNG.lognormal(3, 2, N),
    "heavy tail": RNG.standard_cauchy(N),
    "mixed sign and size": RNG.normal(size=N) * 10.0 ** RNG.integers(-8, 8, N),
    "integers": RNG.integers(0, 10**6, N).astype(float),
    "a narrow range far from zero": 1e9 + RNG.normal(size=N),
    "a point mass beside noise": np.where(RNG.random(N) < 0.7, 0.0, RNG.exponential(size=N)),
}


def worst_rank_error(sketch: FloatHistogram | QuantileSketch, values: np.ndarray) -> float:
    points, ordered = np.unique(values), np.sort(values)
    exact = np.searchsorted(ordered, points, side="right") / values.size
    return float(np.abs(sketch.ranked().share_up_to(points) - exact).max())


@pytest.mark.parametrize("shape", SHAPES)
def test_ranks_err_less_than_kll_s(shape):
    values = SHAPES[shape]
    histogram, kll = FloatHistogram(), QuantileSketch()
    for start in range(0, N, 10_000):
        histogram.update(values[start : start + 10_000])
        kll.update(values[start : start + 10_000])
    error = worst_rank_error(histogram, values)
    assert error < 0.004
    assert error < worst_rank_error(kll, values)
    written = worst_rank_error(histogram.as_kll(), values)
    assert written < error + 0.0005


def test_memory_does_not_grow_with_the_values():
    histogram = FloatHistogram()
    for _ in range(20):
        histogram.update(RNG.normal(size=PENDING // 3))
        assert len(pickle.dumps(histogram)) < 16 * MOST_CELLS + 8 * 2 * PENDING + 1000
    assert histogram.ranked().values.size <= MOST_CELLS
