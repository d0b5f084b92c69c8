"""Header rows sent as data: recognised, and never seen where there is none."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.capture.headers import is_header, suspects

NAMES = frozenset({"age", "city", "income", "0.1"})


def seen(*cells: str) -> bool:
    return is_header(list(cells), ",".join(cells), NAMES)


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param(["age", "city", "income"], id="the baseline's names"),
        pytest.param(["age", "city", "something"], id="most of them"),
        pytest.param(["0", "0.1", "0.2", "0.3", "0.4", "0.5"], id="numbered values"),
        pytest.param(["7", "0.1", "0.2", "1", "0.3", "0.4", "1.1", "0.5"], id="among others"),
    ],
)
def test_a_header_is_recognised(cells: list[str]):
    assert seen(*cells)


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param(["31", "Rome", "50000"], id="a plain row"),
        pytest.param(["age", "Rome", "50000"], id="a value that is a name"),
        pytest.param(["0.1", "0.2", "0.3", "0.4"], id="too few to be a run"),
        pytest.param(["0.1", "0.2", "0.3", "0.4", "0.5", "0.5"], id="a value twice"),
        pytest.param(["0.5", "0.4", "0.3", "0.2", "0.1", "0"], id="another order"),
        pytest.param([*"abcdef", "0.1", "0.2", "0.3", "0.4", "0.5"], id="a small part of it"),
    ],
)
def test_a_row_of_values_is_none(cells: list[str]):
    assert not seen(*cells)


@given(st.lists(st.floats(allow_nan=False).map(repr), min_size=2, max_size=40))
def test_rows_of_any_numbers_are_read_without_harm(cells: list[str]):
    repeated = [*cells, cells[0]]
    assert not is_header(repeated, ",".join(repeated), frozenset())


CELLS = st.sampled_from(["age", "city", "score", "", "7", "0.5", "x.y"])
MANGLED = st.integers(5, 12).map(lambda run: ["0", *(f"0.{at}" for at in range(1, run))])


@settings(deadline=None, max_examples=200)
@given(
    st.integers(1, 14).flatmap(
        lambda width: st.lists(
            st.lists(CELLS, min_size=width, max_size=width)
            | MANGLED.map(lambda row: [*row, *"abcdefghi"][:width]),
            min_size=1,
        )
    )
)
def test_every_header_is_suspected(rows: list[list[str]]):
    names = frozenset({"age", "city", "score"})
    columns = [pa.array([cell or None for cell in column]) for column in zip(*rows, strict=True)]
    headers = [at for at, row in enumerate(rows) if is_header(row, ",".join(row), names)]
    texts = [column.cast(pa.utf8()) for column in columns]
    assert {*headers} <= {*suspects(texts, names).tolist()}
