"""Merged moments against exact rational arithmetic: nasty data, any order, any parts."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from monitoring.measures.merged_moments import MergedMoments

OFFSETS = st.sampled_from([0.0, 1.0, -1e9, 1e15, 1e-9])
SPREAD = st.floats(-1e3, 1e3, width=32).map(lambda x: x if abs(x) > 1e-3 else 0.0)


@st.composite
def nasty(draw):
    """Values of some spread, far from zero or not: where textbook formulas lose all digits."""
    spread = draw(arrays(np.float64, st.integers(1, 60), elements=SPREAD))
    return spread * draw(st.sampled_from([1.0, 1e-6, 1e6])) + draw(OFFSETS)


def of(*parts: np.ndarray) -> MergedMoments:
    moments = MergedMoments()
    for part in parts:
        moments.update(part)
    return moments


def agree(moments: MergedMoments, values: np.ndarray) -> None:
    """Equal to exact arithmetic, rounded once, to a relative 1e-12 of what was added up."""
    exact = [Fraction(value) for value in values.tolist()]
    mean = sum(exact) / len(exact)
    variance = float(sum((value - mean) ** 2 for value in exact) / len(exact))
    size = float(np.abs(values).max())
    assert moments.total == pytest.approx(math.fsum(values), abs=1e-15 * size * values.size)
    assert moments.mean == pytest.approx(float(mean), abs=1e-15 * size)
    assert moments.std_dev == pytest.approx(math.sqrt(variance), rel=1e-12)


@given(nasty(), st.integers(0, 60), st.integers(0, 60))
def test_parts_and_merges_agree_with_exact_arithmetic(values, one, other):
    low, high = sorted((one, other))
    a, b, c = values[:low], values[low:high], values[high:]
    agree(of(values), values)
    agree(of(a, b, c), values)
    agree(of(c) + (of(a) + of(b)), values)


@given(nasty(), st.data())
def test_repeats_stand_for_repeated_values(values, data):
    repeats = data.draw(arrays(np.int64, values.size, elements=st.integers(1, 5)))
    moments = MergedMoments()
    moments.update(values, repeats)
    assert moments.count == repeats.sum()
    agree(moments, np.repeat(values, repeats))


@given(st.floats(-1e200, 1e200), st.lists(st.integers(1, 1000), min_size=1, max_size=5))
def test_a_constant_column_has_its_value_for_a_mean_and_no_deviation(value, sizes):
    moments = of(*(np.full(size, value) for size in sizes))
    assert moments.mean == value
    assert moments.std_dev == 0.0


def test_adding_changes_neither_operand():
    a, b = of(np.array([1.0, 2.0])), of(np.array([5.0]))
    before = repr(a), repr(b)
    assert (a + b).count == 3
    assert (repr(a), repr(b)) == before


def test_nothing_has_no_mean():
    empty = MergedMoments()
    assert (empty.mean, empty.std_dev, (empty + empty).count) == (None, None, 0)


def test_a_sum_past_float64_is_undefined_in_every_order():
    huge = np.array([1.7e308, 1.7e308, -1.7e308])
    for values in (huge, huge[::-1], huge[[0, 2, 1]]):
        assert of(values).mean is None
        assert of(values).std_dev is None
        assert not math.isfinite(of(*values[:, None]).total)


@pytest.mark.parametrize("values", [[1e200, -1e200], [1e-200, 3e-200]])
def test_squares_past_float64_are_undefined_not_zero(values):
    moments = of(np.array(values))
    assert moments.mean == pytest.approx(np.mean(values))
    assert moments.std_dev is None
