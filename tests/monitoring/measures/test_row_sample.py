"""A sample of rows: the same for every order, and fair."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from monitoring.measures.row_sample import LONGEST_CELL, RowSample

CELLS = st.sampled_from(["a", "b", "", "ab", "a\x1f"]) | st.none()
ROWS = st.lists(st.tuples(CELLS, CELLS), max_size=40)


def batch(rows) -> pa.RecordBatch:
    columns = [pa.array(column, pa.utf8()) for column in zip(*rows, strict=True)]
    return pa.record_batch(columns or [pa.array([], pa.utf8())] * 2, names=["x", "y"])


def sampled(rows, cuts=(), **options) -> RowSample:
    sample = RowSample(**{"most": 7, **options})
    bounds = [0, *sorted(cuts), len(rows)]
    for start, end in itertools.pairwise(bounds):
        sample.update(batch(rows[start:end]))
    return sample


def content(sample: RowSample) -> list:
    return [tuple(row.values()) for row in sample.table.to_pylist()]


@settings(deadline=None)
@given(rows=ROWS, data=st.data())
def test_row_order_and_chunking_change_nothing(rows, data):
    shuffled = data.draw(st.permutations(rows))
    cuts = data.draw(st.lists(st.integers(0, len(rows)), max_size=4))
    assert content(sampled(shuffled, cuts)) == content(sampled(rows))


@settings(deadline=None)
@given(rows=ROWS, data=st.data())
def test_order_changes_nothing_either_when_repeats_are_no_longer_counted(rows, data):
    shuffled = data.draw(st.permutations(rows))
    cuts = data.draw(st.lists(st.integers(0, len(rows)), max_size=4))
    one, other = (
        sampled(given_rows, cut, most_distinct=3)
        for given_rows, cut in ((rows, ()), (shuffled, cuts))
    )
    assert content(one) == content(other)
    assert one.counts_repeats == other.counts_repeats == (len(set(rows)) <= 3)
    if not one.counts_repeats:
        assert len(set(content(one))) == len(content(one)) == min(7, len(set(rows)))


@settings(deadline=None)
@given(rows=ROWS)
def test_a_sample_is_part_of_the_data_and_all_of_it_when_small(rows):
    sample = sampled(rows)
    assert not Counter(content(sample)) - Counter(rows)
    assert len(content(sample)) == min(7, len(rows))
    assert sample.rows == len(rows)


@settings(deadline=None)
@given(rows=st.lists(st.integers(), unique=True, max_size=40), cut=st.integers(0, 40))
def test_parts_of_distinct_rows_add_up_to_the_whole(rows, cut):
    rows = [(str(number), None) for number in rows]
    one, other = sampled(rows[:cut]), sampled(rows[cut:])
    kept = content(one), content(other)
    for merged in (one + other, other + one):
        assert content(merged) == content(sampled(rows))
        assert merged.rows == len(rows)
    assert (content(one), content(other)) == kept


@settings(deadline=None)
@given(rows=ROWS, cut=st.integers(0, 40))
def test_parts_that_share_rows_add_up_to_as_many(rows, cut):
    merged = sampled(rows[:cut]) + sampled(rows[cut:])
    assert not Counter(content(merged)) - Counter(rows)
    assert len(content(merged)) == min(7, len(rows))


def test_every_row_is_as_likely_repeated_or_not():
    rows = [(str(number), "") for number in range(500)] + [("often", "")] * 500
    often = [
        sum(x == "often" for x, _ in content(sampled(rows, most=100, seed=seed)))
        for seed in range(200)
    ]
    # Without replacement: hypergeometric, 500 of 1,000 rows, 100 drawn.
    law = stats.hypergeom(1000, 500, 100)
    assert np.mean(often) == pytest.approx(50, abs=4 * law.std() / np.sqrt(200))
    assert np.std(often) == pytest.approx(law.std(), rel=0.25)


def test_long_cells_are_cut_and_broken_ones_mended():
    long = "é" * 2**20
    broken = pa.array([b"ab\xff", long.encode(), None]).view(pa.utf8())
    sample = RowSample(most=5)
    sample.update(pa.record_batch({"x": broken, "y": pa.array(["1", "2", "3"])}))
    cells = {row["y"]: row["x"] for row in sample.table.to_pylist()}
    assert cells == {"1": "ab\ufffd", "2": "é" * (LONGEST_CELL // 2), "3": None}
    assert sample.table.nbytes < 2 * LONGEST_CELL


def test_seeds_choose_independently():
    rows = [(str(number), "") for number in range(1000)]
    one, other = (set(content(sampled(rows, most=100, seed=seed))) for seed in (0, 1))
    assert len(one & other) < 30
