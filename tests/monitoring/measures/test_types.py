"""Type inference against Deequ's patterns, run by Python's own `re`."""

from __future__ import annotations

import math
import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.measures.types import FEW, FRACTIONAL, INTEGRAL, TypeCounts, classify

NUMBERISH = st.text(alphabet="0123456789+-. eE/", max_size=8)
WORDS = ["true", "false", "True", "nan", "x", "", "-", "-.5", "1.2.3", "1/2", "5.", "1e-05", "+7"]
PLAIN = st.one_of(st.integers().map(str), st.decimals(-99, 99, places=3).map(str))
CELLS = st.one_of(
    st.lists(PLAIN),
    st.lists(st.one_of(PLAIN, st.floats(0, 1).map(repr))),
    st.lists(st.one_of(PLAIN, NUMBERISH, st.sampled_from(WORDS))),
)


def kind(text: str) -> str:
    for pattern, name in ((INTEGRAL, "integral"), (FRACTIONAL, "fractional")):
        if re.fullmatch(pattern.strip("^$"), text, re.ASCII):
            return name
    return "boolean" if text in ("true", "false") else "string"


@given(CELLS)
def test_every_cell_is_counted_as_deequ_would(cells):
    counts, numbers = classify(pa.array(cells, pa.string()))
    kinds = [kind(cell) for cell in cells]
    assert counts == TypeCounts(**{name: kinds.count(name) for name in set(kinds)})
    for cell, name, number in zip(cells, kinds, numbers.tolist(), strict=True):
        if name in ("integral", "fractional"):
            assert number == float(cell.replace(" ", ""))
        else:
            assert math.isnan(number)


@given(CELLS, CELLS)
def test_a_slice_of_a_batch_is_classified_by_its_own_cells(before, cells):
    counts, numbers = classify(pa.array(before + cells, pa.string()).slice(len(before)))
    expected, values = classify(pa.array(cells, pa.string()))
    assert counts == expected
    np.testing.assert_array_equal(numbers, values)


@given(st.lists(st.one_of(NUMBERISH, st.sampled_from(WORDS)), min_size=1))
def test_many_odd_cells_are_matched_like_few(cells):
    few, _ = classify(pa.array(cells, pa.string()))
    many, _ = classify(pa.array(cells * FEW, pa.string()), np.ones(len(cells) * FEW, np.int64))
    assert many == TypeCounts(
        *(FEW * n for n in (few.fractional, few.integral, few.boolean, few.string))
    )


@given(CELLS, st.data())
def test_repeats_stand_for_repeated_cells(cells, data):
    repeats = data.draw(st.lists(st.integers(1, 5), min_size=len(cells), max_size=len(cells)))
    written_out = [cell for cell, n in zip(cells, repeats, strict=True) for _ in range(n)]
    counted, _ = classify(pa.array(cells, pa.string()), np.array(repeats, dtype=np.int64))
    assert counted == classify(pa.array(written_out, pa.string()))[0]


@pytest.mark.parametrize(
    ("cells", "inferred"),
    [
        ([], "Unknown"),
        (["1", "-2", "+3", "- 4"], "Integral"),
        (["1.0"], "Fractional"),
        (["1", "1.5"], "Fractional"),
        (["1e5", "1E+5", "1.5e-3"], "Fractional"),
        (["1e400"], "Fractional"),
        ([".5"], "String"),
        (["1."], "String"),
        (["1,5"], "String"),
        (["NaN"], "String"),
        (["inf"], "String"),
        ([" 1"], "Integral"),
        (["  1"], "String"),
        (["1 "], "String"),
        (["٣"], "String"),
        (["1", "x"], "String"),
        (["true", "false"], "String"),
        (["true", "1"], "String"),
    ],
)
def test_a_columns_type_follows_from_its_cells(cells, inferred):
    assert classify(pa.array(cells, pa.string()))[0].inferred == inferred
