"""Rules of composite alarms."""

from __future__ import annotations

import pytest

from moto_fixtures.cloudwatch.composite import RuleError, parse

STATES = {"a": "ALARM", "b": "OK", "c": "INSUFFICIENT_DATA", "with space": "ALARM"}


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("ALARM(a)", True),
        ('OK("a")', False),
        ("INSUFFICIENT_DATA(c) AND OK(b)", True),
        ("NOT ALARM(a) OR OK(b)", True),
        ("NOT (ALARM(a) OR OK(b))", False),
        ("ALARM(b) AND ALARM(b) OR TRUE", True),
        ("TRUE OR TRUE AND FALSE", True),
        ("NOT NOT FALSE", False),
        ('ALARM("with space")', True),
        ("ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:a)", True),
    ],
)
def test_a_rule_holds_as_its_words_say(rule, holds):
    assert parse(rule).holds(STATES) is holds


def test_the_alarms_of_a_rule_are_known_by_name():
    rule = 'ALARM("arn:aws:cloudwatch:us-east-1:123456789012:alarm:x y") AND NOT OK(b)'
    assert parse(rule).alarms == {"x y", "b"}


@pytest.mark.parametrize(
    "rule", ["", "ALARM", "ALARM(a) AND", "ALARM(a) ALARM(b)", "(TRUE", "a AND b", "RED(a)"]
)
def test_what_is_no_rule_is_refused(rule):
    with pytest.raises(RuleError, match="AlarmRule is no rule at"):
        parse(rule)
