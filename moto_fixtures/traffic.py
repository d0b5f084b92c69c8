"""Traffic for an endpoint: rows of a table as requests, and the drift that is put into them.

Needs     held-out rows as text, in schema order
Leaves    request bodies; what was disturbed, so that a reader can tell found from planted

The disturbances act on text, as a caller's broken system would: an integer stays an
integer, and a missing cell is an empty one.
"""

from __future__ import annotations

import csv
import io
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Row = list[str]

SHIFT_IN_STANDARD_DEVIATIONS = 3.0
MISSING_SHARE = 0.25
UNSEEN_SHARE = 0.10
UNSEEN_CATEGORY = "unseen-category"


@dataclass(frozen=True, slots=True)
class Disturbance:
    """One thing that goes wrong in one column."""

    column: str
    what: str
    index: int
    change: Callable[[str, random.Random], str]

    def apply(self, row: Row, chance: random.Random) -> Row:
        """A copy of the row with this column disturbed."""
        changed = list(row)
        changed[self.index] = self.change(row[self.index], chance)
        return changed


def shifted(column: str, index: int, rows: Sequence[Row]) -> Disturbance:
    """Every value moved up by three standard deviations of the column."""
    values = [value for row in rows if (value := number(row[index])) is not None]
    distance = SHIFT_IN_STANDARD_DEVIATIONS * (statistics.pstdev(values) or 1.0)

    def change(text: str, _: random.Random) -> str:
        value = number(text)
        if value is None:
            return text
        moved = value + distance
        return str(round(moved)) if text.strip().lstrip("+-").isdigit() else repr(moved)

    return Disturbance(column, f"every value raised by {distance:.4g}", index, change)


def partly_missing(column: str, index: int) -> Disturbance:
    """A quarter of the cells left empty."""

    def change(text: str, chance: random.Random) -> str:
        return "" if chance.random() < MISSING_SHARE else text

    return Disturbance(column, f"{MISSING_SHARE:.0%} of the values left out", index, change)


def unseen_category(column: str, index: int) -> Disturbance:
    """A tenth of the cells replaced by a category no baseline has seen."""

    def change(text: str, chance: random.Random) -> str:
        return UNSEEN_CATEGORY if chance.random() < UNSEEN_SHARE else text

    what = f"{UNSEEN_SHARE:.0%} of the values replaced by {UNSEEN_CATEGORY!r}"
    return Disturbance(column, what, index, change)


def number(text: str) -> float | None:
    """The cell as a finite number, or None.

    >>> number("1e3"), number("?"), number("nan")
    (1000.0, None, None)
    """
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None


def body(row: Row) -> str:
    """The row as a `text/csv` request without header.

    >>> body(["12", "Smith, J.", ""])
    '12,"Smith, J.",'
    """
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(row)
    return line.getvalue()
