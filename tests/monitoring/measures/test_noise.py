"""How far chance moves a metric: against simulation, and at the edges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.measures.curves import ScoreCounts, area_under_roc
from monitoring.measures.noise import critical, of_difference, roc_area_error, share_error

shares = st.floats(0, 1)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_error_of_a_share_is_the_spread_of_many(share: float):
    drawn = np.random.default_rng(1).binomial(400, share, 20_000) / 400
    assert share_error(share, share, 400) == pytest.approx(drawn.std(), rel=0.03)


def test_the_error_of_an_area_is_no_smaller_than_the_spread_of_many():
    """The formula supposes exponential scores; of normal ones it says up to a third too much."""
    rng = np.random.default_rng(2)
    truth = np.repeat([True, False], [60, 240])
    areas = [
        area_under_roc(ScoreCounts.of(rng.normal(0, 1, 300) + 1.5 * truth, truth))
        for _ in range(400)
    ]
    error = roc_area_error(float(np.mean(areas)), float(np.mean(areas)), 60, 240)
    assert 0.95 < error / np.std(areas) < 1.35


@given(shares, shares, st.integers(1, 10**6))
def test_errors_are_finite_and_shrink_with_rows(expected: float, observed: float, rows: int):
    one, four = share_error(expected, observed, rows), share_error(expected, observed, 4 * rows)
    assert four == pytest.approx(one / 2)
    assert math.isfinite(roc_area_error(expected, observed, rows, rows))


@given(shares, st.integers(1, 10**6))
def test_a_share_of_0_or_1_is_not_without_error(expected: float, rows: int):
    for observed in (0.0, 1.0):
        assert share_error(expected, observed, rows) >= share_error(expected, expected, rows)


def test_a_baseline_of_unknown_size_is_exact_and_a_small_one_is_not():
    assert of_difference(0.1, 100, 0) == 0.1
    assert of_difference(0.1, 100, 100) == pytest.approx(0.1 * math.sqrt(2))
    assert of_difference(0.1, 100, 10**9) == pytest.approx(0.1)


def test_more_comparisons_ask_for_more():
    limits = [critical(number) for number in (0, 1, 4, 11, 100)]
    assert limits == sorted(limits)
    assert limits[0] == limits[1]
