"""The encoder: any text gets finite numbers or a named refusal, one row at a time or all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.encoder import NotANumber, RowEncoder, numbers

TRAINING = [[str(i % 17), "abc"[i % 3], "7"] for i in range(60)]
CELLS = st.one_of(st.none(), st.text(max_size=6))
FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@pytest.fixture(scope="module")
def encoder() -> RowEncoder:
    return RowEncoder(numeric=[0, 2], categorical=[1]).fit(TRAINING)


def column(*cells):
    array = np.empty(len(cells), dtype=object)
    array[:] = cells
    return array


@given(st.lists(st.one_of(st.none(), FLOATS.map(repr), st.integers().map(str)), min_size=1))
def test_numbers_are_read_as_python_reads_them(cells):
    try:
        values = numbers(column(*cells))
    except NotANumber as error:
        assert abs(float(cells[error.row])) == np.inf
        return
    for cell, value in zip(cells, values, strict=True):
        assert np.isnan(value) if cell is None else value == float(cell)


@given(st.lists(CELLS, min_size=1))
def test_any_text_is_a_finite_number_missing_or_refused(cells):
    try:
        assert not np.isinf(numbers(column(*cells))).any()
    except NotANumber as error:
        assert cells[error.row] is not None


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "1e400", "1_000", "٣", "0x10", "12,5", "-"])
def test_what_is_no_decimal_number_is_refused(cell):
    with pytest.raises(NotANumber) as caught:
        numbers(column("1", cell))
    assert caught.value.row == 1


@pytest.mark.parametrize("cell", [None, "", "?", " ? ", "NA", "n/a", "nan", "NULL", "None"])
def test_the_usual_spellings_of_no_number_are_missing(cell):
    assert np.isnan(numbers(column("1", cell))[1])


def test_a_refusal_names_the_column_of_the_row(encoder):
    with pytest.raises(NotANumber) as caught:
        encoder.transform([["1", "a", "7"], ["1", "a", "seven"]])
    assert (caught.value.row, caught.value.column) == (1, 2)


@given(st.lists(st.tuples(FLOATS.map(repr), CELLS, st.none()), min_size=1, max_size=5))
def test_every_number_lies_between_zero_and_one_whatever_the_row(rows):
    encoder = RowEncoder(numeric=[0, 2], categorical=[1]).fit(TRAINING)
    encoded = encoder.transform(rows)
    assert ((encoded >= 0) & (encoded <= 1)).all()


def test_a_row_is_encoded_alike_alone_and_in_company(encoder):
    together = encoder.transform(TRAINING)
    alone = np.vstack([encoder.transform([row]) for row in TRAINING])
    assert np.array_equal(together, alone)


def test_a_larger_number_never_lowers_a_ramp(encoder):
    encoded = encoder.transform([[str(value), None, None] for value in range(-5, 30)])
    assert (np.diff(encoded[:, : len(encoder.edges_[0]) - 1], axis=0) >= 0).all()


def test_a_constant_and_an_empty_column_are_encoded():
    encoder = RowEncoder(numeric=[0, 1], categorical=[]).fit([["7", None]] * 20)
    assert encoder.transform([["8", "1"], [None, None]]).tolist() == [[0.0, 0.0], [1.0, 1.0]]


def test_it_remembers_which_columns_had_missing_cells():
    rows = [["1", "a", "?"], ["2", None, "3"], ["3", "b", "4"]]
    assert RowEncoder(numeric=[0, 2], categorical=[1]).fit(rows).nullable_ == [1, 2]
