"""The drift that the demo puts into an endpoint's traffic.

Needs     a model's schema and held-out rows as text, in schema order
Leaves    the same rows disturbed, and in words what was done, so that a reader can tell
          what was planted from what was found

The disturbances act on text, as a caller's broken system would: a whole number stays a
whole number, and a missing cell is an empty one.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from serving.schema import Row, Schema

SHIFT_IN_STANDARD_DEVIATIONS = 3.0
MISSING_SHARE = 0.25
UNSEEN_SHARE = 0.10
UNSEEN_CATEGORY = "unseen-category"

Cell = str | None


@dataclass(frozen=True, slots=True)
class Disturbance:
    """One thing that goes wrong in one column."""

    column: str
    what: str
    index: int
    change: Callable[[Cell, random.Random], Cell]

    def apply(self, row: Row, chance: random.Random) -> Row:
        """A copy of the row with this column disturbed."""
        changed = list(row)
        changed[self.index] = self.change(row[self.index], chance)
        return changed


def plant(schema: Schema, rows: Sequence[Row], columns: Sequence[str] = ()) -> list[Disturbance]:
    """Three disturbances: a numeric column shifted, one partly missing, an unseen category.

    `columns` names them in that order. Without it the numeric column with the most distinct
    values is shifted, another complete column loses values, and the first categorical column
    gets the new category; a disturbance that the table has no column for is left out.
    """
    if columns:
        shift, missing, category = columns
    else:
        shift, missing, category = _choose(schema, rows)
    at = {name: index for index, name in enumerate(schema.names)}
    planted = []
    if shift:
        planted.append(shifted(shift, at[shift], rows))
    if missing:
        planted.append(partly_missing(missing, at[missing]))
    if category:
        planted.append(unseen_category(category, at[category]))
    return planted


def _choose(schema: Schema, rows: Sequence[Row]) -> tuple[str, str, str]:
    columns = {name: [row[index] for row in rows] for index, name in enumerate(schema.names)}
    numeric = [schema.names[index] for index in schema.numeric]
    categorical = [schema.names[index] for index in schema.categorical]
    shift = max(numeric, key=lambda name: len(set(columns[name])), default="")
    category = next(iter(categorical), "")
    complete = [name for name in schema.names if None not in columns[name]]
    missing = next((name for name in complete if name not in (shift, category)), "")
    return shift, missing, category


def shifted(column: str, index: int, rows: Sequence[Row]) -> Disturbance:
    """Every number moved up by three standard deviations of the column."""
    values = [value for row in rows if (value := number(row[index])) is not None]
    distance = SHIFT_IN_STANDARD_DEVIATIONS * (statistics.pstdev(values) or 1.0)

    def change(cell: Cell, _: random.Random) -> Cell:
        value = number(cell)
        if cell is None or value is None:
            return cell
        whole = cell.strip().lstrip("+-").isdigit()
        return str(round(value + distance)) if whole else repr(value + distance)

    return Disturbance(column, f"every value raised by {distance:.4g}", index, change)


def partly_missing(column: str, index: int) -> Disturbance:
    """A quarter of the cells left empty."""

    def change(cell: Cell, chance: random.Random) -> Cell:
        return None if chance.random() < MISSING_SHARE else cell

    return Disturbance(column, f"{MISSING_SHARE:.0%} of the values left out", index, change)


def unseen_category(column: str, index: int) -> Disturbance:
    """A tenth of the cells replaced by a category no baseline has seen."""

    def change(cell: Cell, chance: random.Random) -> Cell:
        return UNSEEN_CATEGORY if chance.random() < UNSEEN_SHARE else cell

    what = f"{UNSEEN_SHARE:.0%} of the values replaced by {UNSEEN_CATEGORY!r}"
    return Disturbance(column, what, index, change)


def number(cell: Cell) -> float | None:
    """The cell as a finite number, or None.

    >>> number("1e3"), number("?"), number("nan"), number(None)
    (1000.0, None, None, None)
    """
    try:
        value = float(cell) if cell is not None else None
    except ValueError:
        return None
    return value if value is not None and abs(value) < float("inf") else None
