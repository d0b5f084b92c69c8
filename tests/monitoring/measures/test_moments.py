"""Moments: Spark's arithmetic step by step, and numpy's to within rounding."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from monitoring.measures.moments import Moments

VALUES = arrays(np.float64, st.integers(0, 60), elements=st.floats(-1e9, 1e9, width=64))


def of(*parts: np.ndarray) -> Moments:
    moments = Moments()
    for part in parts:
        moments.update(part)
    return moments


def spark(values: list[float]) -> tuple[float, float, float]:
    """Spark's update, one value at a time: sum, average, sum of squared deviations."""
    total = average = squares = n = 0.0
    for x in values:
        total += x
        n += 1.0
        d = x - average
        average += d / n
        squares += d * (d - d / n)
    return total, average, squares


@given(VALUES)
def test_every_bit_is_what_one_value_at_a_time_gives(values):
    moments = of(values)
    assert (moments.total, moments.average, moments.squares) == spark(values.tolist())


@given(VALUES, st.integers(0, 60))
def test_batches_change_no_bit(values, cut):
    assert of(values[:cut], values[cut:]) == of(values)


@given(VALUES, VALUES, VALUES)
def test_merging_is_associative_and_order_free_but_for_rounding(a, b, c):
    one, other = (of(a) + of(b)) + of(c), of(c) + (of(b) + of(a))
    assert one.count == other.count
    assert (one.minimum, one.maximum) == (other.minimum, other.maximum)
    if one.count:
        scale = max(abs(one.minimum), abs(one.maximum), 1.0)
        assert one.mean == pytest.approx(other.mean, rel=1e-12, abs=1e-12 * scale)
        assert one.std_dev == pytest.approx(other.std_dev, rel=1e-9, abs=1e-7 * scale)


@given(VALUES)
def test_numpy_agrees(values):
    moments = of(values)
    if values.size:
        scale = max(float(np.abs(values).max()), 1.0)
        assert moments.mean == pytest.approx(values.mean(), rel=1e-12, abs=1e-12 * scale)
        assert moments.std_dev == pytest.approx(values.std(), rel=1e-9, abs=1e-7 * scale)


def test_merging_changes_neither_operand():
    a, b = of(np.array([1.0, 2.0])), of(np.array([5.0]))
    before = (repr(a), repr(b))
    assert (a + b).count == 3
    assert (repr(a), repr(b)) == before


def test_nothing_has_no_mean():
    assert (Moments().mean, Moments().std_dev) == (None, None)


def test_a_sum_past_the_largest_double_is_undefined_not_infinite():
    moments = of(np.array([1.7e308, 1.7e308, -1.7e308]))
    assert moments.mean is None
    assert moments.std_dev is None
