"""Throttling on demand: the next calls of an action are answered "Rate exceeded".

AWS throttles by a rate it does not publish, so a test cannot provoke it by being fast. What is
asked for here is refused exactly that often, before anything of the call is carried out.
"""

from __future__ import annotations

from collections import Counter

from moto_fixtures.cloudformation.errors import Throttled


class Throttle:
    """How many calls are still to be refused, by action.

    >>> throttle = Throttle()
    >>> throttle.refuse("DescribeStacks", times=1)
    >>> throttle.check("DescribeStacks")
    Traceback (most recent call last):
    ...
    moto.cloudformation.exceptions.Throttled: ...
    >>> throttle.check("DescribeStacks")
    """

    def __init__(self) -> None:
        self._waiting: Counter[str] = Counter()

    def refuse(self, action: str, times: int) -> None:
        """Have the next calls of an action throttled; 0 times takes that back."""
        self._waiting[action] = times

    def check(self, action: str) -> None:
        """Raise Throttled while calls of this action are to be refused."""
        if self._waiting[action] > 0:
            self._waiting[action] -= 1
            raise Throttled("Rate exceeded")
