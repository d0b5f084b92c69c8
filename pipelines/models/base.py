"""What is peculiar to a model: its columns, its label, where its data comes from.

Needs     nothing
Writes    `model.json` beside the data (`to_json`), read again by every later step

The shared steps know a model only through this. Cells and labels are text, exactly as the
file or the generator wrote them: a monitor infers types from text, so `12` and `12.0`
are not the same thing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from serving.schema import Row, Schema

BINARY = "BinaryClassification"
"""SageMaker's name for the problem type."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells in the schema's order, and the label of each."""

    rows: Sequence[Row]
    labels: Sequence[str]

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, indices: Sequence[int]) -> Table:
        """The rows at these positions, in the order given.

        >>> Table([["a"], ["b"], ["c"]], ["0", "1", "0"]).take([2, 1])
        Table(rows=[['c'], ['b']], labels=['0', '1'])
        """
        return Table([self.rows[i] for i in indices], [self.labels[i] for i in indices])


@dataclass(frozen=True, slots=True)
class Facet:
    """A group of people whom the model must not treat worse than everybody else."""

    column: str
    values: tuple[str | int | float, ...]
    """Those in the group. One number alone may be read as a threshold (bias_columns.Scale)."""


@dataclass(frozen=True, slots=True)
class Model:
    """One model this build can make."""

    name: str
    """In file names and S3 keys: lower case, digits and dashes."""
    schema: Schema
    label: str
    """The column to predict."""
    positive: str
    """The label's value whose probability the model gives; every other value is negative."""
    source: str
    """Where the data comes from, in a sentence."""
    problem_type: str = BINARY
    facets: tuple[Facet, ...] = ()
    """Without any, the model's bias cannot be watched."""
    favourable: int = 1
    """The answer that is good for the person judged: 0 where positive is bad news."""
    generate: Callable[[int, int], Table] | None = None
    """(rows, seed) → made-up data; None for a model that comes from a file."""

    def targets(self, table: Table) -> list[int]:
        """1 for each positive label, 0 for any other."""
        return [int(label == self.positive) for label in table.labels]

    def to_json(self) -> dict[str, Any]:
        """Everything but the generator."""
        return {
            "name": self.name,
            "label": self.label,
            "positive": self.positive,
            "problem_type": self.problem_type,
            "facets": [
                {"column": facet.column, "values": list(facet.values)} for facet in self.facets
            ],
            "favourable": self.favourable,
            "source": self.source,
            "schema": self.schema.to_json(),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Model:
        """The reverse of `to_json`; KeyError or TypeError when it is something else."""
        facets = tuple(Facet(each["column"], tuple(each["values"])) for each in document["facets"])
        schema = Schema.from_json(document["schema"])
        return cls(**{**document, "facets": facets, "schema": schema})
