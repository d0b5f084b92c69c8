"""The quantile sketch: Deequ's, value by value; ranks and buckets against brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.measures.kll import QuantileSketch, Ranked, level_capacity

SMALL = {"k": 8, "c": 0.64}
"""Few values per level, so that a hundred of them reach several levels."""
VALUES = st.builds(
    lambda seed, size: np.random.default_rng(seed).integers(-50, 50, size).astype(float),
    st.integers(0, 2**32 - 1),
    st.integers(0, 400),
)


class OneByOne:
    """Deequ's algorithm as CONTRACT B.2 tells it, without arrays."""

    def __init__(self, k: int, c: float) -> None:
        self.k, self.c = k, c
        self.levels: list[list[float]] = [[]]
        self.compactions, self.offsets = [0], [0]

    def capacity(self, h: int) -> int:
        return 2 * (math.ceil(self.k * self.c**h / 2) + 1)

    def insert(self, value: float) -> None:
        self.levels[0].append(value)
        if sum(map(len, self.levels)) > sum(self.capacity(h) for h in range(len(self.levels))):
            self.condense()

    def condense(self) -> None:
        h = next(h for h, level in enumerate(self.levels) if len(level) >= self.capacity(h))
        if h + 1 == len(self.levels):
            self.levels.append([])
            self.compactions.append(0)
            self.offsets.append(0)
        level = self.levels[h]
        even = len(level) // 2 * 2
        if self.compactions[h] % 2:
            self.offsets[h] = 1 - self.offsets[h]
        self.compactions[h] += 1
        self.levels[h + 1] += sorted(level[:even])[self.offsets[h] :: 2]
        self.levels[h] = level[even:]


def of(values: np.ndarray, **parameters: float) -> QuantileSketch:
    sketch = QuantileSketch(**parameters)
    sketch.update(values)
    return sketch


def levels(sketch: QuantileSketch) -> list[list[float]]:
    return [level.tolist() for level in sketch.levels]


@given(VALUES)
def test_levels_are_what_one_value_at_a_time_gives(values):
    expected = OneByOne(**SMALL)
    for value in values.tolist():
        expected.insert(value)
    assert levels(of(values, **SMALL)) == expected.levels


@given(VALUES, st.integers(0, 400))
def test_batches_change_nothing(values, cut):
    sketch = of(values[:cut], **SMALL)
    sketch.update(values[cut:])
    assert levels(sketch) == levels(of(values, **SMALL))


@given(VALUES, VALUES)
def test_merging_loses_no_weight(a, b):
    merged = of(a, **SMALL) + of(b, **SMALL)
    assert merged.count == a.size + b.size
    assert merged.stored <= merged.capacity


@given(VALUES, VALUES)
def test_merging_changes_neither_operand(a, b):
    one, other = of(a, **SMALL), of(b, **SMALL)
    before = (levels(one), levels(other))
    merged = one + other
    merged.update(np.arange(100.0))
    assert (levels(one), levels(other)) == before


@given(VALUES)
def test_a_sketch_is_rebuilt_from_its_levels(values):
    sketch = of(values, **SMALL)
    again = QuantileSketch.from_levels(levels(sketch), **SMALL)
    assert levels(again) == levels(sketch)
    assert again.count == values.size


def test_up_to_2050_values_are_kept_in_order():
    values = np.random.default_rng(3).normal(size=2050)
    assert levels(of(values)) == [values.tolist()]


def test_the_levels_of_3000_rows_are_as_long_as_in_an_aws_file():
    assert [level.size for level in of(np.arange(3000.0)).levels] == [950, 1025]


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(1, 30_000))
def test_ranks_err_by_less_than_one_percent(seed, size):
    values = np.random.default_rng(seed).normal(size=size)
    ranked = of(values).ranked()
    points = np.linspace(-3, 3, 25)
    exact = (values[:, None] <= points).mean(axis=0)
    assert np.abs(ranked.share_up_to(points) - exact).max() < 0.01


@given(VALUES)
def test_ranked_counts_rows_and_deequs_rank_map_distinct_values(values):
    sketch = of(values)
    assert sketch.ranked().total == values.size
    assert sketch.ranked_as_deequ().total == np.unique(values).size


def test_deequs_rank_map_keeps_the_weight_of_the_highest_level():
    sketch = QuantileSketch.from_levels([[1.0, 2.0, 2.0], [2.0, 3.0]])
    assert sketch.ranked_as_deequ().weights.tolist() == [1.0, 2.0, 2.0]
    assert sketch.ranked().weights.tolist() == [1.0, 4.0, 2.0]


@given(VALUES.filter(lambda values: values.size > 0))
def test_buckets_are_half_open_the_last_one_closed(values):
    low, high = values.min(), values.max()
    buckets = of(values).buckets(low, high)
    for i, bucket in enumerate(buckets):
        above = values >= bucket.lower
        below = values <= bucket.upper if i == 9 else values < bucket.upper
        assert bucket.count == np.count_nonzero(above & below)


@given(VALUES.filter(lambda values: values.size > 0))
def test_bucket_counts_add_up(values):
    sketch = of(values, **SMALL)
    assert sum(b.count for b in sketch.buckets(values.min(), values.max())) == values.size


def test_a_constant_fills_the_last_bucket():
    assert [b.count for b in of(np.full(18, 0.98)).buckets(0.98, 0.98)] == [0] * 9 + [18]


def test_the_whole_range_of_doubles_has_finite_edges():
    largest = 1.7976931348623157e308
    buckets = of(np.array([-largest, largest])).buckets(-largest, largest)
    assert all(math.isfinite(b.lower) and math.isfinite(b.upper) for b in buckets)
    assert sum(b.count for b in buckets) == 2


@pytest.mark.parametrize(("height", "capacity"), [(0, 2050), (1, 1314), (2, 842), (20, 4)])
def test_capacity_shrinks_with_height(height, capacity):
    assert level_capacity(2048, 0.64, height) == capacity


RANKED = st.dictionaries(st.floats(-1e6, 1e6), st.integers(1, 10**9), min_size=1, max_size=30).map(
    lambda found: Ranked(
        np.array(sorted(found)), np.array([float(found[v]) for v in sorted(found)])
    )
)


@given(RANKED, st.sampled_from([8, 50, 2048]))
def test_a_known_distribution_becomes_levels_that_stand_for_every_row(ranked, k):
    sketch = QuantileSketch.of_ranked(ranked, k)
    assert sketch.count == ranked.total
    assert all((np.diff(level) >= 0).all() for level in sketch.levels)
    assert set(np.concatenate(sketch.levels).tolist()) <= set(ranked.values.tolist())
    assert sketch.levels[-1].size <= level_capacity(k, 0.64, 0)
    assert all(level.size <= 1 for level in sketch.levels[:-1])
    half_a_share = 2.0 ** (len(sketch.levels) - 2) / ranked.total
    gaps = sketch.ranked().share_up_to(ranked.values) - ranked.share_up_to(ranked.values)
    assert np.abs(gaps).max() <= max(half_a_share, 1e-15)


@given(VALUES)
def test_a_distribution_that_fits_becomes_itself(values):
    plain = QuantileSketch()
    plain.update(values)
    (level,) = QuantileSketch.of_ranked(plain.ranked()).levels
    assert level.tolist() == sorted(values.tolist())
