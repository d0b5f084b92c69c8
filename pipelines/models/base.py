"""What is peculiar to a model: its columns, its label, where its data comes from.

Needs     nothing
Writes    `model.json` beside the data (`to_json`), read again by every later step

The shared steps know a model only through this. Cells and labels are text, exactly as the
file or the generator wrote them: a monitor infers types from text, so `12` and `12.0`
are not the same thing.

Costs are of a wrong decision, not of a wrong probability. They set the threshold, so they are
the model owner's statement of what the business loses, and stand in `model.json` beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import isfinite
from typing import Any

from serving.schema import Column, Row, Schema

BINARY = "BinaryClassification"
"""SageMaker's name for the problem type."""


def numeric(
    name: str, unit: str, description: str, *, at_least: float, at_most: float | None = None
) -> Column:
    """A column of numbers; `unit` is empty for a count.

    >>> numeric("age", "years", "Of the customer.", at_least=18).minimum
    18
    """
    return Column(name, "numeric", unit, description, minimum=at_least, maximum=at_most)


def categorical(
    name: str, description: str, values: Iterable[str], *, ordered: bool = False
) -> Column:
    """A column of categories; where they are ordered the lowest stands first.

    >>> categorical("size", "Of the shirt.", ("S", "M"), ordered=True).categories
    ('S', 'M')
    """
    return Column(name, "categorical", "", description, categories=tuple(values), ordered=ordered)


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


def _is_number(value: object) -> bool:
    """A finite one; what JSON calls true and false is none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


@dataclass(frozen=True, slots=True)
class Facet:
    """A group of people whom the model must not treat worse than everybody else."""

    column: str
    values: tuple[str | int | float, ...]
    """Those in the group. One number alone may be read as a threshold (bias_columns.Scale)."""

    def __post_init__(self) -> None:
        if not self.values or not all(isinstance(v, str) or _is_number(v) for v in self.values):
            raise ValueError(
                f"the facet of {self.column} has the values {list(self.values)}; they are text "
                "or numbers, one at least"
            )


@dataclass(frozen=True, slots=True)
class Costs:
    """What one wrong decision costs, in the unit the data call `currency`.

    >>> Costs(false_positive=0, false_negative=5)
    Traceback (most recent call last):
    ValueError: false_positive costs 0; a wrong decision costs more than nothing
    """

    false_positive: float = 1.0
    """A case that the model calls positive and that is not."""
    false_negative: float = 1.0
    """A positive case that the model lets pass."""

    def __post_init__(self) -> None:
        for name, cost in asdict(self).items():
            if not (_is_number(cost) and cost > 0):
                raise ValueError(f"{name} costs {cost}; a wrong decision costs more than nothing")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a candidate must reach on its test rows to be registered; None asks for nothing."""

    min_auc: float | None = None
    """Area under the ROC curve; 0.5 is guessing."""
    min_precision_at_capacity: float | None = None
    """Share of positives among the cases people have time to review."""
    max_calibration_error: float | None = None
    """Expected calibration error beyond what chance alone brings about."""
    max_overfitting: float | None = None
    """Area under the ROC curve of the training rows less that of the test rows."""
    max_relative_cost: float | None = None
    """Cost of the decisions, as a share of the cost of one same decision for everybody."""

    def __post_init__(self) -> None:
        for name, limit in asdict(self).items():
            if limit is not None and not _is_number(limit):
                raise ValueError(f"{name} is {limit!r}; a limit is a number, or none at all")


@dataclass(frozen=True, slots=True)
class Model:
    """One model this build can make."""

    name: str
    """In file names and S3 keys: lower case, digits, dashes and underscores."""
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
    costs: Costs = Costs()
    capacity: float = 0.1
    """The share of cases, above 0 and at most 1, that people have time to review."""
    segments: tuple[str, ...] = ()
    """Columns by whose values the evaluation is divided; numbers by their quartiles."""
    limits: Limits = Limits()
    generate: Callable[[int, int], Table] | None = None
    """(rows, seed) → made-up data; None for a model that comes from a file."""
    label_aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Other columns that a file may have the label in, and what their values mean in ours."""

    def __post_init__(self) -> None:
        if not (_is_number(self.capacity) and 0 < self.capacity <= 1):
            raise ValueError(f"capacity is {self.capacity}; it is a share above 0, at most 1")
        if self.favourable not in (0, 1):
            raise ValueError(f"favourable is {self.favourable!r}; an answer is 0 or 1")
        unknown = {*self.segments, *(facet.column for facet in self.facets)}
        unknown -= set(self.schema.names)
        if unknown:
            raise ValueError(f"the schema has no column {', '.join(sorted(unknown))}")

    def targets(self, table: Table) -> list[int]:
        """1 for each positive label, 0 for any other."""
        return [int(label == self.positive) for label in table.labels]

    def to_json(self) -> dict[str, Any]:
        """Everything but where the data come from."""
        return {
            "name": self.name,
            "label": self.label,
            "positive": self.positive,
            "problem_type": self.problem_type,
            "facets": [
                {"column": facet.column, "values": list(facet.values)} for facet in self.facets
            ],
            "favourable": self.favourable,
            "costs": asdict(self.costs),
            "capacity": self.capacity,
            "segments": list(self.segments),
            "limits": asdict(self.limits),
            "source": self.source,
            "schema": self.schema.to_json(),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Model:
        """The reverse of `to_json`; KeyError, TypeError or ValueError when it is something else.

        Costs, capacity, segments and limits may be left out, as older files do.
        """
        facets = tuple(Facet(each["column"], tuple(each["values"])) for each in document["facets"])
        return cls(
            **{
                **document,
                "schema": Schema.from_json(document["schema"]),
                "facets": facets,
                "segments": tuple(document.get("segments", ())),
                "costs": Costs(**document.get("costs", {})),
                "limits": Limits(**document.get("limits", {})),
            }
        )
