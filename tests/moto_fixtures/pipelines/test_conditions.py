"""What a Condition step decides."""

from __future__ import annotations

import operator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moto_fixtures.pipelines.conditions import hold, holds
from moto_fixtures.pipelines.expressions import ExpressionError
from tests.moto_fixtures.pipelines.building import compare

TRUE, FALSE = compare(1, "Equals", 1), compare(1, "Equals", 2)


@given(st.integers(-3, 3), st.integers(-3, 3))
def test_numbers_compare_as_python_compares_them(left: int, right: int) -> None:
    for kind, as_python in (
        ("Equals", operator.eq),
        ("GreaterThan", operator.gt),
        ("GreaterThanOrEqualTo", operator.ge),
        ("LessThan", operator.lt),
        ("LessThanOrEqualTo", operator.le),
    ):
        assert holds(compare(left, kind, right)) is as_python(left, right)
        assert holds(compare(float(left), kind, right)) is as_python(left, right)


@given(st.lists(st.booleans(), max_size=4))
def test_a_list_holds_when_all_hold_and_or_when_any_does(truths: list[bool]) -> None:
    given_ones = [TRUE if truth else FALSE for truth in truths]
    assert hold(given_ones) is all(truths)
    assert holds({"Type": "Or", "Conditions": given_ones}) is any(truths)
    for one, truth in zip(given_ones, truths, strict=True):
        assert holds({"Type": "Not", "Condition": one}) is not truth


@pytest.mark.parametrize(("values", "found"), [(["a", "b"], True), (["c"], False), ([], False)])
def test_in_looks_for_an_equal_value(values: list[str], found: bool) -> None:
    assert holds({"Type": "In", "QueryValue": "b", "Values": values}) is found


@pytest.mark.parametrize(
    "condition",
    [
        compare("1", "Equals", 1),
        compare(True, "Equals", 1),
        compare(True, "LessThan", False),
        compare(None, "Equals", 1),
        {"Type": "Like", "LeftValue": 1, "RightValue": 1},
    ],
)
def test_what_cannot_be_compared_is_an_error_not_false(condition: dict[str, Any]) -> None:
    with pytest.raises(ExpressionError):
        holds(condition)
