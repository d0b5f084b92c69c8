"""A column's state: the sum of its parts, whatever the parts are."""

from __future__ import annotations

import pickle
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.measures.categories import MAX_CATEGORIES
from monitoring.measures.column import ColumnState
from monitoring.measures.state import Mode

CELLS = st.lists(
    st.one_of(
        st.none(),
        st.integers(-5, 5).map(str),
        st.floats(-10, 10).map(repr),
        st.sampled_from(["x", "y", "true", "1e400", ""]),
    )
)
DOMAIN = ["x", "1", "2"]


MODES: tuple[Mode, ...] = ("corrected", "compat")


@pytest.fixture(params=MODES)
def mode(request) -> Mode:
    return request.param


def of(
    cells: list[str | None], mode: Mode = "corrected", domain: list[str] | None = DOMAIN
) -> ColumnState:
    column = ColumnState(domain, mode)
    column.update(pa.array(cells, pa.string()))
    return column


def facts(column: ColumnState) -> dict[str, Any]:
    values, weights = column.sketch.ranked()
    return {
        "present": column.present,
        "missing": column.missing,
        "non_finite": column.non_finite,
        "in_domain": column.in_domain,
        "types": column.types,
        "range": (column.moments.minimum, column.moments.maximum),
        "numbers": (values.tolist(), weights.tolist()),
        "categories": column.categories.counts,
        "distinct": column.distinct.estimate,
    }


@given(CELLS, CELLS)
@pytest.mark.parametrize("mode", MODES)
def test_parts_add_up(mode, a, b):
    assert facts(of(a, mode) + of(b, mode)) == facts(of(a + b, mode))


@given(CELLS, CELLS)
def test_parts_add_up_in_either_order(a, b):
    assert facts(of(a) + of(b)) == facts(of(b) + of(a))


@given(CELLS, CELLS)
@pytest.mark.parametrize("mode", MODES)
def test_a_second_batch_is_as_good_as_a_longer_first(mode, a, b):
    column = of(a, mode)
    column.update(pa.array(b, pa.string()))
    assert facts(column) == facts(of(a + b, mode))
    if mode == "compat":
        assert column.moments == of(a + b, mode).moments


def test_two_modes_do_not_add_up():
    with pytest.raises(ValueError, match="one mode"):
        of(["1"], "compat") + of(["1"], "corrected")


def test_a_state_travels_between_processes(mode):
    column = of(["1", "2.5", "x", None], mode)
    assert facts(pickle.loads(pickle.dumps(column))) == facts(column)  # noqa: S301


def test_one_number_in_two_texts_is_one_value_unless_aws_counts():
    cells: list[str | None] = ["1", "1.0", "-0", "0"]
    assert of(cells, "corrected").distinct.estimate == 2
    assert of(cells, "compat").distinct.estimate == 4


def test_values_are_counted_exactly_after_the_categories_gave_up():
    texts: list[str | None] = [f"user-{i}" for i in range(2000)]
    assert of(texts * 2).distinct.estimate == 2000
    numbers: list[str | None] = [str(i) for i in range(3000)]
    assert of([*numbers, "1e999"] * 2).distinct.estimate == 3001


@given(CELLS)
def test_every_cell_is_present_or_missing(cells):
    column = of(cells)
    assert column.missing == cells.count(None)
    assert column.present + column.missing == len(cells)


@given(CELLS)
def test_the_domain_is_counted_by_text(cells):
    assert of(cells).in_domain == sum(cell in DOMAIN for cell in cells)


def test_the_domain_is_counted_after_the_categories_gave_up(mode):
    texts: list[str | None] = [f"user-{i}" for i in range(MAX_CATEGORIES + 1)]
    column = of(texts, mode)
    column.update(pa.array(["x", "x", "unseen", "1.5"]))
    assert column.categories.counts is None
    assert (column.in_domain, column.types.fractional) == (2, 1)
    assert column.moments.total == 1.5


def test_a_number_past_float64_is_present_and_takes_no_part_in_arithmetic(mode):
    column = of(["1e400", "2.5", "-1e400"], mode)
    assert (column.present, column.non_finite, column.types.inferred) == (3, 2, "Fractional")
    assert (column.moments.total, column.sketch.count) == (2.5, 1)


def test_one_text_does_not_hide_the_numbers_beside_it(mode):
    column = of(["1", "2", "N/A"], mode)
    assert column.types.inferred == "String"
    assert column.moments.total == 3.0


def test_bytes_that_are_no_utf8_are_replaced_visibly():
    broken = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff")]
    )
    column = ColumnState()
    column.update(broken)
    assert column.categories.counts == {"\ufffd": 1}


@pytest.mark.parametrize("cells", [[], [None, None]])
def test_nothing_present_is_unknown(cells):
    column = of(cells)
    assert column.types.inferred == "Unknown"
    assert column.completeness == (0.0 if cells else None)
