"""Rows of outputs and inputs → rows of cells under the same columns.

Needs     the first rows of a reading: they decide what a row looks like
Gives     column names and, for every later row, its cells

Output columns stand before input columns, as AWS's analyzer puts them. A cell without a
name has its column called by position, `_c0`, `_c1`, …; it takes the baseline's name later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from monitoring.capture.lines import Flaw
from monitoring.capture.payloads import Row
from monitoring.capture.records import INPUT, OUTPUT

RARE_FIELD = 0.01
"""A JSON field that no larger share of the deciding rows has is no column."""
_NAMED = -1


class Observation(NamedTuple):
    """One row of what was answered and of what was sent; None where not captured."""

    output: Row | None
    input: Row | None


@dataclass(frozen=True, slots=True)
class Side:
    """What the rows of one side look like: names, or just how many cells."""

    width: int = 0
    names: tuple[str, ...] = ()

    def cells(self, row: Row | None) -> list[str]:
        """A row's cells in column order, empty where it has none; raises Flaw.

        >>> Side(2, ("age", "city")).cells({"city": "Rome"})
        ['', 'Rome']
        """
        if row is None:
            return [""] * self.width
        if isinstance(row, dict) == bool(self.names):
            if isinstance(row, dict):
                return [row.get(name, "") for name in self.names]
            if len(row) == self.width:
                return row
        raise Flaw("misshapen", f"{_described(row)} where most records have {self}")

    def __str__(self) -> str:
        return f"{self.width} {'named' if self.names else 'unnamed'} columns"


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a reading, in order."""

    output: Side
    input: Side
    output_first: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """Column names: the payload's own, else `_cN` by position.

        >>> Layout(Side(2, ("label", "score")), Side(1)).names
        ('label', 'score', '_c2')
        """
        sides = [(OUTPUT, self.output), (INPUT, self.input)]
        names: list[str] = []
        for title, side in sides if self.output_first else reversed(sides):
            for own in side.names or [f"_c{len(names) + i}" for i in range(side.width)]:
                names.append(f"{title}.{own}" if own in names else own)
        return tuple(names)

    @property
    def is_named(self) -> bool:
        """Whether cells have names of their own, on one side at least."""
        return bool(self.output.names or self.input.names)

    def names_among(self, baseline: Sequence[str]) -> tuple[str, ...]:
        """Column names where position alone no longer tells: one side is absent or named.

        The side without names then has the baseline's first columns, or its last.

        >>> Layout(Side(), Side(2)).names_among(("score", "age", "city"))
        ('age', 'city')
        """
        both = self.output.width and self.input.width
        if (both and not self.output.names and not self.input.names) or not baseline:
            return self.names
        names = list(self.names)
        for side, at_start in (
            (self.output, self.output_first),
            (self.input, not self.output_first),
        ):
            if side.width and not side.names and side.width <= len(baseline):
                here = slice(0, side.width) if at_start else slice(-side.width, None)
                names[here] = baseline[here]
        return tuple(names)

    def cells(self, row: Observation) -> list[str]:
        """One row over both sides; raises Flaw when it does not fit the columns."""
        output, sent = self.output.cells(row.output), self.input.cells(row.input)
        return output + sent if self.output_first else sent + output

    def has_extra_fields(self, row: Observation) -> bool:
        """Whether a JSON object has fields that are no columns here."""
        return _extra(row.output, self.output) or _extra(row.input, self.input)


def decide(rows: Sequence[Observation], output_first: bool = True) -> Layout:
    """The layout most of these rows have.

    >>> decide([Observation(["0.9"], ["1", "2"]), Observation(["0.1"], ["3", "4"])]).names
    ('_c0', '_c1', '_c2')
    """
    return Layout(
        _side(row.output for row in rows if row.output is not None),
        _side(row.input for row in rows if row.input is not None),
        output_first,
    )


def _side(rows: Iterable[Row]) -> Side:
    named: Counter[str] = Counter()
    shapes: Counter[int] = Counter()
    for row in rows:
        if isinstance(row, dict):
            named.update(row.keys())
            shapes[_NAMED] += 1
        else:
            shapes[len(row)] += 1
    if not shapes:
        return Side()
    ((most, _),) = shapes.most_common(1)
    if most != _NAMED:
        return Side(most)
    # A caller can invent field names; only what several rows have becomes a column.
    names = tuple(name for name, count in named.items() if count > RARE_FIELD * shapes[_NAMED])
    return Side(len(names), names)


def _extra(row: Row | None, side: Side) -> bool:
    return isinstance(row, dict) and sum(name in row for name in side.names) < len(row)


def _described(row: Row) -> str:
    return f"{len(row)} {'named' if isinstance(row, dict) else 'unnamed'} columns"
