"""Rules of composite alarms: what the states of other alarms come to.

    ALARM("a") AND NOT (OK(b) OR INSUFFICIENT_DATA("arn:aws:cloudwatch:…:alarm:c"))

Needs     the rule's text; the state of each alarm it names
Gives     whether it is true

NOT binds before AND, and AND before OR. An alarm is named by its name or its ARN, with or
without quotes.

Source: PutCompositeAlarm, Amazon CloudWatch API Reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from moto_fixtures.cloudwatch.evaluation import ALARM, INSUFFICIENT_DATA, OK

States = Mapping[str, str]
Condition = Callable[[States], bool]
LONGEST = 10240

_TOKEN = re.compile(
    rf"\s*(?:(?P<state>{ALARM}|{OK}|{INSUFFICIENT_DATA})\s*\(\s*"
    r'(?:"(?P<quoted>(?:[^"\\]|\\.)+)"|(?P<plain>[^\s()"]+))\s*\)'
    r"|(?P<word>AND|OR|NOT|TRUE|FALSE)\b|(?P<sign>[()]))"
)


class RuleError(ValueError):
    """The text is no rule."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A parsed rule."""

    alarms: frozenset[str]
    """The names of the alarms it looks at."""
    holds: Condition


def parse(text: str) -> Rule:
    """Read a rule. Raises RuleError, saying where it is none.

    >>> rule = parse('ALARM("a") AND NOT ALARM(b)')
    >>> rule.holds({"a": "ALARM", "b": "OK"}), sorted(rule.alarms)
    (True, ['a', 'b'])
    """
    if len(text) > LONGEST:
        raise RuleError(f"AlarmRule has {len(text)} characters; it may have {LONGEST}.")
    reader = _Reader(text)
    holds = reader.either()
    if reader.token is not None:
        raise reader.unexpected()
    return Rule(frozenset(reader.alarms), holds)


class _Reader:
    """Reads one rule from left to right."""

    def __init__(self, text: str) -> None:
        self.text, self.place = text.rstrip(), 0
        self.alarms: set[str] = set()
        self.token: re.Match[str] | None = None
        self.advance()

    def advance(self) -> None:
        if self.place >= len(self.text):
            self.token = None
            return
        self.token = _TOKEN.match(self.text, self.place)
        if self.token is None:
            raise self.unexpected()
        self.place = self.token.end()

    def unexpected(self) -> RuleError:
        place = self.token.start() if self.token else self.place
        return RuleError(f"AlarmRule is no rule at {self.text[place : place + 30]!r}.")

    def take(self, text: str) -> bool:
        """Whether the next word or sign is this one; it is then read."""
        if self.token is None or text not in (self.token["word"], self.token["sign"]):
            return False
        self.advance()
        return True

    def either(self) -> Condition:
        found = self.every()
        while self.take("OR"):
            found = _or(found, self.every())
        return found

    def every(self) -> Condition:
        found = self.operand()
        while self.take("AND"):
            found = _and(found, self.operand())
        return found

    def operand(self) -> Condition:
        if self.take("NOT"):
            negated = self.operand()
            return lambda states: not negated(states)
        if self.take("("):
            inner = self.either()
            if not self.take(")"):
                raise self.unexpected()
            return inner
        if self.take("TRUE"):
            return lambda _: True
        if self.take("FALSE"):
            return lambda _: False
        if self.token is None or self.token["state"] is None:
            raise self.unexpected()
        wanted, name = self.token["state"], _name(self.token)
        self.alarms.add(name)
        self.advance()
        return lambda states: states.get(name) == wanted


def _name(token: re.Match[str]) -> str:
    name = token["plain"] or re.sub(r"\\(.)", r"\1", token["quoted"])
    return name.rpartition(":alarm:")[2] if name.startswith("arn:") else name


def _and(left: Condition, right: Condition) -> Condition:
    return lambda states: left(states) and right(states)


def _or(left: Condition, right: Condition) -> Condition:
    return lambda states: left(states) or right(states)
