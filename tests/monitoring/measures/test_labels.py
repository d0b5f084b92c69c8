"""Labels mean the same however they are spelt (FAULTS 34, 43)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.measures.labels import Coded, canonical, class_order, classes_of, recode

unhurried = settings(deadline=None, max_examples=50)


@pytest.mark.parametrize(
    ("spelt", "meant"),
    [
        ("0.0", "0"),
        ("true", "1"),
        (" 1", "1"),
        ("False", "0"),
        ("1e0", "1"),
        ("-0", "0"),
        ("+2", "2"),
        ("007", "7"),
        ("0.50", "0.5"),
        ("1e400", "1e400"),
        ("1_000", "1_000"),
        ("123456789012345678901", "123456789012345678901"),
        ("Default ", "Default"),
        ("", None),
        ("NaN", None),
        ("null", None),
    ],
)
def test_a_label_has_one_spelling(spelt, meant):
    assert canonical(spelt) == meant


@unhurried
@given(st.text(max_size=30))
def test_a_canonical_label_stays_as_it_is(text):
    once = canonical(text)
    assert once is None or canonical(once) == once


@unhurried
@given(st.integers(-(2**53) + 1, 2**53 - 1))
def test_an_integer_and_its_float_are_one_class(number):
    assert canonical(str(number)) == canonical(repr(float(number))) == str(number)


def test_the_users_mapping_comes_first():
    assert canonical(" true ", {"true": "fraud"}) == "fraud"


def test_a_label_that_is_no_class_has_no_code():
    assert recode(Coded.of(["0", "2", None, "1.0"]), ("0", "1")).tolist() == [0, -1, -1, 1]


def test_classes_of_both_columns_are_one_list():
    actual, predicted = Coded.of(["1", "0", "none"]), Coded.of(["true", "2.0"])
    assert classes_of([actual, predicted]) == ("0", "1", "2")


def test_classes_stand_in_numeric_order():
    assert class_order(["10", "9", "b", "-1", "a"]) == ("-1", "9", "10", "a", "b")
