"""Header rows sent as data: recognised, and never seen where there is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.capture.headers import is_header

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
