"""Header rows that a client sent as if they were data.

Needs     one row of cells, its text, and the baseline's column names where there are any
Gives     whether it is a header

The usual client reads a header-less file with a table reader. The first row then becomes
the header, made unique, and is sent along: `0,0,0,0` arrives as `0,0.1,0.2,0.3`. One-hot
columns make such rows; where values hardly repeat they cannot be told, and do no harm.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

MANGLED_RUN = 5
_SUFFIXES = tuple(f".{number}," for number in range(1, MANGLED_RUN))


def is_header(cells: Sequence[str], text: str, names: frozenset[str]) -> bool:
    """Whether most cells are column names, or values that were made unique like names.

    >>> is_header(["age", "city"], "age,city", frozenset({"age", "city", "income"}))
    True
    >>> row = ["7", "0", "0.1", "0.2", "0.3", "0.4", "0.5"]
    >>> is_header(row, ",".join(row), frozenset())
    True
    """
    return 2 * len(names.intersection(cells)) > len(cells) or _is_mangled(cells, text)


def _is_mangled(cells: Sequence[str], text: str) -> bool:
    # Four searches of the text spare nearly every row the look at its cells.
    if not all(suffix in text for suffix in _SUFFIXES):
        return False
    numbered: Counter[str] = Counter()
    for cell in cells:
        base, dot, number = cell.rpartition(".")
        if dot and number == str(numbered[base] + 1):
            numbered[base] += 1
    run = max(numbered.values(), default=0)
    return run >= MANGLED_RUN and 2 * run > len(cells) == len(set(cells))
