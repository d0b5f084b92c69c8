"""Bounds of a share against every way in which the missing labels can turn out."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.measures.outcome import Uncomputable
from monitoring.measures.partly_labelled import share_bounds


@given(st.lists(st.booleans(), min_size=1, max_size=20), st.integers(0, 8))
def test_the_bounds_are_the_worst_and_the_best_that_can_come(known: list[bool], missing: int):
    rows = len(known) + missing
    possible = [sum(known) + sum(later) for later in product((False, True), repeat=missing)]
    low, high = share_bounds(sum(known) / len(known), len(known), rows)
    assert low == pytest.approx(min(possible) / rows, abs=1e-12)
    assert high == pytest.approx(max(possible) / rows, abs=1e-12)


def test_without_labels_anything_is_possible():
    assert share_bounds(0.5, labelled=0, rows=10) == (0.0, 1.0)


def test_without_rows_there_is_nothing_to_bound():
    assert isinstance(share_bounds(0.5, labelled=0, rows=0), Uncomputable)


def test_more_labels_than_rows_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="11 of 10 rows"):
        share_bounds(0.5, labelled=11, rows=10)
