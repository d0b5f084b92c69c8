"""Distinct counts against Spark 3.3.4's `approx_count_distinct(text, 0.05)`, recorded."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.measures.hll import DistinctCount
from monitoring.measures.xxhash import xxhash64

SPARK: dict[str, dict[int, int]] = {
    "a": {
        300: 316,
        700: 702,
        1000: 1012,
        1200: 1191,
        1300: 1355,
        1400: 1480,
        1800: 1834,
        2200: 2137,
        2700: 2675,
        3000: 2991,
    },
    "b": {
        300: 293,
        700: 694,
        1000: 977,
        1200: 1124,
        1300: 1212,
        1400: 1336,
        1800: 1708,
        2200: 2124,
        2700: 2652,
        3000: 2896,
    },
    "v": {
        1: 1,
        2: 2,
        10: 10,
        50: 50,
        83: 83,
        120: 120,
        200: 201,
        400: 397,
        410: 408,
        500: 486,
        900: 862,
        1500: 1522,
        2400: 2400,
        2600: 2589,
        5000: 4835,
        23432: 23217,
    },
    "w": {
        1: 1,
        2: 2,
        10: 10,
        50: 50,
        83: 85,
        120: 124,
        200: 205,
        400: 357,
        410: 369,
        500: 454,
        900: 847,
        1500: 1550,
        2400: 2608,
        2600: 2774,
        5000: 5143,
        23432: 23479,
    },
}
"""By prefix and number of values: the values are `prefix0`, `prefix1`, …"""

TEXTS = st.lists(st.text(max_size=5))


def of(texts: list[str]) -> DistinctCount:
    distinct = DistinctCount()
    distinct.update(xxhash64(pa.array(texts, pa.string())))
    return distinct


@pytest.mark.parametrize("prefix", SPARK)
def test_estimates_are_sparks(prefix):
    estimates = {n: of([f"{prefix}{i}" for i in range(n)]).estimate for n in SPARK[prefix]}
    assert estimates == SPARK[prefix]


@given(TEXTS, TEXTS)
def test_merging_is_seeing_both(a, b):
    assert np.array_equal((of(a) + of(b)).registers, of(b + a).registers)


@given(TEXTS)
def test_seeing_a_value_again_changes_nothing(texts):
    assert of(texts + texts).estimate == of(texts).estimate


def test_nothing_counts_zero():
    assert DistinctCount().estimate == 0


def test_merging_changes_neither_operand():
    a, b = of(["a"]), of(["b"])
    a + b
    assert (a.estimate, b.estimate) == (1, 1)


def test_a_hash_of_zeros_fills_one_register():
    distinct = DistinctCount()
    distinct.update(np.zeros(3, dtype=np.uint64))
    assert np.count_nonzero(distinct.registers) == 1
    assert distinct.registers[0] == 64 - 9 + 1
