"""What the demo puts into an endpoint's traffic, so that there is something to find.

Needs     a model and held-out rows as text, in schema order, each with its label
Leaves    the same requests disturbed, and in words what was done and which monitor is to find
          it, so that a reader can tell what was planted from what was found

The disturbances act on text, as a caller's broken system would: a whole number stays a
whole number, and a missing cell is an empty one. The model itself is never touched, so what
it does differently it does because of what it is sent.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from monitoring.kinds import DATA_QUALITY, MODEL_QUALITY, Kind
from serving.schema import Row, Schema

SHIFT_IN_STANDARD_DEVIATIONS = 3.0
MISSING_SHARE = 0.25
UNSEEN_SHARE = 0.10
UNSEEN_CATEGORY = "unseen-category"

Cell = str | None


class Request(NamedTuple):
    """What is sent, and what turns out to have been true of it."""

    row: Row
    label: str


@dataclass(frozen=True, slots=True)
class Disturbance:
    """One thing that goes wrong."""

    subject: str
    what: str
    change: Callable[[Request, random.Random], Request]
    found_by: Kind = DATA_QUALITY


def plant(schema: Schema, rows: Sequence[Row], columns: Sequence[str] = ()) -> list[Disturbance]:
    """Three disturbances: a numeric column shifted, one partly missing, an unseen category.

    `columns` names them in that order. Without it the numeric column with the most distinct
    values is shifted, another complete column loses values, and the first categorical column
    gets the new category; a disturbance that the table has no column for is left out.
    """
    shift, missing, category = columns or _choose(schema, rows)
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


def in_column(
    column: str, index: int, what: str, change: Callable[[Cell, random.Random], Cell]
) -> Disturbance:
    """Something that goes wrong in one column, cell by cell."""

    def disturb(request: Request, chance: random.Random) -> Request:
        return changed(request, {index: change(request.row[index], chance)})

    return Disturbance(column, what, disturb)


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

    return in_column(column, index, f"every value raised by {distance:.4g}", change)


def partly_missing(column: str, index: int) -> Disturbance:
    """A quarter of the cells left empty."""

    def change(cell: Cell, chance: random.Random) -> Cell:
        return None if chance.random() < MISSING_SHARE else cell

    return in_column(column, index, f"{MISSING_SHARE:.0%} of the values left out", change)


def unseen_category(column: str, index: int) -> Disturbance:
    """A tenth of the cells replaced by a category no baseline has seen."""

    def change(cell: Cell, chance: random.Random) -> Cell:
        return UNSEEN_CATEGORY if chance.random() < UNSEEN_SHARE else cell

    what = f"{UNSEEN_SHARE:.0%} of the values replaced by {UNSEEN_CATEGORY!r}"
    return in_column(column, index, what, change)


def turned_positive(share: float, what: str) -> Disturbance:
    """Labels alone change: a share of the answers turns out to have been wrong."""

    def change(request: Request, chance: random.Random) -> Request:
        return request._replace(label="1") if chance.random() < share else request

    return Disturbance("labels", f"{share:.0%} {what}", change, MODEL_QUALITY)


def changed(request: Request, cells: dict[int, Cell]) -> Request:
    """The request with other cells, by position."""
    return request._replace(row=[cells.get(index, cell) for index, cell in enumerate(request.row)])


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
