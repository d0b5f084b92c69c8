"""Many payloads at once against the reader of one payload."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitoring.capture.cells import Payloads
from monitoring.capture.lines import Flaw
from monitoring.capture.payloads import csv_rows

TEXTS = st.text('ab",\n\r\ufeff€ ', max_size=12)
REGULAR = st.lists(
    st.lists(st.sampled_from(["1", "", "a b", '"a,b"', '"""x"""']), min_size=2, max_size=2).map(
        ",".join
    ),
    min_size=1,
    max_size=3,
).map("\n".join)


@settings(deadline=None, max_examples=300)
@given(st.lists(TEXTS | REGULAR, max_size=8))
@example(["\n\ufeff"])
def test_what_is_not_odd_has_the_rows_and_cells_of_the_reader_of_one(texts: list[str]):
    payloads = Payloads.of(pa.array(texts, pa.utf8()))
    chosen = ~payloads.odd
    columns, ragged = payloads.columns(chosen, 2)
    expected, wrong = [], []
    for number in np.flatnonzero(chosen).tolist():
        rows = csv_rows(texts[number])
        assert len(rows) == payloads.rows[number] > 0
        wrong += [number] if any(len(row) != 2 for row in rows) else []
        expected += [row for row in rows if len(row) == 2]
    assert ragged.tolist() == wrong
    found = zip(*(column.to_pylist() for column in columns), strict=True)
    assert [[cell or "" for cell in row] for row in found] == expected


@given(REGULAR)
def test_regular_payloads_are_never_odd(text: str):
    assert not Payloads.of(pa.array([text, text + "\n"])).odd.any()


@settings(deadline=None)
@given(TEXTS)
def test_what_the_reader_of_one_refuses_is_odd(text: str):
    try:
        refused = not csv_rows(text)
    except Flaw:
        refused = True
    assert not refused or Payloads.of(pa.array([text])).odd.all()
