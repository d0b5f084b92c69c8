"""Work on what comes next while the last result is still in use.

Needs     things in order, and work that needs nothing but one of them
Gives     the results in the same order

Threads help where the work leaves Python: arrow's parsers and numpy do. So few results wait
that memory stays bounded; whoever stops asking ends the work.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

MOST_AHEAD = 3

T = TypeVar("T")
U = TypeVar("U")


def ahead(things: Iterable[T], work: Callable[[T], U], most: int = MOST_AHEAD) -> Iterator[U]:
    """`map(work, things)`, on one thread per core and at most `most` results ahead.

    Raises what `things` or `work` raise, in its place.

    >>> list(ahead([3, 1, 2], str))
    ['3', '1', '2']
    """
    pool = ThreadPoolExecutor(min(os.cpu_count() or 1, most))
    waiting: deque[Future[U]] = deque()
    try:
        for thing in things:
            waiting.append(pool.submit(work, thing))
            if len(waiting) >= most:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
