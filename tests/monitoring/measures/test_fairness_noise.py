"""Standard errors of bias metrics against theory, and what counts as no number at all."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.measures.confusion import BinaryCounts
from monitoring.measures.facets import Comparison
from monitoring.measures.fairness import POST_TRAINING, PRE_TRAINING
from monitoring.measures.fairness_limits import OVER, meaningful, too_small
from monitoring.measures.fairness_noise import Resamples, few_rows, flip_error, log_impact
from monitoring.measures.neighbors import Flips
from monitoring.measures.outcome import Uncomputable

MEASURES = {metric.name: metric.measure for metric in (*PRE_TRAINING, *POST_TRAINING)}
LARGE = Comparison(BinaryCounts(400, 100, 150, 350), BinaryCounts(200, 80, 100, 220))
TOLERANCE = 0.15
"""Of a standard deviation over 200 draws: three of its own standard errors."""

cells = st.builds(BinaryCounts, *[st.integers(0, 50)] * 4)


def error_of(name: str, comparison: Comparison, seed: int = 0) -> float:
    found = Resamples(comparison, seed).standard_error(
        MEASURES[name], grouped=name.startswith("CDD")
    )
    assert not isinstance(found, Uncomputable)
    return found


@pytest.mark.parametrize(
    ("name", "cells_over"),
    [
        ("DPPL", lambda side: (side.predicted_positives, side.total)),
        ("DPL", lambda side: (side.positives, side.total)),
        ("AD", lambda side: (side.tp + side.tn, side.total)),
        ("RD", lambda side: (side.tp, side.positives)),
        ("SD", lambda side: (side.tn, side.negatives)),
        ("DAR", lambda side: (side.tp, side.predicted_positives)),
        ("DRR", lambda side: (side.tn, side.predicted_negatives)),
    ],
)
def test_a_difference_of_shares_has_the_binomial_error(name, cells_over):
    variance = 0.0
    for side in LARGE[:2]:
        hits, rows = cells_over(side)
        share = hits / rows
        variance += share * (1 - share) / rows
    assert error_of(name, LARGE) == pytest.approx(math.sqrt(variance), rel=TOLERANCE)


def test_disparate_impact_has_the_error_its_resamples_have():
    def log_ratio(comparison: Comparison) -> float:
        value = MEASURES["DI"](comparison)
        assert isinstance(value, float)
        return math.log(value)

    found = Resamples(LARGE, seed=2).standard_error(log_ratio)
    assert log_impact(LARGE)[1] == pytest.approx(found, rel=TOLERANCE)


@pytest.mark.parametrize("name", ["CDDL", "CDDPL"])
def test_groups_are_drawn_within_the_whole(name):
    """One group is the whole table: its disparity strays as the table's does."""
    grouped = LARGE._replace(groups=((LARGE.advantaged, LARGE.disadvantaged),))
    split = LARGE._replace(
        groups=tuple(
            (BinaryCounts(200, 50, 75, 175), BinaryCounts(100, 40, 50, 110)) for _ in range(2)
        )
    )
    assert error_of(name, split) == pytest.approx(error_of(name, grouped), rel=0.3)


def test_a_share_of_zero_or_one_is_not_certain():
    few = Comparison(BinaryCounts(500, 100, 0, 400), BinaryCounts(0, 10, 3, 30))
    assert error_of("RD", few) > 0.1


def test_the_same_seed_gives_the_same_error():
    assert error_of("AD", LARGE, seed=4) == error_of("AD", LARGE, seed=4)
    assert error_of("AD", LARGE, seed=4) != error_of("AD", LARGE, seed=5)


def test_what_is_mostly_infinite_has_no_error():
    comparison = Comparison(BinaryCounts(50, 0, 20, 50), BinaryCounts(50, 1, 20, 50))
    found = Resamples(comparison).standard_error(MEASURES["TE"])
    assert isinstance(found, Uncomputable)
    assert "resamples" in found.reason


def test_flips_stray_more_where_neighbours_are_shared():
    flips = Flips(favoured=10, passed_over=30, rows=400)
    assert flip_error(flips, people=100) > flip_error(flips, people=10_000)
    alone = flip_error(flips, people=10**9)
    assert alone == pytest.approx(math.sqrt((41 / 401 - 0.05**2) / 400), rel=1e-6)


def test_no_flip_seen_is_not_none_possible():
    assert flip_error(Flips(0, 0, 20), people=100) > 0


def test_few_rows_ask_for_more():
    asked = [few_rows(4.0, rows) for rows in (2, 10, 100, 10**6)]
    assert asked == sorted(asked, reverse=True)
    assert asked[-1] == pytest.approx(4.0, rel=1e-4)


@settings(max_examples=300)
@given(cells, cells, st.sampled_from(sorted(MEASURES)))
def test_what_is_meaningful_is_finite_but_for_disparate_impact(a, d, name):
    comparison = Comparison(a, d)
    value = meaningful(name, MEASURES[name](comparison), comparison)
    if isinstance(value, Uncomputable):
        assert value.reason
    else:
        assert math.isfinite(value) or (name == "DI" and not a.predicted_positives)


@pytest.mark.parametrize("name", sorted(OVER))
def test_a_rate_over_nobody_is_no_number(name):
    nobody = BinaryCounts(0, 0, 0, 0)
    somebody = BinaryCounts(9, 9, 9, 9)
    for comparison in (Comparison(nobody, somebody), Comparison(somebody, nobody)):
        assert isinstance(meaningful(name, 0.0, comparison), Uncomputable)
    assert meaningful(name, 0.25, Comparison(somebody, somebody)) == 0.25


@pytest.mark.parametrize(("rows", "withheld"), [(0, False), (1, True), (9, True), (10, False)])
def test_groups_below_the_limit_are_withheld(rows, withheld):
    side = BinaryCounts(rows, 0, 0, 0)
    found = too_small(Comparison(BinaryCounts(20, 0, 0, 0), side), smallest=10)
    assert (found is not None) == withheld
    assert not found or str(rows) not in found.reason.replace("10", "")


def test_the_interval_covers_the_truth_as_often_as_it_says():
    """200 windows of 500 rows from one population: 95 % of two-error intervals hold its AD."""
    generator = np.random.default_rng(3)
    shares = np.array([30, 10, 15, 25, 8, 5, 3, 4]) / 100
    truth = (55 / 80) - (12 / 20)
    inside = 0
    for seed in range(200):
        tp, fp, fn, tn, *rest = generator.multinomial(500, shares).tolist()
        comparison = Comparison(BinaryCounts(tp, fp, fn, tn), BinaryCounts(*rest))
        value = MEASURES["AD"](comparison)
        assert isinstance(value, float)
        inside += abs(value - truth) <= 1.96 * error_of("AD", comparison, seed)
    assert 0.90 <= inside / 200 <= 0.99
