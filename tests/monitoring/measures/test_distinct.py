"""Distinct counts: exact while few, close when many, whatever the order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from monitoring.measures.distinct import SMALLEST, SmallestHashes, hash_numbers

HASHES = arrays(np.uint64, st.integers(0, 50), elements=st.integers(0, 2**64 - 1))


def of(*parts: np.ndarray) -> SmallestHashes:
    distinct = SmallestHashes()
    for part in parts:
        distinct.update(part)
    return distinct


@given(HASHES, HASHES)
def test_few_hashes_are_counted_exactly_in_any_parts(a, b):
    expected = len({*a.tolist(), *b.tolist()})
    assert of(a, b).estimate == of(b, a, a).estimate == expected
    assert (of(a) + of(b)).estimate == (of(b) + of(a)).estimate == expected


@pytest.mark.parametrize("distinct", [SMALLEST - 1, SMALLEST, 20_000, 400_000])
def test_many_values_are_estimated_within_four_standard_errors(distinct):
    hashes = hash_numbers(np.arange(distinct, dtype=np.float64))
    estimate = of(*np.array_split(hashes, 7)).estimate
    allowed = 0 if distinct < SMALLEST else 4 * distinct / np.sqrt(SMALLEST)
    assert abs(estimate - distinct) <= allowed


def test_order_and_merging_do_not_move_an_estimate():
    generator = np.random.default_rng(3)
    hashes = hash_numbers(generator.normal(size=50_000))
    parts = np.array_split(generator.permutation(hashes), 5)
    merged = of(parts[3]) + (of(parts[0], parts[4]) + of(parts[2], parts[1]))
    assert merged.estimate == of(hashes).estimate == of(hashes, hashes[::-1]).estimate


@given(st.lists(st.floats(allow_nan=False), unique=True))
def test_numbers_share_a_hash_only_with_themselves(values):
    distinct = {value + 0.0 for value in values}
    assert len(set(hash_numbers(np.array(values, dtype=np.float64)).tolist())) == len(distinct)
