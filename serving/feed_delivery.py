"""Batch calls that fail in part: only what failed is sent again, with growing pauses.

Needs     a call that takes some entries and answers the positions of those it refused
Gives     all of them delivered, or AwsError: the caller must not go on as if they were
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from monitoring.errors import AwsError

Pause = Callable[[float], object]
"""Waits so many seconds, or less when the process is told to stop."""

ATTEMPTS = 8
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10.0
"""Seconds."""

T = TypeVar("T")


def deliver(
    entries: Sequence[T],
    call: Callable[[Sequence[T]], Sequence[int]],
    *,
    at_once: int,
    pause: Pause,
    what: str,
) -> None:
    """Call with at most `at_once` entries until all were taken; raises AwsError.

    >>> calls, waits = [], []
    >>> def call(some):
    ...     calls.append(list(some))
    ...     return [1] if len(calls) == 1 else []
    >>> deliver("abc", call, at_once=2, pause=waits.append, what="queue out")
    >>> calls, waits
    ([['a', 'b'], ['b'], ['c']], [0.1])
    """
    for start in range(0, len(entries), at_once):
        waiting = list(entries[start : start + at_once])
        for attempt in range(ATTEMPTS):
            if attempt:
                pause(min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE))
            waiting = [waiting[at] for at in call(waiting)]
            if not waiting:
                break
        else:
            raise AwsError(
                f"{what}: refused {len(waiting)} entries {ATTEMPTS} times, so the batch was not "
                "checkpointed and will be read again. Look at its throughput limits and its "
                "policy, then start the feed again"
            )
