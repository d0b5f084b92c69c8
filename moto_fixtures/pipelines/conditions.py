"""What a Condition step decides by: its list of conditions, all of which must hold.

Numbers compare with numbers and text with text. Anything else is a mistake in the pipeline,
and fails the step rather than being true or false by accident.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from moto_fixtures.pipelines.expressions import ExpressionError

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}
TYPES = (*COMPARISONS, "In", "Not", "Or")


def hold(conditions: Sequence[Mapping[str, Any]]) -> bool:
    """Whether all of some conditions hold; their expressions have been resolved.

    >>> hold([{"Type": "LessThan", "LeftValue": 1, "RightValue": 2}])
    True
    """
    return all(holds(condition) for condition in conditions)


def holds(condition: Mapping[str, Any]) -> bool:
    """Whether one condition holds.

    Raises:
        ExpressionError: its type is unknown, or its values cannot be compared.
    """
    kind = condition.get("Type")
    if kind == "Not":
        return not holds(condition["Condition"])
    if kind == "Or":
        return any(holds(one) for one in condition["Conditions"])
    if kind == "In":
        return any(_compare("Equals", condition["QueryValue"], one) for one in condition["Values"])
    if kind in COMPARISONS:
        return _compare(str(kind), condition["LeftValue"], condition["RightValue"])
    raise ExpressionError(f"Condition type {kind!r} is not one of {', '.join(TYPES)}.")


def _compare(kind: str, left: Any, right: Any) -> bool:
    if _sort(left) != _sort(right) or (_sort(left) == "boolean" and kind != "Equals"):
        raise ExpressionError(
            f"{kind} cannot compare {left!r} ({_sort(left)}) with {right!r} ({_sort(right)})."
        )
    return COMPARISONS[kind](left, right)


def _sort(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) else type(value).__name__
