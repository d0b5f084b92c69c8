"""Event patterns: which events a rule is about.

Needs     a pattern's text; an event
Gives     whether it matches; what is wrong with a pattern

All fields of a pattern must match, any of a field's values may. An array in the event matches
if one of its elements does. moto matches most patterns too, but takes an operator that there is
not, and calls 1 and true equal.

Source: "Comparison operators for use in event patterns", Amazon EventBridge User Guide.
"""

from __future__ import annotations

import ipaddress
import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from moto.events.exceptions import InvalidEventPatternException

ABSENT = object()
"""The value of a field that an event has not."""

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, "=": operator.eq, ">=": operator.ge, ">": operator.gt,
}  # fmt: skip
_TEXT = ("prefix", "suffix", "equals-ignore-case", "wildcard")
_NEGATED = {*_TEXT}


def check(text: str) -> None:
    """Refuse what is no pattern, saying why."""
    try:
        pattern = json.loads(text)
    except json.JSONDecodeError:
        raise InvalidEventPatternException("Invalid JSON") from None
    if not isinstance(pattern, dict) or not pattern:
        raise InvalidEventPatternException("Filter is not an object with at least one field")
    _check_fields(pattern)


def matches(text: str, event: Mapping[str, Any]) -> bool:
    """Whether an event matches a pattern that was checked.

    >>> rule = '{"source": ["aws.sagemaker"], "detail": {"EndpointStatus": [{"prefix": "FAIL"}]}}'
    >>> matches(rule, {"source": "aws.sagemaker", "detail": {"EndpointStatus": "FAILED"}})
    True
    >>> matches(rule, {"source": "aws.sagemaker", "detail": {}})
    False
    """
    return _object(_read(text), event)


@lru_cache(maxsize=256)
def _read(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found


def _object(pattern: Mapping[str, Any], node: Any) -> bool:
    if isinstance(node, list):
        return any(_object(pattern, one) for one in node)
    fields = node if isinstance(node, Mapping) else {}
    return all(_field(name, wanted, fields) for name, wanted in pattern.items())


def _field(name: str, wanted: Any, fields: Mapping[str, Any]) -> bool:
    if name == "$or" and _is_alternatives(wanted):
        return any(_object(one, fields) for one in wanted)
    found = fields.get(name, ABSENT)
    if isinstance(wanted, Mapping):
        return _object(wanted, found)
    return any(_value(one, found) for one in wanted)


def _is_alternatives(wanted: Any) -> bool:
    return (
        isinstance(wanted, list)
        and len(wanted) > 1
        and all(isinstance(one, dict) and not _is_operator(one) for one in wanted)
    )


def _is_operator(one: Mapping[str, Any]) -> bool:
    return len(one) == 1 and next(iter(one)) in {*_OPERATORS, "exists"}


def _value(wanted: Any, found: Any) -> bool:
    """Whether one value of a field, of which there may be several, is as wanted."""
    if isinstance(wanted, Mapping) and "exists" in wanted:
        leaf = found is not ABSENT and not isinstance(found, Mapping)
        return leaf is wanted["exists"]
    if found is ABSENT:
        return False
    values = found if isinstance(found, list) else [found]
    if not isinstance(wanted, Mapping):
        return any(_equal(wanted, one) for one in values)
    ((name, argument),) = wanted.items()
    return any(_OPERATORS[name](argument, one) for one in values)


def _equal(wanted: Any, found: Any) -> bool:
    """1 and 1.0 are equal; 1 and true are not."""
    if isinstance(wanted, bool) or isinstance(found, bool) or wanted is None or found is None:
        return wanted is found
    return bool(wanted == found)


def _text(test: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    def matched(argument: Any, found: Any) -> bool:
        if not isinstance(found, str):
            return False
        if isinstance(argument, Mapping):
            return test(argument["equals-ignore-case"].lower(), found.lower())
        arguments = argument if isinstance(argument, list) else [argument]
        return any(test(one, found) for one in arguments)

    return matched


def _anything_but(argument: Any, found: Any) -> bool:
    if isinstance(argument, Mapping):
        ((name, inner),) = argument.items()
        return not _OPERATORS[name](inner, found)
    excluded = argument if isinstance(argument, list) else [argument]
    return not any(_equal(one, found) for one in excluded)


def _numeric(argument: list[Any], found: Any) -> bool:
    if isinstance(found, bool) or not isinstance(found, int | float):
        return False
    pairs = zip(argument[::2], argument[1::2], strict=True)
    return all(_COMPARE[sign](found, bound) for sign, bound in pairs)


def _cidr(argument: str, found: Any) -> bool:
    try:
        return ipaddress.ip_address(found) in ipaddress.ip_network(argument)
    except ValueError:
        return False


def _wildcard(pattern: str, found: str) -> bool:
    r"""`*` stands for any characters; `\*` and `\\` for themselves.

    >>> _wildcard("fraud-*-2", "fraud-staging-2"), _wildcard(r"a\*b", "axb")
    (True, False)
    """
    parts = re.findall(r"\\[*\\]|\*|[^*\\]+|\\", pattern)
    regex = "".join(
        ".*" if part == "*" else re.escape(part[1:] if len(part) == 2 and part[0] == "\\" else part)
        for part in parts
    )
    return re.fullmatch(regex, found, re.DOTALL) is not None


_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "prefix": _text(lambda wanted, found: found.startswith(wanted)),
    "suffix": _text(lambda wanted, found: found.endswith(wanted)),
    "equals-ignore-case": _text(lambda wanted, found: found.lower() == wanted.lower()),
    "wildcard": _text(_wildcard),
    "anything-but": _anything_but,
    "numeric": _numeric,
    "cidr": _cidr,
}


def _check_fields(pattern: Mapping[str, Any]) -> None:
    for name, wanted in pattern.items():
        if name == "$or" and _is_alternatives(wanted):
            for one in wanted:
                _check_fields(one)
        elif isinstance(wanted, dict):
            if not wanted:
                raise InvalidEventPatternException("Empty objects are not allowed")
            _check_fields(wanted)
        elif not isinstance(wanted, list):
            raise InvalidEventPatternException(f'"{name}" must be an object or an array')
        elif not wanted:
            raise InvalidEventPatternException("Empty arrays are not allowed")
        else:
            for problem in (problem for one in wanted for problem in _problems(one)):
                raise InvalidEventPatternException(problem)


def _problems(one: Any) -> Iterator[str]:
    """What is wrong with one value of a field."""
    if isinstance(one, list):
        yield "Arrays are not allowed in arrays"
    if not isinstance(one, dict):
        return
    if not _is_operator(one):
        yield f"Unrecognized match type {', '.join(one) or '(none)'}"
        return
    ((name, argument),) = one.items()
    if name == "exists" and not isinstance(argument, bool):
        yield "exists match pattern must be either true or false."
    elif name == "numeric":
        yield from _numeric_problems(argument)
    elif name == "cidr":
        yield from _cidr_problems(argument)
    elif name == "anything-but":
        inner = isinstance(argument, dict)
        if argument in ([], {}) or (
            inner and (len(argument) != 1 or not set(argument) <= _NEGATED)
        ):
            yield f"Unsupported anything-but pattern: {json.dumps(argument)}"
    elif name in _TEXT and not _is_text(name, argument):
        yield f"{name} match pattern must be a string"


def _is_text(name: str, argument: Any) -> bool:
    if isinstance(argument, dict):
        inner = list(argument.items())
        return (
            name in {"prefix", "suffix"}
            and len(inner) == 1
            and inner[0][0] == "equals-ignore-case"
            and isinstance(inner[0][1], str)
        )
    return isinstance(argument, str)


def _numeric_problems(argument: Any) -> Iterator[str]:
    if not isinstance(argument, list) or len(argument) not in {2, 4}:
        yield "Invalid numeric expression: one or two comparisons, such as ['>', 0, '<=', 5]"
        return
    for sign, bound in zip(argument[::2], argument[1::2], strict=True):
        if sign not in _COMPARE:
            yield f"Unrecognized numeric range operator: {sign}"
        if isinstance(bound, bool) or not isinstance(bound, int | float):
            yield f"Value of {sign} must be numeric"


def _cidr_problems(argument: Any) -> Iterator[str]:
    try:
        ipaddress.ip_network(argument)
    except ValueError:
        yield f"Malformed CIDR: {argument}"
