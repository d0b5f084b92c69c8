"""Metric math."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moto_fixtures.cloudwatch.expressions import ExpressionError, parse

METRICS = {"m1": "errors", "m2": "answers", "e1": ""}
NUMBERS = st.floats(-1e3, 1e3)


def value(text: str, m1: float | None = 6.0, m2: float | None = 3.0) -> float | None:
    return parse(text, METRICS).value({"m1": m1, "m2": m2, "e1": 1.0})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("m1 + m2 * 2", 12.0),
        ("(m1 + m2) * 2", 18.0),
        ("m1 - m2 - 1", 2.0),
        ("2 ^ 3 ^ 2", 512.0),
        ("-m1 ^ 2", -36.0),
        ("m1 > m2", 1.0),
        ("m1 > m2 && m2 > 5 || 1", 1.0),
        ("m1 == 6", 1.0),
        ("IF(m1 > 10, m1, 0)", 0.0),
        ("SUM([m1, m2, 1])", 10.0),
        ('MAX(METRICS("answers"))', 3.0),
        ("AVG([m1, m2])", 4.5),
        ("CEIL(m1 / 4) + FLOOR(m1 / 4) + ABS(-1)", 4.0),
    ],
)
def test_an_expression_has_its_value(text, expected):
    assert value(text) == expected


@given(NUMBERS, NUMBERS)
def test_arithmetic_is_pythons(m1, m2):
    assert value("m1 * 2 - m2 / 4 + 1", m1, m2) == m1 * 2 - m2 / 4 + 1


def test_without_an_operand_there_is_no_value():
    assert value("m1 + m2", m2=None) is None
    assert value("SUM([m1, m2])", m2=None) == 6.0
    assert value("FILL(m2, 0) + m1", m2=None) == 6.0
    assert value("SUM([m1, m2])", None, None) is None


def test_what_has_no_number_has_no_value():
    assert value("m1 / 0") is None
    assert value("m1 * 1e308", m1=1e308) is None
    assert not math.isnan(value("m1 ^ 0.5", m1=-1.0) or 0.0)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ANOMALY_DETECTION_BAND(m1)", "ANOMALY_DETECTION_BAND in .* is not simulated"),
        ("RATE(m1)", "RATE in .* is not simulated"),
        ("SUM(m1)", "not simulated"),
        ("SELECT AVG(x) FROM y", "Metrics Insights"),
        ("m9 + 1", "no metric has the Id m9"),
        ("m1 +", "at its end"),
        ("m1 m2", "at 'm2'"),
        ("m1 ? 2", "at"),
    ],
)
def test_what_is_not_simulated_is_refused_by_name(text, why):
    with pytest.raises(ExpressionError, match=why):
        parse(text, METRICS)
