"""What one row of a request must look like: the columns, in order.

Needs     nothing
Writes    the `schema` of `model.json`

A cell is text, or None where it is missing, from the request's body to the encoder:
that is how a file, CSV, JSON and captured traffic stay one and the same thing. Whether a
column is `numeric` decides how the model reads it, not which type a monitor infers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Cell = str | None
Row = Sequence[Cell]
ColumnKind = Literal["numeric", "categorical"]

ANSWER_COLUMNS = ("prediction", "probability")
"""What the model adds to a row, in the order of its CSV answers."""


@dataclass(frozen=True, slots=True)
class Column:
    """One input of the model."""

    name: str
    kind: ColumnKind
    unit: str = ""
    """Of a numeric column: `km`, `days`, `currency`; empty for a count or a category."""
    description: str = ""
    minimum: float | None = None
    """Of a numeric column: no value below it makes sense. None where nothing is known."""
    maximum: float | None = None
    categories: tuple[str, ...] = ()
    """Of a categorical column: the values there are; empty where they are not known."""
    ordered: bool = False
    """The categories stand in an order, the first the lowest (`A1` before `A2`)."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The inputs of one model, in the order of its CSV rows.

    >>> channel = Column("channel", "categorical", categories=("web", "chip"))
    >>> schema = Schema((Column("amount", "numeric", minimum=0), channel))
    >>> schema.names
    ('amount', 'channel')
    >>> Schema.from_json(schema.to_json()) == schema
    True
    """

    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def numeric(self) -> tuple[int, ...]:
        """The positions of the numeric columns."""
        return tuple(i for i, column in enumerate(self.columns) if column.kind == "numeric")

    @property
    def categorical(self) -> tuple[int, ...]:
        """The positions of the categorical columns."""
        return tuple(i for i, column in enumerate(self.columns) if column.kind == "categorical")

    def to_json(self) -> list[dict[str, Any]]:
        """The columns as JSON, as `model.json` and `schema.json` keep them."""
        return [{**asdict(each), "categories": list(each.categories)} for each in self.columns]

    @classmethod
    def from_json(cls, columns: Sequence[Mapping[str, Any]]) -> Schema:
        """The reverse of `to_json`; TypeError or KeyError when it is something else."""
        return cls(
            tuple(
                Column(**{**column, "categories": tuple(column.get("categories", ()))})
                for column in columns
            )
        )
