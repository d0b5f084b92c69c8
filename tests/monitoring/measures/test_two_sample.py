"""Kolmogorov-Smirnov and Wasserstein: scipy, every arrangement counted, and chance."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import kolmogorov

from monitoring.measures.kll import QuantileSketch, Ranked
from monitoring.measures.state import Uncomputable
from monitoring.measures.two_sample import (
    EXACT_ROWS,
    kolmogorov_smirnov,
    kolmogorov_tail,
    normal_tail,
    sampling_error,
    standard_deviation,
    wasserstein,
)

NUMBERS = st.lists(st.floats(-1e6, 1e6, width=32), min_size=5, max_size=60)
FEW_VALUES = st.lists(st.integers(0, 3).map(float), min_size=5, max_size=7)


def ranked(values) -> Ranked:
    distinct, counts = np.unique(np.asarray(values, dtype=float), return_counts=True)
    return Ranked(distinct, counts.astype(float))


@settings(deadline=None)
@given(a=NUMBERS, b=NUMBERS)
def test_distances_are_scipys(a, b):
    scale = standard_deviation(ranked(a))
    assert kolmogorov_smirnov(ranked(a), ranked(b)).statistic == pytest.approx(
        stats.ks_2samp(a, b, method="asymp").statistic, abs=1e-12
    )
    moved = wasserstein(ranked(a), ranked(b), scale)
    if isinstance(moved, Uncomputable):
        assert scale == 0
    else:
        assert moved.statistic == pytest.approx(
            stats.wasserstein_distance(a, b), rel=1e-9, abs=1e-9
        )


@settings(deadline=None)
@given(
    rows=st.tuples(st.integers(5, 40), st.integers(5, 40)),
    seed=st.integers(0, 2**32 - 1),
)
def test_without_ties_the_exact_p_value_is_scipys(rows, seed):
    chance = np.random.default_rng(seed)
    a, b = (chance.permutation(sum(rows))[:size].astype(float) for size in rows)
    b += 0.5
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            expected = stats.ks_2samp(a, b, method="exact").pvalue
        except RuntimeWarning:
            reject()  # scipy's count of paths has failed, and it would answer with the limit
    found = kolmogorov_smirnov(ranked(a), ranked(b))
    assert found.exact
    assert found.p_value == pytest.approx(expected, rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(a=FEW_VALUES, b=FEW_VALUES)
def test_with_ties_the_exact_p_value_counts_every_arrangement(a, b):
    pooled = np.array(a + b)
    values = np.unique(pooled)

    def gap(chosen) -> int:
        mine = np.zeros(pooled.size, dtype=bool)
        mine[list(chosen)] = True
        below = [
            (np.count_nonzero(pooled[mine] <= v), np.count_nonzero(pooled[~mine] <= v))
            for v in values
        ]
        return max(abs(x * len(b) - y * len(a)) for x, y in below)

    seen = gap(range(len(a)))
    gaps = [gap(chosen) for chosen in itertools.combinations(range(pooled.size), len(a))]
    expected = np.mean([found >= seen for found in gaps])
    assert kolmogorov_smirnov(ranked(a), ranked(b)).p_value == pytest.approx(expected, rel=1e-9)


def test_beyond_that_the_limit_is_taken():
    chance = np.random.default_rng(3)
    a, b = chance.normal(size=EXACT_ROWS), chance.normal(0.05, size=EXACT_ROWS)
    found = kolmogorov_smirnov(ranked(a), ranked(b))
    assert not found.exact
    assert found.p_value == pytest.approx(stats.ks_2samp(a, b, method="asymp").pvalue, rel=0.05)


@settings(deadline=None)
@given(value=st.floats(0.0, 10.0))
def test_kolmogorovs_and_the_normal_tail_are_scipys(value):
    assert kolmogorov_tail(value) == pytest.approx(kolmogorov(value), rel=1e-9, abs=1e-12)
    assert normal_tail(value) == pytest.approx(stats.norm.sf(value), rel=1e-9)


def test_a_rank_error_raises_p_values_and_leaves_distances():
    chance = np.random.default_rng(4)
    a, b = ranked(chance.normal(size=2000)), ranked(chance.normal(0.2, size=2000))
    sharp, blunt = kolmogorov_smirnov(a, b), kolmogorov_smirnov(a, b, rank_error=0.05)
    assert blunt.statistic == sharp.statistic
    assert blunt.p_value > 1e3 * sharp.p_value
    moved, roughly = wasserstein(a, b, 1.0), wasserstein(a, b, 1.0, rank_error=0.05)
    assert roughly.statistic == moved.statistic
    assert roughly.p_value > 1e3 * moved.p_value


@pytest.mark.parametrize("order", ["shuffled", "ascending", "descending", "zigzag"])
@pytest.mark.parametrize("rows", [3_000, 20_000, 200_000])
def test_a_sketchs_ranks_are_within_the_error_allowed_for(order, rows):
    values = np.arange(rows, dtype=float)
    orders = {
        "shuffled": np.random.default_rng(rows).permutation(values),
        "ascending": values,
        "descending": values[::-1],
        "zigzag": np.ravel(np.column_stack((values[: rows // 2], values[: rows // 2 - 1 : -1]))),
    }
    sketch = QuantileSketch()
    sketch.update(orders[order])
    side = sketch.ranked()
    wrong = np.abs(side.share_up_to(values) - (values + 1) / rows).max()
    assert wrong <= sampling_error(sketch)


@pytest.mark.parametrize("draw", ["normal", "exponential", "standard_cauchy", "integers"])
def test_chance_rejects_no_more_often_than_it_may(draw):
    chance = np.random.default_rng(11)

    def sample(size):
        if draw == "integers":
            return chance.integers(0, 5, size)
        return getattr(chance, draw)(size=size)

    smirnov, moved = [], []
    for _ in range(200):
        a, b = sample(1500), sample(300)
        smirnov.append(kolmogorov_smirnov(ranked(a), ranked(b)).p_value)
        moved.append(wasserstein(ranked(a), ranked(b), 1.0).p_value)
    allowed = 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)
    assert np.mean(np.array(smirnov) < 0.05) <= allowed
    assert np.mean(np.array(moved) < 0.05) <= allowed


@pytest.mark.parametrize("measure", [kolmogorov_smirnov, lambda a, b: wasserstein(a, b, 1.0)])
def test_too_few_values_have_a_reason(measure):
    few, many = ranked([1, 2, 3]), ranked(range(20))
    assert measure(few, many) == Uncomputable("the baseline holds 3 numbers; a test needs 5")
    assert measure(many, few) == Uncomputable("the current data holds 3 numbers; a test needs 5")


def test_a_constant_baseline_has_no_scale_and_huge_values_no_distance():
    constant = ranked([7] * 9)
    assert isinstance(wasserstein(constant, ranked(range(9)), 0.0), Uncomputable)
    far = ranked([-1.7e308, -1.6e308, 0, 1.6e308, 1.7e308])
    assert isinstance(wasserstein(far, ranked(range(9)), 1.0), Uncomputable)
    assert kolmogorov_smirnov(constant, ranked([8] * 9)).p_value == pytest.approx(
        stats.ks_2samp([7] * 9, [8] * 9, method="exact").pvalue
    )
