"""Metric math: an expression over the metrics of an alarm, one period at a time.

Needs     the expression's text; the value of each id in a period, None where it has none
Gives     the expression's value in that period, or None

    m1 + 2 * m2      arithmetic and comparisons; without one operand there is no value
    IF(m1 > 5, m2, 0)   FILL(m1, 0)   ABS(m1)   CEIL(m1)   FLOOR(m1)
    SUM([m1, m2])   AVG, MIN, MAX alike   SUM(METRICS())   METRICS("errors")

A function over the time series of one metric, such as RATE, a SEARCH and a Metrics Insights
query are refused by name: they would need more than the period's values.

Source: "Using math expressions with CloudWatch metrics", Amazon CloudWatch User Guide.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

Values = Mapping[str, float | None]
Number = Callable[[Values], float | None]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)|(?P<name>[a-zA-Z]\w*)"
    r'|"(?P<text>[^"]*)"|(?P<sign>&&|\|\||[<>=!]=|[-+*/^()\[\],<>]))'
)
_STRENGTH = {
    "||": 1, "&&": 2, "==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3,
    "+": 4, "-": 4, "*": 5, "/": 5, "^": 7,
}  # fmt: skip
_UNARY = 6
_OPERATORS: Mapping[str, Callable[[float, float], float]] = {
    "||": lambda a, b: float(bool(a) or bool(b)),
    "&&": lambda a, b: float(bool(a) and bool(b)),
    "==": lambda a, b: float(a == b),
    "!=": lambda a, b: float(a != b),
    "<": lambda a, b: float(a < b),
    "<=": lambda a, b: float(a <= b),
    ">": lambda a, b: float(a > b),
    ">=": lambda a, b: float(a >= b),
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": math.pow,
}
_OF_ONE: Mapping[str, Callable[[float], float]] = {
    "ABS": abs, "CEIL": math.ceil, "FLOOR": math.floor,
}  # fmt: skip
_OF_MANY: Mapping[str, Callable[[list[float]], float]] = {
    "SUM": math.fsum, "AVG": fmean, "MIN": min, "MAX": max,
}  # fmt: skip


class ExpressionError(ValueError):
    """The text is no expression, or one that is not simulated; the message says which."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression."""

    text: str
    uses: frozenset[str]
    """The ids it reads."""
    number: Number

    def value(self, values: Values) -> float | None:
        """Its value in a period; None where it has none, such as a division by zero."""
        try:
            found = self.number(values)
        except (ZeroDivisionError, OverflowError, ValueError):
            return None
        return found if found is not None and math.isfinite(found) else None


def parse(text: str, metrics: Mapping[str, str]) -> Expression:
    """Read an expression; `metrics` are the ids it may name, with the name of each one's metric.

    Raises ExpressionError.

    >>> rate = parse("100 * m1 / SUM(METRICS())", {"m1": "Errors", "m2": "Answers"})
    >>> rate.value({"m1": 1.0, "m2": 3.0}), rate.value({"m1": None, "m2": 3.0})
    (25.0, None)
    """
    if re.match(r"\s*SELECT\b", text, re.IGNORECASE):
        raise ExpressionError("Metrics Insights (SELECT …) is not simulated by the offline AWS.")
    parser = _Parser(text, metrics)
    number = parser.expression(0)
    if parser.token is not None:
        raise parser.unexpected()
    return Expression(text, frozenset(parser.uses), number)


class _Parser:
    """Reads one expression from left to right; the stronger operator binds first."""

    def __init__(self, text: str, metrics: Mapping[str, str]) -> None:
        self.text, self.metrics = text, metrics
        self.uses: set[str] = set()
        self._tokens = self._read()
        self.token = next(self._tokens, None)

    def _read(self) -> Iterator[tuple[str, str]]:
        place, text = 0, self.text.rstrip()
        while place < len(text):
            found = _TOKEN.match(text, place)
            if found is None:
                raise ExpressionError(f"Error in expression {text!r} at {text[place:]!r}.")
            yield str(found.lastgroup), str(found[str(found.lastgroup)])
            place = found.end()

    def unexpected(self) -> ExpressionError:
        where = f"at {self.token[1]!r}" if self.token else "at its end"
        return ExpressionError(f"Error in expression {self.text!r} {where}.")

    def take(self) -> tuple[str, str]:
        if self.token is None:
            raise self.unexpected()
        taken, self.token = self.token, next(self._tokens, None)
        return taken

    def expect(self, sign: str) -> None:
        if self.token != ("sign", sign):
            raise self.unexpected()
        self.take()

    def expression(self, strength: int) -> Number:
        left = self.operand()
        while self.token is not None and self.token[0] == "sign":
            sign = self.token[1]
            binding = _STRENGTH.get(sign, 0)
            if binding <= strength:
                break
            self.take()
            right = self.expression(binding - (sign == "^"))
            left = _both(_OPERATORS[sign], left, right)
        return left

    def operand(self) -> Number:
        kind, text = self.take()
        if kind == "number":
            number = float(text)
            return lambda _: number
        if (kind, text) == ("sign", "-"):
            return _one(operator.neg, self.expression(_UNARY))
        if (kind, text) == ("sign", "("):
            inner = self.expression(0)
            self.expect(")")
            return inner
        if kind != "name":
            raise ExpressionError(f"Error in expression {self.text!r} at {text!r}.")
        if self.token == ("sign", "("):
            return self.call(text.upper())
        return self.metric(text)

    def metric(self, name: str) -> Number:
        if name not in self.metrics:
            raise ExpressionError(
                f"Error in expression {self.text!r}: no metric has the Id {name}."
            )
        self.uses.add(name)
        return lambda values: values.get(name)

    def call(self, function: str) -> Number:
        self.expect("(")
        if function in _OF_MANY:
            made = _all(_OF_MANY[function], self.array())
        elif function in _OF_ONE:
            made = _one(_OF_ONE[function], self.expression(0))
        elif function == "IF":
            made = _if(*self.arguments(3))
        elif function == "FILL":
            made = _fill(*self.arguments(2))
        else:
            raise ExpressionError(
                f"The function {function} in {self.text!r} is not simulated by the offline AWS."
            )
        self.expect(")")
        return made

    def arguments(self, count: int) -> list[Number]:
        found = [self.expression(0)]
        for _ in range(count - 1):
            self.expect(",")
            found.append(self.expression(0))
        return found

    def array(self) -> list[Number]:
        """`[m1, m2]`, or METRICS() and METRICS("part of a metric's name")."""
        if self.token == ("name", "METRICS"):
            self.take()
            self.expect("(")
            part = self.take()[1] if self.token and self.token[0] == "text" else ""
            self.expect(")")
            return [self.metric(one) for one, name in self.metrics.items() if part in name]
        if self.token != ("sign", "["):
            raise ExpressionError(
                f"{self.text!r}: of one metric over time, SUM, AVG, MIN and MAX are not simulated "
                "by the offline AWS; give them an array such as [m1, m2]."
            )
        self.take()
        found = [self.expression(0)]
        while self.token == ("sign", ","):
            self.take()
            found.append(self.expression(0))
        self.expect("]")
        return found


def _one(function: Callable[[float], float], operand: Number) -> Number:
    def value(values: Values) -> float | None:
        found = operand(values)
        return None if found is None else function(found)

    return value


def _both(function: Callable[[float, float], float], left: Number, right: Number) -> Number:
    def value(values: Values) -> float | None:
        a, b = left(values), right(values)
        return None if a is None or b is None else function(a, b)

    return value


def _all(function: Callable[[list[float]], Any], operands: list[Number]) -> Number:
    def value(values: Values) -> float | None:
        found = [one for operand in operands if (one := operand(values)) is not None]
        return float(function(found)) if found else None

    return value


def _if(condition: Number, then: Number, otherwise: Number) -> Number:
    def value(values: Values) -> float | None:
        found = condition(values)
        return None if found is None else (then if found else otherwise)(values)

    return value


def _fill(operand: Number, instead: Number) -> Number:
    def value(values: Values) -> float | None:
        found = operand(values)
        return instead(values) if found is None else found

    return value
