"""Bytes behind arrow text: positions that hold for slices too."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from monitoring.measures.cells import Cells, without

TEXTS = st.lists(st.text(alphabet="0123456789+-./ eé", max_size=6), max_size=30)


@given(TEXTS, st.integers(0, 5))
def test_a_slice_is_read_like_a_copy_of_it(texts, skipped):
    whole = pa.array(texts, pa.string())
    cells, copy = Cells.of(whole.slice(skipped)), Cells.of(pa.array(texts[skipped:], pa.string()))
    assert cells.offsets.tolist() == copy.offsets.tolist()
    assert cells.data.tobytes() == copy.data.tobytes() == "".join(texts[skipped:]).encode()


@given(TEXTS)
def test_a_cell_that_may_be_a_number_begins_and_ends_like_one(texts):
    expected = [bool(t) and t[0] in "+- 0123456789" and t[-1] in "0123456789" for t in texts]
    assert Cells.of(pa.array(texts, pa.string())).maybe_numbers().tolist() == expected


@given(TEXTS)
def test_dots_are_counted_by_cell(texts):
    cells = Cells.of(pa.array(texts, pa.string()))
    assert cells.dots == sum(text.count(".") for text in texts)
    assert cells.with_dot().tolist() == ["." in text for text in texts]
    never = ["/" in text or text.count(".") > 1 for text in texts]
    assert cells.never_numbers().tolist() == never


@given(st.lists(st.tuples(st.text(max_size=4), st.booleans()), max_size=30), st.integers(0, 3))
def test_hidden_cells_are_null_and_the_others_unchanged(pairs, skipped):
    texts = pa.array([text for text, _ in pairs], pa.string()).slice(skipped)
    mask = np.array([hide for _, hide in pairs][skipped:], dtype=np.bool_)
    expected = [None if hide else text for text, hide in pairs[skipped:]]
    assert without(texts, mask).to_pylist() == expected
