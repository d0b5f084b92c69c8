"""A column's spread: ranks as scipy has them, and cells that occurred as they occurred."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import percentileofscore

from pipelines.evaluation.spread import Spread
from serving.schema import Column

VALUES = st.lists(st.integers(-50, 50), min_size=1, max_size=40)
GRADE = Column("grade", "categorical", categories=("A", "B", "C"), ordered=True)


@given(VALUES, st.integers(-60, 60))
def test_a_rank_is_the_share_below_with_equal_ones_counted_half(values, value):
    spread = Spread.of(Column("x", "numeric"), [str(each) for each in values])
    expected = percentileofscore(values, value, kind="mean") / 100
    assert spread.ranks([str(value)]) == pytest.approx([expected])


@given(VALUES, st.floats(0, 1))
def test_the_cell_at_a_rank_is_one_that_occurred(values, rank):
    cells = [f"{each}.0" for each in values]
    found = Spread.of(Column("x", "numeric"), cells).at(rank)
    assert found in cells
    assert (np.array(values) < float(found)).mean() <= rank


def test_categories_in_an_order_have_ranks_in_that_order():
    spread = Spread.of(GRADE, ["C", "A", "B", "B", None, "Z"])
    assert spread.cells == ("A", "B", "B", "C")
    assert spread.ranks(["A", "B", "C"]).tolist() == [0.125, 0.5, 0.875]
    assert np.isnan(spread.ranks(["Z", None])).all()


def test_other_categories_have_shares_only():
    spread = Spread.of(Column("shop", "categorical"), ["fuel", "food", "food", None, "food"])
    assert not spread.has_order
    assert spread.shares == {"food": 0.75, "fuel": 0.25}


def test_a_column_without_a_value_has_no_spread():
    spread = Spread.of(Column("x", "numeric"), [None, "?"])
    assert (spread.cells, spread.has_order) == ((), False)
