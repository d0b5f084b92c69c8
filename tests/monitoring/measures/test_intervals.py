"""Intervals, costs and calibration noise against scipy, brute force and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from monitoring.measures.calibration_noise import calibration_error_by_chance
from monitoring.measures.confusion import BinaryCounts
from monitoring.measures.costs import break_even, cheapest, cost_curve, mean_cost_error
from monitoring.measures.curves import ScoreCounts, area_under_roc
from monitoring.measures.decisions import (
    at_threshold,
    expected_calibration_error,
    mean_cost,
    reliability,
)
from monitoring.measures.intervals import share_interval
from monitoring.measures.outcome import Uncomputable
from monitoring.measures.score_groups import area_of, score_groups

ROWS = st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=60)


def counted(rows: list[tuple[int, bool]]) -> ScoreCounts:
    scores, positive = zip(*rows, strict=True)
    return ScoreCounts.of(np.array(scores) / 20, np.array(positive))


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_shares_interval_is_scipys(found):
    hits, rows = found
    theirs = binomtest(hits, rows).proportion_ci(0.95, method="wilson")
    ours = share_interval(hits, rows)
    assert ours == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_a_share_of_nothing_has_no_interval():
    assert isinstance(share_interval(0, 0), Uncomputable)


@given(ROWS, st.floats(0, 100), st.floats(0, 100))
def test_every_point_of_the_cost_curve_is_the_cost_at_that_threshold(rows, dear, cheap):
    counts = counted(rows)
    curve = cost_curve(counts, dear, cheap)
    for threshold, cost in zip(curve.x, curve.y, strict=True):
        assert cost == pytest.approx(mean_cost(at_threshold(counts, threshold), dear, cheap))
    best = cheapest(curve)
    assert best.cost == min(curve.y)
    assert all(
        best.cost <= mean_cost(at_threshold(counts, t), dear, cheap) + 1e-9
        for t in np.linspace(0, 1, 41)
    )


def test_no_score_no_curve():
    empty = ScoreCounts.of(np.array([]), np.array([], dtype=bool))
    assert isinstance(cost_curve(empty, 1.0, 1.0), Uncomputable)


@given(st.tuples(*[st.integers(0, 30)] * 4).filter(lambda cells: sum(cells) > 1))
def test_the_error_of_a_mean_cost_is_numpys(cells):
    counts = BinaryCounts(*cells)
    spent = np.repeat([0.0, 5.0, 90.0, 0.0], cells)
    expected = np.std(spent, ddof=1) / np.sqrt(spent.size)
    assert mean_cost_error(counts, 5.0, 90.0) == pytest.approx(expected, abs=1e-9)


def test_one_row_has_no_spread_and_none_no_cost():
    for cells in ((0, 1, 0, 0), (0, 0, 0, 0)):
        assert isinstance(mean_cost_error(BinaryCounts(*cells), 1.0, 1.0), Uncomputable)
    assert isinstance(break_even(0.0, 0.0), Uncomputable)


def test_the_break_even_threshold_costs_least_where_probabilities_are_true():
    rng = np.random.default_rng(3)
    scores = rng.random(200_000).round(3)
    counts = ScoreCounts.of(scores, rng.random(200_000) < scores)
    best = cheapest(cost_curve(counts, 10.0, 90.0))
    assert best.threshold == pytest.approx(break_even(10.0, 90.0), abs=0.02)


@pytest.mark.parametrize("rows", [100, 1000])
def test_chance_alone_gives_the_calibration_error_that_is_told(rows):
    rng = np.random.default_rng(rows)
    errors, means, deviations = [], [], []
    for _ in range(300):
        scores = rng.random(rows)
        counts = ScoreCounts.of(scores, rng.random(rows) < scores)
        errors.append(expected_calibration_error(counts))
        chance = calibration_error_by_chance(reliability(counts))
        means.append(chance.mean)
        deviations.append(chance.deviation)
    assert np.mean(errors) == pytest.approx(np.mean(means), rel=0.05)
    assert np.std(errors) == pytest.approx(np.mean(deviations), rel=0.15)


def test_chance_does_nothing_to_no_rows():
    assert calibration_error_by_chance(()) == (0.0, 0.0)


@given(ROWS, st.integers(1, 25))
def test_groups_of_scores_hold_the_whole_area(rows, number):
    counts = counted(rows)
    groups = score_groups(counts, number)
    assert len(groups) <= number
    assert sum(group.positives + group.negatives for group in groups) == counts.total
    whole = area_under_roc(counts)
    if isinstance(whole, Uncomputable):
        assert isinstance(area_of(groups), Uncomputable)
    else:
        assert area_of(groups) == pytest.approx(whole, abs=1e-12)


def test_no_scores_no_groups():
    assert score_groups(ScoreCounts.of(np.array([]), np.array([], dtype=bool))) == ()
