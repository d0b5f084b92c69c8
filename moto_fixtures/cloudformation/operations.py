"""One operation at a time for each stack; the second is refused while the first is under way.

Needs     the name of the stack and the status its operation shows
Gives     a context that holds the stack, or the status of what is under way instead

Operations on different stacks wait for each other, because they share exports and moto. The
one thing a reader gets wrong: reading (describe, list, get) never waits, so a second terminal
sees the events of a deployment while it runs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_GUARD = threading.Lock()
_ONE_AT_A_TIME = threading.RLock()


class Operations:
    """What is under way in one account and region, by the stack's name.

    >>> operations = Operations()
    >>> with operations.hold("fraud", "UPDATE_IN_PROGRESS", ValueError):
    ...     operations.under_way("fraud")
    'UPDATE_IN_PROGRESS'
    >>> operations.under_way("fraud") is None
    True
    """

    def __init__(self) -> None:
        self._statuses: dict[str, str] = {}

    def under_way(self, name: str) -> str | None:
        """The status of the operation on a stack, None when there is none."""
        return self._statuses.get(name)

    @contextmanager
    def hold(self, name: str, status: str, refusal: Callable[[str], Exception]) -> Iterator[None]:
        """Hold a stack for one operation.

        Raises `refusal(status under way)` at once when another operation holds it.
        """
        with _GUARD:
            if other := self._statuses.get(name):
                raise refusal(other)
            self._statuses[name] = status
        try:
            with between():
                yield
        finally:
            with _GUARD:
                del self._statuses[name]


@contextmanager
def between() -> Iterator[None]:
    """Wait until no stack is being changed, and let none be changed meanwhile."""
    with _ONE_AT_A_TIME:
        yield
