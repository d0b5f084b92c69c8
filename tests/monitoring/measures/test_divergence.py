"""PSI and Jensen-Shannon: scipy, their definitions, the null they claim, and their bins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from monitoring.measures.divergence import (
    FEWEST_IN_A_BIN,
    MOST_BINS,
    OTHERS,
    Binned,
    category_bins,
    jensen_shannon_distance,
    numeric_bins,
    population_stability_index,
)
from monitoring.measures.kll import Ranked
from monitoring.measures.state import Uncomputable

COUNTS = st.lists(
    st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=2, max_size=12
).filter(lambda pairs: all(sum(side) > 0 for side in zip(*pairs, strict=True)))
CATEGORIES = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 200), min_size=1)
NUMBERS = st.lists(st.floats(-1e6, 1e6, width=32), min_size=20, max_size=150)


def ranked(values) -> Ranked:
    distinct, counts = np.unique(np.asarray(values, dtype=float), return_counts=True)
    return Ranked(distinct, counts.astype(float))


def binned(pairs) -> Binned:
    baseline, current = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    return Binned(baseline, current)


@settings(deadline=None)
@given(pairs=COUNTS)
def test_jensen_shannon_is_scipys(pairs):
    both = binned(pairs)
    expected = jensenshannon(both.baseline, both.current, base=2)
    # scipy's root of a difference that should be 0 may be NaN or about 1e-8.
    found = jensen_shannon_distance(both).statistic
    assert found**2 == pytest.approx(np.nan_to_num(expected) ** 2, abs=1e-12)


@settings(deadline=None)
@given(pairs=COUNTS)
def test_psi_is_its_definition_over_counts_that_each_got_a_half(pairs):
    p = np.array([x + 0.5 for x, _ in pairs])
    q = np.array([y + 0.5 for _, y in pairs])
    p, q = p / p.sum(), q / q.sum()
    expected = sum((y - x) * np.log(y / x) for x, y in zip(p, q, strict=True))
    assert population_stability_index(binned(pairs)).statistic == pytest.approx(expected, abs=1e-12)


@settings(deadline=None)
@given(pairs=COUNTS)
def test_neither_minds_which_side_is_which(pairs):
    turned = [(y, x) for x, y in pairs]
    for measure in (population_stability_index, jensen_shannon_distance):
        one, other = measure(binned(pairs)), measure(binned(turned))
        assert one.statistic == pytest.approx(other.statistic, abs=1e-12)
        assert one.p_value == pytest.approx(other.p_value, rel=1e-6, abs=1e-12)


@settings(deadline=None)
@given(a=NUMBERS, b=NUMBERS)
def test_every_row_is_counted_in_a_bin_that_expects_enough(a, b):
    both = numeric_bins(ranked(a), ranked(b))
    if isinstance(both, Uncomputable):
        return
    assert both.baseline.sum() == pytest.approx(len(a))
    assert both.current.sum() == pytest.approx(len(b))
    expected = (both.baseline + both.current) / (len(a) + len(b)) * min(len(a), len(b))
    assert expected.min() >= FEWEST_IN_A_BIN - 1e-9
    assert 2 <= both.baseline.size <= MOST_BINS + 1
    if both.edges:
        inside = np.searchsorted(both.edges, b, side="left")
        np.testing.assert_allclose(
            np.bincount(inside, minlength=both.current.size), both.current, atol=1e-6
        )


@settings(deadline=None)
@given(a=CATEGORIES, b=CATEGORIES)
def test_every_category_is_counted(a, b):
    both = category_bins(a, b)
    if isinstance(both, Uncomputable):
        return
    assert both.baseline.sum() == sum(a.values())
    assert both.current.sum() == sum(b.values())
    assert set(both.labels) <= {*a, OTHERS}, "a value the baseline does not hold is not named"


def test_values_the_baseline_never_held_are_found():
    constant = ranked([5] * 300)
    for value in (4, 6):
        both = numeric_bins(constant, ranked([value] * 300))
        assert both.labels == ("5.0", OTHERS)
        assert population_stability_index(both).p_value < 1e-9
    both = category_bins({"a": 300}, {"b": 300})
    assert jensen_shannon_distance(both).statistic == 1.0


def test_a_column_that_is_mostly_zero_keeps_its_zeros_in_one_bin():
    values = [0.0] * 800 + list(np.linspace(1, 2, 200))
    both = numeric_bins(ranked(values), ranked(values))
    assert both.edges[0] == 0.0
    assert both.baseline[0] == 800
    assert population_stability_index(both).statistic == 0.0


@pytest.mark.parametrize("values", [range(3000), [0] * 1500 + [1] * 1500])
@pytest.mark.parametrize("measure", [population_stability_index, jensen_shannon_distance])
def test_a_rank_error_raises_p_values_and_leaves_statistics(measure, values):
    baseline, current = ranked(values), ranked(sorted(values)[150:] + [max(values)] * 150)
    sharp = measure(numeric_bins(baseline, current))
    blunt = measure(numeric_bins(baseline, current, rank_error=0.01))
    nothing = measure(numeric_bins(baseline, current, rank_error=0.05))
    assert blunt.statistic == nothing.statistic == sharp.statistic > 0
    assert sharp.p_value < blunt.p_value < 1
    assert nothing.p_value == pytest.approx(1)


@pytest.mark.parametrize("sizes", [(2000, 300), (300, 2000), (50, 5000)])
def test_chance_rejects_as_often_as_it_may(sizes):
    chance = np.random.default_rng(5)
    shares = np.array([0.5, 0.2, 0.1, 0.1, 0.05, 0.03, 0.02])
    found = []
    for _ in range(300):
        a, b = (ranked(chance.normal(size=size)) for size in sizes)
        c, d = (
            dict(zip("abcdefg", chance.multinomial(size, shares), strict=True)) for size in sizes
        )
        for both in (numeric_bins(a, b), category_bins(c, d)):
            found.append(
                [
                    population_stability_index(both).p_value < 0.05,
                    jensen_shannon_distance(both).p_value < 0.05,
                ]
            )
    assert np.mean(found, axis=0).max() <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 600)


def test_what_cannot_be_binned_says_why():
    assert "20" in numeric_bins(ranked(range(19)), ranked(range(500))).reason
    assert "one bin" in numeric_bins(ranked([1] * 50), ranked([1] * 50)).reason
    assert "one bin" in category_bins({"a": 50}, {"a": 50}).reason
    assert "0" in category_bins({}, {"a": 50}).reason
