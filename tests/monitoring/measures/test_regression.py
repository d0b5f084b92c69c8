"""Regression metrics against scikit-learn, and resampling."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from monitoring.measures.classification import multiclass_metrics
from monitoring.measures.confusion import ConfusionCounts
from monitoring.measures.curves import ScoreCounts, area_under_roc
from monitoring.measures.outcome import Uncomputable
from monitoring.measures.regression import BLOCK, LINE, RegressionMoments, regression_metrics
from monitoring.measures.resampling import ResampledMoments, standard_deviations

unhurried = settings(deadline=None, max_examples=50)

number = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))
rows = st.lists(st.tuples(number, number), max_size=40)


def moments(table: list[tuple[float, float]]) -> RegressionMoments:
    pairs = np.array(table, dtype=np.float64).reshape(-1, 2)
    return RegressionMoments.of(pairs[:, 0], pairs[:, 1])


@unhurried
@given(rows.filter(lambda table: len({truth for truth, _ in table}) > 1))
def test_metrics_are_scikit_learns(table):
    truth, predicted = zip(*table, strict=True)
    assert regression_metrics(moments(table)) == pytest.approx(
        {
            "mae": oracle.mean_absolute_error(truth, predicted),
            "mse": oracle.mean_squared_error(truth, predicted),
            "rmse": oracle.root_mean_squared_error(truth, predicted),
            "r2": oracle.r2_score(truth, predicted),
        },
        rel=1e-9,
        abs=1e-12,
    )


@unhurried
@given(rows, rows, rows)
def test_moments_add_up_in_any_order_and_grouping(one, two, three):
    whole = moments(one + two + three)
    for merged in (
        (moments(one) + moments(two)) + moments(three),
        moments(one) + (moments(two) + moments(three)),
        moments(three) + moments(one) + moments(two),
    ):
        assert merged.total == whole.total
        assert merged.squared_errors == pytest.approx(whole.squared_errors, rel=1e-12)
        assert merged.truth_spread == pytest.approx(whole.truth_spread, rel=1e-12, abs=1e-3)


@pytest.mark.parametrize("size", [1, LINE - 1, LINE, LINE + 1, BLOCK, 2 * BLOCK + LINE + 7])
@pytest.mark.parametrize("level", [0.0, 3.0, 1e6])
def test_sums_are_those_of_exact_addition(size: int, level: float):
    generator = np.random.default_rng(size)
    truth = generator.normal(level, 1.0, size)
    predicted = truth + generator.normal(size=size)
    found = RegressionMoments.of(truth, predicted)
    errors, mean = (predicted - truth).tolist(), math.fsum(truth) / size
    spread = math.fsum((value - mean) ** 2 for value in truth.tolist())
    assert found.total == size
    assert found.absolute_errors == pytest.approx(math.fsum(map(abs, errors)), rel=1e-12)
    assert found.squared_errors == pytest.approx(math.fsum(e * e for e in errors), rel=1e-12)
    # Numbers around a million hold their distance from the mean to ten digits only.
    lost = 1e-12 if level < 1e6 else 1e-9
    assert found.truth_spread == pytest.approx(spread, rel=lost, abs=1e-18)


@pytest.mark.parametrize("size", [6, LINE + 3, BLOCK + 5])
def test_rows_without_a_finite_number_leave_the_others_as_they_are(size: int):
    generator = np.random.default_rng(size)
    truth, predicted = generator.normal(size=(2, size))
    truth[::3], predicted[1::3] = np.nan, -np.inf
    found, alone = RegressionMoments.of(truth, predicted), slice(2, None, 3)
    expected = RegressionMoments.of(truth[alone], predicted[alone])
    assert found.left_out == size - expected.total
    assert regression_metrics(found) == pytest.approx(regression_metrics(expected), rel=1e-12)


@pytest.mark.parametrize("value", [0.1, 1e-7, 12345.678, 0.0])
def test_a_constant_truth_has_no_spread_however_long_and_split(value: float):
    sizes = (1, LINE + 1, BLOCK + 3)
    parts = [RegressionMoments.of(np.full(n, value), np.zeros(n)) for n in sizes]
    found = parts[0] + parts[1] + parts[2]
    assert found.truth_spread == 0.0
    assert isinstance(regression_metrics(found)["r2"], Uncomputable)


def test_one_sided_infinities_are_left_out_and_counted():
    found = moments([(1.0, math.inf), (math.nan, 1.0), (2.0, 3.0)])
    assert (found.total, found.left_out, found.absolute_errors) == (1, 2, 1.0)


def test_no_rows_have_no_metrics():
    assert all(
        isinstance(value, Uncomputable) for value in regression_metrics(moments([])).values()
    )


def test_a_constant_truth_has_no_r2():
    found = regression_metrics(moments([(5.0, 4.0), (5.0, 6.0)]))
    assert isinstance(found["r2"], Uncomputable)
    assert found["mae"] == 1.0


def test_errors_beyond_64_bits_are_a_reason():
    found = regression_metrics(moments([(1e300, -1e300), (0.0, 1.0)]))
    assert isinstance(found["mse"], Uncomputable)
    assert isinstance(found["r2"], Uncomputable)
    assert math.isfinite(found["mae"])


def test_below_200_rows_nothing_is_resampled():
    few = ConfusionCounts(("0", "1"), np.array([[100, 0], [49, 50]]))
    enough = ConfusionCounts(("0", "1"), np.array([[100, 0], [50, 50]]))
    assert isinstance(standard_deviations(multiclass_metrics, few, 1)["accuracy"], Uncomputable)
    assert standard_deviations(multiclass_metrics, enough, 1)["accuracy"] > 0


def test_the_same_seed_gives_the_same_deviation_whatever_the_order_of_rows():
    generator = np.random.default_rng(5)
    labels = generator.random(1000) < 0.4
    scores = generator.random(1000).round(2)
    order = generator.permutation(1000)

    def area(counts: ScoreCounts) -> dict[str, float]:
        return {"auc": area_under_roc(counts)}

    here = standard_deviations(area, ScoreCounts.of(scores, labels), 7)
    there = standard_deviations(area, ScoreCounts.of(scores[order], labels[order]), 7)
    assert here == there
    assert 0 < here["auc"] < 0.05


@pytest.mark.parametrize("seed", range(5))
def test_a_subsample_is_four_fifths_of_the_rows(seed):
    generator = np.random.default_rng(seed)
    scores = ScoreCounts.of(generator.random(500).round(2), generator.random(500) < 0.5)
    matrix = ConfusionCounts(("0", "1"), np.array([[300, 20], [30, 150]]))
    for counts, rows_kept in ((scores, 400), (matrix, 400)):
        assert counts.subsample(0.8, generator).total == rows_kept
    kept = matrix.subsample(0.8, generator).cells
    assert (kept <= matrix.cells).all()


def test_deviations_have_the_size_that_sampling_theory_gives():
    """A share p of n rows, drawn 80 % without replacement: sqrt(p q / 0.8 n * 0.2)."""
    counts = ConfusionCounts(("0", "1"), np.array([[6000, 2000], [0, 2000]]))
    drawn = [
        standard_deviations(multiclass_metrics, counts, seed)["accuracy"] for seed in range(60)
    ]
    expected = math.sqrt(0.8 * 0.2 / 8000 * 0.2)
    assert math.sqrt(np.mean(np.square(drawn))) == pytest.approx(expected, rel=0.25)


def test_resampled_moments_may_be_read_in_any_batches():
    generator = np.random.default_rng(6)
    truth, predicted = generator.normal(size=(2, 1000))
    whole = ResampledMoments.of(truth, predicted, np.random.default_rng(1))
    again = np.random.default_rng(1)
    parts = [
        ResampledMoments.of(truth[slice_], predicted[slice_], again)
        for slice_ in (slice(0, 300), slice(300, 1000))
    ]
    merged = parts[0] + parts[1]
    assert [m.total for m in merged.moments] == [m.total for m in whole.moments]
    all_rows = RegressionMoments.of(truth, predicted)
    found = merged.standard_deviations(regression_metrics, all_rows)
    assert found == pytest.approx(whole.standard_deviations(regression_metrics, all_rows))
    assert all(value > 0 for value in found.values())
